//! `stilt compile`.

use crate::compiler::CompilerArguments;
use crate::progress::Bar;
use crate::{input, output};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compile a module, binary or text, to an image.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The module.
    #[arg(value_name = "MODULE")]
    module: PathBuf,

    /// Where to write the image; `-` is standard output. Default: the module's path with the extension `.cwasm`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Leave out function names, symbols and the ELF wrapping.
    #[arg(long)]
    strip: bool,

    #[command(flatten)]
    compiler: CompilerArguments,
}

pub(crate) fn compile(arguments: &Arguments) -> Result<ExitCode> {
    let precompiler = arguments.compiler.precompiler(arguments.strip)?;
    let module = input::read_module(&arguments.module)?;
    let path = arguments.output.clone().unwrap_or_else(|| arguments.module.with_extension("cwasm"));
    if path == arguments.module {
        bail!("{}: the image would replace the module: name another place with --output", path.display());
    }
    let bar = Bar::new("compiling");
    let image = precompiler
        .compile_with_progress(&module, &bar)
        .with_context(|| format!("cannot compile {}", arguments.module.display()))?;
    drop(bar);
    output::write(&path, &image)?;
    Ok(ExitCode::SUCCESS)
}
