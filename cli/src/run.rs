//! `stilt run`: a WASI program, or one function of a module.

use crate::compiler::CompilerArguments;
use crate::input::{self, Input};
use crate::invoke;
use crate::machine;
use crate::output::Stdout;
use crate::progress::Bar;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use stilt::{Config, Engine, Instance, Linker, Module, Store, Trap};
use stilt_artifact::target::TrapMode;
use stilt_artifact::{Image, Native};
use stilt_wasi::{Access, I32Exit, WasiCtx};
use stilt_wasi_host::StdHost;

/// Run a program, or call one function of a module.
///
/// FILE is a module (binary or text), which is compiled in memory first, or an image. A module that exports `_start` is
/// run as a WASI program: it gets the arguments after `--`, the environment of `--env`, the standard streams, and the
/// directories of `--dir`, which no path, link or rename of its leads out of.
///
/// The exit code is that of the program if it is below 126, 134 after a trap, and 1 after any other failure.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The module or image.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Call this exported function instead of `_start` and print its results. Its arguments follow, or stand behind `--`.
    ///
    /// Integers are decimal or 0x…, floats as Rust writes them, references `null`, vectors 0x… with 32 digits.
    #[arg(long, value_name = "NAME ARG", num_args = 1.., allow_negative_numbers = true)]
    invoke: Vec<String>,

    /// An environment variable of the program. May be given many times.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// A directory that the program may use, and what it is called there if not the same. May be given many times.
    #[arg(long, value_name = "HOST[::GUEST]")]
    dir: Vec<String>,

    /// Likewise, for reading only.
    #[arg(long, value_name = "HOST[::GUEST]")]
    dir_read_only: Vec<String>,

    /// Bytes of stack that wasm may take.
    #[arg(long, value_name = "BYTES")]
    max_wasm_stack: Option<usize>,

    /// Arguments of the program, or of the function.
    #[arg(value_name = "ARG", last = true)]
    args: Vec<String>,

    #[command(flatten)]
    compiler: CompilerArguments,
}

/// The exit code of a program that trapped: what a shell shows for `abort`.
const TRAPPED: u8 = 128 + 6;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let image = image(arguments)?;
    let Some(stack) = arguments.max_wasm_stack else {
        return run_image(&image, machine::config(), arguments);
    };
    let mut config = machine::config();
    config.max_wasm_stack(stack);
    // A thread of its own, whose stack is large enough.
    let thread = thread::Builder::new().stack_size(stack.saturating_add(HOST_STACK));
    thread::scope(|scope| {
        let started = thread.spawn_scoped(scope, || run_image(&image, config, arguments));
        let started = started.with_context(|| format!("no thread with a stack of {stack} bytes for wasm"))?;
        started.join().map_err(|_| anyhow!("the thread that ran the program panicked"))?
    })
}

/// Bytes of stack for all that is not wasm.
const HOST_STACK: usize = 1 << 20;

fn run_image(image: &[u8], mut config: Config, arguments: &Arguments) -> Result<ExitCode> {
    // Explicit checks need no handler, so none is installed for them.
    let explicit = |image: Image<'_, Native>| image.header().trap_mode == TrapMode::Explicit as u8;
    config.signals_based_traps(!Image::parse(image, Native).is_ok_and(explicit));
    let engine = Engine::new(&config).map_err(show)?;
    // SAFETY: the image comes from this command's own compiler, or from a file that the person at the keyboard asked
    // to run, as with any other program.
    let module = unsafe { Module::deserialize(&engine, image) }
        .map_err(|error| show(error).context(format!("cannot load {}", arguments.file.display())))?;

    let context = context(arguments)?;
    let mut linker = Linker::new(&engine);
    stilt_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx<StdHost>| context).map_err(show)?;
    let mut store = Store::new(&engine, context);
    let outcome = linker.instantiate(&mut store, &module).and_then(|instance| match arguments.invoke.split_first() {
        Some((name, values)) => invoke::call(&mut store, &instance, name, &[values, &arguments.args].concat()),
        None => start(&mut store, &instance),
    });
    match outcome {
        Ok(results) => {
            let mut out = Stdout::new();
            results.iter().try_for_each(|result| out.line(result))?;
            out.finish()?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => failed(error, arguments),
    }
}

