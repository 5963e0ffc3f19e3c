//! What a host program does with an engine; compiled once against each.

use super::api::{Caller, Engine, Error, Extern, Func, Instance, Linker, Memory, Module, Store, TypedFunc, Val};
use crate::measure::{Clock, time};
use crate::programs::{Ended, Host};
use anyhow::{Result, anyhow};

/// An error of the engine, as this program reports errors.
pub(crate) fn show(error: Error) -> anyhow::Error {
    anyhow!("{error:?}")
}

/// Loads what the engine's own compiler has just made.
pub(crate) fn load(engine: &Engine, image: &[u8]) -> Result<Module> {
    // SAFETY: the compiler's output, unchanged.
    unsafe { Module::deserialize(engine, image) }.map_err(show)
}

/// An instance whose exported `run` is a kernel.
pub(crate) struct Kernel {
    store: Store<()>,
    run: TypedFunc<i32, i32>,
}

impl Kernel {
    /// `epoch`: its code tests if it is to stop.
    pub(crate) fn new(engine: &Engine, image: &[u8], epoch: bool) -> Result<Kernel> {
        let module = load(engine, image)?;
        let mut store = Store::new(engine, ());
        super::let_run(&mut store, epoch);
        let instance = Instance::new(&mut store, &module, &[]).map_err(show)?;
        let run = instance.get_typed_func(&mut store, "run").map_err(show)?;
        Ok(Kernel { store, run })
    }

    pub(crate) fn run(&mut self, n: i32) -> Result<i32> {
        self.run.call(&mut self.store, n).map_err(show)
    }
}

/// Nanoseconds of processor time that a program takes, and what it printed. Instantiation is not counted.
pub(crate) fn run_program(engine: &Engine, module: &Module, host: Host) -> Result<(f64, Vec<u8>)> {
    let mut linker = Linker::new(engine);
    add_wasi(&mut linker).map_err(show)?;
    let mut store = Store::new(engine, host);
    let instance = linker.instantiate(&mut store, module).map_err(show)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").map_err(show)?;
    let (taken, ended) = time(Clock::Cpu, || start.call(&mut store, ()));
    match ended {
        Err(error) if error.downcast_ref::<Ended>().is_none() => Err(show(error)),
        _ => Ok((taken, store.into_data().out)),
    }
}

type Context<'a> = Caller<'a, Host>;
const FAULT: i32 = 21;
const BAD_DESCRIPTOR: i32 = 8;
const NOT_HERE: i32 = 52;

fn memory(caller: &mut Context<'_>) -> Option<Memory> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Some(memory),
        _ => None,
    }
}

