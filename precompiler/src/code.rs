//! The code range: where every unit lies in it, and every relocation resolved. None leaves this module.

use crate::error::CompileError;
use crate::names::Name;
use crate::target::Target;
use crate::unit::{Relocation, Unit};
use cranelift_codegen::binemit::Reloc;
use std::collections::BTreeMap;
use stilt_artifact::builtins::HOST_CALL_FUNCTION;
use stilt_artifact::sites::Site;

/// Where a unit lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Offset from the code base.
    pub(crate) start: u32,
    /// Bytes.
    pub(crate) len: u32,
}

/// The finished code range.
#[derive(Debug)]
pub(crate) struct Code {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// What its base must be aligned to.
    pub(crate) align: u32,
    /// Where everything is.
    pub(crate) places: BTreeMap<Name, Place>,
    /// All sites, in the order of their offsets.
    pub(crate) sites: Vec<Site>,
}

impl Code {
    /// Where `name` lies.
    pub(crate) fn place(&self, name: Name) -> Option<Place> {
        self.places.get(&name).copied()
    }
}

/// Lays out units in the order given and resolves what they name of each other. Only those that `aligned` picks start at a
/// multiple of `align`.
pub(crate) fn link(
    target: &Target,
    units: &[(Name, Unit)],
    align: u32,
    aligned: impl Fn(Name) -> bool,
) -> Result<Code, CompileError> {
    let mut code = Code { bytes: Vec::new(), align: 1, places: BTreeMap::new(), sites: Vec::new() };
    for (name, unit) in units {
        let wanted = if aligned(*name) { align } else { 1 };
        let align = unit.align.max(wanted);
        code.align = code.align.max(align);
        let start = code.bytes.len().next_multiple_of(align as usize);
        let end = start + unit.bytes.len();
        // Offsets of an image have 31 bits.
        if i32::try_from(end).is_err() {
            return Err(CompileError::TooLarge { what: "code", found: end as u64, limit: i32::MAX as u64 });
        }
        code.bytes.resize(start, target.padding());
        code.bytes.extend_from_slice(&unit.bytes);
        let start = length(start)?;
        code.places.insert(*name, Place { start, len: length(unit.bytes.len())? });
        code.sites.extend(unit.sites.iter().map(|site| Site { code: start + site.code, ..*site }));
    }
    let len = code.bytes.len() as u64;
    for (name, unit) in units {
        let place = code.place(*name).ok_or_else(|| CompileError::internal("a unit without a place"))?;
        for relocation in &unit.relocations {
            resolve(&mut code, place, relocation).map_err(|wrong| match wrong {
                // Where a call reaches that far, this cannot be.
                Wrong::Reach if len > target.call_reach() => {
                    CompileError::TooLarge { what: "bytes of code", found: len, limit: target.call_reach() }
                }
                Wrong::Reach => internal(*name, relocation, "a relocation that does not reach"),
                Wrong::Other(what) => internal(*name, relocation, what),
            })?;
        }
    }
    Ok(code)
}

/// Why a relocation cannot be resolved.
enum Wrong {
    /// It is too far away.
    Reach,
    /// A bug.
    Other(&'static str),
}

impl From<&'static str> for Wrong {
    fn from(what: &'static str) -> Wrong {
        Wrong::Other(what)
    }
}

fn internal(name: Name, relocation: &Relocation, what: &str) -> CompileError {
    CompileError::internal(format!("{what} in {name:?} at {:#x}: {relocation:?}", relocation.at))
}

fn length(len: usize) -> Result<u32, CompileError> {
    u32::try_from(len).map_err(|_| CompileError::internal("a length beyond what was checked"))
}

