//! Loading what was compiled before.

use crate::mapping::Mapping;
use crate::measure::{Contestant, Row, in_turn};
use crate::modules;
use crate::settings::{Mode, Output};
use crate::{stilt_side, wasmtime_side};
use anyhow::Result;

/// A tiny module and a large one, from bytes, in place, and where a linker has put it.
pub(crate) fn rows(rounds: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, wasm, times) in
        [("tiny", modules::binary(modules::TINY)?, 50), ("large", modules::large(modules::LARGE)?, 3)]
    {
        let ours = stilt_side::setup::engine(Mode::Guard, true)?;
        let theirs = wasmtime_side::setup::engine(Mode::Guard, true)?;
        let image = stilt_side::setup::compile(Mode::Guard, Output::Default, 2, &wasm)?;
        let artifact = wasmtime_side::setup::compile(Mode::Guard, Output::Default, 2, &wasm)?;
        let (placed, linked) = (Mapping::new(&image)?, stilt_side::setup::link(Mode::Guard, &wasm)?);
        let file = std::env::temp_dir().join(format!("engines-{}.cwasm", std::process::id()));
        std::fs::write(&file, &artifact)?;

        let (ours, theirs, file) = (&ours, &theirs, &file);
        let mut contestants = [
            Contestant::new("stilt, bytes", || {
                stilt_side::embedder::loading(times, || stilt_side::embedder::load(ours, &image))
            }),
            Contestant::new("stilt, in place", || {
                stilt_side::embedder::loading(times, || stilt_side::setup::load_in_place(ours, placed))
            }),
            Contestant::new("stilt, linked", || {
                stilt_side::embedder::loading(times, || stilt_side::setup::load_linked(ours, linked))
            }),
            Contestant::new("wasmtime, bytes", || {
                wasmtime_side::embedder::loading(times, || wasmtime_side::embedder::load(theirs, &artifact))
            }),
            Contestant::new("wasmtime, file", || {
                wasmtime_side::embedder::loading(times, || {
                    // SAFETY: the compiler's output, unchanged.
                    unsafe { ::wasmtime::Module::deserialize_file(theirs, file) }.map_err(wasmtime_side::embedder::show)
                })
            }),
        ];
        let figures = in_turn(rounds, &mut contestants)?.into_iter().map(|mut figure| {
            figure.median /= 1e3;
            figure.fastest /= 1e3;
            figure
        });
        let name = format!(
            "{what}: {} bytes, Wasmtime's {}; checked: header, checksum of tables, tables but for functions and exports",
            image.len(),
            artifact.len()
        );
        rows.push(Row::new("load", &name, "µs", figures.collect()));
        std::fs::remove_file(file)?;
    }
    Ok(rows)
}
