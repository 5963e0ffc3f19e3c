//! The loader on bytes that need not be an image: an error, or a module that does no harm when it is looked at and
//! instantiated. None of its code is run: images are native code, and trusted like it.

use crate::compile::damage;
use crate::differential::configurations;
use crate::random::Random;
use crate::{hot_spots, smith};
use std::sync::OnceLock;
use stilt::{Config, Engine, Extern, ExternType, Func, Global, Instance, Memory, Module, Ref, Store, StoreLimits};
use stilt::{StoreLimitsBuilder, Table, Val};
use stilt_artifact::header::{ImageHeader, flags};
use stilt_artifact::image::{Image, image_start, tables_checksum};
use stilt_artifact::record::Field;
use stilt_platform_linux as _;
use stilt_precompiler::Precompiler;

/// What became of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They do not load.
    Refused,
    /// They load.
    Loaded,
    /// They load and can be instantiated.
    Instantiated,
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&Config::new()).expect("an engine"))
}

/// What the bytes of an image do not tell: where they lie, how many types an engine has already.
const NOT_TOLD: [&str; 2] = ["aligned", "budget of function types"];

/// Loads, looks at everything that can be looked at, and instantiates unless that would run code.
///
/// # Errors
/// What is wrong.
pub fn check(bytes: &[u8]) -> Result<Verdict, String> {
    let accepted = engine().accepts(bytes);
    // SAFETY: no code of the image is run.
    let module = match (unsafe { Module::deserialize(engine(), bytes) }, accepted) {
        (Ok(module), Ok(())) => module,
        (Ok(_), Err(refusal)) => return Err(format!("loads, though it was not to: {refusal}")),
        (Err(error), accepted) => {
            let text = error.to_string();
            return match accepted {
                _ if text.is_empty() => Err("refused without a word".to_owned()),
                Ok(()) if !NOT_TOLD.iter().any(|known| text.contains(known)) => {
                    Err(format!("accepted, and then refused: {text}"))
                }
                Err(refusal) if refusal.to_string().is_empty() => Err("not accepted, without a word".to_owned()),
                _ => Ok(Verdict::Refused),
            };
        }
    };
    let _ = module.verify();
    let _ = module.name();
    search(bytes);
    for export in module.exports() {
        let found = module.get_export(export.name());
        let _ = (format!("{:?}", export.ty()), found);
    }
    if starts(bytes) {
        return Ok(Verdict::Loaded);
    }
    Ok(if instantiate(&module).is_ok() { Verdict::Instantiated } else { Verdict::Loaded })
}

fn instantiate(module: &Module) -> stilt::Result<()> {
    let limits = StoreLimitsBuilder::new().memory_size(1 << 24).table_elements(100_000).build();
    let mut store: Store<StoreLimits> = Store::new(engine(), limits);
    store.limiter(|limits| limits);
    let mut imports = Vec::new();
    for import in module.imports() {
        imports.push(match import.ty() {
            ExternType::Func(ty) => Extern::Func(Func::try_new(&mut store, ty, |_, _, _| Ok(()))?),
            ExternType::Global(ty) => {
                let value = Val::default_for_ty(ty.content()).unwrap_or(Val::I32(0));
                Extern::Global(Global::new(&mut store, ty, value)?)
            }
            ExternType::Memory(ty) => Extern::Memory(Memory::new(&mut store, ty)?),
            ExternType::Table(ty) => {
                let null = if ty.element().heap_type().is_func() { Ref::Func(None) } else { Ref::Extern(None) };
                Extern::Table(Table::new(&mut store, ty, null)?)
            }
            _ => return Err(stilt::format_err!("a kind that WebAssembly 2.0 does not have")),
        });
    }
    let instance = Instance::new(&mut store, module, &imports)?;
    let exports: Vec<Extern> = instance.exports(&mut store).map(stilt::Export::into_extern).collect();
    for export in exports {
        match export {
            Extern::Global(global) => drop(global.get(&mut store)),
            Extern::Table(table) => {
                for index in 0..table.size(&store).min(100) {
                    let _ = table.get(&mut store, index);
                }
            }
            Extern::Memory(memory) => {
                let data = memory.data(&store);
                let _ = (data.first().copied(), data.last().copied());
            }
            Extern::Func(func) => drop(func.ty(&store)),
        }
    }
    Ok(())
}

