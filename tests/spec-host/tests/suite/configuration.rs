//! The configurations: three that run, and three that only compile.

use stilt::Config;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::{MemoryStyle, Options};

/// One way to run the suite.
pub(crate) struct Configuration {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The target of the precompiler.
    target: &'static str,
    /// Who finds traps.
    traps: TrapMode,
    /// How memories are placed.
    memory: MemoryStyle,
    /// Whether this machine can run it.
    pub(crate) plays: bool,
}

/// All of them, in the order of the table.
pub(crate) const CONFIGURATIONS: [Configuration; 6] = [
    Configuration {
        name: "native-hardware",
        target: "x86_64",
        traps: TrapMode::Hardware,
        memory: MemoryStyle::RESERVED,
        plays: true,
    },
    Configuration {
        name: "native-explicit",
        target: "x86_64",
        traps: TrapMode::Explicit,
        memory: MemoryStyle::Movable,
        plays: true,
    },
    pulley("pulley64", true),
    pulley("pulley32", false),
    pulley("pulley64be", false),
    pulley("pulley32be", false),
];

const fn pulley(name: &'static str, plays: bool) -> Configuration {
    Configuration { name, target: name, traps: TrapMode::Explicit, memory: MemoryStyle::Movable, plays }
}

impl Configuration {
    /// Whether the processor's traps are to be handled.
    pub(crate) fn wants_signals(&self) -> bool {
        self.traps == TrapMode::Hardware
    }

    /// For the precompiler, which uses the threads that the files use.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::for_target(self.target);
        options.traps = Some(self.traps);
        options.memory = Some(self.memory);
        options
    }

    /// For the runtime: images of this configuration only.
    pub(crate) fn config(&self) -> stilt::Result<Config> {
        let mut config = Config::new();
        config.signals_based_traps(self.wants_signals());
        config.target(self.target)?;
        Ok(config)
    }
}
