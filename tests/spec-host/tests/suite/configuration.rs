//! The configurations: five that run, and three that only compile.

use stilt::Config;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::{FloatMode, MemoryStyle, Options};

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
    /// What floats become.
    float: FloatMode,
    /// Whether this machine can run it.
    pub(crate) plays: bool,
}

/// All of them, in the order of the table.
pub(crate) const CONFIGURATIONS: [Configuration; 8] = [
    Configuration {
        name: "native-hardware",
        target: "x86_64",
        traps: TrapMode::Hardware,
        memory: MemoryStyle::RESERVED,
        float: FloatMode::Hard,
        plays: true,
    },
    explicit("native-explicit", FloatMode::Hard),
    explicit("native-soft-float", FloatMode::Soft),
    explicit("native-no-float", FloatMode::None),
    pulley("pulley64", true),
    pulley("pulley32", false),
    pulley("pulley64be", false),
    pulley("pulley32be", false),
];

/// Explicit checks.
const fn explicit(name: &'static str, float: FloatMode) -> Configuration {
    Configuration {
        name,
        target: "x86_64",
        traps: TrapMode::Explicit,
        memory: MemoryStyle::Movable,
        float,
        plays: true,
    }
}

const fn pulley(name: &'static str, plays: bool) -> Configuration {
    let (traps, memory, float) = (TrapMode::Explicit, MemoryStyle::Movable, FloatMode::Hard);
    Configuration { name, target: name, traps, memory, float, plays }
}

impl Configuration {
    /// Whether the processor's traps are to be handled.
    pub(crate) fn wants_signals(&self) -> bool {
        self.traps == TrapMode::Hardware
    }

    /// Whether a file is about what the configuration has: neither vectors nor, if there are none, floats stand in others.
    pub(crate) fn covers(&self, text: &str) -> bool {
        let absent: &[&str] = match self.float {
            FloatMode::Soft => &["v128", "i8x16"],
            FloatMode::None => &["v128", "i8x16", "f32", "f64"],
            _ => &[],
        };
        !absent.iter().any(|word| text.contains(word))
    }

    /// For the precompiler, which uses the threads that the files use.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::for_target(self.target);
        options.traps = Some(self.traps);
        options.memory = Some(self.memory);
        options.float = Some(self.float);
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
