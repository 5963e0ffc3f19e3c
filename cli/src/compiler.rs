//! The options of compilation, as the command line takes them. `compile`, `run` and `wast` share them.

use crate::{input, machine};
use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use core::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::{FloatMode, MemoryBytes, MemoryStyle, OptLevel, Options, Precompiler};

/// How to compile.
#[derive(Args, Clone, Debug)]
pub(crate) struct CompilerArguments {
    /// What to compile for: a name that `stilt targets` lists, or a triple that starts so. Default: x86_64.
    ///
    /// Pulley is bytecode that the runtime interprets, for machines without a native back end. `compile` takes many.
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,

    /// A device to compile for, as its runtime describes it (`stilt targets --describe`, `Engine::describe`).
    ///
    /// It decides target, CPU features, who finds traps and where memories live. `compile` takes many.
    #[arg(long, value_name = "FILE")]
    target_file: Vec<PathBuf>,

    /// The CPU to compile for; the default does not depend on this machine (x86_64: x86-64-v2, aarch64:
    /// armv8-a, riscv64: rv64gc, s390x: z14).
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,

    /// A CPU feature to use, or with a minus in front not to use, beyond what the CPU has. May be given many times.
    #[arg(long, value_name = "FEATURE", allow_hyphen_values = true)]
    cpu_feature: Vec<String>,

    /// Who finds traps.
    ///
    /// `hardware` needs virtual memory and a trap handler below and is the default for native targets; `explicit` needs
    /// neither: the code tests everything.
    #[arg(long, value_name = "HOW")]
    traps: Option<Traps>,

    /// Where linear memories live: `reserved` address space that they grow into, or `movable` storage.
    #[arg(long, value_name = "STYLE")]
    memory: Option<Memory>,

    /// Address space reserved for each memory, in bytes. With less than 4 GiB, accesses are tested.
    #[arg(long, value_name = "BYTES")]
    memory_reservation: Option<u64>,

    /// Bytes before and behind the reservation that fault.
    #[arg(long, value_name = "BYTES")]
    memory_guard: Option<u64>,

    /// Have only so many bytes of the module's own memory be there; `auto`: what its data and its stack take.
    ///
    /// For devices with less than a page of 64 KiB. An access beyond traps and `memory.grow` fails, while `memory.size` is what the
    /// module's type says: not standard, and `stilt inspect` says so. Every access is tested then. `auto` goes by the exported
    /// global `__heap_base` (wasm-ld: `--export=__heap_base`), or else by `__data_end`; it leaves no room for a heap.
    #[arg(long, value_name = "N|auto", value_parser = memory_bytes)]
    memory_bytes: Option<MemoryBytes>,

    /// Whether bounds checks also hold in mispredicted paths.
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    spectre: Switch,

    /// How much work goes into better code.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "speed")]
    opt_level: Level,

    /// Whether jumps that reach are written in their short form, where the target has one.
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    short_jumps: Switch,

    /// Mark code that may be jumped to (branch target identification). aarch64 only; runs on every such CPU.
    #[arg(long)]
    bti: bool,

    /// Sign return addresses on the stack (pointer authentication). aarch64 only; runs on every such CPU.
    #[arg(long)]
    pac: bool,

    /// Whether bodies of functions may be put in place of their calls (with `-O speed`).
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    inline: Switch,

    /// How a guest that runs on and on can be stopped: `off`, not at all; `epoch`, by setting the store's interrupt word.
    ///
    /// With `epoch` the code tests that word in loops and before calls, so that nothing runs on without a test. An interrupt handler or another
    /// core sets it with one store.
    #[arg(long, value_name = "HOW", default_value = "off")]
    interrupt: Interrupt,

    /// What float operations become: `hard`, instructions on float registers; `soft`, calls of the runtime's builtins on integers;
    /// `none`, a module that has any is refused.
    ///
    /// With `soft` and `none` code touches no float or vector register, which is verified, so that a kernel need not save them;
    /// vectors are refused. Bytecode has registers of its own: `none` is for interpreters that were built without floats, `soft` the same as
    /// `hard`. Default: hard, unless the device of `--target-file` has none, or
    /// the target is a triple of programs that use none (`riscv64imac-...`, `...-softfloat`: soft).
    #[arg(long, value_name = "HOW")]
    float: Option<Float>,

    /// Whether the module may have vectors (SIMD): interpreters of microcontrollers are built without.
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    simd: Switch,

    /// Give every NaN that float operations make the same bits.
    #[arg(long)]
    canonicalize_nans: bool,

