//! The grounds that every program runs on, and a host in memory that gives it its input and keeps what it writes.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};
use stilt::{Config, Engine, Linker, Module, Store};
use stilt_artifact::target::TrapMode;
use stilt_corpus_tests::Output;
// Links the platform that the runtime calls.
use stilt_platform_linux as _;
use stilt_precompiler::{MemoryStyle, Options, Precompiler};
use stilt_wasi::{Access, Clock, Errno, Files, I32Exit, WasiCtx, WasiHost};
use stilt_wasi_host::Directories;

pub(crate) type Outcome<T = ()> = stilt::Result<T>;

/// One way to compile and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Native code with guard pages.
    Hardware,
    /// Native code with explicit checks and memories that move.
    Explicit,
    /// Interpreted bytecode.
    Pulley,
}

impl Ground {
    fn options(self) -> Options {
        let mut options = Options::default();
        match self {
            Ground::Hardware => {}
            Ground::Explicit => {
                options.traps = Some(TrapMode::Explicit);
                options.memory = Some(MemoryStyle::Movable);
            }
            Ground::Pulley => options = Options::for_target("pulley64"),
        }
        options
    }

    fn config(self) -> Outcome<Config> {
        let mut config = Config::new();
        config.signals_based_traps(self == Ground::Hardware);
        if self == Ground::Pulley {
            config.target("pulley64")?;
        }
        Ok(config)
    }

    /// The module, compiled for this ground and loaded.
    pub(crate) fn load(self, wasm: &[u8]) -> Outcome<Module> {
        let engine = Engine::new(&self.config()?)?;
        let image = Precompiler::new(self.options())?.compile(wasm)?;
        // SAFETY: the precompiler has just made it.
        unsafe { Module::deserialize(&engine, &image) }
    }
}

/// Runs a program to its end.
pub(crate) fn run(module: &Module, host: Captured) -> Outcome<Output> {
    let mut linker = Linker::new(module.engine());
    stilt_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx<Captured>| context)?;
    let directory = host.directory;
    let mut context = WasiCtx::new(host);
    if let Some(directory) = directory {
        context.preopen(directory, Access::ReadWrite).map_err(stilt::Error::msg)?;
    }
    let mut store = Store::new(module.engine(), context);
    let instance = linker.instantiate(&mut store, module)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
    let status = match start.call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(code)) => *code,
            None => return Err(error),
        },
    };
    let host = store.into_data().into_host();
    Ok(Output { status, stdout: host.stdout, stderr: host.stderr })
}

/// A host that gives a program its input and keeps what it writes.
pub(crate) struct Captured {
    args: Vec<String>,
    stdin: std::io::Cursor<Vec<u8>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    start: Instant,
    directories: Directories,
    directory: Option<stilt_wasi::files::Handle>,
}

impl Captured {
    /// A host for a program, which will find the directory, if there is one, at the root.
    pub(crate) fn new(program: &str, args: Vec<String>, stdin: Vec<u8>, directory: Option<&Path>) -> Outcome<Captured> {
        let args = [program.to_owned()].into_iter().chain(args).collect();
        let stdin = std::io::Cursor::new(stdin);
        let mut directories = Directories::new();
        let directory = directory.map(|path| directories.add(path, "/").map_err(stilt::Error::msg)).transpose()?;
        Ok(Captured {
            args,
            stdin,
            stdout: Vec::new(),
            stderr: Vec::new(),
            start: Instant::now(),
            directories,
            directory,
        })
    }
}

impl WasiHost for Captured {
    fn read_stdin(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        self.stdin.read(into).map_err(|_| Errno::Io)
    }

    fn write_stdout(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        self.stdout.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_stderr(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        self.stderr.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn clock_time(&mut self, clock: Clock, _precision: u64) -> Result<u64, Errno> {
        match clock {
            Clock::Monotonic => u64::try_from(self.start.elapsed().as_nanos()).map_err(|_| Errno::Overflow),
            // So that what depends on the time of day does not differ between runs.
            Clock::Realtime => Ok(1_700_000_000_000_000_000),
            _ => Err(Errno::Inval),
        }
    }

    fn sleep_until(&mut self, clock: Clock, deadline: u64) -> Result<(), Errno> {
        let now = self.clock_time(clock, 0)?;
        // The time of day stands still here: nobody waits for it.
        if clock == Clock::Monotonic {
            std::thread::sleep(Duration::from_nanos(deadline.saturating_sub(now)));
        }
        Ok(())
    }

    fn files(&mut self) -> Option<&mut dyn Files> {
        Some(&mut self.directories)
    }

    fn arg(&self, index: usize) -> Option<&[u8]> {
        self.args.get(index).map(String::as_bytes)
    }
}
