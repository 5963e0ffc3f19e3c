//! Names for the trampolines of builtins and traps, which an image has no table of. Each takes a frame of its own, so that
//! one can be told from the next, and says by its code what it is for: a builtin's loads a pointer from the builtin's place in
//! its group; a trap's puts the trap code into a register and goes on to the builtin that raises it.

use super::disassembler::{Disassembler, Line};
use stilt_artifact::builtins::Builtin;
use stilt_artifact::layout::StoreContextLayout;
use stilt_artifact::trap::TrapCode;

/// The trampolines in `code`, which starts at offset `start` and contains nothing else: where each starts, and its name.
pub(super) fn split(disassembler: &dyn Disassembler, pointer_width: u8, code: &[u8], start: u32) -> Vec<(u32, String)> {
    let lines = disassembler.lines(code, start);
    let mut starts: Vec<usize> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if number == 0 || disassembler.takes_frame(line) {
            starts.push(number);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let pieces = starts.iter().zip(ends).filter_map(|(from, to)| lines.get(*from..to));
    let named = pieces.filter(|piece| !is_padding(piece)).filter_map(|piece| {
        let first = piece.first()?;
        Some((first.at, name(piece, pointer_width)))
    });
    named.collect()
}

/// Space between functions, which is one byte again and again.
fn is_padding(piece: &[Line]) -> bool {
    let mut bytes = piece.iter().flat_map(|line| &line.bytes);
    let first = bytes.next();
    bytes.all(|byte| Some(byte) == first)
}

fn name(piece: &[Line], pointer_width: u8) -> String {
    if let Some(builtin) = builtin(piece, pointer_width) {
        return format!("builtin {}", builtin.name());
    }
    let constant = piece.iter().rev().find_map(|line| line.constant);
    let trap = constant.and_then(|code| TrapCode::from_u8(u8::try_from(code).ok()?));
    match trap {
        Some(trap) if piece.last().is_some_and(|line| line.target.is_some()) => format!("trap: {}", trap.message()),
        _ => "trampoline".to_owned(),
    }
}

/// The builtin whose pointer is loaded: first that of its group from the store's context, then its own.
fn builtin(piece: &[Line], pointer_width: u8) -> Option<Builtin> {
    let loads: Vec<i64> = piece.iter().filter_map(|line| line.load).collect();
    // What is loaded later is for raising what the builtin answered.
    loads.windows(2).find_map(|pair| {
        let &[group, number] = pair else { return None };
        let is = |builtin: &Builtin| {
            let place = StoreContextLayout::group(pointer_width, builtin.group() as u8);
            group == i64::from(place) && number == i64::from(builtin.number()) * i64::from(pointer_width)
        };
        Builtin::ALL.iter().copied().find(is)
    })
}