/// The calls of WASI that the corpus makes, the same for both engines.
fn add_wasi(linker: &mut Linker<Host>) -> core::result::Result<(), Error> {
    const WASI: &str = "wasi_snapshot_preview1";
    let errno = |done: Option<()>| if done.is_some() { 0 } else { FAULT };
    linker.func_wrap(WASI, "args_sizes_get", move |mut caller: Context<'_>, count: i32, size: i32| {
        errno(memory(&mut caller).and_then(|memory| {
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.put_sizes(bytes, count, size)
        }))
    })?;
    linker.func_wrap(WASI, "args_get", move |mut caller: Context<'_>, list: i32, text: i32| {
        errno(memory(&mut caller).and_then(|memory| {
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.put_args(bytes, list, text)
        }))
    })?;
    linker.func_wrap(WASI, "environ_sizes_get", move |mut caller: Context<'_>, count: i32, size: i32| {
        errno(memory(&mut caller).and_then(|memory| Host::put_nothing(memory.data_mut(&mut caller), count, size)))
    })?;
    linker.func_wrap(WASI, "environ_get", |_: i32, _: i32| 0)?;
    linker.func_wrap(WASI, "clock_time_get", move |mut caller: Context<'_>, _: i32, _: i64, to: i32| {
        errno(memory(&mut caller).and_then(|memory| {
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.put_time(bytes, to)
        }))
    })?;
    linker.func_wrap(WASI, "random_get", move |mut caller: Context<'_>, to: i32, len: i32| {
        errno(memory(&mut caller).and_then(|memory| {
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.put_random(bytes, to, len)
        }))
    })?;
    linker.func_wrap(
        WASI,
        "poll_oneoff",
        move |mut caller: Context<'_>, asked: i32, to: i32, _: i32, count: i32| {
            errno(memory(&mut caller).and_then(|memory| {
                let (bytes, host) = memory.data_and_store_mut(&mut caller);
                host.put_event(bytes, asked, to, count)
            }))
        },
    )?;
    linker.func_wrap(WASI, "sched_yield", || 0)?;
    linker.func_wrap(WASI, "fd_fdstat_set_flags", |_: i32, _: i32| 0)?;
    linker.func_wrap(WASI, "fd_close", |_: i32| 0)?;
    linker.func_wrap(WASI, "fd_seek", |_: i32, _: i64, _: i32, _: i32| 70)?;
    linker.func_wrap(WASI, "fd_fdstat_get", move |mut caller: Context<'_>, fd: i32, to: i32| {
        if !(0..=2).contains(&fd) {
            return BAD_DESCRIPTOR;
        }
        errno(memory(&mut caller).and_then(|memory| Host::put_status(memory.data_mut(&mut caller), to)))
    })?;
    linker.func_wrap(WASI, "fd_read", move |mut caller: Context<'_>, _: i32, list: i32, len: i32, done: i32| {
        errno(memory(&mut caller).and_then(|memory| {
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.read(bytes, list, len, done)
        }))
    })?;
    linker.func_wrap(WASI, "fd_write", move |mut caller: Context<'_>, _: i32, list: i32, len: i32, done: i32| {
        errno(memory(&mut caller).and_then(|memory| {
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.write(bytes, list, len, done)
        }))
    })?;
    linker.func_wrap(WASI, "proc_exit", |_: i32| -> core::result::Result<(), Error> { Err(Error::new(Ended)) })?;
    // There are no files.
    linker.func_wrap(WASI, "fd_prestat_get", |_: i32, _: i32| BAD_DESCRIPTOR)?;
    linker.func_wrap(WASI, "fd_sync", |_: i32| NOT_HERE)?;
    linker.func_wrap(WASI, "fd_filestat_get", |_: i32, _: i32| NOT_HERE)?;
    linker.func_wrap(WASI, "fd_filestat_set_size", |_: i32, _: i64| NOT_HERE)?;
    for name in ["fd_pread", "fd_readdir"] {
        linker.func_wrap(WASI, name, |_: i32, _: i32, _: i32, _: i64, _: i32| NOT_HERE)?;
    }
    for name in ["fd_prestat_dir_name", "path_create_directory", "path_remove_directory", "path_unlink_file"] {
        linker.func_wrap(WASI, name, |_: i32, _: i32, _: i32| NOT_HERE)?;
    }
    linker.func_wrap(WASI, "path_filestat_get", |_: i32, _: i32, _: i32, _: i32, _: i32| NOT_HERE)?;
    for name in ["path_readlink", "path_rename"] {
        linker.func_wrap(WASI, name, |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32| NOT_HERE)?;
    }
    linker.func_wrap(WASI, "path_filestat_set_times", |_: i32, _: i32, _: i32, _: i32, _: i64, _: i64, _: i32| {
        NOT_HERE
    })?;
    linker.func_wrap(WASI, "path_open", |_: i32, _: i32, _: i32, _: i32, _: i32, _: i64, _: i64, _: i32, _: i32| {
        NOT_HERE
    })?;
    Ok(())
}

/// A module with calls in both directions, and the nanoseconds of one.
pub(crate) struct Calls {
    store: Store<()>,
    add: TypedFunc<(i32, i32), i32>,
    untyped: Func,
    to_host: TypedFunc<i32, i32>,
}

impl Calls {
    /// `image` is [`crate::modules::CALLS`].
    pub(crate) fn new(engine: &Engine, image: &[u8]) -> Result<Calls> {
        let module = load(engine, image)?;
        let mut linker = Linker::new(engine);
        linker.func_wrap("host", "f", |x: i32| x ^ 1).map_err(show)?;
        let mut store = Store::new(engine, ());
        let instance = linker.instantiate(&mut store, &module).map_err(show)?;
        let add = instance.get_typed_func(&mut store, "add").map_err(show)?;
        let untyped = instance.get_func(&mut store, "add").ok_or_else(|| anyhow!("no `add`"))?;
        let to_host = instance.get_typed_func(&mut store, "to-host").map_err(show)?;
        Ok(Calls { store, add, untyped, to_host })
    }

    pub(crate) fn typed(&mut self, times: i32) -> Result<f64> {
        let (taken, sum) =
            time(Clock::Cpu, || (0..times).try_fold(0, |sum, i| self.add.call(&mut self.store, (sum, i))));
        core::hint::black_box(sum.map_err(show)?);
        Ok(taken / f64::from(times))
    }

