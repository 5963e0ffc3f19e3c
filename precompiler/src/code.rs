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
        // Relocations reach 2 GiB.
        if i32::try_from(end).is_err() {
            return Err(CompileError::TooLarge { what: "code", found: end as u64, limit: i32::MAX as u64 });
        }
        code.bytes.resize(start, target.padding());
        code.bytes.extend_from_slice(&unit.bytes);
        let start = length(start)?;
        code.places.insert(*name, Place { start, len: length(unit.bytes.len())? });
        code.sites.extend(unit.sites.iter().map(|site| Site { code: start + site.code, ..*site }));
    }
    for (name, unit) in units {
        let place = code.place(*name).ok_or_else(|| CompileError::internal("a unit without a place"))?;
        for relocation in &unit.relocations {
            resolve(&mut code, place, relocation).map_err(|what| {
                CompileError::internal(format!("{what} in {name:?} at {:#x}: {relocation:?}", relocation.at))
            })?;
        }
    }
    Ok(code)
}

fn length(len: usize) -> Result<u32, CompileError> {
    u32::try_from(len).map_err(|_| CompileError::internal("a length beyond what was checked"))
}

fn resolve(code: &mut Code, place: Place, relocation: &Relocation) -> Result<(), &'static str> {
    let at = place.start + relocation.at;
    match (relocation.kind, relocation.target) {
        (Reloc::PulleyCallIndirectHost, Name::HostCall(id)) => {
            // The relocation is at the start of the instruction, whose last byte is the id.
            let id =
                u8::try_from(id).ok().filter(|id| *id <= HOST_CALL_FUNCTION).ok_or("a host call without a number")?;
            *field::<1>(&mut code.bytes, at + 3)? = [id];
        }
        (Reloc::X86CallPCRel4 | Reloc::X86PCRel4, name) => {
            let target = code.place(name).ok_or("a name that nothing has")?.start;
            let distance = distance(target, at, relocation.addend)?;
            *field(&mut code.bytes, at)? = distance.to_le_bytes();
        }
        (Reloc::PulleyPcRel, name) => {
            let target = code.place(name).ok_or("a name that nothing has")?.start;
            let distance = distance(target, at, relocation.addend)?;
            // The field holds its own distance from the instruction, and is little-endian on every target.
            let field = field(&mut code.bytes, at)?;
            *field = i32::from_le_bytes(*field).wrapping_add(distance).to_le_bytes();
        }
        _ => return Err("a relocation of a kind that is not known"),
    }
    Ok(())
}

fn distance(target: u32, at: u32, addend: i64) -> Result<i32, &'static str> {
    i32::try_from(i64::from(target) - i64::from(at) + addend).map_err(|_| "a relocation that does not reach")
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
