//! Shorter x86_64 code, once a function is compiled:
//!
//! | what | bytes |
//! |---|---|
//! | jumps, which Cranelift writes with a distance of 32 bits, where 8 reach | 2 in place of 5 or 6 |
//! | jumps that nothing leads to any more | none |
//! | accesses to the frame, through the frame pointer in place of the stack pointer | 1 fewer; 4 in large frames |
//! | what stands in front of and behind the cold call of a trap: the context is fetched by a trampoline | 2 to 10 fewer |
//!
//! Whatever depends on positions is moved along: jumps, jump tables, constants, relocations, sites, steps of the prologue.
//!
//! A decoder that is not ours finds the instructions, following the control flow from the entry. A function that holds anything
//! beside what Cranelift is known to write stays as it is. [`verify`] decodes the outcome again and compares; it runs where
//! Cranelift's own verifier does.

mod decode;
mod edit;
mod layout;
#[cfg(test)]
mod tests;
mod verify;

use crate::unit::{Blocks, Unit};
use decode::Decoded;
use iced_x86::{CpuidFeature, Decoder, DecoderOptions, InstructionInfoFactory, Register};
use layout::Layout;

/// Why a function stays as it is.
pub(crate) type Unknown = &'static str;

/// Shortens the jumps of `unit`, which has these basic blocks. On an error it is unchanged.
pub(crate) fn shorten(unit: &mut Unit, blocks: Blocks<'_>, check: bool) -> Result<(), Unknown> {
    let decoded = Decoded::new(unit, blocks)?;
    if decoded.edits.is_empty() {
        return Ok(());
    }
    let layout = Layout::new(&decoded, unit.align);
    let bytes = layout.bytes(&decoded, &unit.bytes)?;
    let mut moved = Unit { bytes, ..unit.clone() };
    for (relocation, name) in &decoded.renamed {
        moved.relocations[*relocation].target = *name;
    }
    for relocation in &mut moved.relocations {
        relocation.at = layout.code(relocation.at);
    }
    for site in &mut moved.sites {
        if !decoded.is_boundary(site.code) {
            return Err("a site within an instruction");
        }
        site.code = layout.code(site.code);
    }
    for (at, _) in &mut moved.unwind {
        if !decoded.is_boundary(*at) {
            return Err("a step of the prologue within an instruction");
        }
        *at = layout.code(*at);
    }
    if check {
        verify::verify(unit, &decoded, &moved, &layout)?;
    }
    *unit = moved;
    Ok(())
}

/// Where the first instruction of `unit` stands that touches a register of floats or vectors, if there is one. All instructions are
/// looked at that `unit` has, along the control flow.
pub(crate) fn float_register(unit: &Unit, blocks: Blocks<'_>) -> Result<Option<u32>, Unknown> {
    let decoded = Decoded::new(unit, blocks)?;
    let mut factory = InstructionInfoFactory::new();
    let mut decoder = Decoder::new(64, &unit.bytes, DecoderOptions::NONE);
    for at in decoded.starts() {
        decoder.set_position(at as usize).map_err(|_| "an instruction out of the function")?;
        let instruction = decoder.decode();
        // Of the oldest unit for floats, registers are not always named.
        let stack = instruction.cpuid_features().iter().any(|feature| {
            matches!(feature, CpuidFeature::FPU | CpuidFeature::FPU287 | CpuidFeature::FPU387 | CpuidFeature::MMX)
        });
        let is_float = |register: Register| {
            register.is_vector_register() || register.is_mm() || register.is_st() || register.is_k()
        };
        let used = factory.info(&instruction).used_registers();
        if stack || used.iter().any(|used| is_float(used.register())) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// A field of 32 bits.
fn read(bytes: &[u8], at: u32) -> Option<i32> {
    let field = bytes.get(at as usize..)?.first_chunk::<4>()?;
    Some(i32::from_le_bytes(*field))
}

/// What is `distance` away from `from`.
fn target(from: u32, distance: i32) -> Option<u32> {
    from.checked_add_signed(distance)
}

/// The distance from `from` to `to`.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}
