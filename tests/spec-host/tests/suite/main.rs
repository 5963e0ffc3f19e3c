//! The official suite: every file of `wasm-v2` and of the `simd` proposal, in
//! every configuration, with a table of counts at the end.
//!
//! Each configuration of this machine runs in a process of its own, so that what one does to the
//! process (signal handlers, a crash) is not seen by the next.
//!
//! ```text
//! cargo test -p stilt-spec-host --test official -- [--configuration NAME [--trace]] [FILE…]
//! cargo test -p stilt-spec-host --test official -- --isa NAME --player COMMAND [--configuration NAME] [--trace] [FILE…]
//! ```
//! `FILE` is a part of a file's name. With `--configuration` the run stays in
//! this process, for a debugger; `--trace` says each command before it is
//! executed, which shows where a crash is. With `--isa` the modules are compiled for another machine, and `COMMAND`, with what is
//! to be played behind it, plays them there: `cargo xtask test --only aarch64` does it in an emulator.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

mod configuration;
mod counts;
mod elsewhere;
mod files;
mod inapplicable;
mod one;
mod ours;
mod signals;

use std::process::{Command, ExitCode, Stdio};

use configuration::{Configuration, ELSEWHERE, HERE};
use counts::Counts;
use stilt_platform_linux as _;

/// What was asked for.
#[derive(Default)]
struct Arguments {
    configuration: Option<String>,
    isa: Option<String>,
    player: Option<String>,
    trace: bool,
    filters: Vec<String>,
}

fn main() -> ExitCode {
    let mut asked = Arguments::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--configuration" => asked.configuration = arguments.next(),
            "--isa" => asked.isa = arguments.next(),
            "--player" => asked.player = arguments.next(),
            "--trace" => asked.trace = true,
            // What the test harness of Rust understands is not for us.
            flag if flag.starts_with('-') => {}
            _ => asked.filters.push(argument),
        }
    }
    let all = match &asked.isa {
        None => &HERE[..],
        Some(isa) => match ELSEWHERE.iter().find(|(name, _)| name == isa) {
            Some((_, configurations)) => configurations,
            None => return nothing_named(isa, ELSEWHERE.iter().map(|(name, _)| *name)),
        },
    };
    match (&asked.configuration, &asked.player) {
        (Some(name), player) => match all.iter().find(|configuration| configuration.name == *name) {
            Some(one) => match player {
                Some(player) => run_elsewhere(std::slice::from_ref(one), player, &asked),
                None => run_here(one, &asked.filters, asked.trace),
            },
            None => nothing_named(name, all.iter().map(|configuration| configuration.name)),
        },
        (None, Some(player)) => run_elsewhere(all, player, &asked),
        (None, None) => run_all(all, &asked.filters),
    }
}

fn nothing_named(name: &str, known: impl Iterator<Item = &'static str>) -> ExitCode {
    eprintln!("nothing is named `{name}`: there are {}", known.collect::<Vec<_>>().join(", "));
    ExitCode::FAILURE
}

/// Runs configurations of another machine.
fn run_elsewhere(configurations: &[Configuration], player: &str, asked: &Arguments) -> ExitCode {
    let outcomes = configurations
        .iter()
        .map(|configuration| (configuration, elsewhere::run(configuration, player, &asked.filters, asked.trace)));
    let whole = asked.isa.as_deref().filter(|_| asked.filters.is_empty() && asked.configuration.is_none());
    table(whole, outcomes)
}

/// Runs one configuration, and says its counts in the last two lines of the output.
fn run_here(configuration: &Configuration, filters: &[String], trace: bool) -> ExitCode {
    match one::run(configuration, filters, trace) {
        Ok(counts) => {
            counts.iter().for_each(|counts| println!("{counts}"));
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{}: {message}", configuration.name);
            ExitCode::FAILURE
        }
    }
}

/// Runs configurations of this machine, each in a child process.
fn run_all(configurations: &[Configuration], filters: &[String]) -> ExitCode {
    let whole = filters.is_empty().then_some("x86_64");
    table(whole, configurations.iter().map(|configuration| (configuration, run_child(configuration, filters))))
}

/// Prints the table, once all have run; and writes down the counts, if they are those of all files in all configurations of the
/// machine that `whole` names.
fn table<'a>(
    whole: Option<&str>,
    outcomes: impl Iterator<Item = (&'a Configuration, Result<[Counts; 2], String>)>,
) -> ExitCode {
    let mut good = true;
    let mut table = vec![Counts::heading()];
    let mut left_out = Vec::new();
    let mut record = String::new();
    for (configuration, outcome) in outcomes {
        match outcome {
            Ok([official, ours]) => {
                good &= official.failed == 0 && ours.failed == 0;
                table.push(official.row(configuration.name));
                table.push(ours.row("  scripts of ours"));
                record.push_str(&configuration.record(&official, &ours));
            }
            Err(message) => {
                good = false;
                table.push(format!("{:<18}{message}", configuration.name));
            }
        }
        if !configuration.absent().is_empty() {
            let words = configuration.absent().join(", ");
            left_out.push(format!("  {}: files with {words} in them, which it does not have", configuration.name));
        }
        if configuration.is_a_board {
            let entries = inapplicable::TOO_LARGE.iter();
            left_out.extend(
                entries
                    .map(|entry| format!("  {}: {}:{}: {}", configuration.name, entry.file, entry.line, entry.reason)),
            );
        }
        if !configuration.only.is_empty() {
            left_out.push(format!("  {}: only files named {}", configuration.name, configuration.only.join(", ")));
        }
    }
    println!("\n{}\n\nnot applicable to WebAssembly 2.0:", table.join("\n"));
    for entry in &inapplicable::INAPPLICABLE {
        println!("  {}:{}: {}", entry.file, entry.line, entry.reason);
    }
    if !left_out.is_empty() {
        println!("left out:\n{}", left_out.join("\n"));
    }
    if let (true, Some(machine)) = (good, whole) {
        // For `cargo xtask matrix`.
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("suite-{machine}.counts"));
        if let Err(error) = std::fs::write(&path, record) {
            eprintln!("{}: {error}", path.display());
            good = false;
        }
    }
    if good {
        ExitCode::SUCCESS
    } else {
        println!("\nthe suite FAILED");
        ExitCode::FAILURE
    }
}

fn run_child(configuration: &Configuration, filters: &[String]) -> Result<[Counts; 2], String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args(["--configuration", configuration.name])
        .args(filters)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("did not finish: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let counts: Option<Vec<Counts>> = text.lines().map(Counts::parse).collect();
    counts.and_then(|counts| counts.try_into().ok()).ok_or_else(|| format!("said `{text}` in place of its counts"))
}
