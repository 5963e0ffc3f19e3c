//! The programs on Stilt, in process: what they print and how they end must be what their native builds print and how those
//! end, in each configuration.

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;
use stilt::{Config, Engine, Linker, Module, Store};
// Links the platform that the runtime calls.
use stilt_artifact::target::TrapMode;
use stilt_corpus_tests::{Native, Output, cases, wasm, wasm_files};
use stilt_platform_linux as _;
use stilt_precompiler::{MemoryStyle, Options, Precompiler};
use stilt_wasi::{Clock, Errno, I32Exit, WasiCtx, WasiHost};

type Outcome<T = ()> = stilt::Result<T>;

#[test]
fn native_code_with_hardware_traps() -> Outcome {
    let mut config = Config::new();
    config.signals_based_traps(true);
    every_case(&Options::default(), &config)
}

#[test]
fn native_code_with_explicit_checks_and_memories_that_move() -> Outcome {
    let mut options = Options::default();
    options.traps = Some(TrapMode::Explicit);
    options.memory = Some(MemoryStyle::Movable);
    let mut config = Config::new();
    config.signals_based_traps(false);
    every_case(&options, &config)
}

#[test]
fn interpreted_bytecode() -> Outcome {
    let mut config = Config::new();
    config.signals_based_traps(false);
    config.target("pulley64")?;
    every_case(&Options::for_target("pulley64"), &config)
}

fn every_case(options: &Options, config: &Config) -> Outcome {
    let engine = Engine::new(config)?;
    let precompiler = Precompiler::new(options.clone())?;
    let mut linker = Linker::new(&engine);
    stilt_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx<Captured>| context)?;
    let native = native()?;
    for (program, _) in wasm_files()? {
        let image = precompiler.compile(&wasm(&program)?)?;
        // SAFETY: the precompiler has just made it.
        let module = unsafe { Module::deserialize(&engine, &image)? };
        for case in cases().iter().filter(|case| case.program == program) {
            let args: Vec<String> = case.args.iter().map(ToString::to_string).collect();
            let input = case.input.bytes(native)?;
            let expected = native.run(&program, &args, &[], &input)?;
            let found = run(&linker, &module, Captured::new(&program, args, input))?;
            assert_eq!(found, expected, "{case:?}");
        }
    }
    Ok(())
}

fn run(linker: &Linker<WasiCtx<Captured>>, module: &Module, host: Captured) -> Outcome<Output> {
    let mut store = Store::new(linker.engine(), WasiCtx::new(host));
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

/// The native builds, made once for all configurations.
fn native() -> Outcome<&'static Native> {
    static NATIVE: OnceLock<Result<Native, String>> = OnceLock::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("native-for-runs");
    let built = NATIVE.get_or_init(|| Native::build(&folder).map_err(|error| error.to_string()));
    built.as_ref().map_err(stilt::Error::msg)
}

/// A host that gives a program its input and keeps what it writes.
struct Captured {
    args: Vec<String>,
    stdin: std::io::Cursor<Vec<u8>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    start: Instant,
}

impl Captured {
    fn new(program: &str, args: Vec<String>, stdin: Vec<u8>) -> Captured {
        let args = [program.to_owned()].into_iter().chain(args).collect();
        let stdin = std::io::Cursor::new(stdin);
        Captured { args, stdin, stdout: Vec::new(), stderr: Vec::new(), start: Instant::now() }
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
            _ => Err(Errno::Inval),
        }
    }

    fn arg(&self, index: usize) -> Option<&[u8]> {
        self.args.get(index).map(String::as_bytes)
    }
}
