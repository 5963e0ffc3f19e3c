//! Stilt and Wasmtime side by side: run time, calls, instantiation, loading, traps, compilation, size and memory.

#![expect(clippy::duplicate_mod, reason = "one host program, compiled against each engine")]

mod heap;
mod kernels;
mod machine;
mod mapping;
mod measure;
mod modules;
mod parts;
mod plot;
mod programs;
mod report;
mod settings;
mod stilt_side;
mod targets;
mod wasmtime_side;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use measure::Row;
use std::fs;
use std::path::Path;

/// Measures Stilt and Wasmtime in turn, in one process, with the same settings.
#[derive(Parser)]
struct Arguments {
    /// Fewer rounds: a first impression.
    #[arg(long)]
    quick: bool,

    /// How many rounds; a target is judged by 15 at least.
    #[arg(long, default_value_t = 21)]
    rounds: usize,

    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,

    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,

    /// Only kernels and programs with this in their names.
    #[arg(long, default_value = "")]
    filter: String,

    /// Writes bench/RESULTS.md and its plots instead of printing.
    #[arg(long)]
    write: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the nanoseconds of one kind of trap: what this program runs itself for.
    #[command(hide = true)]
    TrapOf { args: Vec<String> },
    /// Writes both engines' code of a kernel or of a corpus program into a folder, to look at it.
    Dump { name: String, folder: String },
    /// Runs one kernel or program on one engine, to count its instructions: `valgrind --tool=callgrind … run fib stilt guard 10`.
    Run { name: String, engine: String, mode: String, times: u32 },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Markdown,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Kernels,
    Pulley,
    Interrupt,
    Programs,
    Calls,
    Instantiate,
    Load,
    Traps,
    Compile,
    Size,
    Heap,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::TrapOf { args }) => return parts::traps::trap_of(args),
        Some(Command::Dump { name, folder }) => return parts::code::dump(name, Path::new(folder)),
        Some(Command::Run { name, engine, mode, times }) => return parts::code::run(name, engine, mode, *times),
        None => {}
    }
    let rounds = if arguments.quick { 5 } else { arguments.rounds };
    let mut machine = machine::Machine::new();
    let rows = measure_all(&arguments, rounds)?;
    eprintln!();
    machine.ended();
    let report = report::Report { machine, rounds, rows };
    if arguments.write {
        return write(&report);
    }
    match arguments.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&report)?),
        Format::Markdown => print!("{}", report.markdown()),
    }
    Ok(())
}

fn measure_all(arguments: &Arguments, rounds: usize) -> Result<Vec<Row>> {
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let filter = arguments.filter.as_str();
    let mut rows = Vec::new();
    // First, while nothing else has been allocated.
    if wanted(Part::Heap) {
        rows.extend(parts::heap::rows()?);
    }
    if wanted(Part::Kernels) {
        rows.extend(parts::code::native_kernels(rounds, filter)?);
    }
    if wanted(Part::Programs) {
        rows.extend(parts::code::programs(rounds, filter)?);
    }
    if wanted(Part::Pulley) {
        rows.extend(parts::code::interpreted_kernels(rounds, filter)?);
    }
    if wanted(Part::Interrupt) {
        rows.extend(parts::code::interruptible_kernels(rounds, filter)?);
    }
    if wanted(Part::Calls) {
        rows.extend(parts::calls::rows(rounds)?);
    }
    if wanted(Part::Instantiate) {
        rows.extend(parts::instances::rows(rounds)?);
    }
    if wanted(Part::Load) {
        rows.extend(parts::loading::rows(rounds)?);
    }
    if wanted(Part::Traps) {
        rows.extend(parts::traps::rows(rounds)?);
    }
    if wanted(Part::Compile) {
        rows.extend(parts::compilation::time_rows(rounds.min(15))?);
    }
    if wanted(Part::Size) {
        rows.extend(parts::compilation::size_rows()?);
    }
    Ok(rows)
}

fn write(report: &report::Report) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::write(folder.join("RESULTS.md"), report.markdown())?;
    fs::create_dir_all(folder.join("plots"))?;
    for (file, groups, of, to, title) in [
        ("kernels", ["kernels"], "stilt", "wasmtime", "Kernels, guard pages: time as a multiple of Wasmtime's"),
        (
            "kernels-explicit",
            ["kernels"],
            "stilt explicit",
            "wasmtime explicit",
            "Kernels, explicit checks: time as a multiple of Wasmtime's",
        ),
        ("kernels-native", ["kernels"], "stilt", "native", "Kernels, guard pages: time as a multiple of gcc -O2's"),
        ("programs", ["programs"], "stilt", "wasmtime", "Programs, guard pages: time as a multiple of Wasmtime's"),
        (
            "kernels-pulley",
            ["kernels, Pulley"],
            "stilt",
            "wasmtime",
            "Kernels, Pulley: time as a multiple of Wasmtime's",
        ),
        (
            "programs-pulley",
            ["programs, Pulley"],
            "stilt",
            "wasmtime",
            "Programs, Pulley: time as a multiple of Wasmtime's",
        ),
    ] {
        let bars = targets::ratios(&report.rows, &groups, of, to);
        if !bars.is_empty() {
            fs::write(folder.join("plots").join(file).with_extension("svg"), plot::bars(title, &bars))?;
        }
    }
    Ok(())
}
