//! One of everything, from loading to dropping, for a fault to strike somewhere in it: whatever step fails is taken again at once and
//! must succeed, with the same engine, linker and store.

use core::ptr::NonNull;

use stilt::{
    Caller, Config, Engine, Error, ExternRef, Func, FuncType, Global, GlobalType, Instance, LinkedImage, Linker,
    Memory, MemoryType, Module, Mutability, OutOfMemory, PoolingAllocationConfig, Ref, RefType, Result, Store,
    StoreLimits, Table, TableType, Trap, UnknownImportError, Val, ValType,
};
use stilt_embedding_tests::linked::Parts;
use stilt_embedding_tests::{Ground, compile, in_flash, load};
use stilt_wasi::files::{Handle, OpenHow, Opened};
use stilt_wasi::host::FileType;
use stilt_wasi::{Access, Errno, Files, I32Exit, WasiCtx, WasiHost};

const LIBRARY: &str = r#"
(module $library
  (import "h" "log" (func $log (param i32 i64 f32 f64)))
  (import "h" "dynamic" (func $dynamic (param i64 i64) (result i64)))
  (import "h" "fails" (func $fails))
  (type $none (func))
  (memory (export "m") 2 20)
  (table $t (export "t") 6 40 funcref)
  (global (export "g") (mut i64) (i64.const 5))
  (elem (i32.const 0) $add $log)
  (elem $pieces funcref (ref.func $add) (ref.func $dynamic))
  (data (i32.const 16) "initial")
  (data (i32.const 70000) "on the second page")
  (data $passive "passive")
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "work") (result i64)
    (call $log (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))
    (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 7))
    (memory.copy (i32.const 200) (i32.const 100) (i32.const 7))
    (table.init $t $pieces (i32.const 2) (i32.const 0) (i32.const 2))
    (call $dynamic (i64.const 30) (i64.const 12)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "grow-table") (result i32) (table.grow $t (ref.null func) (i32.const 3)))
  (func (export "first") (result i32) (i32.load8_u (i32.const 16)))
  (func (export "unreachable") unreachable)
  (func (export "memory") (drop (i32.load (i32.const -8))))
  (func (export "zero") (local i32) (drop (i32.div_s (i32.const 1) (local.get 0))))
  (func (export "null") (call_indirect $t (type $none) (i32.const 5)))
  (func (export "signature") (call_indirect $t (type $none) (i32.const 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "host") (call $fails)))
"#;

const PROGRAM: &str = r#"
(module $program
  (import "lib" "m" (memory 1))
  (import "lib" "t" (table 4 funcref))
  (import "lib" "add" (func $add (param i32 i32) (result i32)))
  (import "e" "g" (global externref))
  (table 3 externref)
  (func $start (i32.store8 (i32.const 0) (i32.const 2)))
  (start $start)
  (func (export "run") (result i32) (call $add (i32.const 40) (i32.load8_u (i32.const 0)))))
"#;

/// In flash: its memory grows by so much at once that it moves into a mapping, if there is one, and a host may stop it.
const IN_FLASH: &str = r#"
(module $flash
  (import "h" "unknown" (func $unknown (result i32)))
  (import "h" "long" (func $long LONG))
  (memory (export "m") 1 400)
  (data (i32.const 60000) "kept")
  (func (export "grow") (result i32) (memory.grow (i32.const 300)))
  (func (export "unknown") (result i32) (call $unknown))
  (func (export "wide") LONG LONG-RESULTS (call $long GET-LONG) GET-LONG)
  (func (export "spin") (loop (br 0))))
"#;

/// A part of the program.
const LINKED: &str = r#"
(module $linked
  (import "lib" "add" (func $add (param i32 i32) (result i32)))
  (memory 1) (data (i32.const 0) "\02") (table 2 funcref) (elem (i32.const 1) $run)
  (func $run (export "run") (result i32) (call $add (i32.const 40) (i32.load8_u (i32.const 0)))))
"#;

