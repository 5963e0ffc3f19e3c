//! `stilt objdump`.

mod disassembler;
mod pulley;
mod regions;
mod sites;
mod trampolines;
mod x86_64;

use crate::input;
use crate::output::Stdout;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use regions::{Region, Regions, What};
use sites::SiteMap;
use std::path::PathBuf;
use std::process::ExitCode;
use stilt_artifact::image::byte_order;
use stilt_artifact::{Endian, Image};

/// Disassemble an image, with wasm offsets and trap sites.
///
/// Offsets count from the start of the code. Behind an instruction stands what is known about it: where it comes from in
/// the wasm file, which trap it may raise, what it calls or jumps to.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The image.
    #[arg(value_name = "IMAGE")]
    image: PathBuf,

    /// Only this function: its name, or its index in the module. May be given many times.
    #[arg(long, value_name = "NAME|INDEX")]
    function: Vec<String>,

    /// Also show the bytes of each instruction.
    #[arg(long)]
    bytes: bool,
}

pub(crate) fn objdump(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.image.display();
    let bytes = input::read_image(&arguments.image)?;
    let order = byte_order(&bytes).unwrap_or(Endian::Little);
    let image = Image::parse(&bytes, order).with_context(|| format!("cannot read {path}"))?;
    image.check_entries().with_context(|| format!("cannot read {path}"))?;
    if image.verify_rest(&bytes).is_err() {
        eprintln!("warning: {path}: code or data are damaged: the checksum does not match");
    }
    let disassembler = disassembler::of(&image.header())?;
    let regions = Regions::new(&image, &*disassembler);
    let sites = SiteMap::new(&image);
    let mut out = Stdout::new();
    for region in selected(&regions, &arguments.function)? {
        let Some(code) = image.code().get(region.start as usize..region.end as usize) else {
            bail!("{path}: {} lies outside of the code", region.what);
        };
        out.line(&heading(region))?;
        let lines = disassembler.lines(code, region.start);
        for line in &lines {
            let raw = if arguments.bytes { raw(&line.bytes) } else { String::new() };
            let notes = notes(line, &regions, region, &sites);
            let text = &line.text;
            let shown = if notes.is_empty() {
                format!("  {:8x}  {raw}{text}", line.at)
            } else {
                format!("  {:8x}  {raw}{text:<40}  ; {notes}", line.at)
            };
            out.line(shown.trim_end())?;
        }
        out.line("")?;
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The regions that were asked for: all of them, or those of some functions.
fn selected<'a>(regions: &'a Regions, functions: &[String]) -> Result<Vec<&'a Region>> {
    if functions.is_empty() {
        return Ok(regions.all().iter().collect());
    }
    let mut found = Vec::new();
    for wanted in functions {
        let before = found.len();
        found.extend(regions.all().iter().filter(|region| match &region.what {
            What::Function { index, name, .. } => name.as_ref() == Some(wanted) || index.to_string() == *wanted,
            What::Trampoline(_) => false,
        }));
        if found.len() == before {
            bail!("the image has no function `{wanted}` of its own; `stilt inspect --functions all` lists them");
        }
    }
    Ok(found)
}

fn heading(region: &Region) -> String {
    let frame = match &region.what {
        What::Function { frame, .. } => format!(", frame {frame} bytes"),
        What::Trampoline(_) => String::new(),
    };
    format!("{:#x} {}: {} bytes{frame}", region.start, region.what, region.end - region.start)
}

fn raw(bytes: &[u8]) -> String {
    let text: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{:<30}  ", text.join(" "))
}

/// What is known about an instruction.
fn notes(line: &disassembler::Line, regions: &Regions, here: &Region, sites: &SiteMap) -> String {
    let mut notes = Vec::from_iter(sites.trap(line.at));
    let call = sites.call(line.at, line.bytes.len());
    let verb = if call.is_some() { "calls" } else { "to" };
    let target = line.target.and_then(|target| match regions.at(target) {
        // A jump within a function says so by its number.
        Some(region) if region.start == here.start && target != here.start => None,
        Some(region) if region.start == target => Some(format!("{verb} {}", region.what)),
        Some(region) => Some(format!("{verb} {} + {:#x}", region.what, target - region.start)),
        None => Some(format!("{verb} something outside of the code")),
    });
    if call.is_some() && target.is_none() {
        notes.push("calls through a pointer".to_owned());
    }
    notes.extend(target);
    if let Some(call) = call {
        notes.insert(0, call);
    }
    notes.join(", ")
}
