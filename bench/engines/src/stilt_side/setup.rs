//! How Stilt is configured and compiles.

use crate::mapping::Mapping;
use crate::settings::{Mode, Output, Placement};
use anyhow::{Result, anyhow};
use core::num::NonZeroUsize;
use core::ptr::NonNull;
use stilt::{Config, Engine, Module, PoolingAllocationConfig};
// Links the platform.
use stilt_platform_linux as _;
use stilt_precompiler::{MemoryStyle, OptLevel, Options, Precompiler};

/// An engine for images of a mode.
pub(crate) fn engine(mode: Mode, backtrace: bool) -> Result<Engine> {
    let mut config = Config::new();
    config.signals_based_traps(mode.base() == Mode::Guard).wasm_backtrace(backtrace);
    if mode.base() == Mode::Pulley {
        config.target("pulley64").map_err(super::embedder::show)?;
    }
    Engine::new(&config).map_err(super::embedder::show)
}

/// An engine whose memories come from elsewhere.
pub(crate) fn placed(mode: Mode, placement: Placement) -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    match placement {
        Placement::OnDemand => return engine(mode, true),
        Placement::Pooled => {}
        Placement::Given => {
            const ROOM: usize = 8 << 16;
            let storage = vec![0; 256 * (ROOM + 16) + 15].leak();
            pool.max_memory_size(ROOM);
            // SAFETY: it is nobody else's, and never freed.
            unsafe { pool.memory_storage(NonNull::from(storage)) };
        }
    }
    let mut config = Config::new();
    config.signals_based_traps(mode.base() == Mode::Guard).allocation_strategy(pool);
    Engine::new(&config).map_err(super::embedder::show)
}

/// Compiles a module.
pub(crate) fn compile(mode: Mode, output: Output, threads: usize, wasm: &[u8]) -> Result<Vec<u8>> {
    let mut options = Options::default();
    match mode.base() {
        Mode::Explicit | Mode::ExplicitSpectre => {
            options.traps = Some(stilt_artifact::target::TrapMode::Explicit);
            options.memory = Some(MemoryStyle::Movable);
        }
        Mode::Pulley => options.target = "pulley64".to_owned(),
        _ => {}
    }
    options.interrupt = mode.epoch();
    options.spectre = mode.base() != Mode::Explicit;
    options.strip = matches!(output, Output::Stripped | Output::Small);
    options.inline = output != Output::Plain;
    options.short_jumps = output != Output::Plain;
    options.opt_level = if output == Output::Small { OptLevel::Size } else { OptLevel::Speed };
    options.threads = NonZeroUsize::new(threads);
    options.verify = false;
    let precompiler = Precompiler::new(options)?;
    precompiler.compile(wasm).map_err(|error| anyhow!("{error}"))
}

/// Loads an image where it lies. (Wasmtime does that with native code only where it was built without virtual memory.)
pub(crate) fn load_in_place(engine: &Engine, image: &'static Mapping) -> Result<Module> {
    // SAFETY: the compiler's output, unchanged, in a mapping that stays and is executable.
    unsafe { Module::deserialize_raw(engine, image.bytes()) }.map_err(super::embedder::show)
}
