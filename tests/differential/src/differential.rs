//! What a program does here, in every configuration, and on wasmi: results, traps, calls of the host, and what is left in
//! memories, tables and globals must be the same.

use crate::protocol::{Event, Kind, Program, Report};
use crate::random::{Random, mix};
use crate::{ours, theirs};
use core::num::NonZeroUsize;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::{CompileError, FloatMode, MemoryStyle, OptLevel, Options, Precompiler};

/// Fuel of wasmi for each call. What uses it up is not compared any further.
const FUEL: u64 = 3_000_000;

/// What became of a program.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Calls that were compared, in each configuration.
    pub calls: usize,
    /// Configurations that ran.
    pub configurations: usize,
    /// What is wrong: the configuration and the difference.
    pub differences: Vec<String>,
    /// The other engine does not run it.
    pub skipped: Option<String>,
}

/// The configurations to compare for a seed: guard pages, explicit checks, and the interpreter, with the options that may
/// change code drawn at random.
#[must_use]
pub fn configurations(seed: u64) -> Vec<(String, Options)> {
    let mut random = Random::new(mix(seed));
    let mut list = Vec::new();
    for (target, traps) in
        [("x86_64", TrapMode::Hardware), ("x86_64", TrapMode::Explicit), ("pulley64", TrapMode::Explicit)]
    {
        let mut options = Options::for_target(target);
        options.traps = Some(traps);
        options.opt_level = random.pick(&[OptLevel::None, OptLevel::Speed, OptLevel::Speed, OptLevel::Size]);
        options.spectre = random.one_in(2);
        options.interrupt = random.one_in(4);
        options.short_jumps = !random.one_in(8);
        options.strip = random.one_in(2);
        options.data_page = random.pick(&[0, 4096, 65536]);
        options.verify = true;
        options.threads = NonZeroUsize::new(1);
        // Memories that the host makes for explicit tests may move, which code for a reserved one would not expect.
        if traps == TrapMode::Hardware && random.one_in(3) {
            options.memory = Some(MemoryStyle::RESERVED);
        }
        let baseline = target == "x86_64" && random.one_in(4);
        if baseline {
            options.cpu = Some("x86-64-v2".to_owned());
        }
        if target == "x86_64" && random.one_in(3) {
            options.float = Some(FloatMode::Soft);
        }
        let name = format!(
            "{target} {traps:?} {:?} spectre={} interrupt={} memory={:?} baseline={baseline} float={:?}",
            options.opt_level, options.spectre, options.interrupt, options.memory, options.float
        );
        list.push((name, options));
    }
    list
}

/// Runs a program everywhere and compares with wasmi.
#[must_use]
pub fn check(program: &Program) -> Outcome {
    check_against(program, run_theirs(program))
}

/// What wasmi reports, or why it does not.
pub(crate) fn run_theirs(program: &Program) -> Result<Report, String> {
    let run = std::panic::catch_unwind(|| theirs::run(program, FUEL));
    run.unwrap_or_else(|_| Err("the other engine panics".to_owned()))
}

/// Runs a program everywhere and compares with what another engine reports, or why it does not.
#[must_use]
pub fn check_against(program: &Program, theirs: Result<Report, String>) -> Outcome {
    check_with(program, theirs, |_| ())
}

/// The same, with more of the options decided on.
pub(crate) fn check_with(program: &Program, theirs: Result<Report, String>, decide: impl Fn(&mut Options)) -> Outcome {
    let mut outcome = Outcome::default();
    let theirs = match theirs {
        Ok(report) => report,
        Err(why) => {
            outcome.skipped = Some(why);
            return outcome;
        }
    };
    outcome.calls = theirs.calls;
    let most_calls = theirs.limited.unwrap_or(usize::MAX);
    let limited_at_start = theirs.limited == Some(0) && !theirs.events.iter().any(|e| matches!(e, Event::Call(_)));
    if limited_at_start {
        outcome.skipped = Some("a limit at the start".to_owned());
        return outcome;
    }
    for (name, mut options) in configurations(program.seed) {
        decide(&mut options);
        match in_configuration(program, options, &theirs, most_calls) {
            Ok(()) => outcome.configurations += 1,
            Err(why) => outcome.differences.push(format!("{name}: {why}")),
        }
    }
    outcome
}

fn in_configuration(program: &Program, options: Options, theirs: &Report, most_calls: usize) -> Result<(), String> {
    let signals = options.traps == Some(TrapMode::Hardware);
    let images = |options: Options| -> Result<Vec<Vec<u8>>, CompileError> {
        let precompiler = Precompiler::new(options)?;
        program.modules.iter().map(|wasm| precompiler.compile(wasm)).collect()
    };
    let images = match images(options.clone()) {
        // Of the modules of a program, some have vectors.
        Err(CompileError::NotAllowed { what: "vectors", .. }) => {
            let mut hard = options;
            hard.float = None;
            images(hard)
        }
        images => images,
    };
    let images = images.map_err(|error| format!("does not compile: {error}"))?;
    let ours = ours::run(program, &images, signals, most_calls)?;
    compare(&ours, theirs)
}

/// The first difference, up to where one of the two met a limit.
fn compare(ours: &Report, theirs: &Report) -> Result<(), String> {
    let mut last = String::new();
    let mut pairs = ours.events.iter().zip(&theirs.events);
    let different = pairs.find(|(ours, theirs)| {
        if let Event::Call(name) = ours {
            last.clone_from(name);
        }
        !same(ours, theirs)
    });
    let limit = |event: &Event| matches!(event, Event::Trapped(Kind::Limit, _));
    match different {
        Some((ours, theirs)) if limit(ours) || limit(theirs) => Ok(()),
        Some((ours, theirs)) => Err(format!("in {last}: {}", difference(ours, theirs))),
        None if ours.limited.is_some() || theirs.limited.is_some() => Ok(()),
        None if ours.events.len() != theirs.events.len() => {
            let (a, b) = (ours.events.len(), theirs.events.len());
            Err(format!("in {last}: {a} events here, {b} there"))
        }
        None => Ok(()),
    }
}

fn same(ours: &Event, theirs: &Event) -> bool {
    match (ours, theirs) {
        (Event::Trapped(ours, _), Event::Trapped(theirs, _)) => ours == theirs && *ours != Kind::Other,
        _ => ours == theirs,
    }
}

fn difference(ours: &Event, theirs: &Event) -> String {
    match (ours, theirs) {
        (Event::Memory(name, a), Event::Memory(_, b)) if a.len() == b.len() => {
            let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(0);
            format!("memory {name} at {at:#x}: {:#x} here, {:#x} there", a[at], b[at])
        }
        (Event::Memory(name, a), Event::Memory(_, b)) => {
            format!("memory {name}: {} bytes here, {} there", a.len(), b.len())
        }
        _ => format!("{ours:?} here, {theirs:?} there"),
    }
}
