//! Run time of compiled code: kernels and programs.

use crate::kernels::{self, KERNELS};
use crate::measure::{Clock, Contestant, Row, in_turn, time};
use crate::programs::{self, Host, PROGRAMS, Program, Source};
use crate::settings::{Mode, Output};
use crate::{stilt_side, wasmtime_side};
use anyhow::{Context as _, Result, ensure};
use core::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// The kernels with guard pages, with explicit checks, and as gcc compiles them, all in turn.
pub(crate) fn native_kernels(rounds: usize, only: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kernel in KERNELS.iter().filter(|kernel| kernel.name.contains(only)) {
        let wasm = kernels::wasm(kernel.name)?;
        let native = kernels::native(kernel.name).context("no native build")?;
        let right = native(kernel.n);
        let mut contestants =
            engines(&wasm, [Mode::Guard, Mode::Explicit, Mode::ExplicitSpectre].as_slice(), kernel.n, right)?;
        contestants.push(Contestant::new("native", move || {
            let (taken, found) = time(Clock::Cpu, || native(kernel.n));
            ensure!(found == right, "native {} differs from run to run", kernel.name);
            Ok(taken / 1e6)
        }));
        let figures = in_turn(rounds, &mut contestants).with_context(|| kernel.name)?;
        rows.push(Row::new("kernels", &kernel.title(), "ms", figures));
        eprint!(".");
    }
    Ok(rows)
}

/// The kernels interpreted.
pub(crate) fn interpreted_kernels(rounds: usize, only: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kernel in KERNELS.iter().filter(|kernel| kernel.name.contains(only)) {
        let wasm = kernels::wasm(kernel.name)?;
        let right = kernels::native(kernel.name).context("no native build")?(kernel.interpreted_n);
        let mut contestants = engines(&wasm, &[Mode::Pulley], kernel.interpreted_n, right)?;
        let figures = in_turn(rounds, &mut contestants).with_context(|| kernel.name)?;
        rows.push(Row::new("kernels, Pulley", &kernel.title(), "ms", figures));
        eprint!(".");
    }
    Ok(rows)
}

/// What it costs that code tests if it is to stop.
pub(crate) fn interruptible_kernels(rounds: usize, only: &str) -> Result<Vec<Row>> {
    let native = [Mode::Guard, Mode::GuardEpoch, Mode::Explicit, Mode::ExplicitEpoch].as_slice();
    let mut rows = Vec::new();
    for (group, modes) in
        [("kernels, interruptible", native), ("kernels, interruptible, Pulley", &[Mode::Pulley, Mode::PulleyEpoch])]
    {
        for kernel in KERNELS.iter().filter(|kernel| kernel.name.contains(only)) {
            let n = if modes == native { kernel.n } else { kernel.interpreted_n };
            let right = kernels::native(kernel.name).context("no native build")?(n);
            let mut contestants = engines(&kernels::wasm(kernel.name)?, modes, n, right)?;
            let figures = in_turn(rounds, &mut contestants).with_context(|| kernel.name)?;
            rows.push(Row::new(group, &kernel.title(), "ms", figures));
            eprint!(".");
        }
    }
    Ok(rows)
}

const fn names(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Guard => ("stilt", "wasmtime"),
        Mode::Explicit => ("stilt explicit", "wasmtime explicit"),
        Mode::ExplicitSpectre => ("stilt explicit, Spectre", ""),
        Mode::Pulley => ("stilt", "wasmtime"),
        Mode::GuardEpoch | Mode::PulleyEpoch => ("stilt epoch", "wasmtime epoch"),
        Mode::ExplicitEpoch => ("stilt explicit epoch", "wasmtime explicit epoch"),
    }
}

