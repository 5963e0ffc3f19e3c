//! Compares a function with what it was before, both decoded anew: the same instructions in the same order, which name the same
//! places, and the same constants at addresses of the same alignment.

use super::decode::{Decoded, HEAD};
use super::edit::To;
use super::layout::Layout;
use super::{Unknown, read, target};
use crate::unit::Unit;
use iced_x86::{Decoder, DecoderOptions, Instruction, Register};

/// Compares.
pub(super) fn verify(old: &Unit, decoded: &Decoded, new: &Unit, layout: &Layout<'_>) -> Result<(), Unknown> {
    let mut new_at = 0;
    let mut edits = decoded.edits.iter().peekable();
    let mut references = decoded.references.clone();
    references.sort_unstable_by_key(|reference| reference.field);
    let mut references = references.iter().peekable();
    let mut tables = decoded.tables.clone();
    tables.sort_unstable_by_key(|table| table.start);
    let mut tables = tables.iter().peekable();
    for at in decoded.starts() {
        let edit = edits.next_if(|edit| edit.at == at).map(|edit| edit.to);
        if matches!(edit, Some(To::Nothing)) {
            continue;
        }
        if layout.code(at) != new_at {
            return Err("verification: an instruction in another place than planned");
        }
        let before = decode(&old.bytes, at)?;
        let after = decode(&new.bytes, new_at)?;
        let next = at + length(&before);
        let new_next = new_at + length(&after);
        if let Some(To::Jump { target, .. }) = edit {
            let same = before.mnemonic() == after.mnemonic()
                && after.near_branch_target() == u64::from(layout.code(target))
                && before.near_branch_target() == u64::from(target);
            if !same {
                return Err("verification: another jump");
            }
        } else if let Some(To::Bytes(..)) = edit {
            same_access(&before, after, old.frame)?;
        } else {
            let mut bytes = code(&old.bytes, at, next)?.to_vec();
            if let Some(reference) = references.next_if(|reference| reference.field < next) {
                let goal = u64::from(layout.place(reference.target));
                if after.ip_rel_memory_address() != goal {
                    return Err("verification: another address");
                }
                // The distance is all that differs.
                let field = (reference.field - at) as usize;
                let distance = code(&new.bytes, new_at, new_next)?.get(field..field + 4);
                bytes[field..field + 4].copy_from_slice(distance.ok_or("verification: another instruction")?);
            }
            if bytes != code(&new.bytes, new_at, new_next)? {
                return Err("verification: another instruction");
            }
        }
        new_at = new_next;
        if let Some(table) = tables.next_if(|table| table.start == next) {
            for (number, entry) in (0u32..).zip(table.entries()) {
                let goal = read(&old.bytes, entry).and_then(|distance| target(table.start, distance));
                let new_goal = read(&new.bytes, new_at + 4 * number).and_then(|distance| target(new_at, distance));
                if goal.map(|goal| layout.code(goal)) != new_goal {
                    return Err("verification: another entry in a jump table");
                }
            }
            new_at += table.end - table.start;
        }
    }
    if edits.next().is_some() || references.next().is_some() || tables.next().is_some() {
        return Err("verification: something in no instruction");
    }
    let constants = layout.place(decoded.constants);
    let same = old.bytes.get(decoded.constants as usize..) == new.bytes.get(constants as usize..);
    if !same || constants % old.align != decoded.constants % old.align || new_at > constants {
        return Err("verification: other constants");
    }
    Ok(())
}

/// The same operation on the same place of the frame.
fn same_access(before: &Instruction, mut after: Instruction, frame: u32) -> Result<(), Unknown> {
    let through = (before.memory_base(), after.memory_base()) == (Register::RSP, Register::RBP);
    let place = after.memory_displacement64().wrapping_add((frame - HEAD).into());
    if !through || place != before.memory_displacement64() {
        return Err("verification: another place in the frame");
    }
    after.set_memory_base(Register::RSP);
    after.set_memory_displ_size(before.memory_displ_size());
    after.set_memory_displacement64(before.memory_displacement64());
    after.set_len(before.len());
    if after == *before { Ok(()) } else { Err("verification: another access to the frame") }
}

fn decode(bytes: &[u8], at: u32) -> Result<Instruction, Unknown> {
    let bytes = bytes.get(at as usize..).ok_or("verification: code that ends")?;
    let instruction = Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE).decode();
    if instruction.is_invalid() { Err("verification: bytes that are no instruction") } else { Ok(instruction) }
}

fn length(instruction: &Instruction) -> u32 {
    u32::try_from(instruction.len()).unwrap_or(0)
}

fn code(bytes: &[u8], from: u32, to: u32) -> Result<&[u8], Unknown> {
    bytes.get(from as usize..to as usize).ok_or("verification: code that ends")
}