/// Instantiating it traps, when half of its segments are in place.
const STILLBORN: &str = r#"
(module
  (memory 1)
  (table 3 funcref)
  (elem (i32.const 0) $f)
  (data (i32.const 0) "placed")
  (data (i32.const 65530) "not placed")
  (func $f))
"#;

const COMMAND: &str = r#"
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00")
  (data (i32.const 16) "hello")
  (func (export "_start") (local $files i32)
    (loop $again
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 5) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40))
        (then (call $exit (i32.const 99))))
      (local.set $files (i32.add (local.get $files) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $files) (i32.const 10))))
    (drop (call $random (i32.const 64) (i32.const 8)))
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)) (then unreachable))
    (call $exit (i32.load (i32.const 32)))))
"#;

/// The images of one configuration.
pub struct Images {
    ground: Ground,
    pooled: bool,
    library: Vec<u8>,
    program: Vec<u8>,
    stillborn: Vec<u8>,
    command: Vec<u8>,
    flash: NonNull<[u8]>,
    linked: &'static LinkedImage,
}

impl Images {
    /// Compiles them, to be run with memories in slots of a pool, or of their own.
    ///
    /// # Errors
    /// They cannot be compiled.
    pub fn new(ground: Ground, pooled: bool) -> Result<Images> {
        let [library, program, stillborn, command] =
            [LIBRARY, PROGRAM, STILLBORN, COMMAND].map(|wat| ground.image(wat));
        let gets: String = (0..LONG).map(|place| format!("(local.get {place}) ")).collect();
        let types = "i64 ".repeat(LONG);
        let flash = IN_FLASH
            .replace("LONG-RESULTS", &format!("(result {types})"))
            .replace("GET-LONG", &gets)
            .replace("LONG", &format!("(param {types})"));
        let mut options = ground.options();
        options.interrupt = true;
        let flash = in_flash(&compile(&flash, options)?);
        let linked = Parts::new(ground, LINKED)?.link();
        let (library, program, stillborn, command) = (library?, program?, stillborn?, command?);
        Ok(Images { ground, pooled, library, program, stillborn, command, flash, linked })
    }

    fn engine(&self) -> Result<Engine> {
        let mut config = Config::new();
        config.signals_based_traps(self.ground == Ground::Hardware).max_wasm_stack(64 << 10);
        if self.pooled {
            let mut pool = PoolingAllocationConfig::new();
            pool.total_memories(12).max_memory_size(400 << 16);
            config.allocation_strategy(pool);
        }
        Engine::new(&config)
    }
}

/// Values that do not fit into registers.
const LONG: usize = 40;

/// What the host of the command wrote, without allocating.
#[derive(Default)]
struct Screen([u8; 16], usize);

impl WasiHost for Screen {
    fn write_stdout(&mut self, bytes: &[u8]) -> core::result::Result<usize, Errno> {
        let place = self.0.get_mut(self.1..self.1 + bytes.len()).ok_or(Errno::Nospc)?;
        place.copy_from_slice(bytes);
        self.1 += bytes.len();
        Ok(bytes.len())
    }

    fn files(&mut self) -> Option<&mut dyn Files> {
        Some(self)
    }
}

impl Files for Screen {
    fn open(&mut self, _: Handle, _: &str, _: &OpenHow) -> core::result::Result<Opened, Errno> {
        Ok(Opened { handle: Handle(2), file_type: FileType::RegularFile })
    }
}

/// The error of the step that failed, if one did.
#[derive(Default)]
struct Fault(Option<Error>);

impl Fault {
    /// Takes a step, again if it fails.
    #[track_caller]
    fn step<T>(&mut self, mut step: impl FnMut() -> Result<T>) -> T {
        match step() {
            Ok(value) => value,
            Err(error) => {
                let before = self.0.replace(error);
                assert!(before.is_none(), "a second step fails: {:?}, after {before:?}", self.0);
                step().unwrap_or_else(|again| panic!("after {:?}, the same step fails again: {again}", self.0))
            }
        }
    }
}

type State = (u32, StoreLimits, WasiCtx<Screen>);

fn refused<T>(what: &'static str) -> Result<T> {
    Err(Error::new(Refused(what)))
}

