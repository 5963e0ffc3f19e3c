//! What a ground offers to images, and whether it is enough for one. The runtime asks this when it loads an image; the
//! command asks it beforehand, on a host, from the [`Description`] that the runtime printed on the device.
//!
//! What the tables of an image say beyond its header is not looked at here, but by [`crate::Image::parse`].

mod description;
mod error;

use crate::builtins::Group;
use crate::header::{ImageHeader, flags};
use crate::order::Endian;
use crate::target::{Architecture, Convention, TrapMode};

pub use description::Description;
pub use error::LoadError;

/// What a runtime, the machine it runs on and the embedder's configuration offer to images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// What runs natively.
    pub architecture: Option<Architecture>,
    /// Bytes of a pointer.
    pub pointer_width: u8,
    /// The byte order.
    pub endian: Endian,
    /// Whether the interpreter of Pulley bytecode is linked.
    pub interpreter: bool,
    /// Whether it has operations on floats.
    pub interpreter_floats: bool,
    /// Whether it has operations on vectors.
    pub interpreter_vectors: bool,
    /// Whether the platform's virtual memory is linked.
    pub virtual_memory: bool,
    /// Whether a copy of native code can be made executable, for every core.
    pub publishes_code: bool,
    /// Whether the platform's trap handler is linked.
    pub native_signals: bool,
    /// Whether the embedder allows hardware traps.
    pub signals_allowed: bool,
    /// The groups of builtins that are linked, by [`Group::bit`].
    pub builtin_groups: u32,
    /// Whether compiled code may use float and vector registers.
    pub float_registers: bool,
    /// The one architecture that the embedder accepts, if he chose.
    pub required: Option<Architecture>,
}

impl Ground {
    /// Whether an image with this header can run here. `names` are those of the native CPU's features, its architecture's
    /// [`Architecture::features`]; `feature` says of one, by its place among them and its name, whether it is there; `None` if nobody
    /// knows.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub fn check(
        &self,
        header: &ImageHeader,
        names: &[&'static str],
        feature: impl FnMut(u32, &'static str) -> Option<bool>,
    ) -> Result<(), LoadError> {
        let architecture = self.check_architecture(header)?;
        self.check_traps(header)?;
        self.check_builtins(header)?;
        let (floats, vectors) = (header.flags & flags::FLOAT_REGISTERS != 0, header.flags & flags::VECTORS != 0);
        if architecture == Architecture::Pulley {
            // Its registers are not the machine's.
            if vectors && !self.interpreter_vectors {
                return Err(LoadError::Interpreter { operations: "vectors" });
            }
            if floats && !self.interpreter_floats {
                return Err(LoadError::Interpreter { operations: "floats" });
            }
            // Bytecode needs nothing of a CPU.
            return check_features(&[], header.cpu_features, feature);
        }
        check_features(names, header.cpu_features, feature)?;
        if (floats || vectors) && !self.float_registers {
            return Err(LoadError::FloatRegisters);
        }
        Ok(())
    }

    fn check_architecture(&self, header: &ImageHeader) -> Result<Architecture, LoadError> {
        let expected = self.architecture;
        let found = Architecture::from_u8(header.architecture);
        let architecture = match found {
            Some(Architecture::Pulley) => Architecture::Pulley,
            Some(other) if found == expected => other,
            found => return Err(LoadError::Architecture { expected, found }),
        };
        if let Some(expected) = self.required
            && expected != architecture
        {
            return Err(LoadError::Target { expected, found: architecture });
        }
        if header.pointer_width != self.pointer_width {
            return Err(LoadError::PointerWidth { expected: self.pointer_width, found: header.pointer_width });
        }
        if architecture == Architecture::Pulley && !self.interpreter {
            return Err(LoadError::Feature { feature: "pulley", purpose: "to be interpreted" });
        }
        // Compiled code hides it from the runtime; that images of one store agree is checked when they are instantiated.
        if Convention::from_u8(header.convention).is_none() {
            return Err(LoadError::Convention { found: header.convention });
        }
        Ok(architecture)
    }

    fn check_traps(&self, header: &ImageHeader) -> Result<(), LoadError> {
        match TrapMode::from_u8(header.trap_mode) {
            Some(TrapMode::Explicit) => Ok(()),
            Some(TrapMode::Hardware) => {
                for (linked, feature, purpose) in [
                    (self.virtual_memory, "virtual-memory", "for guard pages: compile it with `--traps explicit`"),
                    (self.native_signals, "native-signals", "for hardware traps: compile it with `--traps explicit`"),
                ] {
                    if !linked {
                        return Err(LoadError::Feature { feature, purpose });
                    }
                }
                if self.signals_allowed { Ok(()) } else { Err(LoadError::SignalsForbidden) }
            }
            None => Err(LoadError::TrapMode { found: header.trap_mode }),
        }
    }

    fn check_builtins(&self, header: &ImageHeader) -> Result<(), LoadError> {
        let mut missing = header.builtin_groups & !self.builtin_groups;
        for group in Group::ALL {
            if missing & group.bit() != 0 {
                return Err(LoadError::Builtins { group: Some(group.name()) });
            }
            missing &= !group.bit();
        }
        if missing == 0 { Ok(()) } else { Err(LoadError::Builtins { group: None }) }
    }
}

/// Whether an image with this header is of as many modules as runtimes load: what [`Ground::check`] does not ask, as loading does.
///
/// # Errors
/// [`LoadError::Modules`].
pub const fn check_modules(header: &ImageHeader) -> Result<(), LoadError> {
    if header.modules == 1 { Ok(()) } else { Err(LoadError::Modules { found: header.modules }) }
}

fn check_features(
    names: &[&'static str],
    needed: u64,
    mut feature: impl FnMut(u32, &'static str) -> Option<bool>,
) -> Result<(), LoadError> {
    let mut rest = needed;
    for (bit, name) in (0..u64::BITS).zip(names) {
        if rest & 1 != 0 {
            let present = feature(bit, name);
            if present != Some(true) {
                return Err(LoadError::CpuFeature { name: Some(name), present });
            }
        }
        rest >>= 1;
    }
    if rest == 0 { Ok(()) } else { Err(LoadError::CpuFeature { name: None, present: None }) }
}
