//! `stilt targets`: what can be compiled for, and what this machine is.

use crate::output::Stdout;
use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::process::ExitCode;
use stilt::Engine;
use stilt_artifact::Endian;
use stilt_artifact::target::{Architecture, TrapMode};
use stilt_precompiler::target::{TARGETS, TargetName};
use stilt_precompiler::{FloatMode, Options, Precompiler, Target};

/// List what can be compiled for, with CPU features and defaults; or describe this machine.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Print what the runtime in this command offers to images on this machine, as a file for `--target-file` and `check --for`.
    #[arg(long)]
    describe: bool,

    /// For people or for programs.
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "describe")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn targets(arguments: &Arguments) -> Result<ExitCode> {
    let mut out = Stdout::new();
    if arguments.describe {
        let engine = Engine::new(&crate::machine::config()).map_err(|error| anyhow!("{error}"))?;
        out.line(engine.describe().to_string().trim_end())?;
        out.finish()?;
        return Ok(ExitCode::SUCCESS);
    }
    for name in TARGETS {
        let precompiler = Precompiler::new(Options::for_target(name.name)).map_err(|error| anyhow!("{error}"))?;
        let target = precompiler.target();
        match arguments.format {
            Format::Text => text(&mut out, name, target)?,
            Format::Json => out.line(&record(target).to_string())?,
        }
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn text(out: &mut Stdout, name: TargetName, target: &Target) -> Result<()> {
    let words = |list: &[&str]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    let facts = format!("{}-bit, {}-endian", u32::from(target.pointer_width()) * 8, order(target));
    out.line(&format!("{}: {facts}", target.name()))?;
    out.field("traps", &format!("{} by default", traps(target)))?;
    if target.architecture() == Architecture::Pulley {
        return out.field("code", "bytecode, interpreted");
    }
    out.field("floats", "hard by default; more: soft, none (no float or vector register is touched)")?;
    let (on, off) = features(target);
    let more: Vec<_> = name.cpus().skip(1).collect();
    let more = if more.is_empty() { String::new() } else { format!("; more: {}", more.join(", ")) };
    out.field("CPU", &format!("{} by default{more}", target.cpu()))?;
    out.field("features", &words(&on))?;
    out.field("more features", &words(&off))
}

/// All targets have all of them.
const FLOAT_MODES: [FloatMode; 3] = [FloatMode::Hard, FloatMode::Soft, FloatMode::None];

fn record(target: &Target) -> serde_json::Value {
    let (on, off) = features(target);
    json!({
        "target": target.name(),
        "architecture": target.architecture().name(),
        "pointer-width": u32::from(target.pointer_width()) * 8,
        "byte-order": order(target),
        "default-traps": traps(target),
        "float-modes": FLOAT_MODES.map(FloatMode::name),
        "default-cpu": target.cpu(),
        "default-cpu-features": on,
        "other-cpu-features": off,
    })
}

/// The features that are used by default, and the others.
fn features(target: &Target) -> (Vec<&'static str>, Vec<&'static str>) {
    let features = (0..u64::BITS).zip(target.architecture().features());
    let (on, off): (Vec<_>, Vec<_>) = features.partition(|(bit, _)| target.cpu_features() >> bit & 1 != 0);
    let names = |list: Vec<(u32, &&'static str)>| list.into_iter().map(|(_, name)| *name).collect();
    (names(on), names(off))
}

fn order(target: &Target) -> &'static str {
    if target.endian() == Endian::Big { "big" } else { "little" }
}

fn traps(target: &Target) -> &'static str {
    if target.traps() == TrapMode::Hardware { "hardware" } else { "explicit" }
}
