//! The project's own tasks. `cargo xtask --help` lists them.

mod boot;
mod build_script;
mod c_api;
mod check;
mod cmake;
mod debugger;
mod demo;
mod dist;
mod emulated;
mod firmware;
mod kernels;
mod linked;
mod matrix;
mod sanitize;
mod self_hosted;
mod setup;
mod size;
mod suites;
mod tool;
mod watchdog;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Stilt's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test suite that this machine can run, and say which it cannot.
    Test {
        /// Fail if a suite cannot run here.
        #[arg(long)]
        all: bool,
        /// Only suites with this text in their names.
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
    },
    /// Check formatting, lints, documentation, the header, dependency directions, and `no_std` builds.
    Check,
    /// Precompile real programs and run them on the Linux platform.
    Demo,
    /// Link the smallest embedding, show its size section by section, and fail if it can reach a panic.
    Size {
        /// Also show what each feature adds, and the sizes for a microcontroller.
        #[arg(long)]
        features: bool,
    },
    /// Compare what the precompiler gives on this machine with what it gives on an emulated aarch64. Takes minutes.
    SelfHosted,
    /// Write the runtime for C as a tarball for each target: library, headers, what CMake and pkg-config read.
    Dist {
        /// Only these targets.
        #[arg(long, value_name = "TARGET")]
        target: Vec<String>,
        /// The command `stilt` for this machine in place of libraries. Takes minutes.
        #[arg(long, conflicts_with = "target")]
        command: bool,
        /// Where the tarballs go. Default: `target/dist/tarballs`.
        #[arg(short, long, value_name = "FOLDER")]
        output: Option<std::path::PathBuf>,
    },
    /// Write the support matrix of the README from what the suites have counted.
    Matrix,
    /// Run the tests that make everything fail once, and the embedder's, under AddressSanitizer.
    Sanitize,
    /// Count the processor's instructions for each kind of WebAssembly's, on the boards of the firmware.
    FirmwareSpeed,
    /// What the suite starts to play scripts on the Cortex-M board.
    #[command(hide = true)]
    PlayOnBoard {
        /// The target and the kind of traps, which the board knows, and the pack.
        #[arg(num_args = 3)]
        arguments: Vec<std::path::PathBuf>,
    },
    /// Install the Debian packages that some suites and checks need (needs root).
    Setup,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Test { all, only } => suites::run(all, only.as_deref()),
        Task::Check => check::run(),
        Task::Demo => demo::run(),
        Task::Size { features: false } => size::run(),
        Task::Size { features: true } => size::features(),
        Task::SelfHosted => self_hosted::run(),
        Task::Dist { command: true, output, .. } => dist::run_command(output.as_deref()),
        Task::Dist { target, output, .. } => dist::run(&target, output.as_deref()),
        Task::Matrix => matrix::write(),
        Task::Sanitize => sanitize::run(),
        Task::PlayOnBoard { arguments } => arguments.last().map_or(Ok(()), |pack| firmware::suite::play(pack)),
        Task::FirmwareSpeed => firmware::speed::run(),
        Task::Setup => setup::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
