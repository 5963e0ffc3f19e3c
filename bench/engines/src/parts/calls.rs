//! Calls between host and wasm.

use crate::measure::{Contestant, Row, in_turn};
use crate::modules;
use crate::settings::{Mode, Output};
use crate::{stilt_side, wasmtime_side};
use anyhow::Result;

const TIMES: i32 = 20_000;

/// Typed, untyped, and to the host, in each mode.
pub(crate) fn rows(rounds: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let wasm = modules::binary(modules::CALLS)?;
    for (mode, what) in [(Mode::Guard, "guard pages"), (Mode::Explicit, "explicit"), (Mode::Pulley, "Pulley")] {
        let image = stilt_side::setup::compile(mode, Output::Default, 1, &wasm)?;
        let mut ours = stilt_side::embedder::Calls::new(&stilt_side::setup::engine(mode, true)?, &image)?;
        let image = wasmtime_side::setup::compile(mode, Output::Default, 1, &wasm)?;
        let mut theirs = wasmtime_side::embedder::Calls::new(&wasmtime_side::setup::engine(mode, true)?, &image)?;
        macro_rules! row {
            ($name:literal, $method:ident) => {
                let figures = in_turn(
                    rounds,
                    &mut [
                        Contestant::new("stilt", || ours.$method(TIMES)),
                        Contestant::new("wasmtime", || theirs.$method(TIMES)),
                    ],
                )?;
                rows.push(Row::new("calls", &format!("{}, {what}", $name), "ns", figures));
            };
        }
        row!("host to wasm, typed", typed);
        row!("host to wasm, untyped", untyped);
        row!("wasm to host", host);
    }
    Ok(rows)
}
