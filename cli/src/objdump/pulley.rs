//! Pulley's bytecode, through the interpreter's own decoder.

use super::disassembler::{self, Disassembler, Line, offset};
use pulley_interpreter::decode::{Decoder, OpVisitor as _};
use pulley_interpreter::disas::Disassembler as Printer;
use stilt_artifact::builtins::HOST_CALL_REGISTERS;

/// Of every pointer width and byte order: instructions are encoded alike.
pub(super) struct Pulley;

impl Disassembler for Pulley {
    fn lines(&self, code: &[u8], start: u32) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
            let mut printer = Printer::new(rest);
            printer.start_offset(offset(start, at) as usize).hexdump(false);
            let decoded = Decoder::new().decode_one(&mut printer).is_ok();
            let len = printer.bytecode().position();
            if !decoded || len == 0 {
                lines.extend(disassembler::data(rest, offset(start, at)));
                break;
            }
            let bytes = rest.get(..len).unwrap_or_default();
            push(&mut lines, printer.disas(), bytes, offset(start, at));
            at += len;
            // Behind a host call that does not resume stand the types of its values.
            if printer.disas().contains(&format!("call_indirect_host {HOST_CALL_REGISTERS}")) {
                let types = code.get(at..).unwrap_or_default();
                lines.extend(disassembler::data(types, offset(start, at)));
                break;
            }
        }
        lines
    }

    fn takes_frame(&self, line: &Line) -> bool {
        line.text.starts_with("push_frame")
    }
}

/// Splits what the printer says about one instruction. A branch table is an instruction with a line for each entry.
fn push(lines: &mut Vec<Line>, printed: &str, bytes: &[u8], start: u32) {
    let parts: Vec<(u32, &str)> = printed.lines().filter_map(numbered).collect();
    let ends = parts.iter().skip(1).map(|(at, _)| *at).chain([offset(start, bytes.len())]);
    for ((at, text), end) in parts.iter().zip(ends) {
        let (text, target) = match text.split_once("// target = ") {
            Some((text, target)) => (text.trim_end(), number(target)),
            None => (*text, None),
        };
        let target_text = target.map(|target| format!(" ({target:#x})")).unwrap_or_default();
        let range = (at - start) as usize..(end.max(*at) - start) as usize;
        let bytes = bytes.get(range).unwrap_or_default().to_vec();
        let last = || text.rsplit_once(", ").map(|(_, last)| last);
        let constant = match text.split_once(' ') {
            Some(("xone", _)) => Some(1),
            Some((name, _)) if name.starts_with("xconst") => last().and_then(|last| last.parse().ok()),
            _ => None,
        };
        let load = last().filter(|_| text.starts_with("xload")).and_then(|last| last.parse().ok());
        let text = format!("{text}{target_text}");
        lines.push(Line { at: *at, bytes, text, target, constant, load });
    }
}

/// `  1a: text`
fn numbered(line: &str) -> Option<(u32, &str)> {
    let (at, text) = line.split_once(": ")?;
    Some((u32::from_str_radix(at.trim(), 16).ok()?, text.trim()))
}

fn number(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}