/// Both engines in these modes; each answer is compared with the native one.
fn engines<'a>(wasm: &[u8], modes: &[Mode], n: i32, right: i32) -> Result<Vec<Contestant<'a>>> {
    let mut contestants = Vec::new();
    for &mode in modes {
        let (ours, theirs) = names(mode);
        let image = stilt_side::setup::compile(mode, Output::Default, 1, wasm)?;
        let mut kernel =
            stilt_side::embedder::Kernel::new(&stilt_side::setup::engine(mode, true)?, &image, mode.epoch())?;
        contestants.push(Contestant::new(ours, move || {
            let (taken, found) = time(Clock::Cpu, || kernel.run(n));
            ensure!(found? == right, "Stilt's answer is wrong");
            Ok(taken / 1e6)
        }));
        if theirs.is_empty() {
            continue;
        }
        let image = wasmtime_side::setup::compile(mode, Output::Default, 1, wasm)?;
        let mut kernel =
            wasmtime_side::embedder::Kernel::new(&wasmtime_side::setup::engine(mode, true)?, &image, mode.epoch())?;
        contestants.push(Contestant::new(theirs, move || {
            let (taken, found) = time(Clock::Cpu, || kernel.run(n));
            ensure!(found? == right, "Wasmtime's answer is wrong");
            Ok(taken / 1e6)
        }));
    }
    Ok(contestants)
}

/// The programs, in all modes.
pub(crate) fn programs(rounds: usize, only: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (group, modes, size) in [
        ("programs", [Mode::Guard, Mode::Explicit, Mode::ExplicitSpectre].as_slice(), NATIVE),
        ("programs, Pulley", &[Mode::Pulley], INTERPRETED),
    ] {
        let inputs = Inputs { size };
        for program in PROGRAMS.iter().filter(|program| program.name.contains(only)) {
            let mut contestants = program_runs(program, &programs::wasm(program.wasm)?, &inputs.host(program)?, modes)?;
            rows.push(Row::new(group, program.name, "ms", in_turn(rounds, &mut contestants)?));
            eprint!(".");
        }
    }
    Ok(rows)
}

/// A program on both engines in these modes; what the first run prints, all others print.
fn program_runs<'a>(program: &Program, wasm: &[u8], host: &Host, modes: &[Mode]) -> Result<Vec<Contestant<'a>>> {
    let (name, printed) = (program.name, Rc::new(RefCell::new(None)));
    let mut contestants = Vec::new();
    for &mode in modes {
        let (ours, theirs) = names(mode);
        let engine = stilt_side::setup::engine(mode, true)?;
        let module = stilt_side::embedder::load(&engine, &stilt_side::setup::compile(mode, Output::Default, 1, wasm)?)?;
        let (host_of_ours, same) = (host.clone(), Rc::clone(&printed));
        contestants.push(Contestant::new(ours, move || {
            let (taken, out) = stilt_side::embedder::run_program(module.engine(), &module, host_of_ours.clone())?;
            ensure!(*same.borrow_mut().get_or_insert(out.clone()) == out, "{name} differs");
            Ok(taken / 1e6)
        }));
        if theirs.is_empty() {
            continue;
        }
        let engine = wasmtime_side::setup::engine(mode, true)?;
        let image = wasmtime_side::setup::compile(mode, Output::Default, 1, wasm)?;
        let module = wasmtime_side::embedder::load(&engine, &image)?;
        let (host_of_theirs, same) = (host.clone(), Rc::clone(&printed));
        contestants.push(Contestant::new(theirs, move || {
            let (taken, out) = wasmtime_side::embedder::run_program(module.engine(), &module, host_of_theirs.clone())?;
            ensure!(*same.borrow_mut().get_or_insert(out.clone()) == out, "{name} differs");
            Ok(taken / 1e6)
        }));
    }
    Ok(contestants)
}

/// Sizes of the programs' inputs: natively, and interpreted.
const NATIVE: u32 = 500_000;
const INTERPRETED: u32 = 30_000;

/// What the programs read, made by programs.
struct Inputs {
    size: u32,
}

