//! A ground as text, from the device to the host: TOML, one key per line, written without allocating. The host's side of it
//! is `stilt_precompiler::device`.

use super::Ground;
use crate::builtins::Group;
use crate::order::Endian;
use crate::target::Architecture;
use core::fmt;

/// A ground, with the runtime's version of the contract and the CPU's features. `Display` writes it as a file that
/// `stilt compile --target-file` and `stilt check --for` read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// What it offers, but for the CPU.
    pub ground: Ground,
    /// Features of the native CPU, bits by [`Architecture::features`].
    pub cpu_features: u64,
    /// [`crate::ABI`] of the runtime.
    pub abi: u8,
    /// [`crate::contract::FINGERPRINT`] of the runtime.
    pub contract: u32,
}

impl Description {
    /// Of a ground under the runtime that this code is part of. `feature` is that of [`Ground::check`].
    pub fn new(ground: Ground, mut feature: impl FnMut(u32, &'static str) -> Option<bool>) -> Description {
        let names = ground.architecture.map_or(&[][..], Architecture::features);
        let mut cpu_features = 0;
        for (bit, name) in (0..u64::BITS).zip(names) {
            cpu_features |= u64::from(feature(bit, name) == Some(true)).wrapping_shl(bit);
        }
        Description { ground, cpu_features, abi: crate::ABI, contract: crate::contract::FINGERPRINT }
    }

    /// Whether the CPU has the feature with this name.
    pub fn has_feature(&self, name: &str) -> bool {
        let names = self.ground.architecture.map_or(&[][..], Architecture::features);
        let mut bits = (0..u64::BITS).zip(names);
        bits.any(|(bit, known)| *known == name && self.cpu_features.wrapping_shr(bit) & 1 != 0)
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { ground, abi, contract, .. } = self;
        writeln!(f, "# What this ground offers to images: for `stilt compile --target-file` and `stilt check --for`.")?;
        writeln!(f, "abi = {abi}")?;
        writeln!(f, "contract = {contract:#010x}")?;
        writeln!(f, "architecture = \"{}\"", ground.architecture.map_or("none", Architecture::name))?;
        f.write_str("cpu-features = ")?;
        let names = ground.architecture.map_or(&[][..], Architecture::features);
        list(f, names.iter().copied().filter(|name| self.has_feature(name)))?;
        writeln!(f, "pointer-width = {}", u32::from(ground.pointer_width).saturating_mul(8))?;
        let order = match ground.endian {
            Endian::Little => "little",
            Endian::Big => "big",
        };
        writeln!(f, "byte-order = \"{order}\"")?;
        writeln!(f, "pulley = {}", ground.interpreter)?;
        writeln!(f, "pulley-floats = {}", ground.interpreter_floats)?;
        writeln!(f, "pulley-vectors = {}", ground.interpreter_vectors)?;
        writeln!(f, "virtual-memory = {}", ground.virtual_memory)?;
        writeln!(f, "code-publication = {}", ground.publishes_code)?;
        writeln!(f, "hardware-traps = {}", ground.native_signals && ground.signals_allowed)?;
        writeln!(f, "float-registers = {}", ground.float_registers)?;
        f.write_str("builtins = ")?;
        let groups = Group::ALL.iter().filter(|group| ground.builtin_groups & group.bit() != 0);
        list(f, groups.map(|group| group.name()))?;
        match ground.required {
            Some(required) => writeln!(f, "only = \"{}\"", required.name()),
            None => Ok(()),
        }
    }
}

/// A list of names that need no escapes, and the end of its line.
fn list<'a>(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'a str>) -> fmt::Result {
    f.write_str("[")?;
    for (number, name) in names.enumerate() {
        write!(f, "{}\"{name}\"", if number == 0 { "" } else { ", " })?;
    }
    f.write_str("]\n")
}
