//! Plays scripts of the official suite on another machine, or in its emulator: what the suite of `stilt-spec-host` starts with
//! `--player`. The images in the scripts were compiled on the host.
//!
//! ```text
//! stilt-spec-replay TARGET hardware|explicit PACK [--feature NAME]… [--guard] [--trace]
//! stilt-spec-replay TARGET hardware|explicit IMAGE --backtraces
//! ```
//! A pack is scripts one after the other, each behind its length, 32 bits, little-endian. To standard output go lines of `failed`, with
//! file, line and message between tabs, and at the end `played` with how many assertions hold.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

mod arguments;
mod backtraces;
mod pack;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use arguments::Arguments;
use stilt::{Config, Engine, Module};
use stilt_platform_linux as _;
use stilt_spec_player::{Event, play};
use stilt_spec_script::Script;

/// Guests may use the stack up to the runtime's limit, with the runtime's own below it.
const STACK_SIZE: usize = 16 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(played) => {
            println!("played {played}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("stilt-spec-replay: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<usize, String> {
    let arguments = Arguments::of_process()?;
    let pack = std::fs::read(&arguments.pack).map_err(|error| format!("{}: {error}", arguments.pack))?;
    if arguments.guard && !stilt_platform_linux::guard_branches(true) {
        return Err("this CPU does not guard branches".to_owned());
    }
    let engine = engine(&arguments).map_err(|error| error.to_string())?;
    if arguments.backtraces {
        return backtraces::check(&engine, &pack);
    }
    let scripts = pack::scripts(&pack)?;
    let (next, played) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || -> Result<(), String> {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            played.fetch_add(play_one(script, &engine, arguments.trace)?, Ordering::Relaxed);
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let spawn = |_| std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, work);
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        for thread in threads {
            let thread = thread.map_err(|error| format!("no thread: {error}"))?;
            thread.join().map_err(|_| "a thread has panicked".to_string())??;
        }
        Ok::<(), String>(())
    })?;
    Ok(played.into_inner())
}

fn engine(arguments: &Arguments) -> stilt::Result<Engine> {
    let mut config = Config::new();
    config.signals_based_traps(arguments.hardware);
    config.target(&arguments.target)?;
    arguments.declare_features(&mut config);
    Engine::new(&config)
}

/// How many assertions of a script hold.
#[expect(unsafe_code, reason = "loading an image is a promise about who made it")]
fn play_one(script: &Script<'_>, engine: &Engine, trace: bool) -> Result<usize, String> {
    let name = script.name();
    let load = |engine: &Engine, image: &[u8]| {
        // SAFETY: the pack was made by the suite, which has compiled its images just before.
        unsafe { Module::deserialize(engine, image) }
    };
    let mut report = |event: Event<'_>| match event {
        Event::Starting { line } if trace => eprintln!("{name}:{line}"),
        Event::Failed { line, message } => println!("failed\t{name}\t{line}\t{message}"),
        _ => {}
    };
    let summary = play(script, engine, &load, &mut report).map_err(|error| format!("{name}: {error}"))?;
    Ok(summary.passed)
}
