//! `stilt compile`: every module for every target, in one call.

mod depfile;
mod object;
mod plan;
mod report;
mod work;

use crate::compiler::CompilerArguments;
use crate::output;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use plan::Plan;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compile modules, binary or text, to images.
///
/// Every module is compiled for every target. With one target an image is written beside its module, with the extension
/// `.cwasm`; with several, `.TARGET.cwasm`. An image is either whole or not there.
///
/// With `--emit obj` it is an object for a linker, `.o`, with a header for C beside it, `.h`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The modules.
    #[arg(value_name = "MODULE", required = true)]
    modules: Vec<PathBuf>,

    /// Where to write the image, if it is one; `-` is standard output.
    #[arg(short, long, value_name = "FILE", conflicts_with = "out_dir")]
    output: Option<PathBuf>,

    /// A folder for the images. It is made if it is not there.
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,

    /// Leave out function names, symbols and the ELF wrapping. Of an object: what names take of the program's own memory.
    #[arg(long)]
    strip: bool,

    #[command(flatten)]
    object: object::ObjectArguments,

    /// Go on after an error. The exit code still tells of it.
    #[arg(short, long)]
    keep_going: bool,

    /// Also write what the images depend on, as rules for make and ninja.
    #[arg(long, value_name = "FILE")]
    emit_depfile: Option<PathBuf>,

    /// Print the cache key of each image, with module and target, and do not compile.
    ///
    /// It is a hash over the module, the options and the versions of everything that has an influence on the image, which carries
    /// it as its build id.
    #[arg(long, conflicts_with_all = ["emit_depfile", "output", "out_dir"])]
    print_key: bool,

    /// For people, or a line of JSON for each image.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    compiler: CompilerArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn compile(arguments: &Arguments) -> Result<ExitCode> {
    let plan = Plan::new(arguments)?;
    let object = arguments.object.wanted()?.then_some(&arguments.object);
    if arguments.print_key {
        return work::print_keys(&plan, object, arguments.format);
    }
    if arguments.format == Format::Json && plan.writes_to_stdout() {
        bail!("--format json and `-o -` would both write to standard output");
    }
    if let Some(folder) = &arguments.out_dir {
        output::make_folder(folder)?;
    }
    let report = Report::new(arguments.format);
    let all = work::compile(&plan, arguments.compiler.jobs(), arguments.keep_going, object, &report)?;
    if !all {
        return Ok(ExitCode::FAILURE);
    }
    if let Some(path) = &arguments.emit_depfile {
        output::write(path, depfile::text(&plan).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
