//! What the ground under an image must offer.

use super::AnyImage;
use serde::Serialize;
use stilt_artifact::Endian;
use stilt_artifact::builtins::Group;
use stilt_artifact::header::flags;
use stilt_artifact::target::{Architecture, TrapMode};

/// A rung of the ladder of grounds. Each offers what those below it do, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rung {
    /// Rung 0: storage, and one pointer per thread.
    Storage,
    /// Rung 1: address space that is set aside, and given and taken memory page by page.
    VirtualMemory,
    /// Rung 2: a handler that is told of faults.
    HardwareTraps,
}

impl Rung {
    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// All that it offers, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Rung::Storage => "storage and one TLS pointer",
            Rung::VirtualMemory => "storage and one TLS pointer + virtual memory",
            Rung::HardwareTraps => "storage and one TLS pointer + virtual memory + hardware traps",
        }
    }
}

/// What the ground under an image must offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Needs {
    /// The lowest rung that it stands on.
    pub rung: Rung,
    /// That rung's number.
    pub rung_number: u8,
    /// The rung that loading the image from a file needs, where it is higher: native code must be made executable.
    pub rung_to_load: Rung,
    /// Instruction set, by [`Architecture::name`].
    pub architecture: &'static str,
    /// Bits of a pointer.
    pub pointer_bits: u8,
    /// `little` or `big`.
    pub byte_order: &'static str,
    /// Number of the calling convention; images of different numbers never meet in one store.
    pub convention: u8,
    /// CPU features, by the names of [`Architecture::features`].
    pub cpu_features: Vec<String>,
    /// Builtin groups, by [`Group::name`].
    pub builtin_groups: Vec<&'static str>,
    /// Who finds traps: `hardware` or `explicit`.
    pub traps: &'static str,
    /// Whether bounds checks also hold in mispredicted paths. Not a need, but what one compares by.
    pub spectre: bool,
    /// Whether the code stops when the store's interrupt word is set.
    pub interrupt: bool,
    /// Whether the code counts fuel.
    pub fuel: bool,
    /// Whether the code computes floats with integers, by calls of builtins.
    pub soft_float: bool,
    /// Whether the code uses float registers.
    pub float_registers: bool,
    /// Whether the code uses vector instructions.
    pub vectors: bool,
    /// Whether code that may be jumped to says so. Not a need: such code runs anywhere.
    pub branch_targets: bool,
    /// Whether return addresses on the stack are signed. Likewise.
    pub signed_returns: bool,
    /// What the code must be aligned to in memory, in bytes.
    pub code_align: u64,
    /// The largest frame that is taken before it is tested, in bytes: a stack bound leaves so much free beneath it.
    pub max_frame: u32,
}

impl Needs {
    pub(super) fn new(image: &AnyImage<'_>) -> Needs {
        let header = image.header();
        let architecture = Architecture::from_u8(header.architecture);
        let hardware = TrapMode::from_u8(header.trap_mode) == Some(TrapMode::Hardware);
        let native = architecture != Some(Architecture::Pulley);
        let rung = if hardware {
            Rung::HardwareTraps
        } else if reserves(image) {
            Rung::VirtualMemory
        } else {
            Rung::Storage
        };
        let has = |flag: u32| header.flags & flag != 0;
        let groups = Group::ALL.iter().filter(|group| header.builtin_groups & group.bit() != 0);
        Needs {
            rung,
            rung_number: rung.number(),
            rung_to_load: if native { rung.max(Rung::VirtualMemory) } else { rung },
            architecture: architecture.map_or("unknown", Architecture::name),
            pointer_bits: header.pointer_width.saturating_mul(8),
            byte_order: match Endian::from_code(header.byte_order) {
                Some(Endian::Little) => "little",
                Some(Endian::Big) => "big",
                None => "unknown",
            },
            convention: header.convention,
            cpu_features: cpu_features(architecture, header.cpu_features),
            builtin_groups: groups.map(|group| group.name()).collect(),
            traps: if hardware { "hardware" } else { "explicit" },
            spectre: has(flags::SPECTRE),
            interrupt: has(flags::INTERRUPT),
            fuel: has(flags::FUEL),
            soft_float: header.builtin_groups & Group::Float.bit() != 0,
            float_registers: has(flags::FLOAT_REGISTERS),
            vectors: has(flags::VECTORS),
            branch_targets: has(flags::BRANCH_TARGETS),
            signed_returns: has(flags::SIGNED_RETURNS),
            code_align: 1u64.checked_shl(header.code_align_log2.into()).unwrap_or(0),
            max_frame: header.max_frame,
        }
    }
}

/// Whether compiled code relies on address space around a memory.
fn reserves(image: &AnyImage<'_>) -> bool {
    let modules = (0..image.header().modules).filter_map(|index| image.module(index));
    modules.flat_map(|module| module.memories().iter()).any(|memory| memory.reservation != 0 || memory.guard != 0)
}

fn cpu_features(architecture: Option<Architecture>, bits: u64) -> Vec<String> {
    let names = architecture.map_or(&[][..], Architecture::features);
    let name = |bit: u32| names.get(bit as usize).map_or_else(|| format!("feature {bit}"), |name| (*name).to_owned());
    (0..u64::BITS).filter(|bit| bits >> bit & 1 != 0).map(name).collect()
}