    /// Threads to compile with; default: as many as there are processors. Images do not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Traps {
    Hardware,
    Explicit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Memory {
    Reserved,
    Movable,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Interrupt {
    Off,
    Epoch,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Float {
    Hard,
    Soft,
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    None,
    Speed,
    Size,
}

/// One thing to compile for.
pub(crate) struct Choice {
    /// What it is called where there are several: the target, or the name of the file that describes the device.
    pub(crate) name: String,
    /// That file.
    pub(crate) file: Option<PathBuf>,
    options: Options,
}

impl Choice {
    /// The compiler for it, with at most so many threads.
    pub(crate) fn precompiler(&self, threads: Option<NonZeroUsize>) -> Result<Precompiler> {
        let mut options = self.options.clone();
        options.threads = threads;
        // Its words are those of its cause.
        Precompiler::new(options).map_err(|error| anyhow!("{error}"))
    }
}

impl CompilerArguments {
    /// The threads that were asked for.
    pub(crate) fn jobs(&self) -> Option<NonZeroUsize> {
        self.jobs
    }

    /// Everything to compile for: what was asked for, in that order, or else the default. With names and ELF wrapping left out
    /// if `strip`.
    pub(crate) fn choices(&self, strip: bool) -> Result<Vec<Choice>> {
        let mut choices = Vec::new();
        for name in &self.target {
            let options = self.options(name, strip)?;
            choices.push(Choice { name: name.clone(), file: None, options });
        }
        for path in &self.target_file {
            let device = input::read_device(path)?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let mut options = self.options("", strip)?;
            device.apply(&mut options).map_err(|error| anyhow!("{}: {error}", path.display()))?;
            choices.push(Choice { name, file: Some(path.clone()), options });
        }
        if choices.is_empty() {
            let options = Options::default();
            choices.push(Choice {
                name: options.target.clone(),
                file: None,
                options: self.options(&options.target, strip)?,
            });
        }
        Ok(choices)
    }

    /// Whether they ask for anything but what is the default, beside the number of threads.
    pub(crate) fn ask_for_something(&self) -> Result<bool> {
        Ok(!matches!(&*self.choices(false)?, [only] if only.options == Options::default()))
    }

    /// The compiler, for a subcommand that needs exactly one and runs here what comes out: by default, for this machine.
    pub(crate) fn precompiler(&self) -> Result<Precompiler> {
        let mut asked = self.clone();
        if asked.target.is_empty() && asked.target_file.is_empty() {
            asked.target.push(machine::target().to_owned());
        }
        match &*asked.choices(false)? {
            [only] => only.precompiler(self.jobs),
            choices => bail!("one target is enough here: {} were given", choices.len()),
        }
    }

    fn options(&self, target: &str, strip: bool) -> Result<Options> {
        let mut options = Options::for_target(target);
        options.cpu = self.cpu.clone();
        options.cpu_features = self.cpu_feature.iter().map(|feature| feature_switch(feature)).collect();
        options.traps = self.traps.map(|traps| match traps {
            Traps::Hardware => TrapMode::Hardware,
            Traps::Explicit => TrapMode::Explicit,
        });
        options.memory = self.memory_style()?;
        options.memory_bytes = self.memory_bytes;
        options.spectre = matches!(self.spectre, Switch::On);
        options.opt_level = match self.opt_level {
            Level::None => OptLevel::None,
            Level::Speed => OptLevel::Speed,
            Level::Size => OptLevel::Size,
        };
        options.short_jumps = matches!(self.short_jumps, Switch::On);
        options.bti = self.bti;
        options.pac = self.pac;
        options.inline = matches!(self.inline, Switch::On);
        options.interrupt = matches!(self.interrupt, Interrupt::Epoch);
        options.float = self.float.map(|float| match float {
            Float::Hard => FloatMode::Hard,
            Float::Soft => FloatMode::Soft,
            Float::None => FloatMode::None,
        });
        options.simd = matches!(self.simd, Switch::On);
        options.nan_canonicalization = self.canonicalize_nans;
        options.strip = strip;
        Ok(options)
    }

    fn memory_style(&self) -> Result<Option<MemoryStyle>> {
        let sized = self.memory_reservation.is_some() || self.memory_guard.is_some();
        let MemoryStyle::Reserved { reservation, guard } = MemoryStyle::RESERVED else {
            bail!("the default memory style has no sizes");
        };
        match self.memory {
            Some(Memory::Movable) if sized => {
                bail!("--memory-reservation and --memory-guard go with `--memory reserved`, not with `movable`")
            }
            Some(Memory::Movable) => Ok(Some(MemoryStyle::Movable)),
            None if !sized => Ok(None),
            _ => Ok(Some(MemoryStyle::Reserved {
                reservation: self.memory_reservation.unwrap_or(reservation),
                guard: self.memory_guard.unwrap_or(guard),
            })),
        }
    }
}

/// `auto`, or a number that is not 0.
fn memory_bytes(text: &str) -> Result<MemoryBytes, String> {
    if text == "auto" {
        return Ok(MemoryBytes::Auto);
    }
    let bytes = text.parse::<NonZeroU32>();
    bytes.map(MemoryBytes::Exactly).map_err(|error| format!("{error}: expected a number of bytes from 1 on, or `auto`"))
}

/// `avx2` and `+avx2` switch on, `-avx2` switches off.
fn feature_switch(feature: &str) -> (String, bool) {
    match feature.strip_prefix('-') {
        Some(name) => (name.to_owned(), false),
        None => (feature.strip_prefix('+').unwrap_or(feature).to_owned(), true),
    }
}