fn resolve(code: &mut Code, place: Place, relocation: &Relocation) -> Result<(), Wrong> {
    let at = place.start + relocation.at;
    if let (Reloc::PulleyCallIndirectHost, Name::HostCall(id)) = (relocation.kind, relocation.target) {
        // The relocation is at the start of the instruction, whose last byte is the id.
        let id = u8::try_from(id).ok().filter(|id| *id <= HOST_CALL_FUNCTION).ok_or("a host call without a number")?;
        *field::<1>(&mut code.bytes, at + 3)? = [id];
        return Ok(());
    }
    let target = code.place(relocation.target).ok_or("a name that nothing has")?.start;
    let distance = i64::from(target) - i64::from(at) + relocation.addend;
    let distance = i32::try_from(distance).map_err(|_| Wrong::Reach)?;
    let bytes = &mut code.bytes;
    match relocation.kind {
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => *field(bytes, at)? = distance.to_le_bytes(),
        Reloc::PulleyPcRel => {
            // The field holds its own distance from the instruction, and is little-endian on every target.
            let field = field(bytes, at)?;
            *field = i32::from_le_bytes(*field).wrapping_add(distance).to_le_bytes();
        }
        Reloc::Arm64Call => {
            // `b` and `bl`: a distance in words, in the lower 26 bits.
            let field = field(bytes, at)?;
            let words = in_units(distance, 4)?;
            if !(-(1 << 25)..1 << 25).contains(&words) {
                return Err(Wrong::Reach);
            }
            *field = (u32::from_le_bytes(*field) & !0x03ff_ffff | words.cast_unsigned() & 0x03ff_ffff).to_le_bytes();
        }
        Reloc::RiscvCallPlt => {
            // `auipc` has the higher 20 bits; `jalr`, right behind it, adds its 12 as a signed number.
            let high = distance.checked_add(1 << 11).ok_or(Wrong::Reach)? & !0xfff;
            let low = distance - high;
            let auipc = field(bytes, at)?;
            *auipc = (u32::from_le_bytes(*auipc) & 0xfff | high.cast_unsigned()).to_le_bytes();
            let jalr = field(bytes, at + 4)?;
            *jalr = (u32::from_le_bytes(*jalr) & 0x000f_ffff | low.cast_unsigned() << 20).to_le_bytes();
        }
        Reloc::S390xPLTRel32Dbl | Reloc::S390xPCRel32Dbl => {
            // In halfwords; the addend says that the field stands two bytes behind the start of its instruction.
            *field(bytes, at)? = in_units(distance, 2)?.to_be_bytes();
        }
        _ => return Err(Wrong::Other("a relocation of a kind that is not known")),
    }
    Ok(())
}

/// A distance that instructions count in units of so many bytes.
fn in_units(distance: i32, unit: i32) -> Result<i32, Wrong> {
    if distance % unit == 0 {
        Ok(distance / unit)
    } else {
        Err(Wrong::Other("a distance between instructions that is none"))
    }
}

