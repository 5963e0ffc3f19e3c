//! Traps that the host catches. Engines and plain C want the same signals, so each is measured in a process of its own:
//! this program runs itself with `trap-of`.

use crate::measure::{Clock, Contestant, Row, in_turn, time};
use crate::modules;
use crate::settings::{Mode, Output};
use crate::{stilt_side, wasmtime_side};
use anyhow::{Result, bail, ensure};
use std::process::Command;

unsafe extern "C" {
    fn native_trap_install() -> i32;
    fn native_trap_access(times: i32) -> i32;
    fn native_trap_illegal(times: i32) -> i32;
}

const TIMES: i32 = 2000;

/// Each kind of trap, by who catches it.
pub(crate) fn rows(rounds: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, code, kind) in [
        ("access out of bounds, hardware", "access", "hardware"),
        ("unreachable, hardware", "unreachable", "hardware"),
        ("division by zero, hardware", "divide", "hardware"),
        ("access out of bounds, explicit", "access", "explicit"),
        ("unreachable, explicit", "unreachable", "explicit"),
        ("division by zero, explicit", "divide", "explicit"),
        ("unreachable, Pulley", "unreachable", "pulley"),
    ] {
        for (backtrace, with) in [("no", "without backtrace"), ("yes", "with backtrace")] {
            let mut contestants = vec![
                Contestant::new("stilt", || child(&["stilt", kind, code, backtrace])),
                Contestant::new("wasmtime", || child(&["wasmtime", kind, code, backtrace])),
            ];
            if kind == "hardware" && code != "divide" {
                contestants.push(Contestant::new("plain C", || child(&["c", kind, code, backtrace])));
            }
            rows.push(Row::new("traps", &format!("{name}, {with}"), "ns", in_turn(rounds, &mut contestants)?));
        }
    }
    Ok(rows)
}

fn child(args: &[&str]) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?).arg("trap-of").args(args).output()?;
    ensure!(output.status.success(), "{args:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

/// What the child does: engine, mode, kind of trap, backtrace. Prints nanoseconds.
pub(crate) fn trap_of(args: &[String]) -> Result<()> {
    let [who, kind, code, backtrace] = args else { bail!("trap-of ENGINE MODE TRAP BACKTRACE") };
    let mode = match kind.as_str() {
        "hardware" => Mode::Guard,
        "explicit" => Mode::Explicit,
        _ => Mode::Pulley,
    };
    let backtrace = backtrace == "yes";
    let wasm = modules::binary(modules::TRAPS)?;
    let times = TIMES.unsigned_abs();
    let each: f64 = match who.as_str() {
        "stilt" => {
            let image = stilt_side::setup::compile(mode, Output::Default, 1, &wasm)?;
            stilt_side::embedder::trap(&stilt_side::setup::engine(mode, backtrace)?, &image, code, times)?
        }
        "wasmtime" => {
            let engine = wasmtime_side::setup::engine(mode, backtrace)?;
            let image = engine.precompile_module(&wasm).map_err(wasmtime_side::embedder::show)?;
            wasmtime_side::embedder::trap(&engine, &image, code, times)?
        }
        _ => plain_c(code)?,
    };
    println!("{each}");
    Ok(())
}

fn plain_c(code: &str) -> Result<f64> {
    // SAFETY: this process runs nothing else that handles these signals.
    let failed = unsafe { native_trap_install() };
    ensure!(failed == 0, "no signal handler");
    let (taken, caught) = time(Clock::Cpu, || match code {
        // SAFETY: the handler is installed.
        "access" => unsafe { native_trap_access(TIMES) },
        // SAFETY: likewise.
        _ => unsafe { native_trap_illegal(TIMES) },
    });
    ensure!(caught == TIMES, "not all were caught");
    Ok(taken / f64::from(TIMES))
}
