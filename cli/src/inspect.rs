//! `stilt inspect`.

mod text;

use crate::input;
use crate::output::Stdout;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use stilt_precompiler::inspect::Report;

/// Show what an image needs from its ground, and what is in it.
///
/// Works on images of every target. The ground is what the runtime stands on, in rungs that each add to the one below:
/// 0 is storage and one TLS pointer, 1 adds virtual memory, 2 hardware traps.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The image.
    #[arg(value_name = "IMAGE")]
    image: PathBuf,

    /// For people or for programs.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// How many functions to list, the largest first: a number, or `all`. JSON has all of them.
    #[arg(long, value_name = "N", default_value = "10", value_parser = count)]
    functions: Count,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How many of a list to show.
#[derive(Clone, Copy, Debug)]
struct Count(usize);

fn count(text: &str) -> Result<Count, String> {
    match text {
        "all" => Ok(Count(usize::MAX)),
        _ => text.parse().map(Count).map_err(|_| "neither a number nor `all`".to_owned()),
    }
}

pub(crate) fn inspect(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.image.display();
    let bytes = input::read_image(&arguments.image)?;
    let report = Report::new(&bytes).with_context(|| format!("cannot read {path}"))?;
    let mut out = Stdout::new();
    match arguments.format {
        Format::Text => text::write(&mut out, &path.to_string(), &report, arguments.functions.0)?,
        Format::Json => out.line(&serde_json::to_string_pretty(&report)?)?,
    }
    out.finish()?;
    if !report.intact {
        eprintln!("warning: {path}: code or data are damaged: the checksum does not match");
    }
    Ok(ExitCode::SUCCESS)
}
