//! What can be named as a target: short names, and triples that start so.

use crate::options::OptionsError;
use stilt_artifact::Endian;
use stilt_artifact::target::Architecture;

/// A target that can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetName {
    /// Short name.
    pub name: &'static str,
    /// Cranelift's name.
    pub(super) triple: &'static str,
    pub(super) architecture: Architecture,
    pub(super) pointer_width: u8,
    pub(super) endian: Endian,
}

/// Every target.
pub const TARGETS: [TargetName; 8] = [
    TargetName::new("x86_64", "x86_64-unknown-linux-gnu", Architecture::X86_64, 8, Endian::Little),
    TargetName::new("aarch64", "aarch64-unknown-linux-gnu", Architecture::Aarch64, 8, Endian::Little),
    TargetName::new("riscv64", "riscv64gc-unknown-linux-gnu", Architecture::Riscv64, 8, Endian::Little),
    TargetName::new("s390x", "s390x-unknown-linux-gnu", Architecture::S390x, 8, Endian::Big),
    TargetName::new("pulley32", "pulley32", Architecture::Pulley, 4, Endian::Little),
    TargetName::new("pulley64", "pulley64", Architecture::Pulley, 8, Endian::Little),
    TargetName::new("pulley32be", "pulley32be", Architecture::Pulley, 4, Endian::Big),
    TargetName::new("pulley64be", "pulley64be", Architecture::Pulley, 8, Endian::Big),
];

impl TargetName {
    const fn new(
        name: &'static str,
        triple: &'static str,
        architecture: Architecture,
        pointer_width: u8,
        endian: Endian,
    ) -> Self {
        TargetName { name, triple, architecture, pointer_width, endian }
    }

    /// The CPUs that can be named, the default first; none for x86_64, whose CPUs are Cranelift's.
    pub fn cpus(&self) -> impl Iterator<Item = &'static str> {
        super::cpu::cpus(self.architecture).iter().map(|(name, _)| *name)
    }

    /// The instruction set.
    pub const fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Whether programs for it use float registers, as far as its triple says.
    pub(super) fn has_floats(triple: &str) -> bool {
        !triple.ends_with("softfloat") && extensions(triple).is_none_or(|letters| letters.contains(['d', 'g']))
    }

    /// Whether it has compressed instructions, likewise.
    pub(super) fn has_compressed(triple: &str) -> bool {
        extensions(triple).is_none_or(|letters| letters.contains('c'))
    }

    pub(super) fn find(name: &str) -> Result<TargetName, OptionsError> {
        let (first, rest) = name.split_once('-').unwrap_or((name, ""));
        let native = Architecture::of_triple(first);
        let found = TARGETS.into_iter().find(|target| target.name == first || Some(target.architecture) == native);
        let found = found.ok_or_else(|| OptionsError::UnknownTarget(name.to_owned()))?;
        if rest.split('-').any(|part| part == "windows" || part == "uefi" || part == "cygwin") {
            return Err(OptionsError::UnsupportedSystem(name.to_owned()));
        }
        Ok(found)
    }
}

/// The extensions that a triple of RISC-V lists by letters: `imac`, or with `g` for `imafd`. Those with longer names come behind `_`.
fn extensions(triple: &str) -> Option<&str> {
    let letters = triple.split(['-', '_']).next()?.strip_prefix("riscv64")?;
    letters.starts_with(['i', 'g']).then_some(letters)
}
