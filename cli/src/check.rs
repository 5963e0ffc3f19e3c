//! `stilt check`: whether images will load on a device, before they are brought there.

use crate::input;
use crate::output::Stdout;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use stilt_precompiler::Device;
use stilt_precompiler::device::Fit;

/// Say whether images will load on a device, and if not, why.
///
/// The exit code is 0 if all will, 1 if not. The device is described by a file which its own runtime printed
/// (`Engine::describe`), or `stilt targets --describe`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The images.
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,

    /// The description of the device.
    #[arg(long = "for", value_name = "FILE")]
    device: PathBuf,

    /// For people, or a line of JSON for each image.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn check(arguments: &Arguments) -> Result<ExitCode> {
    let device = input::read_device(&arguments.device)?;
    let mut out = Stdout::new();
    let mut all = true;
    for path in &arguments.images {
        let verdict = verdict(&device, &input::read_bytes(path)?);
        all &= verdict.is_ok();
        let (image, on) = (path.display(), arguments.device.display());
        out.line(&match (arguments.format, verdict) {
            (Format::Text, Ok(Fit::Anyhow)) => format!("{image}: will load on {on}"),
            (Format::Text, Ok(Fit::InPlace)) => {
                format!("{image}: will run in place on {on}; a copy of its code could not be made executable there")
            }
            (Format::Text, Err(reason)) => format!("{image}: will not load on {on}: {reason}"),
            (Format::Json, Ok(fit)) => {
                json!({ "image": path.to_string_lossy(), "loads": true, "only-in-place": fit == Fit::InPlace })
                    .to_string()
            }
            (Format::Json, Err(reason)) => {
                json!({ "image": path.to_string_lossy(), "loads": false, "reason": reason }).to_string()
            }
        })?;
    }
    out.finish()?;
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How the image will load, or why not. Damage of code and data, which a device may not look for, counts.
fn verdict(device: &Device, image: &[u8]) -> Result<Fit, String> {
    let fit = device.check(image).map_err(|refusal| refusal.to_string())?;
    let intact = stilt_precompiler::inspect::Report::new(image).context("cannot read it").map(|report| report.intact);
    match intact {
        Ok(true) => Ok(fit),
        Ok(false) => Err("its code or data are damaged: the checksum does not match".to_owned()),
        Err(error) => Err(format!("{error:#}")),
    }
}
