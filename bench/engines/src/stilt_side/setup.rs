//! How Stilt is configured and compiles.

use crate::mapping::Mapping;
use crate::settings::{Mode, Output, Placement};
use anyhow::{Context as _, Result, anyhow};
use core::num::NonZeroUsize;
use core::ptr::NonNull;
use object::{Object as _, ObjectSection as _};
use stilt::{Config, Engine, LinkedImage, Module, PoolingAllocationConfig};
// Links the platform.
use stilt_platform_linux as _;
use stilt_precompiler::{MemoryStyle, ObjectOptions, OptLevel, Options, Precompiler};

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
    precompiler(mode, output, threads)?.compile(wasm).map_err(|error| anyhow!("{error}"))
}

fn precompiler(mode: Mode, output: Output, threads: usize) -> Result<Precompiler> {
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
    Ok(Precompiler::new(options)?)
}

/// Compiles a module to an object, and places that as a linker would: tables and code apart, and one distance filled in.
pub(crate) fn link(mode: Mode, wasm: &[u8]) -> Result<&'static LinkedImage> {
    let object = precompiler(mode, Output::Default, 2)?.compile_object(wasm, &ObjectOptions::new("linked"))?;
    let file = object::File::parse(&*object.elf)?;
    let section = |name| file.section_by_name(name).with_context(|| format!("the object has no section {name}"));
    let (tables, code) = (section(".rodata.stilt.linked")?, section(".text.stilt.linked")?);
    let (field, relocation) = tables.relocations().next().context("there is nothing to fill in")?;
    let mut bytes = tables.data()?.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4096), 0);
    let distance = i64::try_from(bytes.len())? + relocation.addend() - i64::try_from(field)?;
    bytes.extend(code.data()?);
    let field = usize::try_from(field)?;
    bytes[field..field + 8].copy_from_slice(&distance.to_le_bytes());
    // SAFETY: the image's headers come first, in a mapping that stays.
    Ok(unsafe { Mapping::new(&bytes)?.bytes().cast::<LinkedImage>().as_ref() })
}

/// Loads what a linker has placed.
pub(crate) fn load_linked(engine: &Engine, image: &'static LinkedImage) -> Result<Module> {
    // SAFETY: the compiler's output, placed as above.
    unsafe { Module::from_linked(engine, image) }.map_err(super::embedder::show)
}

/// Loads an image where it lies. (Wasmtime does that with native code only where it was built without virtual memory.)
pub(crate) fn load_in_place(engine: &Engine, image: &'static Mapping) -> Result<Module> {
    // SAFETY: the compiler's output, unchanged, in a mapping that stays and is executable.
    unsafe { Module::deserialize_raw(engine, image.bytes()) }.map_err(super::embedder::show)
}