fn start(store: &mut Store<WasiCtx<StdHost>>, instance: &Instance) -> stilt::Result<Vec<String>> {
    if instance.get_func(&mut *store, START).is_none() {
        stilt::bail!("the module exports no function `{START}`, so it is no program; --invoke calls a function of it");
    }
    instance.get_typed_func::<(), ()>(&mut *store, START)?.call(store, ())?;
    Ok(Vec::new())
}

/// What a WASI program begins with.
const START: &str = "_start";

fn image(arguments: &Arguments) -> Result<Vec<u8>> {
    match input::read(&arguments.file)? {
        Input::Image(_) if arguments.compiler.ask_for_something()? => {
            bail!(
                "{}: this is a compiled image already; options of compilation cannot change it",
                arguments.file.display()
            )
        }
        Input::Image(image) => Ok(image),
        Input::Module(module) => {
            let bar = Bar::new("compiling");
            let precompiler = arguments.compiler.precompiler()?;
            let image = precompiler.compile_with_progress(&module, &bar);
            image.with_context(|| format!("cannot compile {}", arguments.file.display()))
        }
    }
}

/// A program's state: its host, and the directories it may use.
fn context(arguments: &Arguments) -> Result<WasiCtx<StdHost>> {
    let mut context = WasiCtx::new(host(arguments)?);
    let options = [("--dir", &arguments.dir, Access::ReadWrite)];
    let read_only = [("--dir-read-only", &arguments.dir_read_only, Access::ReadOnly)];
    for (option, directories, access) in options.into_iter().chain(read_only) {
        for directory in directories {
            let (path, name) = directory.split_once("::").unwrap_or((directory, directory));
            if path.is_empty() || name.is_empty() {
                bail!("{option} {directory}: HOST or HOST::GUEST is expected, neither of them empty");
            }
            let given = context.host_mut().add_directory(Path::new(path), name);
            let given = given.with_context(|| format!("{option} {directory}"))?;
            context.preopen(given, access).map_err(|errno| anyhow!("{option} {directory}: {errno}"))?;
        }
    }
    Ok(context)
}

fn host(arguments: &Arguments) -> Result<StdHost> {
    let mut host = StdHost::new();
    host.push_arg(&arguments.file.to_string_lossy())?;
    for arg in &arguments.args {
        host.push_arg(arg)?;
    }
    for variable in &arguments.env {
        match variable.split_once('=') {
            Some((name, value)) => host.set_env(name, value)?,
            None => {
                let value = std::env::var(variable).with_context(|| format!("--env {variable}: not set here"))?;
                host.set_env(variable, &value)?;
            }
        }
    }
    Ok(host)
}

/// The exit codes that WASI leaves to programs; `wasmtime run` refuses others likewise.
const EXIT_CODES: core::ops::Range<i32> = 0..126;

fn failed(error: stilt::Error, arguments: &Arguments) -> Result<ExitCode> {
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return match u8::try_from(*code) {
            Ok(handed_on) if EXIT_CODES.contains(code) => Ok(ExitCode::from(handed_on)),
            _ => bail!("the program exited with {code}, but only exit codes below {} are its own", EXIT_CODES.end),
        };
    }
    let trapped = error.downcast_ref::<Trap>().is_some();
    eprintln!("error: {:#}", show(error).context(format!("running {} failed", arguments.file.display())));
    Ok(if trapped { ExitCode::from(TRAPPED) } else { ExitCode::FAILURE })
}

/// An error of the runtime as this command reports errors.
fn show(error: stilt::Error) -> anyhow::Error {
    anyhow!("{error}")
}
