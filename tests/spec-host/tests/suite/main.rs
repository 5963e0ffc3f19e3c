//! The official suite: every file of `wasm-v2` and of the `simd` proposal, in
//! every configuration, with a table of counts at the end.
//!
//! Each configuration runs in a process of its own, so that what one does to the
//! process (signal handlers, a crash) is not seen by the next.
//!
//! ```text
//! cargo test -p stilt-spec-host --test suite -- [--configuration NAME [--trace]] [FILE…]
//! ```
//! `FILE` is a part of a file's name. With `--configuration` the run stays in
//! this process, for a debugger; `--trace` says each command before it is
//! executed, which shows where a crash is.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

mod configuration;
mod counts;
mod inapplicable;
mod one;
mod ours;
mod signals;

use std::process::{Command, ExitCode, Stdio};

use configuration::{CONFIGURATIONS, Configuration};
use counts::Counts;
use stilt_platform_linux as _;

fn main() -> ExitCode {
    let mut only = None;
    let mut filters = Vec::new();
    let mut trace = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--configuration" => only = arguments.next(),
            "--trace" => trace = true,
            // What the test harness of Rust understands is not for us.
            flag if flag.starts_with('-') => {}
            _ => filters.push(argument),
        }
    }
    match only {
        Some(name) => match CONFIGURATIONS.iter().find(|c| c.name == name) {
            Some(configuration) => run_here(configuration, &filters, trace),
            None => {
                let names = CONFIGURATIONS.map(|configuration| configuration.name);
                eprintln!("no configuration `{name}`: there are {}", names.join(", "));
                ExitCode::FAILURE
            }
        },
        None => run_all(&filters),
    }
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

/// Runs every configuration in a child process, then prints the table.
fn run_all(filters: &[String]) -> ExitCode {
    let mut good = true;
    let mut table = vec![Counts::heading()];
    for configuration in &CONFIGURATIONS {
        match run_child(configuration, filters) {
            Ok([official, ours]) => {
                good &= official.failed == 0 && ours.failed == 0;
                table.push(official.row(configuration.name));
                table.push(ours.row("  scripts of ours"));
            }
            Err(message) => {
                good = false;
                table.push(format!("{:<18}{message}", configuration.name));
            }
        }
    }
    println!("\n{}\n\nnot applicable to WebAssembly 2.0:", table.join("\n"));
    for entry in &inapplicable::INAPPLICABLE {
        println!("  {}:{}: {}", entry.file, entry.line, entry.reason);
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
