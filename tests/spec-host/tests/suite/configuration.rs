//! The configurations: those of this machine, and those of each other one, which a player there executes.

use stilt::Config;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::{FloatMode, MemoryBytes, MemoryStyle, Options, Precompiler};

use crate::counts::Counts;
use crate::files::File;

/// One way to run the suite.
pub(crate) struct Configuration {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The target of the precompiler.
    pub(crate) target: &'static str,
    /// Who finds traps.
    traps: TrapMode,
    /// How memories are placed.
    memory: MemoryStyle,
    /// What floats become.
    float: FloatMode,
    /// Whether there are vectors.
    vectors: bool,
    /// Whether this machine can run it.
    pub(crate) plays: bool,
    /// CPU features beyond the default CPU's.
    pub(crate) features: &'static [&'static str],
    /// Whether branch targets are marked and return addresses signed.
    pub(crate) protected: bool,
    /// Whether it is a board with 9 MiB for all memories, whose player does not look at backtraces (its firmware does).
    pub(crate) is_a_board: bool,
    /// Files whose names contain one of these are all it takes; all files, if none.
    pub(crate) only: &'static [&'static str],
}

/// Those of this machine, in the order of the table: five that run, and three that only compile.
pub(crate) const HERE: [Configuration; 8] = [
    Configuration { plays: true, ..hardware("native-hardware", "x86_64") },
    Configuration { plays: true, ..explicit("native-explicit", "x86_64") },
    Configuration { plays: true, ..soft_float("native-soft-float", "x86_64") },
    Configuration { plays: true, ..no_float("native-no-float", "x86_64") },
    Configuration { plays: true, ..pulley("pulley64") },
    pulley("pulley32"),
    pulley("pulley64be"),
    pulley("pulley32be"),
];

/// V alone is beyond what is compiled for by default; vectors need it.
const V: &[&str] = &["v"];

/// Those of another machine, by its name.
pub(crate) const ELSEWHERE: [(&str, &[Configuration]); 5] = [
    (
        "aarch64",
        &[
            hardware("aarch64-hardware", "aarch64"),
            explicit("aarch64-explicit", "aarch64"),
            Configuration {
                protected: true,
                only: &[
                    "br_table",
                    "call",
                    "exhaustion",
                    "many_values",
                    "return",
                    "unreachable",
                    "linking",
                    "imports",
                    "switch",
                ],
                ..hardware("aarch64-bti-pac", "aarch64")
            },
            Configuration { protected: true, ..explicit("aarch64-bti-pac-explicit", "aarch64") },
            soft_float("aarch64-soft-float", "aarch64"),
            no_float("aarch64-no-float", "aarch64"),
        ],
    ),
    (
        "riscv64",
        &[
            Configuration { features: V, ..hardware("riscv64-hardware", "riscv64") },
            Configuration { features: V, ..explicit("riscv64-explicit", "riscv64") },
            Configuration { vectors: false, ..hardware("riscv64-without-v", "riscv64") },
            soft_float("riscv64-soft-float", "riscv64"),
            no_float("riscv64-no-float", "riscv64"),
        ],
    ),
    (
        "s390x",
        &[
            hardware("s390x-hardware", "s390x"),
            explicit("s390x-explicit", "s390x"),
            pulley("pulley64be"),
            soft_float("s390x-soft-float", "s390x"),
            no_float("s390x-no-float", "s390x"),
        ],
    ),
    ("arm", &[pulley("pulley32")]),
    ("cortex-m", &[Configuration { vectors: false, is_a_board: true, ..explicit("cortex-m", "pulley32") }]),
];

const fn hardware(name: &'static str, target: &'static str) -> Configuration {
    Configuration { traps: TrapMode::Hardware, memory: MemoryStyle::RESERVED, ..explicit(name, target) }
}

const fn explicit(name: &'static str, target: &'static str) -> Configuration {
    Configuration {
        name,
        target,
        traps: TrapMode::Explicit,
        memory: MemoryStyle::Movable,
        float: FloatMode::Hard,
        vectors: true,
        plays: false,
        features: &[],
        protected: false,
        is_a_board: false,
        only: &[],
    }
}

const fn soft_float(name: &'static str, target: &'static str) -> Configuration {
    Configuration { float: FloatMode::Soft, vectors: false, ..explicit(name, target) }
}

const fn no_float(name: &'static str, target: &'static str) -> Configuration {
    Configuration { float: FloatMode::None, vectors: false, ..explicit(name, target) }
}

const fn pulley(name: &'static str) -> Configuration {
    explicit(name, name)
}

impl Configuration {
    /// Whether the processor's traps are to be handled.
    pub(crate) fn wants_signals(&self) -> bool {
        self.traps == TrapMode::Hardware
    }

    /// Words of files that are left out, as they are about what the configuration does not have.
    pub(crate) fn absent(&self) -> &'static [&'static str] {
        match (self.float, self.vectors) {
            (FloatMode::None, _) => &["v128", "i8x16", "f32", "f64"],
            (_, false) => &["v128", "i8x16"],
            _ => &[],
        }
    }

    /// Whether it takes a file.
    pub(crate) fn takes(&self, name: &str, text: &str) -> bool {
        let left_out = self.absent().iter().any(|word| text.contains(word));
        !left_out && (self.only.is_empty() || self.only.iter().any(|part| name.contains(part)))
    }

    /// A line for `cargo xtask matrix`: target, CPU features, how traps are found, what is special, and the counts.
    pub(crate) fn record(&self, official: &Counts, ours: &Counts) -> String {
        let traps = if self.wants_signals() { "hardware" } else { "explicit" };
        let special = match (self.float, self.vectors, self.protected) {
            (_, _, true) if self.only.is_empty() => "with `--bti --pac` in guarded pages",
            (_, _, true) => "with `--bti --pac` in guarded pages, files about calls",
            (FloatMode::Soft, ..) => "`--float soft`, files without SIMD",
            (FloatMode::None, ..) => "`--float none`, files without floats",
            (_, false, _) => "files without SIMD",
            _ => "",
        };
        let fields = [
            self.target,
            &self.features.join(" "),
            traps,
            special,
            &official.files.to_string(),
            &official.refusals.to_string(),
            &official.played.to_string(),
            &ours.played.to_string(),
        ];
        fields.join("\t") + "\n"
    }

    /// For the precompiler, which uses the threads that the files use.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::for_target(self.target);
        options.traps = Some(self.traps);
        options.memory = Some(self.memory);
        options.float = Some(self.float);
        options.cpu_features = self.features.iter().map(|name| ((*name).to_owned(), true)).collect();
        (options.bti, options.pac) = (self.protected, self.protected);
        options
    }

    /// The precompiler for a file.
    pub(crate) fn precompiler(&self, file: &File) -> Result<Precompiler, String> {
        let mut options = self.options();
        options.memory_bytes = file.memory_bytes.map(MemoryBytes::Exactly);
        Precompiler::new(options).map_err(|error| error.to_string())
    }

    /// For the runtime: images of this configuration only.
    pub(crate) fn config(&self) -> stilt::Result<Config> {
        let mut config = Config::new();
        config.signals_based_traps(self.wants_signals());
        config.target(self.target)?;
        Ok(config)
    }
}
