//! `stilt wast`: scripts in the format of the official test suite.

use crate::compiler::CompilerArguments;
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run test scripts in the format of the official suite.
///
/// Each script is turned into images and commands, then played by the same player that runs on targets. Exits non-zero if
/// an assertion fails.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The scripts.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    compiler: CompilerArguments,
}

pub(crate) fn wast(arguments: &Arguments) -> Result<ExitCode> {
    let precompiler = arguments.compiler.precompiler()?;
    let mut failed = 0;
    for path in &arguments.files {
        let name = path.display().to_string();
        let bytes = crate::input::read_bytes(path)?;
        let text = String::from_utf8(bytes).with_context(|| format!("{name}: not UTF-8"))?;
        let outcome =
            stilt_spec_host::run(&text, &name, &precompiler).with_context(|| format!("{name}: cannot run"))?;
        for failure in &outcome.failures {
            eprintln!("{failure}");
        }
        println!("{name}: {} passed, {} failed", outcome.passed, outcome.failed);
        failed += outcome.failed;
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
