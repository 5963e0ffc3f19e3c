//! The `stilt` command. Each subcommand has a file of its own; this one only takes the command line apart.

mod check;
mod compile;
mod compiler;
mod input;
mod inspect;
mod invoke;
mod machine;
mod objdump;
mod output;
mod progress;
mod run;
mod targets;
mod wast;

// Links the C implementation of the platform header that the runtime calls.
use stilt_platform_linux as _;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Compiles WebAssembly ahead of time and runs it with a runtime that fits into firmware.
///
/// A module is compiled once, on any machine, for a target; the image that comes out is loaded and run by Stilt's
/// runtime, in this command or in a program of your own.
#[derive(Parser)]
#[command(name = "stilt", version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  stilt compile app.wasm                        writes app.cwasm for x86_64
  stilt compile app.wat --target pulley64       bytecode for any machine
  stilt compile app.wasm --traps explicit       native code for grounds without an MMU
  stilt compile *.wasm --target x86_64 --target pulley64 --out-dir images
  stilt compile app.wasm --emit obj             app.o and app.h, to be linked into a program
  stilt compile app.wasm --target-file board.toml    for a device that described itself
  stilt check app.cwasm --for board.toml        whether it will load there
  stilt run app.wasm -- one two                 compiles in memory and runs a WASI program
  stilt run add.wat --invoke add 1 2            calls one function and prints its results
  stilt inspect app.cwasm                       what an image needs and contains
  stilt objdump app.cwasm                       its code, function by function";

#[derive(Subcommand)]
enum Command {
    /// Compile modules to images.
    Compile(compile::Arguments),
    /// Say whether images will load on a device.
    Check(check::Arguments),
    /// List what can be compiled for.
    Targets(targets::Arguments),
    /// Run a program, or call one function of a module.
    Run(run::Arguments),
    /// Show what an image needs from its ground, and what is in it.
    Inspect(inspect::Arguments),
    /// Disassemble an image, with wasm offsets and trap sites.
    Objdump(objdump::Arguments),
    /// Run test scripts in the format of the official suite.
    Wast(wast::Arguments),
}

/// What a shell shows for a process that a signal ended because nobody read its output.
const BROKEN_PIPE: u8 = 128 + 13;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Compile(arguments) => compile::compile(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Targets(arguments) => targets::targets(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
        Command::Objdump(arguments) => objdump::objdump(&arguments),
        Command::Wast(arguments) => wast::wast(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::from(BROKEN_PIPE),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