/// A guest or a safe function says no without a reason.
#[derive(Clone, Copy, Debug)]
pub struct Refused(pub &'static str);

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} was refused", self.0)
    }
}

impl core::error::Error for Refused {}

/// Everything once. The error is that of the one step that failed.
///
/// # Errors
/// One step failed.
pub fn life(images: &Images) -> Result<()> {
    let mut fault = Fault::default();
    let f = &mut fault;
    let engine = f.step(|| images.engine());
    let library = f.step(|| load(&engine, &images.library));
    let program = f.step(|| load(&engine, &images.program));
    let stillborn = f.step(|| load(&engine, &images.stillborn));
    let command = f.step(|| load(&engine, &images.command));
    // SAFETY: the precompiler made it; it lies still, executable, for the rest of the process.
    let flash = f.step(|| unsafe { Module::deserialize_raw(&engine, images.flash) });
    // SAFETY: likewise.
    let linked = f.step(|| unsafe { Module::from_linked(&engine, images.linked) });
    let linker = link(f, &engine);
    let mut store = f.step(|| Store::try_new(&engine, (0, StoreLimits::default(), WasiCtx::new(Screen::default()))));
    store.limiter(|data| &mut data.1);

    let instance = f.step(|| linker.instantiate_pre(&library)?.instantiate(&mut store));
    let mut linker = linker;
    f.step(|| linker.instance(&mut store, "lib", instance).map(drop));
    let value = f.step(|| ExternRef::new(&mut store, 5u64));
    let ty = GlobalType::new(ValType::EXTERNREF, Mutability::Const);
    let global = f.step(|| Global::new(&mut store, ty.clone(), value.into()));
    f.step(|| linker.define(&store, "e", "g", global).map(drop));
    let client = f.step(|| linker.instantiate(&mut store, &program));
    calls(f, &mut store, instance, client);
    grows(f, &mut store, instance);
    traps(f, &mut store, instance);
    half_built(f, &mut store, &stillborn);
    names(f, &mut linker, &mut store, &flash);
    let flash_instance = f.step(|| linker.instantiate(&mut store, &flash));
    far(f, &mut store, flash_instance);
    f.step(|| linker.module(&mut store, "linked", &linked).map(drop));
    let run = f.step(|| linker.get(&mut store, "linked", "run"));
    let run = f.step(|| run.into_func().map_or(refused("a function"), |run| run.typed::<(), i32>(&store)));
    assert_eq!(f.step(|| run.call(&mut store, ())), 42);

    f.step(|| store.data_mut().2.preopen(Handle(1), Access::ReadWrite).map_or(refused("a directory"), |_| Ok(())));
    let command = f.step(|| linker.instantiate(&mut store, &command));
    let start = f.step(|| command.get_typed_func::<(), ()>(&mut store, "_start"));
    f.step(|| match start.call(&mut store, ()) {
        Err(error) if error.downcast_ref::<I32Exit>().is_some_and(|exit| exit.0 == 5) => Ok(()),
        Err(error) if error.is::<I32Exit>() => refused("a file"),
        Err(error) => Err(error),
        Ok(()) => refused("exit"),
    });
    let screen = store.data().2.host();
    assert!(screen.0.starts_with(b"hello"), "the command wrote {:?}", screen.0);
    host_things(f, &mut store);

    // What a missing import is told with.
    f.step(|| match Linker::<()>::new(&engine).instantiate_pre(&library) {
        Err(error) if error.is::<UnknownImportError>() => Ok(()),
        Err(error) => Err(error),
        Ok(_) => refused("a missing import"),
    });
    // A module outlives the engine's last other user, a store its modules.
    drop((library, program, stillborn, flash, linked, linker, engine));
    let first = instance.get_typed_func::<(), i32>(&mut store, "first");
    assert_eq!(first.and_then(|first| first.call(&mut store, ())).ok(), Some(i32::from(b'i')));
    drop(store);
    fault.0.map_or(Ok(()), Err)
}

