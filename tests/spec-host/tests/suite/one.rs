//! One configuration of this machine: all files in parallel, in this process.

use std::time::Instant;

use rayon::prelude::*;
use stilt::Engine;
use stilt_precompiler::Precompiler;
use stilt_spec_host::{Failure, convert, run_in};

use crate::configuration::Configuration;
use crate::counts::Counts;
use crate::files::{File, failure, files, host_counts, settle};
use crate::signals::Handled;

/// Guests may use the stack up to the runtime's limit, with the runtime's own below it.
const STACK_SIZE: usize = 16 << 20;

/// Runs all files whose name contains one of `filters`, or all: first the official suite's, then ours.
///
/// Failures go to standard error, and with `trace` each command that is played; an error is something that keeps the
/// suite from running.
pub(crate) fn run(configuration: &Configuration, filters: &[String], trace: bool) -> Result<[Counts; 2], String> {
    let handled_at_first = Handled::now()?;
    let engine = configuration
        .plays
        .then(|| Engine::new(&configuration.config()?))
        .transpose()
        .map_err(|error| error.to_string())?;
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build().map_err(|error| error.to_string())?;

    let counts = files(configuration, filters).map(|files| {
        let start = Instant::now();
        let mut counts = pool.install(|| {
            files
                .par_iter()
                .map(|file| run_file(configuration, engine.as_ref(), file, trace))
                .reduce(Counts::default, Counts::plus)
        });
        counts.milliseconds = usize::try_from(start.elapsed().as_millis()).unwrap_or(usize::MAX);
        counts
    });

    if configuration.plays {
        let handled = Handled::now()?;
        if configuration.wants_signals() != handled.has_processor_traps() {
            return Err(format!("signals handled at the end: {handled:?}"));
        }
        if !configuration.wants_signals() && handled != handled_at_first {
            return Err(format!("signal handlers: {handled_at_first:?} has become {handled:?}"));
        }
    }
    Ok(counts)
}

fn run_file(configuration: &Configuration, engine: Option<&Engine>, file: &File, trace: bool) -> Counts {
    let (mut counts, mut failures) = match (configuration.precompiler(file), engine) {
        (Ok(precompiler), Some(engine)) => play(&precompiler, engine, file, trace),
        (Ok(precompiler), None) => compile(&precompiler, file),
        (Err(error), _) => (Counts::default(), vec![failure(file, 0, &error)]),
    };
    counts.failed = settle(configuration, file, &mut failures);
    counts
}

fn play(precompiler: &Precompiler, engine: &Engine, file: &File, trace: bool) -> (Counts, Vec<Failure>) {
    let mut observe = |line| {
        if trace {
            eprintln!("{}:{line}", file.name);
        }
    };
    match run_in(engine, &file.text, &file.name, precompiler, &mut observe) {
        Ok(outcome) => {
            let counts = Counts { played: outcome.player.passed, ..host_counts(&outcome.host) };
            (counts, outcome.failures)
        }
        Err(error) => (Counts::default(), vec![failure(file, 0, &error.to_string())]),
    }
}

fn compile(precompiler: &Precompiler, file: &File) -> (Counts, Vec<Failure>) {
    match convert(&file.text, &file.name, precompiler) {
        Ok(converted) => (host_counts(&converted.host), converted.host.failures),
        Err(error) => (Counts::default(), vec![failure(file, 0, &error.to_string())]),
    }
}
