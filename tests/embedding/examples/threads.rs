//! What a second core adds: the same work on one thread and on two at once, each with stores of its own. For docs/porting.md and RATIONALE.

use std::error::Error;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use stilt::{Config, Engine, Instance, Module, Result, Store};
use stilt_artifact::target::TrapMode;
use stilt_platform_linux as _;
use stilt_precompiler::{Options, Precompiler};

const MODULE: &str = r#"(module
    (memory 1)
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

const ROUNDS: usize = 5;

type Work = fn(&Engine, &Module) -> Result<()>;

const WORKS: [(&str, Work); 3] =
    [("recursion", recursion), ("10 million calls", calls), ("30,000 instances with a memory", instances)];

fn recursion(engine: &Engine, module: &Module) -> Result<()> {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    instance.get_typed_func::<i32, i32>(&mut store, "fib")?.call(&mut store, 37).map(drop)
}

fn calls(engine: &Engine, module: &Module) -> Result<()> {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
    (0..10_000_000).try_for_each(|number| add.call(&mut store, (number, 1)).map(drop))
}

fn instances(engine: &Engine, module: &Module) -> Result<()> {
    (0..30_000).try_for_each(|_| Instance::new(&mut Store::new(engine, ()), module, &[]).map(drop))
}

/// How long it takes when so many threads do it at once: the slowest of them.
fn time(threads: usize, engine: &Engine, module: &Module, work: Work) -> Result<Duration> {
    let ready = Barrier::new(threads);
    std::thread::scope(|scope| {
        let measured = || {
            ready.wait();
            let start = Instant::now();
            work(engine, module)?;
            Ok(start.elapsed())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(measured)).collect();
        workers.into_iter().try_fold(Duration::ZERO, |longest, worker| {
            let taken: Result<Duration> = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(longest.max(taken?))
        })
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    for traps in [TrapMode::Explicit, TrapMode::Hardware] {
        let mut options = Options::for_target("x86_64");
        options.traps = Some(traps);
        let image = Precompiler::new(options)?.compile(&wat::parse_str(MODULE)?)?;
        let engine = Engine::new(&Config::new()).map_err(|error| error.to_string())?;
        // SAFETY: just compiled.
        let module = unsafe { Module::deserialize(&engine, &image) }.map_err(|error| error.to_string())?;
        for (what, work) in WORKS {
            let mut best = [Duration::MAX; 2];
            for round in 0..2 * ROUNDS {
                let threads = round % 2;
                let taken = time(threads + 1, &engine, &module, work).map_err(|error| error.to_string())?;
                best[threads] = best[threads].min(taken);
            }
            let gain = 2.0 * best[0].as_secs_f64() / best[1].as_secs_f64();
            println!("{traps:?}: {what}: {:?}, on two threads {:?} each: {gain:.2} times as much", best[0], best[1]);
        }
    }
    Ok(())
}