fn link(f: &mut Fault, engine: &Engine) -> Linker<State> {
    let mut linker: Linker<State> = Linker::new(engine);
    f.step(|| {
        let count = |mut caller: Caller<'_, State>, _: i32, _: i64, _: f32, _: f64| caller.data_mut().0 += 1;
        linker.func_wrap("h", "log", count).map(drop)
    });
    let long = f.step(|| FuncType::try_new(engine, [ValType::I64; LONG], []));
    f.step(|| linker.func_new("h", "long", long.clone(), |_, _, _| Ok(())).map(drop));
    let ty = f.step(|| FuncType::try_new(engine, [ValType::I64, ValType::I64], [ValType::I64]));
    f.step(|| {
        let add = |_: Caller<'_, State>, values: &[Val], results: &mut [Val]| {
            results[0] = Val::I64(values[0].unwrap_i64() + values[1].unwrap_i64());
            Ok(())
        };
        linker.func_new("h", "dynamic", ty.clone(), add).map(drop)
    });
    f.step(|| linker.func_wrap("h", "fails", || -> Result<()> { refused("by the host") }).map(drop));
    // As a whole: who fails in the middle starts over with a new linker.
    f.step(|| {
        let mut wasi = Linker::new(engine);
        stilt_wasi::add_to_linker(&mut wasi, |state: &mut State| &mut state.2)
    });
    linker.allow_shadowing(true);
    f.step(|| stilt_wasi::add_to_linker(&mut linker, |state: &mut State| &mut state.2));
    linker
}

fn calls(f: &mut Fault, store: &mut Store<State>, instance: Instance, client: Instance) {
    let work = f.step(|| instance.get_typed_func::<(), i64>(&mut *store, "work"));
    assert_eq!(f.step(|| work.call(&mut *store, ())), 42);
    let run = f.step(|| client.get_typed_func::<(), i32>(&mut *store, "run"));
    assert_eq!(f.step(|| run.call(&mut *store, ())), 42);
    let add = instance.get_func(&mut *store, "add").expect("it is exported");
    let mut results = [Val::I32(0)];
    f.step(|| add.call(&mut *store, &[Val::I32(1), Val::I32(2)], &mut results));
    assert_eq!(results[0].i32(), Some(3));
}

/// Names for what has one, and for what nobody has.
fn names(f: &mut Fault, linker: &mut Linker<State>, store: &mut Store<State>, flash: &Module) {
    f.step(|| linker.alias("lib", "add", "other", "plus").map(drop));
    f.step(|| linker.alias_module("lib", "again"));
    f.step(|| linker.define_unknown_imports_as_traps(flash));
    for import in flash.imports() {
        let found = f.step(|| linker.try_get_by_import(&mut *store, &import));
        assert!(found.is_some(), "{}", import.name());
    }
    let add = f.step(|| linker.get(&mut *store, "again", "add")).into_func().expect("a function");
    f.step(|| linker.define(&*store, "again", "", add).map(drop));
    let default = f.step(|| linker.get_default(&mut *store, "again"));
    let default = f.step(|| default.typed::<(i32, i32), i32>(&*store));
    assert_eq!(f.step(|| default.call(&mut *store, (2, 3))), 5);
}

/// What lies in flash: growth that moves a memory, many values, an unknown import, an interrupt.
fn far(f: &mut Fault, store: &mut Store<State>, instance: Instance) {
    let grow = f.step(|| instance.get_typed_func::<(), i32>(&mut *store, "grow"));
    let grown = f.step(|| match grow.call(&mut *store, ())? {
        -1 => refused("far growth"),
        size => Ok(size),
    });
    let memory = instance.get_memory(&mut *store, "m").expect("it is exported");
    let data = memory.data(&*store);
    assert_eq!((grown, data.len()), (1, 301 << 16));
    assert!(data.get(60_000..).is_some_and(|bytes| bytes.starts_with(b"kept\0")));
    assert_eq!((data.get(65_536), data.last()), (Some(&0), Some(&0)));

    let wide = instance.get_func(&mut *store, "wide").expect("it is exported");
    let values = [Val::I64(7); LONG];
    let mut results = [Val::I32(0); LONG];
    f.step(|| wide.call(&mut *store, &values, &mut results));
    assert!(results.iter().all(|value| value.i64() == Some(7)));

    let unknown = f.step(|| instance.get_typed_func::<(), i32>(&mut *store, "unknown"));
    f.step(|| match unknown.call(&mut *store, ()) {
        Err(error) if error.is::<UnknownImportError>() => Ok(()),
        Err(error) => Err(error),
        Ok(_) => refused("an unknown import"),
    });
    let spin = f.step(|| instance.get_typed_func::<(), ()>(&mut *store, "spin"));
    f.step(|| store.interrupt_handle()).interrupt();
    let error = spin.call(&mut *store, ()).expect_err("it is interrupted");
    assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt), "{error}");
}