fn field<const N: usize>(bytes: &mut [u8], at: u32) -> Result<&mut [u8; N], &'static str> {
    let field = bytes.get_mut(at as usize..).and_then(|bytes| bytes.first_chunk_mut::<N>());
    field.ok_or("a relocation outside of its code")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    fn unit(bytes: &[u8], relocations: &[(u32, Reloc, Name, i64)]) -> Unit {
        let relocations = relocations.iter();
        Unit {
            bytes: bytes.to_vec(),
            relocations: relocations
                .map(|&(at, kind, target, addend)| Relocation { at, kind, target, addend })
                .collect(),
            align: 1,
            ..Unit::default()
        }
    }

    fn linked(target: &str, units: &[(Name, Unit)]) -> Result<Code, CompileError> {
        let target = Target::new(&Options::for_target(target))?;
        link(&target, units, 16, |name| matches!(name, Name::Function(_)))
    }

    #[test]
    fn calls_reach_forwards_and_backwards() -> Result<(), CompileError> {
        let call = [0xe8, 0, 0, 0, 0];
        let (there, back) = (Name::Function(1), Name::Function(0));
        let code = linked(
            "x86_64",
            &[
                (back, unit(&call, &[(1, Reloc::X86CallPCRel4, there, -4)])),
                (there, unit(&call, &[(1, Reloc::X86CallPCRel4, back, -4)])),
                (Name::Builtin(0), unit(&[0xc3], &[])),
            ],
        )?;
        assert_eq!(code.align, 16);
        assert_eq!(code.bytes[..5], [0xe8, 11, 0, 0, 0]);
        assert_eq!(code.bytes[5..16], [0xcc; 11]);
        assert_eq!(code.bytes[16..21], [0xe8, 0xeb, 0xff, 0xff, 0xff]);
        assert_eq!(code.place(Name::Builtin(0)), Some(Place { start: 21, len: 1 }));
        Ok(())
    }

    #[test]
    fn bytecode_is_little_endian_everywhere() -> Result<(), CompileError> {
        let code = linked(
            "pulley32be",
            &[
                // The field of a call holds its own distance from the start of the instruction.
                (Name::Function(0), unit(&[9, 1, 0, 0, 0], &[(1, Reloc::PulleyPcRel, Name::Builtin(0), 0)])),
                (Name::Builtin(0), unit(&[8, 8, 8, 0], &[(0, Reloc::PulleyCallIndirectHost, Name::HostCall(4), 0)])),
            ],
        )?;
        assert_eq!(code.bytes[..5], [9, 5, 0, 0, 0]);
        assert_eq!(code.bytes[code.bytes.len() - 1], 4);
        Ok(())
    }

    fn words(bytes: &[u8], at: usize) -> [u32; 2] {
        [at, at + 4].map(|at| bytes[at..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word)))
    }

    #[test]
    fn calls_are_written_as_the_manuals_have_them() -> Result<(), CompileError> {
        let (there, back) = (Name::Function(1), Name::Function(0));
        // `bl .+16` and `bl .-16`.
        let bl = 0x9400_0000_u32.to_le_bytes();
        let arm = linked(
            "aarch64",
            &[
                (back, unit(&bl, &[(0, Reloc::Arm64Call, there, 0)])),
                (there, unit(&bl, &[(0, Reloc::Arm64Call, back, 0)])),
            ],
        )?;
        assert_eq!(words(&arm.bytes, 0)[0], 0x9400_0004);
        assert_eq!(arm.bytes[16..], 0x97ff_fffc_u32.to_le_bytes());
        // `auipc ra, 0; jalr ra, 16(ra)`, and one that goes back: `auipc ra, 0; jalr ra, -16(ra)`.
        let call = [0x97, 0, 0, 0, 0xe7, 0x80, 0, 0];
        let riscv = linked(
            "riscv64",
            &[
                (back, unit(&call, &[(0, Reloc::RiscvCallPlt, there, 0)])),
                (there, unit(&call, &[(0, Reloc::RiscvCallPlt, back, 0)])),
            ],
        )?;
        assert_eq!(words(&riscv.bytes, 0), [0x0000_0097, 0x0100_80e7]);
        assert_eq!(words(&riscv.bytes, 16), [0x0000_0097, 0xff00_80e7]);
        // A distance whose low part is negative, so that the high one is rounded up: `auipc ra, 1; jalr ra, -2048(ra)`.
        let far = linked(
            "riscv64",
            &[
                (back, unit(&[call.as_slice(), &[0; 0x7f8]].concat(), &[(0, Reloc::RiscvCallPlt, there, 0)])),
                (there, unit(&call, &[])),
            ],
        )?;
        assert_eq!(words(&far.bytes, 0), [0x0000_1097, 0x8000_80e7]);
        // `brasl %r14, .+16`: 8 halfwords from the instruction, whose field stands two bytes behind its start.
        let brasl = [0xc0, 0xe5, 0, 0, 0, 0];
        let z = linked(
            "s390x",
            &[
                (back, unit(&brasl, &[(2, Reloc::S390xPLTRel32Dbl, there, 2)])),
                (there, unit(&brasl, &[(2, Reloc::S390xPLTRel32Dbl, back, 2)])),
            ],
        )?;
        assert_eq!(z.bytes[..6], [0xc0, 0xe5, 0, 0, 0, 8]);
        assert_eq!(z.bytes[16..], [0xc0, 0xe5, 0xff, 0xff, 0xff, 0xf8]);
        Ok(())
    }

    #[test]
    fn what_a_call_cannot_reach_is_an_error() -> Result<(), CompileError> {
        let (there, back) = (Name::Function(1), Name::Function(0));
        let bl = 0x9400_0000_u32.to_le_bytes();
        let linked = |between: usize| {
            let first = unit(&[&bl[..], &vec![0; between - 4]].concat(), &[(0, Reloc::Arm64Call, there, 0)]);
            linked("aarch64", &[(back, first), (there, unit(&bl, &[]))])
        };
        let last = linked((128 << 20) - 16)?;
        assert_eq!(words(&last.bytes, 0)[0], 0x95ff_fffc);
        let error = linked(128 << 20).expect_err("128 MiB are one too many");
        assert!(matches!(error, CompileError::TooLarge { limit: 0x800_0000, .. }), "{error}");
        Ok(())
    }

    #[test]
    fn nothing_is_left_unresolved() {
        for (kind, target) in [
            (Reloc::X86CallPCRel4, Name::Trap(3)),
            (Reloc::Abs8, Name::Function(0)),
            (Reloc::PulleyCallIndirectHost, Name::HostCall(6)),
            (Reloc::PulleyPcRel, Name::HostCall(1)),
        ] {
            let error = linked("x86_64", &[(Name::Function(0), unit(&[0; 8], &[(0, kind, target, 0)]))]);
            assert!(matches!(error, Err(CompileError::Internal { .. })), "{kind:?}");
        }
        let outside = unit(&[0; 3], &[(0, Reloc::X86PCRel4, Name::Function(0), 0)]);
        assert!(linked("x86_64", &[(Name::Function(0), outside)]).is_err());
    }
}
