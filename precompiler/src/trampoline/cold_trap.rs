//! The trampoline between the cold call of a trap and the trap's trampoline, x86_64 only: it fetches the context from where
//! that call's function has it, so that the call is all that stands in the function. Written byte by byte: it has no frame, and
//! what it reads is its caller's.

use crate::names::Name;
use crate::unit::{Relocation, Unit};
use cranelift_codegen::binemit::Reloc;

/// Where a function has its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContextPlace {
    /// In a register, by its number.
    Register(u32),
    /// In memory, so many bytes below the frame pointer.
    BelowFrame(u32),
}

/// Slots below the frame pointer are of this size.
const SLOT: u32 = 8;
/// Registers come first.
const REGISTERS: u32 = 16;

impl Name {
    /// The name of the trampoline for a trap's number and a place.
    pub(crate) fn cold_trap(trap: u32, place: ContextPlace) -> Option<Name> {
        let place = match place {
            ContextPlace::Register(number) if number < REGISTERS => number,
            ContextPlace::BelowFrame(bytes) if bytes > 0 && bytes.is_multiple_of(SLOT) => bytes / SLOT + REGISTERS,
            _ => return None,
        };
        (trap < 1 << 8 && place < 1 << 24).then_some(Name::ColdTrap(place << 8 | trap))
    }
}

/// What the number of such a name means.
fn parts(number: u32) -> (u32, ContextPlace) {
    let place = match number >> 8 {
        register @ 0..REGISTERS => ContextPlace::Register(register),
        slot => ContextPlace::BelowFrame((slot - REGISTERS) * SLOT),
    };
    (number & 0xff, place)
}

/// The trap that it goes on to.
pub(crate) fn trap(number: u32) -> Name {
    Name::Trap(parts(number).0)
}

/// Builds it: `mov place, %rdi; jmp trap`.
pub(crate) fn build(number: u32) -> Unit {
    let (trap, place) = parts(number);
    let mut bytes = match place {
        ContextPlace::Register(number) => {
            let (high, low) = (u8::from(number >= 8), number.to_le_bytes()[0] & 7);
            vec![0x48 | high << 2, 0x89, 0xc7 | low << 3]
        }
        ContextPlace::BelowFrame(below) => {
            let distance = -below.cast_signed();
            match i8::try_from(distance) {
                Ok(distance) => vec![0x48, 0x8b, 0x7d, distance.cast_unsigned()],
                Err(_) => [&[0x48, 0x8b, 0xbd], &distance.to_le_bytes()[..]].concat(),
            }
        }
    };
    bytes.push(0xe9);
    let at = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    bytes.extend([0; 4]);
    let relocations = vec![Relocation { at, kind: Reloc::X86CallPCRel4, target: Name::Trap(trap), addend: -4 }];
    Unit { bytes, relocations, align: 1, ..Unit::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iced_x86::{Code, Decoder, DecoderOptions, Register};

    #[test]
    fn names_lead_back_and_code_fetches() {
        for place in [0, 7, 8, 12, 15]
            .map(ContextPlace::Register)
            .into_iter()
            .chain([8, 128, 136, 4096].map(ContextPlace::BelowFrame))
        {
            let Some(name @ Name::ColdTrap(number)) = Name::cold_trap(3, place) else {
                panic!("{place:?} has no name")
            };
            assert_eq!(parts(number), (3, place), "{name:?}");
            let unit = build(number);
            let mut decoder = Decoder::new(64, &unit.bytes, DecoderOptions::NONE);
            let mov = decoder.decode();
            assert_eq!(mov.op0_register(), Register::RDI);
            match place {
                ContextPlace::Register(number) => assert_eq!(mov.op1_register().number(), number as usize),
                ContextPlace::BelowFrame(below) => {
                    assert_eq!(mov.memory_base(), Register::RBP);
                    assert_eq!(mov.memory_displacement64().cast_signed(), -i64::from(below));
                }
            }
            assert_eq!(decoder.decode().code(), Code::Jmp_rel32_64);
            assert_eq!(unit.relocations[0].at as usize, unit.bytes.len() - 4);
        }
        assert_eq!(Name::cold_trap(3, ContextPlace::BelowFrame(12)), None);
        assert_eq!(Name::cold_trap(3, ContextPlace::BelowFrame(1 << 31)), None);
    }
}
