//! Instantiation, alone and with the end of store and instance.

use crate::measure::{Clock, Contestant, Row, in_turn, time};
use crate::modules;
use crate::settings::{Mode, Output, Placement};
use crate::{stilt_side, wasmtime_side};
use anyhow::Result;
use core::hint::black_box;

/// As many instances as a pool of Wasmtime's has slots for, well below.
const TIMES: u32 = 200;

/// Tiny, with one memory, with data; on demand, pooled, and (only Stilt, only explicit) in storage given for the pool.
pub(crate) fn rows(rounds: usize) -> Result<Vec<Row>> {
    let tiny = modules::binary(modules::TINY)?;
    let memory = modules::binary(modules::MEMORY)?;
    let data = modules::with_data()?;
    let mut rows = Vec::new();
    for (mode, mode_name) in [(Mode::Guard, "guard pages"), (Mode::Explicit, "explicit")] {
        for (what, wasm) in [("tiny", &tiny), ("one memory", &memory), ("with data", &data)] {
            let image = stilt_side::setup::compile(mode, Output::Default, 1, wasm)?;
            let load = |placement| stilt_side::embedder::load(&stilt_side::setup::placed(mode, placement)?, &image);
            let ours = load(Placement::OnDemand)?;
            let pooled = load(Placement::Pooled)?;
            let given = if mode == Mode::Explicit { Some(load(Placement::Given)?) } else { None };
            let load = |mode, placement| -> Result<_> {
                let image = wasmtime_side::setup::compile(mode, Output::Default, 1, wasm)?;
                wasmtime_side::embedder::load(&wasmtime_side::setup::placed(mode, placement)?, &image)
            };
            let theirs = load(mode, Placement::OnDemand)?;
            // A pool of slots has reservations, which Wasmtime's explicit mode is without: there it is the one with guard pages.
            let pool = load(Mode::Guard, Placement::Pooled)?;
            macro_rules! row {
                ($name:literal, $method:ident) => {
                    let mut contestants = vec![
                        Contestant::new("stilt", || stilt_side::embedder::$method(ours.engine(), &ours, TIMES)),
                        Contestant::new("wasmtime", || {
                            wasmtime_side::embedder::$method(theirs.engine(), &theirs, TIMES)
                        }),
                        Contestant::new("stilt pooled", || {
                            stilt_side::embedder::$method(pooled.engine(), &pooled, TIMES)
                        }),
                        Contestant::new("wasmtime pooled", || {
                            wasmtime_side::embedder::$method(pool.engine(), &pool, TIMES)
                        }),
                    ];
                    if let Some(given) = &given {
                        contestants.push(Contestant::new("stilt given", || {
                            stilt_side::embedder::$method(given.engine(), given, TIMES)
                        }));
                    }
                    if what == "with data" {
                        contestants.push(Contestant::new("allocate and copy", || allocate_and_copy($name == "alone")));
                    }
                    let figures = in_turn(rounds, &mut contestants)?;
                    rows.push(Row::new("instantiate", &format!("{what}, {}, {mode_name}", $name), "ns", figures));
                };
            }
            row!("alone", instantiate);
            row!("with drop", instantiate_and_drop);
            if what != "tiny" {
                row!("written to, with drop", instantiate_write_and_drop);
            }
        }
    }
    Ok(rows)
}

/// What cannot be avoided in explicit mode: zeroed storage, and the bytes. Either all is kept until the end, or each is freed
/// before the next.
fn allocate_and_copy(keep: bool) -> Result<f64> {
    let data = vec![b'x'; modules::DATA_BYTES];
    let mut kept = Vec::with_capacity(TIMES as usize);
    let (taken, ()) = time(Clock::Cpu, || {
        for _ in 0..TIMES {
            let mut memory = vec![0_u8; modules::DATA_PAGES << 16];
            if let Some(place) = memory.get_mut(4096..4096 + data.len()) {
                place.copy_from_slice(&data);
            }
            if keep {
                kept.push(memory);
            } else {
                black_box(&memory);
            }
        }
    });
    Ok(taken / f64::from(TIMES))
}
