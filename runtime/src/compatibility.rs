//! What this runtime, on this machine and with these options, offers to images. What an image needs of that, and how it is
//! refused, is in [`stilt_artifact::ground`].

use stilt_artifact::Endian;
use stilt_artifact::builtins::Group;
use stilt_artifact::ground::Ground;
use stilt_artifact::header::ImageHeader;
use stilt_artifact::target::Architecture;

use crate::Config;

pub use stilt_artifact::ground::{Description as GroundDescription, LoadError};

/// Checks the header of an image that [`stilt_artifact::Image::parse`] has passed.
pub(crate) fn check(config: &Config, header: &ImageHeader) -> Result<(), LoadError> {
    ground(config).check(header, FEATURES, |bit, name| has_feature(config, bit, name))
}

/// All of it, to be printed.
pub(crate) fn describe(config: &Config) -> GroundDescription {
    GroundDescription::new(ground(config), |bit, name| has_feature(config, bit, name))
}

/// Whether this runtime itself was compiled to leave float registers alone.
const SOFT_FLOAT: bool = cfg!(any(
    all(target_arch = "x86_64", not(target_feature = "sse2")),
    all(target_arch = "aarch64", not(target_feature = "neon")),
    all(target_arch = "s390x", target_abi = "softfloat"),
    // Compilers keep `f` to themselves, but tell of what comes with it.
    all(target_arch = "riscv64", not(any(target_feature = "f", target_feature = "zicsr"))),
));

const GROUPS: u32 = {
    let mut groups = Group::Core.bit();
    if cfg!(feature = "bulk-memory") {
        groups |= Group::Memory.bit();
    }
    if cfg!(feature = "tables") {
        groups |= Group::Table.bit();
    }
    if cfg!(feature = "soft-float") {
        groups |= Group::Float.bit();
    }
    groups
};

fn ground(config: &Config) -> Ground {
    Ground {
        architecture: Architecture::NATIVE,
        pointer_width: if cfg!(target_pointer_width = "64") { 8 } else { 4 },
        endian: Endian::NATIVE,
        interpreter: cfg!(feature = "pulley"),
        interpreter_floats: stilt_vm::INTERPRETER_FLOATS,
        interpreter_vectors: stilt_vm::INTERPRETER_VECTORS,
        virtual_memory: cfg!(feature = "virtual-memory"),
        publishes_code: stilt_vm::Module::MISSING_TO_PUBLISH.is_none(),
        native_signals: stilt_vm::HARDWARE_TRAPS,
        signals_allowed: config.signals(),
        builtin_groups: GROUPS,
        float_registers: !SOFT_FLOAT || config.x86_floats(),
        required: config.required_target(),
    }
}

/// Features of the CPUs that this runtime runs on natively.
pub(crate) const FEATURES: &[&str] = match Architecture::NATIVE {
    Some(native) => native.features(),
    None => &[],
};

const _: () = assert!(FEATURES.len() <= 31, "each has a bit, and one is left");

fn has_feature(config: &Config, bit: u32, name: &str) -> Option<bool> {
    if FEATURES.is_empty() {
        // Firmware that only runs bytecode has no code for this.
        return None;
    }
    if stilt_vm::cpu::is_compiled_in(bit) {
        return Some(true);
    }
    match (config.features().has(bit), config.detect()) {
        (Some(said), _) => Some(said),
        (None, Some(detect)) => detect(name),
        (None, None) => stilt_vm::cpu::has_feature(bit),
    }
}

#[cfg(test)]
mod tests;