/// Looks up what only a trap looks up, which loading has not checked: any answer is right, as long as there is one.
fn search(file: &[u8]) {
    let Ok(image) = Image::parse(file, stilt_artifact::Native) else { return };
    let Some(module) = image.module(0) else { return };
    let len = u32::try_from(image.code().len()).unwrap_or(u32::MAX);
    let sites = module.sites();
    for code in (0..len.min(256)).chain((256..len).step_by(97)).chain([len, u32::MAX]) {
        let _ = (sites.find_trap(code), sites.find_call(code), module.func_at(code));
    }
    let _ = sites.iter().take(100_000).count();
    for func in 0..module.func_count().min(1_000) {
        let _ = (module.func_name(func), module.func_type(func), module.func_ref_slot(func));
    }
}

/// Whether instantiating would run code.
fn starts(file: &[u8]) -> bool {
    let image = Image::parse(file, stilt_artifact::Native);
    image.ok().and_then(|image| Some(image.module(0)?.header().start)) != Some(stilt_artifact::NONE)
}

fn header(file: &[u8]) -> Option<ImageHeader> {
    ImageHeader::read(stilt_artifact::Native, file.get(image_start(file)..)?)
}

/// Writes the right checksum of the tables into a damaged image, so that the checks behind it are reached.
pub fn repair_checksum(file: &mut [u8]) {
    let start = image_start(file);
    let Some(header) = header(file) else { return };
    let tables = file.get(start..).and_then(|image| image.get(..header.tables_len as usize));
    let Some(tables) = tables.filter(|tables| tables.len() >= ImageHeader::SIZE) else { return };
    let sum = tables_checksum(tables, header.flags & flags::LINKED != 0);
    let at = start + ImageHeader::SIZE - u64::SIZE;
    if let Some(place) = file.get_mut(at..at + u64::SIZE) {
        place.copy_from_slice(&sum.to_ne_bytes());
    }
}

/// The images of a module, in the configurations of a seed.
#[must_use]
pub fn images(wasm: &[u8], seed: u64) -> Vec<Vec<u8>> {
    let compile = |(_, options)| Precompiler::new(options).and_then(|precompiler| precompiler.compile(wasm)).ok();
    configurations(seed).into_iter().filter_map(compile).collect()
}

/// The image of a seed, damaged in its tables most of the time, with a checksum that fits most of the time.
#[must_use]
pub fn bytes(seed: u64) -> Vec<u8> {
    // One module serves many ways to damage it.
    let module = seed / 256;
    let wasm = if module.is_multiple_of(2) {
        hot_spots::program(module).modules.swap_remove(0)
    } else {
        smith::module(module).unwrap_or_else(|| b"\0asm\x01\0\0\0".to_vec())
    };
    thread_local! {
        static LAST: core::cell::RefCell<(u64, Vec<Vec<u8>>)> = const { core::cell::RefCell::new((u64::MAX, Vec::new())) };
    }
    let mut random = Random::new(seed ^ 0x10ad);
    let mut image = LAST.with_borrow_mut(|(last, images)| {
        if *last != module {
            *last = module;
            *images = self::images(&wasm, module);
        }
        if images.is_empty() { Vec::new() } else { images[random.below(images.len())].clone() }
    });
    if image.is_empty() {
        return random.bytes(500);
    }
    let start = image_start(&image);
    let tables = header(&image).map_or(0, |header| header.tables_len as usize);
    for _ in 0..1 + random.below(3) {
        if random.one_in(16) {
            damage(&mut image, &mut random);
            continue;
        }
        // The header is where most of what must be checked stands.
        let within = if random.one_in(3) { ImageHeader::SIZE } else { tables };
        let at = start + random.below(within.max(1));
        let [noise, ..] = random.draw().to_le_bytes();
        let Some(byte) = image.get_mut(at) else { continue };
        *byte = match random.below(5) {
            0 => 0,
            1 => 0xff,
            2 => byte.wrapping_add(1),
            3 => byte.wrapping_sub(1),
            _ => noise,
        };
    }
    if !random.one_in(8) {
        repair_checksum(&mut image);
    }
    image
}
