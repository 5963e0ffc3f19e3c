//! The machines that objects can be for: everything that differs in their ELF files. Native code is for its own; bytecode, which
//! is read-only data to a linker, for any with its width and byte order.

use super::options::FloatAbi;
use crate::target::Target;
use object::elf;
use stilt_artifact::Endian;
use stilt_artifact::header::flags;
use stilt_artifact::target::Architecture;

/// A machine, as ELF has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    pub(super) name: &'static str,
    /// As the writer of ELF files knows it.
    pub(super) elf: object::Architecture,
    pub(super) pointer_width: u8,
    pub(super) endian: Endian,
    /// How the distance from the place of a field to a symbol is asked of a linker, the field being as wide as a pointer.
    pub(super) distance: Distance,
    /// What can run natively on it.
    pub(super) native: Option<Native>,
}

/// Native code, and how its unwind information is filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Native {
    pub(super) architecture: Architecture,
    /// A distance of 32 bits.
    pub(super) short_distance: elf::RelocationType,
    /// An offset of 32 bits within a section.
    pub(super) offset: elf::RelocationType,
    /// An address.
    pub(super) address: elf::RelocationType,
}

/// A distance.
#[derive(Clone, Copy, Debug)]
pub(super) enum Distance {
    /// Is one relocation.
    FromPlace(elf::RelocationType),
    /// Is a sum and a difference of symbols.
    Difference { add: elf::RelocationType, subtract: elf::RelocationType },
}

/// All of them.
const MACHINES: [Machine; 8] = [
    Machine {
        name: "x86_64",
        elf: object::Architecture::X86_64,
        pointer_width: 8,
        endian: Endian::Little,
        distance: Distance::FromPlace(elf::R_X86_64_PC64),
        native: Some(Native {
            architecture: Architecture::X86_64,
            short_distance: elf::R_X86_64_PC32,
            offset: elf::R_X86_64_32,
            address: elf::R_X86_64_64,
        }),
    },
    Machine {
        name: "aarch64",
        elf: object::Architecture::Aarch64,
        pointer_width: 8,
        endian: Endian::Little,
        distance: Distance::FromPlace(elf::R_AARCH64_PREL64),
        native: Some(Native {
            architecture: Architecture::Aarch64,
            short_distance: elf::R_AARCH64_PREL32,
            offset: elf::R_AARCH64_ABS32,
            address: elf::R_AARCH64_ABS64,
        }),
    },
    Machine {
        name: "riscv64",
        elf: object::Architecture::Riscv64,
        pointer_width: 8,
        endian: Endian::Little,
        distance: Distance::Difference { add: elf::R_RISCV_ADD64, subtract: elf::R_RISCV_SUB64 },
        native: Some(Native {
            architecture: Architecture::Riscv64,
            short_distance: elf::R_RISCV_32_PCREL,
            offset: elf::R_RISCV_32,
            address: elf::R_RISCV_64,
        }),
    },
    Machine {
        name: "s390x",
        elf: object::Architecture::S390x,
        pointer_width: 8,
        endian: Endian::Big,
        distance: Distance::FromPlace(elf::R_390_PC64),
        native: Some(Native {
            architecture: Architecture::S390x,
            short_distance: elf::R_390_PC32,
            offset: elf::R_390_32,
            address: elf::R_390_64,
        }),
    },
    Machine {
        name: "arm",
        elf: object::Architecture::Arm,
        pointer_width: 4,
        endian: Endian::Little,
        distance: Distance::FromPlace(elf::R_ARM_REL32),
        native: None,
    },
    Machine {
        name: "riscv32",
        elf: object::Architecture::Riscv32,
        pointer_width: 4,
        endian: Endian::Little,
        distance: Distance::Difference { add: elf::R_RISCV_ADD32, subtract: elf::R_RISCV_SUB32 },
        native: None,
    },
    Machine {
        name: "i686",
        elf: object::Architecture::I386,
        pointer_width: 4,
        endian: Endian::Little,
        distance: Distance::FromPlace(elf::R_386_PC32),
        native: None,
    },
    Machine {
        name: "powerpc",
        elf: object::Architecture::PowerPc,
        pointer_width: 4,
        endian: Endian::Big,
        distance: Distance::FromPlace(elf::R_PPC_REL32),
        native: None,
    },
];

