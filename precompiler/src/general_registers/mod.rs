//! Code with `--float soft` or `none`: that it touches no float or vector register of the machine is verified on the instructions
//! that Cranelift has written, function by function and trampoline by trampoline, along the control flow.
//!
//! Cranelift takes every register for changed behind a call that may be unwound, and saves those around entry trampolines that
//! the host's convention wants kept, float registers too. No code of such an image changes them, so these saves are taken out.

mod aarch64;
mod riscv64;
mod s390x;
#[cfg(test)]
mod tests;
mod walk;

use crate::shorten;
use crate::target::Target;
use crate::unit::{Blocks, Unit};
use cranelift_codegen::RegClass;
use cranelift_codegen::isa::unwind::UnwindInst;
use stilt_artifact::target::Architecture;
use walk::{Decoder, Walk};

/// Takes saves of float registers out of `unit`, and verifies that nothing else touches one.
///
/// # Errors
/// What is wrong, for a person: a bug of ours or of Cranelift's.
pub(crate) fn keep_to(target: &Target, unit: &mut Unit, blocks: Blocks<'_>) -> Result<(), String> {
    let touched = match target.architecture() {
        // Its convention has no float register that a callee keeps.
        Architecture::X86_64 => shorten::float_register(unit, blocks),
        Architecture::Aarch64 => float_register(&aarch64::DECODER, unit, blocks.starts),
        Architecture::Riscv64 => float_register(&riscv64::DECODER, unit, blocks.starts),
        Architecture::S390x => float_register(&s390x::DECODER, unit, blocks.starts),
        // Its registers are the interpreter's memory.
        Architecture::Pulley => Ok(None),
    };
    match touched {
        Ok(None) => Ok(()),
        Ok(Some(at)) => Err(format!("a float or vector register is touched at {at:#x}")),
        Err(what) => Err(format!("registers cannot be verified: {what}")),
    }
}

/// Where the first instruction stands that touches a float or vector register, once saves are out.
fn float_register(decoder: &Decoder, unit: &mut Unit, blocks: &[u32]) -> Result<Option<u32>, walk::Unknown> {
    let walk = Walk::new(decoder, &unit.bytes, blocks)?;
    // A step of the prologue stands behind the instruction that it is about, and one instruction may save two registers.
    let is_float_save =
        |step: &UnwindInst| matches!(step, UnwindInst::SaveReg { reg, .. } if reg.class() != RegClass::Int);
    let saves: Vec<u32> =
        unit.unwind.iter().filter(|(_, step)| is_float_save(step)).map(|(behind, _)| *behind).collect();
    if !saves.is_empty() {
        for (at, length) in walk.float_instructions() {
            let range = at as usize..(at + length) as usize;
            let bytes = unit.bytes.get_mut(range).ok_or("an instruction out of the function")?;
            let replacement = if saves.contains(&(at + length)) {
                (decoder.without_save)(bytes)
            } else {
                (decoder.without_restore)(bytes)
            };
            if let Some(replacement) = replacement.filter(|replacement| replacement.len() == bytes.len()) {
                bytes.copy_from_slice(&replacement);
            }
        }
        unit.unwind.retain(|(_, step)| !is_float_save(step));
    }
    Ok(Walk::new(decoder, &unit.bytes, blocks)?.float_instructions().map(|(at, _)| at).next())
}
