//! Both halves in one process: a file is converted, then played on the runtime that is linked in.

use core::error::Error;
use core::fmt;

use stilt::{Config, Engine, Module};
use stilt_precompiler::Precompiler;
use stilt_spec_player::{Event, Summary, play};
use stilt_spec_script::{Script, ScriptError};

use crate::{ConvertError, Failure, HostSummary, convert};

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Assertions that hold, the host's and the player's.
    pub passed: usize,
    /// Commands that do not do what they have to.
    pub failed: usize,
    /// Each of them, in the order of lines.
    pub failures: Vec<Failure>,
    /// The host's part of the counts.
    pub host: HostSummary,
    /// The player's part of the counts.
    pub player: Summary,
}

/// Why a file was not run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// It cannot be converted.
    Convert(ConvertError),
    /// The conversion wrote something that the player cannot read. A bug of ours.
    Script(ScriptError),
    /// The runtime gave no engine, no store, or nothing for the host module of the suite.
    Start(stilt::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convert(error) => error.fmt(f),
            Self::Script(error) => error.fmt(f),
            Self::Start(error) => write!(f, "the player cannot start: {error}"),
        }
    }
}

impl Error for RunError {}

/// Runs the `.wast` file `text`, called `name`, on an engine of its own with the default configuration.
pub fn run(text: &str, name: &str, precompiler: &Precompiler) -> Result<Outcome, RunError> {
    let engine = Engine::new(&Config::new()).map_err(RunError::Start)?;
    run_in(&engine, text, name, precompiler, &mut |_| {})
}

/// Runs the `.wast` file `text`, called `name`, in a store of its own of `engine`, and tells `observe` each command that
/// is about to be played by its line.
#[expect(unsafe_code, reason = "loading an image is a promise about who made it")]
pub fn run_in(
    engine: &Engine,
    text: &str,
    name: &str,
    precompiler: &Precompiler,
    observe: &mut dyn FnMut(u32),
) -> Result<Outcome, RunError> {
    let converted = convert(text, name, precompiler).map_err(RunError::Convert)?;
    let script = Script::parse(&converted.script).map_err(RunError::Script)?;
    let load = |engine: &Engine, image: &[u8]| {
        // SAFETY: the image is one of `converted`, all of which `precompiler` has just made, and nobody has changed.
        unsafe { Module::deserialize(engine, image) }
    };
    let mut failures = converted.host.failures.clone();
    let mut report = |event: Event<'_>| match event {
        Event::Starting { line } => observe(line),
        Event::Failed { line, message } => {
            let (file, message) = (name.to_string(), message.to_string());
            failures.push(Failure { file, line, message });
        }
        _ => {}
    };
    let player = play(&script, engine, &load, &mut report).map_err(RunError::Start)?;
    failures.sort_by_key(|failure| failure.line);
    Ok(Outcome {
        passed: converted.host.passed + player.passed,
        failed: failures.len(),
        failures,
        host: converted.host,
        player,
    })
}