impl Machine {
    /// The machine with this name.
    pub(super) fn named(name: &str) -> Option<Machine> {
        MACHINES.into_iter().find(|machine| machine.name == name)
    }

    /// The machine whose native code `architecture` is.
    pub(super) fn native(architecture: Architecture) -> Option<Machine> {
        MACHINES.into_iter().find(|machine| machine.runs(architecture))
    }

    /// Whether code for `target` can be in its programs.
    pub(super) fn takes(&self, target: &Target) -> bool {
        let same = (self.pointer_width, self.endian) == (target.pointer_width(), target.endian());
        same && (target.architecture() == Architecture::Pulley || self.runs(target.architecture()))
    }

    fn runs(&self, architecture: Architecture) -> bool {
        self.native.is_some_and(|native| native.architecture == architecture)
    }

    /// Whether its objects say how floats are passed; and if so, how unless something else is asked for: where code touches no float
    /// register, as programs for machines without have it.
    pub(super) const fn float_abi(&self, target: &Target) -> Option<FloatAbi> {
        match self.elf {
            object::Architecture::Riscv64 if target.integers_only() => Some(FloatAbi::Soft),
            object::Architecture::Riscv64 => Some(FloatAbi::Double),
            object::Architecture::Riscv32 => Some(FloatAbi::Soft),
            _ => None,
        }
    }

    /// How branches are protected in all of the object, for a linker that looks whether a whole program is (aarch64). Bytecode is no
    /// code to it, which keeps to everything.
    pub(super) fn branch_protection(&self, target: &Target) -> u32 {
        if self.elf != object::Architecture::Aarch64 {
            return 0;
        }
        let any = target.architecture() == Architecture::Pulley;
        let bit = |flag, bit| if any || target.protection() & flag != 0 { bit } else { 0 };
        bit(flags::BRANCH_TARGETS, elf::GNU_PROPERTY_AARCH64_FEATURE_1_BTI)
            | bit(flags::SIGNED_RETURNS, elf::GNU_PROPERTY_AARCH64_FEATURE_1_PAC)
    }

    /// The flags in the header of the file.
    pub(super) fn flags(&self, target: &Target, float_abi: Option<FloatAbi>) -> elf::FileFlags {
        match self.elf {
            object::Architecture::Riscv64 | object::Architecture::Riscv32 => {
                let float = match float_abi.or(self.float_abi(target)) {
                    Some(FloatAbi::Double) => elf::EF_RISCV_FLOAT_ABI_DOUBLE,
                    Some(FloatAbi::Single) => elf::EF_RISCV_FLOAT_ABI_SINGLE,
                    _ => elf::EF_RISCV_FLOAT_ABI_SOFT,
                };
                let names = target.architecture().features().iter().enumerate();
                let compressed = names
                    .filter(|(_, name)| ["c", "zca"].contains(name))
                    .any(|(bit, _)| target.cpu_features() >> bit & 1 != 0);
                float | if compressed { elf::EF_RISCV_RVC } else { elf::FileFlags(0) }
            }
            object::Architecture::Arm => elf::EF_ARM_EABI_VER5,
            _ => elf::FileFlags(0),
        }
    }
}

/// All machines that objects can be for.
pub(super) fn all_machine_names() -> impl Iterator<Item = &'static str> {
    MACHINES.iter().map(|machine| machine.name)
}

/// The machines that code for a target can be linked for.
pub fn machine_names(target: &str) -> Vec<&'static str> {
    let options = crate::Options::for_target(target);
    match Target::new(&options) {
        Ok(target) => MACHINES.iter().filter(|machine| machine.takes(&target)).map(|machine| machine.name).collect(),
        Err(_) => Vec::new(),
    }
}
