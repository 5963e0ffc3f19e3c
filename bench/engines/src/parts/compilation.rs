//! What compilers take, in time, and what they put out, in bytes.

use crate::kernels::{self, KERNELS};
use crate::measure::{Clock, Contestant, Figure, Row, in_turn, time};
use crate::modules;
use crate::programs;
use crate::settings::{Mode, Output};
use crate::{stilt_side, wasmtime_side};
use anyhow::Result;

/// The programs, without the one that is another build of the same source.
const PROGRAMS: [&str; 4] = ["digest", "generate", "squeeze", "text"];

/// Over the programs, and a module with many small functions.
pub(crate) fn time_rows(rounds: usize) -> Result<Vec<Row>> {
    let programs = PROGRAMS.iter().map(|name| programs::wasm(name)).collect::<Result<Vec<_>>>()?;
    let large = vec![modules::large(modules::LARGE / 4)?];
    let mut rows = Vec::new();
    for (what, modules) in [("four programs", &programs), ("synthetic module", &large)] {
        for (mode, mode_name) in [(Mode::Guard, "guard pages"), (Mode::Explicit, "explicit")] {
            for threads in [1, 2] {
                // With two threads others on the machine count, too.
                let clock = if threads == 1 { Clock::Process } else { Clock::Wall };
                let mut contestants = [
                    Contestant::new("stilt", || {
                        all(clock, modules, |wasm| stilt_side::setup::compile(mode, Output::Default, threads, wasm))
                    }),
                    Contestant::new("stilt, passes off", || {
                        all(clock, modules, |wasm| stilt_side::setup::compile(mode, Output::Plain, threads, wasm))
                    }),
                    Contestant::new("wasmtime", || {
                        all(clock, modules, |wasm| wasmtime_side::setup::compile(mode, Output::Default, threads, wasm))
                    }),
                ];
                let name = format!("{what}, {mode_name}, {threads} thread{}", if threads == 1 { "" } else { "s" });
                rows.push(Row::new("compile", &name, "ms", in_turn(rounds, &mut contestants)?));
                eprint!(".");
            }
        }
    }
    Ok(rows)
}

fn all(clock: Clock, modules: &[Vec<u8>], compile: impl Fn(&[u8]) -> Result<Vec<u8>>) -> Result<f64> {
    let (taken, done) = time(clock, || modules.iter().try_for_each(|wasm| compile(wasm).map(|_| ())));
    done?;
    Ok(taken / 1e6)
}

/// Bytes, over all kernels and over all programs.
pub(crate) fn size_rows() -> Result<Vec<Row>> {
    let kernels = KERNELS.iter().map(|kernel| kernels::wasm(kernel.name)).collect::<Result<Vec<_>>>()?;
    let programs = ["digest", "digest-simd", "generate", "squeeze", "text"];
    let programs = programs.iter().map(|name| programs::wasm(name)).collect::<Result<Vec<_>>>()?;
    let large = vec![modules::large(modules::LARGE)?];
    let mut rows = Vec::new();
    for (what, modules) in [("kernels", &kernels), ("programs", &programs), ("large module", &large)] {
        for (mode, mode_name) in [
            (Mode::Guard, "guard pages"),
            (Mode::Explicit, "explicit"),
            (Mode::ExplicitSpectre, "explicit, Stilt with Spectre mitigations"),
        ] {
            for (output, output_name) in
                [(Output::Default, "default"), (Output::Stripped, "stripped"), (Output::Small, "-O size, stripped")]
            {
                let mut sizes = [0_usize; 2];
                for wasm in modules {
                    sizes[0] += stilt_side::setup::compile(mode, output, 2, wasm)?.len();
                    sizes[1] += wasmtime_side::setup::compile(mode, output, 2, wasm)?.len();
                }
                let figures = vec![
                    Figure::exact("stilt", sizes[0] as f64),
                    Figure::exact("wasmtime", sizes[1] as f64),
                    Figure::exact("wasm", modules.iter().map(Vec::len).sum::<usize>() as f64),
                ];
                rows.push(Row::new("size", &format!("{what}, {mode_name}, {output_name}"), "bytes", figures));
            }
        }
        eprint!(".");
    }
    Ok(rows)
}
