//! One configuration on another machine: all files are compiled here, in parallel, and packed into one file; a player there executes
//! them (`stilt-spec-replay`).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use rayon::prelude::*;
use stilt_precompiler::Precompiler;
use stilt_spec_host::{Failure, HostSummary, convert};

use crate::configuration::Configuration;
use crate::counts::Counts;
use crate::files::{File, failure, files, host_counts, settle};

/// Runs all files whose name contains one of `filters`, or all: first the official suite's, then ours.
pub(crate) fn run(
    configuration: &Configuration,
    player: &str,
    filters: &[String],
    trace: bool,
) -> Result<[Counts; 2], String> {
    if !configuration.is_a_board {
        backtraces(configuration, player)?;
    }
    let [official, ours] = files(configuration, filters);
    Ok([run_files(configuration, player, &official, trace)?, run_files(configuration, player, &ours, trace)?])
}

/// Traps some frames deep, and looks at the backtraces. Functions stay functions, so that there are frames to walk.
fn backtraces(configuration: &Configuration, player: &str) -> Result<(), String> {
    let mut options = configuration.options();
    options.inline = false;
    let wasm = wat::parse_str(include_str!("backtraces.wat")).map_err(|error| error.to_string())?;
    let image = Precompiler::new(options).and_then(|precompiler| precompiler.compile(&wasm));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(configuration.name).with_extension("image");
    std::fs::write(&path, image.map_err(|error| error.to_string())?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    play(configuration, player, &path, &["--backtraces"], &mut Vec::new()).map(drop)
}

fn run_files(configuration: &Configuration, player: &str, files: &[File], trace: bool) -> Result<Counts, String> {
    let start = Instant::now();
    let converted: Vec<_> = files.par_iter().map(|file| compile(configuration, file)).collect();
    let mut pack = Vec::new();
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for (host, script) in converted {
        counts = counts.plus(host_counts(&host));
        failures.extend(host.failures);
        if script.is_empty() {
            continue;
        }
        let len = u32::try_from(script.len()).map_err(|error| error.to_string())?;
        pack.extend(len.to_le_bytes());
        pack.extend(script);
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(configuration.name).with_extension("pack");
    std::fs::write(&path, pack).map_err(|error| format!("{}: {error}", path.display()))?;
    let options: &[&str] = if trace { &["--trace"] } else { &[] };
    counts.played = play(configuration, player, &path, options, &mut failures)?;
    std::fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for file in files {
        counts.failed += settle(configuration, file, &mut failures);
    }
    // What no file owns up to would not be counted otherwise.
    counts.failed += failures.len();
    failures.iter().for_each(|failure| eprintln!("{}: {failure}", configuration.name));
    counts.milliseconds = usize::try_from(start.elapsed().as_millis()).unwrap_or(usize::MAX);
    Ok(counts)
}

fn compile(configuration: &Configuration, file: &File) -> (HostSummary, Vec<u8>) {
    let precompiler = configuration.precompiler(file);
    let converted = precompiler
        .and_then(|precompiler| convert(&file.text, &file.name, &precompiler).map_err(|error| error.to_string()));
    match converted {
        Ok(converted) => (converted.host, converted.script),
        Err(error) => {
            let failures = vec![failure(file, 0, &error)];
            (HostSummary { failures, ..HostSummary::default() }, Vec::new())
        }
    }
}

/// Starts the player with a file, collects failures, and answers how many assertions hold.
fn play(
    configuration: &Configuration,
    player: &str,
    file: &Path,
    options: &[&str],
    failures: &mut Vec<Failure>,
) -> Result<usize, String> {
    let mut words = player.split_whitespace();
    let program = words.next().ok_or("--player needs a command")?;
    let mut command = Command::new(program);
    let traps = if configuration.wants_signals() { "hardware" } else { "explicit" };
    command.args(words).args([configuration.target, traps]).arg(file).args(options);
    if configuration.protected {
        command.arg("--guard");
    }
    for feature in configuration.features {
        command.args(["--feature", feature]);
    }
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut played = None;
    for line in text.lines() {
        let fields: Vec<_> = line.splitn(4, '\t').collect();
        if let ["failed", file, number, message] = *fields {
            let line = number.parse().map_err(|_| format!("the player said `{line}`"))?;
            failures.push(Failure { file: file.to_string(), line, message: message.to_string() });
        } else if let Some(count) = line.strip_prefix("played ") {
            played = count.parse().ok();
        }
    }
    match played {
        Some(played) if output.status.success() => Ok(played),
        _ => Err(format!("the player did not finish: {}; `--trace` shows where", output.status)),
    }
}
