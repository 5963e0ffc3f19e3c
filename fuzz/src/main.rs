//! `cargo run --release -- HARNESS --seeds A..B [--until HH:MM] [--quiet]`: runs a harness with every seed of a range, in a
//! process of its own, so that a crash is a find like any other, and goes on behind it. Also `show HARNESS SEED`,
//! and `corpus FOLDER FILE...` for the targets of cargo-fuzz.

use libfuzzer_sys as _; // what cargo-fuzz builds wants its symbols
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use stilt_differential_tests::protocol::Program;
use stilt_differential_tests::{compile, differential, hot_spots, load, smith};

const HARNESSES: [&str; 4] = ["differential", "hot-spots", "compile", "load"];

/// A seed that takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["child", harness, first, last] => child(harness, number(first), number(last)),
        ["check", seed, files @ ..] => check(number(seed), files),
        ["show", harness, seed] => show(harness, number(seed)),
        ["corpus", folder, files @ ..] => stilt_fuzz::corpus::write(Path::new(folder), files),
        [harness, "--seeds", range, rest @ ..] if HARNESSES.contains(harness) => {
            let Some((first, last)) = range.split_once("..") else { return usage() };
            let seconds = match rest {
                ["--seconds", seconds] => Some(Duration::from_secs(number(seconds))),
                _ => None,
            };
            return run(harness, number(first), number(last), seconds);
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: stilt-fuzz {} --seeds A..B [--seconds N]\n       stilt-fuzz show HARNESS SEED\n       stilt-fuzz corpus FOLDER FILE...",
        HARNESSES.join("|")
    );
    ExitCode::FAILURE
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is not a number"))
}

/// Runs seeds in child processes and counts.
fn run(harness: &str, first: u64, last: u64, most: Option<Duration>) -> ExitCode {
    let start = Instant::now();
    let program = std::env::current_exe().expect("the name of this program");
    let (mut next, mut finds) = (first, 0u64);
    let mut totals: Vec<(String, u64)> = Vec::new();
    let (mut seeds, mut out_of_time) = (0u64, false);
    while next < last && !out_of_time {
        let mut child = Command::new(&program)
            .args(["child", harness, &next.to_string(), &last.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child process");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (mut current, mut theirs) = (next, false);
        for line in lines {
            let Ok(line) = line else { break };
            let mut words = line.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some("seed"), Some(seed), _) => current = number(seed),
                (Some("THEIRS"), ..) => theirs = true,
                (Some("done"), Some(count), Some(name)) => {
                    seeds += u64::from(name == "seeds");
                    match totals.iter_mut().find(|(known, _)| known == name) {
                        Some((_, total)) => *total += number(count),
                        None => totals.push((name.to_owned(), number(count))),
                    }
                }
                _ => {
                    finds += u64::from(line.starts_with("FIND"));
                    println!("{line}");
                }
            }
            if most.is_some_and(|most| start.elapsed() > most) {
                out_of_time = true;
                break;
            }
        }
        if out_of_time {
            let _ = child.kill();
        }
        let status = child.wait().expect("its end");
        if !status.success() && !out_of_time && theirs {
            println!("skipped {current}: the other engine aborts");
        } else if !status.success() && !out_of_time {
            finds += 1;
            println!("FIND {harness} seed {current}: the process ended with {status}");
        }
        next = current + 1;
        if status.success() {
            break;
        }
    }
    totals.sort();
    let took = start.elapsed().as_secs();
    println!("{harness}: {seeds} seeds ({first}..{next}) in {took} s, {finds} finds; {totals:?}");
    if finds == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs seeds and says so on standard output, one line at a time.
fn child(harness: &str, first: u64, last: u64) {
    static SINCE: std::sync::Mutex<Option<Instant>> = std::sync::Mutex::new(None);
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let since = *SINCE.lock().expect("nobody panics with it");
            if since.is_some_and(|since| since.elapsed() > HANGS) {
                eprintln!("a seed hangs");
                std::process::abort();
            }
        }
    });
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        if place.contains("/wasmi") {
            println!("THEIRS {place}");
        }
        eprintln!("{info}");
    }));
    for seed in first..last {
        *SINCE.lock().expect("nobody panics with it") = Some(Instant::now());
        println!("seed {seed}");
        let done = match harness {
            "differential" => {
                smith::program(seed).map_or_else(|| vec![("not made", 1)], |program| compared(harness, &program))
            }
            "hot-spots" => compared(harness, &hot_spots::program(seed)),
            "compile" => vec![named(harness, seed, compile::check(&compile::bytes(seed), seed))],
            _ => vec![named(harness, seed, load::check(&load::bytes(seed)))],
        };
        for (name, count) in done {
            println!("done {count} {name}");
        }
        println!("done 1 seeds");
    }
}

fn compared(harness: &str, program: &Program) -> Vec<(&'static str, u64)> {
    let outcome = differential::check(program);
    if !outcome.differences.is_empty() {
        // Three against one.
        let judged = differential::check_against(program, stilt_fuzz::wasmtime::run(program));
        if judged.differences.is_empty() && judged.skipped.is_none() {
            println!("skipped {}: wasmi alone differs: {}", program.seed, outcome.differences[0]);
            return vec![("wasmi alone differs", 1)];
        }
        for difference in outcome.differences.iter().chain(&judged.differences) {
            println!("FIND {harness} seed {}: {difference}", program.seed);
        }
    }
    if let Some(why) = outcome.skipped {
        if why.contains("refuse") {
            println!("skipped {}: {why}", program.seed);
        }
        return vec![("skipped", 1)];
    }
    vec![
        ("compared programs", 1),
        ("compared calls", outcome.calls as u64),
        ("executions", outcome.configurations as u64),
    ]
}

fn named<V: core::fmt::Debug>(harness: &str, seed: u64, verdict: Result<V, String>) -> (&'static str, u64) {
    match verdict {
        Ok(verdict) => match format!("{verdict:?}").as_str() {
            "Refused" => ("refused", 1),
            "Compiled" => ("compiled", 1),
            "Instantiated" => ("instantiated", 1),
            _ => ("loaded", 1),
        },
        Err(why) => {
            println!("FIND {harness} seed {seed}: {why}");
            ("wrong", 1)
        }
    }
}

/// Compares a program that stands in files, binary or text.
fn check(seed: u64, files: &[&str]) {
    let read = |file: &&str| {
        let bytes = std::fs::read(file).expect("reading a file");
        wat::parse_bytes(&bytes).expect("a module").into_owned()
    };
    let program = Program { modules: files.iter().map(read).collect(), seed, rounds: 6, nan_classes: true };
    println!("wasmi: {:#?}", differential::check(&program));
    println!("Wasmtime: {:#?}", differential::check_against(&program, stilt_fuzz::wasmtime::run(&program)));
}

/// Writes what a seed stands for into the current folder.
fn show(harness: &str, seed: u64) {
    let modules = match harness {
        "differential" => smith::program(seed).map(|program| program.modules).unwrap_or_default(),
        "hot-spots" => hot_spots::program(seed).modules,
        "compile" => vec![compile::bytes(seed)],
        _ => vec![load::bytes(seed)],
    };
    for (number, module) in modules.iter().enumerate() {
        std::fs::write(format!("{harness}-{seed}-{number}.bin"), module).expect("writing a file");
    }
    if harness == "hot-spots" {
        for (number, text) in hot_spots::texts(seed).iter().enumerate() {
            std::fs::write(format!("{harness}-{seed}-{number}.wat"), text).expect("writing a file");
        }
    }
}
