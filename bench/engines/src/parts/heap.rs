//! Bytes of heap that each part of an embedding takes.

use crate::measure::{Figure, Row};
use crate::modules;
use crate::settings::{Mode, Output};
use crate::{stilt_side, wasmtime_side};
use anyhow::Result;

/// Engine, module, store, and a tiny instance.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let wasm = modules::binary(modules::TINY)?;
    let mode = Mode::Guard;
    // What is allocated once per process is not counted.
    let image = stilt_side::setup::compile(mode, Output::Default, 1, &wasm)?;
    stilt_side::embedder::heap(|| stilt_side::setup::engine(mode, true), &image)?;
    let ours = stilt_side::embedder::heap(|| stilt_side::setup::engine(mode, true), &image)?;
    let image = wasmtime_side::setup::compile(mode, Output::Default, 1, &wasm)?;
    wasmtime_side::embedder::heap(|| wasmtime_side::setup::engine(mode, true), &image)?;
    let theirs = wasmtime_side::embedder::heap(|| wasmtime_side::setup::engine(mode, true), &image)?;
    // What a store allocates with its first instance is the store's.
    let parts = |[engine, module, store, first, second]: [f64; 5]| [engine, module, store + first - second, second];
    let names = ["engine", "module", "store, with what its first instance adds", "tiny instance"];
    let figures = names.iter().zip(parts(ours).into_iter().zip(parts(theirs)));
    let mut rows: Vec<Row> = figures
        .map(|(name, (ours, theirs))| {
            Row::new("heap", name, "bytes", vec![Figure::exact("stilt", ours), Figure::exact("wasmtime", theirs)])
        })
        .collect();
    // With and without a memory, both explicit. What Wasmtime maps from the kernel is not counted here.
    let [mut ours, mut theirs] = [0.0; 2];
    for (wasm, sign) in [(modules::binary(modules::MEMORY)?, 1.0), (modules::binary(modules::TINY)?, -1.0)] {
        let mode = Mode::Explicit;
        let image = stilt_side::setup::compile(mode, Output::Default, 1, &wasm)?;
        let [.., instance] = stilt_side::embedder::heap(|| stilt_side::setup::engine(mode, true), &image)?;
        ours += sign * instance;
        let image = wasmtime_side::setup::compile(mode, Output::Default, 1, &wasm)?;
        let [.., instance] = wasmtime_side::embedder::heap(|| wasmtime_side::setup::engine(mode, true), &image)?;
        theirs += sign * instance;
    }
    let figures = vec![Figure::exact("stilt", ours), Figure::exact("wasmtime, without what it maps", theirs)];
    rows.push(Row::new("heap", "memory of one page, explicit, with its part of the instance", "bytes", figures));
    Ok(rows)
}