impl Inputs {
    fn host(&self, program: &Program) -> Result<Host> {
        let mut args: Vec<String> = [program.wasm].iter().chain(program.args).map(ToString::to_string).collect();
        let input = match program.input {
            Source::Nothing => {
                args.push(self.size.to_string());
                Vec::new()
            }
            Source::Made(kind) => self.made(kind)?,
            Source::Script(text, count) => {
                text.replace("COUNT", &(count * (self.size / 10_000) / (NATIVE / 10_000)).to_string()).into_bytes()
            }
            Source::Packed(kind) => output("squeeze", &["c"], self.made(kind)?)?,
        };
        Ok(Host { args, input, ..Host::default() })
    }

    fn made(&self, kind: &str) -> Result<Vec<u8>> {
        output("generate", &[kind, &self.size.to_string()], Vec::new())
    }
}

fn output(program: &str, args: &[&str], input: Vec<u8>) -> Result<Vec<u8>> {
    let engine = wasmtime_side::setup::engine(Mode::Guard, true)?;
    let image = wasmtime_side::setup::compile(Mode::Guard, Output::Default, 1, &programs::wasm(program)?)?;
    let module = wasmtime_side::embedder::load(&engine, &image)?;
    let args = [program].iter().chain(args).map(ToString::to_string).collect();
    Ok(wasmtime_side::embedder::run_program(&engine, &module, Host { args, input, ..Host::default() })?.1)
}

fn any_wasm(name: &str) -> Result<Vec<u8>> {
    kernels::wasm(name).or_else(|_| programs::wasm(name))
}

/// Writes what both engines make of a module.
pub(crate) fn dump(name: &str, folder: &Path) -> Result<()> {
    let wasm = any_wasm(name)?;
    for (mode, what) in [
        (Mode::Guard, "guard"),
        (Mode::Explicit, "explicit"),
        (Mode::ExplicitSpectre, "explicit-spectre"),
        (Mode::Pulley, "pulley"),
        (Mode::GuardEpoch, "guard-epoch"),
        (Mode::ExplicitEpoch, "explicit-epoch"),
        (Mode::PulleyEpoch, "pulley-epoch"),
    ] {
        let write = |engine, bytes: Vec<u8>| fs::write(folder.join(format!("{name}-{what}-{engine}.cwasm")), bytes);
        write("stilt", stilt_side::setup::compile(mode, Output::Default, 1, &wasm)?)?;
        write("wasmtime", wasmtime_side::setup::compile(mode, Output::Default, 1, &wasm)?)?;
    }
    Ok(())
}

/// Runs a kernel, or a program by its row's name, on one engine.
pub(crate) fn run(name: &str, engine: &str, mode: &str, times: u32) -> Result<()> {
    let mode = match mode {
        "guard" => Mode::Guard,
        "explicit" => Mode::Explicit,
        "explicit-spectre" => Mode::ExplicitSpectre,
        "guard-epoch" => Mode::GuardEpoch,
        "explicit-epoch" => Mode::ExplicitEpoch,
        "pulley-epoch" => Mode::PulleyEpoch,
        _ => Mode::Pulley,
    };
    let interpreted = matches!(mode, Mode::Pulley | Mode::PulleyEpoch);
    let mut all = if let Some(kernel) = KERNELS.iter().find(|kernel| kernel.name == name) {
        let n = if interpreted { kernel.interpreted_n } else { kernel.n };
        let right = kernels::native(name).context("no native build")?(n);
        engines(&kernels::wasm(name)?, &[mode], n, right)?
    } else {
        let program = PROGRAMS.iter().find(|program| program.name == name).context("no such kernel or program")?;
        let inputs = Inputs { size: if interpreted { INTERPRETED } else { NATIVE } };
        program_runs(program, &programs::wasm(program.wasm)?, &inputs.host(program)?, &[mode])?
    };
    let place = usize::from(engine != "stilt");
    let contestant = all.get_mut(place).context("two engines")?;
    for _ in 0..times {
        (contestant.run)()?;
    }
    Ok(())
}
