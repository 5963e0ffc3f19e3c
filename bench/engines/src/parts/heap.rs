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
    let image = stilt_side::setup::compile(mode, Output::Default, 1, &wasm)?;
    let ours = stilt_side::embedder::heap(|| stilt_side::setup::engine(mode, true), &image)?;
    let image = wasmtime_side::setup::compile(mode, Output::Default, 1, &wasm)?;
    let theirs = wasmtime_side::embedder::heap(|| wasmtime_side::setup::engine(mode, true), &image)?;
    let names = ["engine", "module", "store", "tiny instance, the second in its store"];
    let figures = names.iter().zip(ours.into_iter().zip(theirs));
    Ok(figures
        .map(|(name, (ours, theirs))| {
            Row::new("heap", name, "bytes", vec![Figure::exact("stilt", ours), Figure::exact("wasmtime", theirs)])
        })
        .collect())
}