fn grows(f: &mut Fault, store: &mut Store<State>, instance: Instance) {
    for (name, expected) in [("grow", 2), ("grow-table", 6)] {
        let grow = f.step(|| instance.get_typed_func::<(), i32>(&mut *store, name));
        let grown = f.step(|| match grow.call(&mut *store, ())? {
            -1 => refused(name),
            size => Ok(size),
        });
        assert_eq!(grown, expected, "{name}");
    }
    let memory = instance.get_memory(&mut *store, "m").expect("it is exported");
    assert!(memory.data(&*store).get(70_000..).is_some_and(|bytes| bytes.starts_with(b"on the second page")));
    assert!(memory.data(&*store).get(131_072..).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0)));
}

fn traps(f: &mut Fault, store: &mut Store<State>, instance: Instance) {
    let cases = [
        ("unreachable", Trap::UnreachableCodeReached),
        ("memory", Trap::MemoryOutOfBounds),
        ("zero", Trap::IntegerDivisionByZero),
        ("null", Trap::IndirectCallToNull),
        ("signature", Trap::BadSignature),
        ("deep", Trap::StackOverflow),
    ];
    for (name, trap) in cases {
        let func = f.step(|| instance.get_typed_func::<(), ()>(&mut *store, name));
        let error = func.call(&mut *store, ()).expect_err("it traps");
        // With or without memory for a backtrace.
        assert_eq!(error.downcast_ref(), Some(&trap), "{name}: {error}");
    }
    let host = f.step(|| instance.get_typed_func::<(), ()>(&mut *store, "host"));
    f.step(|| match host.call(&mut *store, ()) {
        Err(error) if error.is::<Refused>() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => refused("an error of the host"),
    });
}

fn half_built(f: &mut Fault, store: &mut Store<State>, stillborn: &Module) {
    for _ in 0..2 {
        f.step(|| match Instance::new(&mut *store, stillborn, &[]) {
            Err(error) if error.downcast_ref() == Some(&Trap::MemoryOutOfBounds) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => refused("a segment out of bounds"),
        });
    }
}

/// What cannot grow says so, and not why.
fn host_things(f: &mut Fault, store: &mut Store<State>) {
    let memory = f.step(|| Memory::new(&mut *store, MemoryType::new(0, None)));
    assert_eq!(f.step(|| memory.grow(&mut *store, 2).or_else(|_| refused("memory.grow"))), 0);
    let func = f.step(|| Func::try_wrap(&mut *store, |n: i32| n + 1));
    let ty = TableType::new(RefType::FUNCREF, 2, None);
    let table = f.step(|| Table::new(&mut *store, ty.clone(), func.into()));
    assert_eq!(f.step(|| table.grow(&mut *store, 100, Ref::Func(None)).or_else(|_| refused("table.grow"))), 2);
    assert_eq!(table.size(&*store), 102);
    f.step(|| table.set(&mut *store, 101, func.into()));
    f.step(|| table.fill(&mut *store, 3, func.into(), 90));
    let n = store.data().0;
    f.step(|| {
        let message: Result<()> = (|| stilt::bail!("a message with {n}"))();
        message.or_else(|error| if error.is::<OutOfMemory>() { Err(error) } else { Ok(()) })
    });
    f.step(|| {
        let error = Error::new(Refused("something")).context("more about it");
        if error.is::<OutOfMemory>() { Err(error) } else { Ok(()) }
    });
}