    pub(crate) fn untyped(&mut self, times: i32) -> Result<f64> {
        let mut results = [Val::I32(0)];
        let (taken, done) = time(Clock::Cpu, || {
            (0..times).try_for_each(|i| {
                let params = [Val::I32(i), Val::I32(1)];
                self.untyped.call(&mut self.store, &params, &mut results)
            })
        });
        done.map_err(show)?;
        core::hint::black_box(&results);
        Ok(taken / f64::from(times))
    }

    pub(crate) fn host(&mut self, times: i32) -> Result<f64> {
        let (taken, sum) = time(Clock::Cpu, || self.to_host.call(&mut self.store, times));
        core::hint::black_box(sum.map_err(show)?);
        Ok(taken / f64::from(times))
    }
}

/// Nanoseconds of an instantiation in a store that is there.
pub(crate) fn instantiate(engine: &Engine, module: &Module, times: u32) -> Result<f64> {
    let linker = Linker::<()>::new(engine);
    let prepared = linker.instantiate_pre(module).map_err(show)?;
    let mut store = Store::new(engine, ());
    let (taken, done) = time(Clock::Cpu, || (0..times).try_for_each(|_| prepared.instantiate(&mut store).map(|_| ())));
    done.map_err(show)?;
    Ok(taken / f64::from(times))
}

/// Nanoseconds of a store, an instance in it, and their end.
pub(crate) fn instantiate_and_drop(engine: &Engine, module: &Module, times: u32) -> Result<f64> {
    let linker = Linker::<()>::new(engine);
    let prepared = linker.instantiate_pre(module).map_err(show)?;
    let (taken, done) =
        time(Clock::Cpu, || (0..times).try_for_each(|_| prepared.instantiate(&mut Store::new(engine, ())).map(|_| ())));
    done.map_err(show)?;
    Ok(taken / f64::from(times))
}

/// Nanoseconds of a store, an instance in it whose memory the host writes a few bytes to, and their end.
pub(crate) fn instantiate_write_and_drop(engine: &Engine, module: &Module, times: u32) -> Result<f64> {
    let linker = Linker::<()>::new(engine);
    let prepared = linker.instantiate_pre(module).map_err(show)?;
    let (taken, done) = time(Clock::Cpu, || {
        (0..times).try_for_each(|_| {
            let mut store = Store::new(engine, ());
            let instance = prepared.instantiate(&mut store).map_err(show)?;
            let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| anyhow!("no `memory`"))?;
            memory.write(&mut store, 5000, b"written").map_err(|error| anyhow!("{error}"))
        })
    });
    done?;
    Ok(taken / f64::from(times))
}

/// Nanoseconds of loading; dropping is not counted.
pub(crate) fn loading(times: u32, load: impl Fn() -> Result<Module>) -> Result<f64> {
    let mut modules = Vec::with_capacity(times as usize);
    let (taken, done) = time(Clock::Wall, || {
        (0..times).try_for_each(|_| {
            modules.push(load()?);
            anyhow::Ok(())
        })
    });
    done?;
    Ok(taken / f64::from(times))
}

/// Nanoseconds of a call that traps, by the name of an export of [`crate::modules::TRAPS`].
pub(crate) fn trap(engine: &Engine, image: &[u8], name: &str, times: u32) -> Result<f64> {
    let module = load(engine, image)?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).map_err(show)?;
    let run = instance.get_typed_func::<(), ()>(&mut store, name).map_err(show)?;
    let (taken, trapped) = time(Clock::Cpu, || (0..times).filter(|_| run.call(&mut store, ()).is_err()).count());
    if trapped != times as usize {
        return Err(anyhow!("{name}: {trapped} of {times} calls trapped"));
    }
    Ok(taken / f64::from(times))
}

/// Bytes of heap that these take, in this order: engine, module, store, the first instance and the second.
pub(crate) fn heap(engine: impl FnOnce() -> Result<Engine>, image: &[u8]) -> Result<[f64; 5]> {
    let mut last = crate::heap::live();
    let mut grown = || {
        let before = core::mem::replace(&mut last, crate::heap::live());
        (last - before) as f64
    };
    let engine = engine()?;
    let engine_takes = grown();
    let module = load(&engine, image)?;
    let module_takes = grown();
    let mut store = Store::new(&engine, ());
    let store_takes = grown();
    Instance::new(&mut store, &module, &[]).map_err(show)?;
    let first_takes = grown();
    Instance::new(&mut store, &module, &[]).map_err(show)?;
    Ok([engine_takes, module_takes, store_takes, first_takes, grown()])
}
