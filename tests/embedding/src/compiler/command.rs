//! The `stilt` command, for tests on a machine that the precompiler would have to be built for first. An emulated program starts
//! programs of the machine that emulates it: `STILT_COMPILER` names the command there.

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::process::Command;
use std::{env, fs, process};

use stilt::{Result, bail};
use stilt_artifact::target::{Architecture, TrapMode};

/// What float operations become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatMode {
    /// Calls of builtins.
    Soft,
}

/// How memories are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryStyle {
    /// In reserved address space.
    Reserved {
        /// Bytes that a memory may take.
        reservation: u64,
        /// Bytes before and behind that fault.
        guard: u64,
    },
    /// In storage that may move.
    Movable,
}

/// How much of a memory is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryBytes {
    /// So many bytes.
    Exactly(NonZeroU32),
}

/// Those of the precompiler's options that tests choose, with the same names and defaults; but the default target is this machine.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the precompiler's options say what they are")]
pub struct Options {
    pub target: String,
    pub traps: Option<TrapMode>,
    pub memory: Option<MemoryStyle>,
    pub memory_bytes: Option<MemoryBytes>,
    pub float: Option<FloatMode>,
    pub spectre: bool,
    pub interrupt: bool,
    pub strip: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options::for_target(Architecture::NATIVE.map_or("none", Architecture::name))
    }
}

impl Options {
    /// The defaults for a target.
    #[must_use]
    pub fn for_target(target: &str) -> Options {
        Options {
            target: target.to_owned(),
            traps: None,
            memory: None,
            memory_bytes: None,
            float: None,
            spectre: true,
            interrupt: false,
            strip: false,
        }
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![format!("--target={}", self.target)];
        arguments.extend(self.traps.map(|traps| match traps {
            TrapMode::Hardware => "--traps=hardware".to_owned(),
            TrapMode::Explicit => "--traps=explicit".to_owned(),
        }));
        match self.memory {
            None => {}
            Some(MemoryStyle::Movable) => arguments.push("--memory=movable".to_owned()),
            Some(MemoryStyle::Reserved { reservation, guard }) => {
                arguments.push(format!("--memory-reservation={reservation}"));
                arguments.push(format!("--memory-guard={guard}"));
            }
        }
        arguments.extend(self.memory_bytes.map(|MemoryBytes::Exactly(bytes)| format!("--memory-bytes={bytes}")));
        arguments.extend(self.float.map(|FloatMode::Soft| "--float=soft".to_owned()));
        for (on, argument) in
            [(!self.spectre, "--spectre=off"), (self.interrupt, "--interrupt=epoch"), (self.strip, "--strip")]
        {
            if on {
                arguments.push(argument.to_owned());
            }
        }
        arguments
    }
}

/// The image of a module in text form.
///
/// # Errors
/// The text is no module, or cannot be compiled; there is no compiler.
pub fn compile(wat: &str, options: Options) -> Result<Vec<u8>> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let [text, image] = ["wat", "cwasm"]
        .map(|extension| env::temp_dir().join(format!("stilt-embedding-{}-{number}.{extension}", process::id())));
    fs::write(&text, wat)?;
    let mut command = Command::new(env::var_os("STILT_COMPILER").unwrap_or_else(|| "stilt".into()));
    let output = command.arg("compile").arg(&text).arg("-o").arg(&image).args(options.arguments()).output();
    let bytes = fs::read(&image);
    for file in [&text, &image] {
        // It may not be there.
        let _ = fs::remove_file(file);
    }
    let output = output?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(bytes?)
}
