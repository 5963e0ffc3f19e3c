//! How Wasmtime is configured and compiles.

use super::embedder::show;
use crate::settings::{Mode, Output, Placement};
use anyhow::{Result, anyhow};
use core::num::NonZeroUsize;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// The configuration that compiles and runs code of a mode.
fn config(mode: Mode, output: Output, backtrace: bool) -> Result<Config> {
    let mut config = Config::new();
    config.cranelift_opt_level(if output == Output::Small { OptLevel::SpeedAndSize } else { OptLevel::Speed });
    config.generate_address_map(matches!(output, Output::Default | Output::Plain));
    config.wasm_backtrace_max_frames(if backtrace { NonZeroUsize::new(20) } else { None });
    config.epoch_interruption(mode.epoch());
    if mode.base() == Mode::Pulley {
        config.target("pulley64").map_err(show)?;
    } else {
        // With a target given, nothing is taken from the machine that compiles.
        config.target("x86_64-unknown-linux-gnu").map_err(show)?;
        // SAFETY: the machine has what x86-64-v2 has; Stilt's images ask for the same when they are loaded.
        unsafe { config.cranelift_flag_enable("x86-64-v2") };
    }
    if mode.base() != Mode::Guard {
        config.signals_based_traps(false);
        config.memory_reservation(0).memory_guard_size(0);
    }
    Ok(config)
}

/// An engine for code of a mode.
pub(crate) fn engine(mode: Mode, backtrace: bool) -> Result<Engine> {
    Engine::new(&config(mode, Output::Default, backtrace)?).map_err(show)
}

/// An engine that prepares slots for instances.
pub(crate) fn pooled(mode: Mode) -> Result<Engine> {
    let mut config = config(mode, Output::Default, true)?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::default()));
    Engine::new(&config).map_err(show)
}

/// The engine for a placement.
pub(crate) fn placed(mode: Mode, placement: Placement) -> Result<Engine> {
    match placement {
        Placement::OnDemand => engine(mode, true),
        Placement::Pooled => pooled(mode),
        Placement::Given => Err(anyhow!("Wasmtime's pools are not made in given storage")),
    }
}

/// Compiles a module. With more than one thread it is as many as there are processors.
pub(crate) fn compile(mode: Mode, output: Output, threads: usize, wasm: &[u8]) -> Result<Vec<u8>> {
    let mut config = config(mode, output, true)?;
    config.parallel_compilation(threads != 1);
    Engine::new(&config).and_then(|engine| engine.precompile_module(wasm)).map_err(show)
}
