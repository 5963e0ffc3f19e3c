//! Cut, changed and forged images: an error, or a module that does no harm when loaded, looked at and instantiated.

use stilt::{
    Config, Engine, Extern, Func, Global, GlobalType, Linker, Memory, MemoryType, Module, Mutability, Ref, RefType,
};
use stilt::{Store, Table, TableType, Val, ValType};
use stilt_artifact::header::{ELF_PREFIX, ImageHeader, ModuleHeader, section};
use stilt_artifact::record::Field;
use stilt_artifact::tables::{GlobalEntry, MemoryEntry, TableEntry};
use stilt_artifact::target::TrapMode;
use stilt_image_tests::{CONFIGURATIONS, EVERYTHING, MEMORY, Random, compile, repair_checksum};

fn engine() -> Engine {
    Engine::new(&Config::new()).expect("an engine")
}

fn load(engine: &Engine, image: &[u8]) -> stilt::Result<Module> {
    // SAFETY: no code of these modules is run: they have no start function and nothing is called.
    unsafe { Module::deserialize(engine, image) }
}

/// Loads, looks at everything that can be looked at, and instantiates. No code of the module runs.
fn load_and_instantiate(engine: &Engine, image: &[u8]) -> stilt::Result<()> {
    let module = load(engine, image)?;
    let names: usize = module.imports().map(|import| import.module().len() + import.name().len()).sum();
    let exports = module.exports().filter(|export| module.get_export(export.name()).is_some()).count();
    assert!(names < 1 << 20 && exports < 1 << 20);
    let mut linker = Linker::new(engine);
    let mut store = Store::new(engine, ());
    linker.func_wrap("env", "host", |_: i32, _: f64| 1i64)?;
    let global = Global::new(&mut store, GlobalType::new(ValType::I32, Mutability::Const), Val::I32(5))?;
    linker.define(&store, "env", "global", Extern::Global(global))?;
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    linker.define(&store, "env", "memory", Extern::Memory(memory))?;
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(None::<Func>))?;
    linker.define(&store, "env", "table", Extern::Table(table))?;
    let instance = linker.instantiate(&mut store, &module)?;
    let _ = instance.exports(&mut store).count();
    Ok(())
}

#[test]
fn whole_images_load_and_verify() {
    let engine = engine();
    for (target, traps) in CONFIGURATIONS {
        for (wat, strip) in [(EVERYTHING, false), (EVERYTHING, true), (MEMORY, false), (MEMORY, true)] {
            let image = compile(wat, target, traps, strip);
            load_and_instantiate(&engine, &image).unwrap_or_else(|error| panic!("{target} {traps:?}: {error}"));
            load(&engine, &image)
                .expect("loads")
                .verify()
                .unwrap_or_else(|error| panic!("{target} {traps:?}: {error}"));
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    let engine = engine();
    for (target, traps) in CONFIGURATIONS {
        for strip in [false, true] {
            let image = compile(EVERYTHING, target, traps, strip);
            for len in 0..image.len() {
                let cut = &image[..len];
                // What wraps the image can be cut off without harm to loading; `verify` finds it.
                match load(&engine, cut) {
                    Err(error) => assert!(!error.to_string().is_empty()),
                    Ok(module) => {
                        assert!(!strip, "{target} {traps:?}: {len} of {} bytes loaded", image.len());
                        assert!(module.verify().is_err(), "{target} {traps:?}: {len} bytes verified");
                    }
                }
            }
        }
    }
}

#[test]
fn every_changed_byte_is_found_by_verify() {
    let engine = engine();
    for (target, traps) in CONFIGURATIONS {
        for wat in [EVERYTHING, MEMORY] {
            let image = compile(wat, target, traps, false);
            for at in 0..image.len() {
                let mut changed = image.clone();
                changed[at] ^= 1 << (at % 8);
                let found = load(&engine, &changed).and_then(|module| module.verify());
                assert!(found.is_err(), "{target} {traps:?}: the change of byte {at} of {} was not found", image.len());
            }
        }
    }
}

/// No two things of an instance share a place in its context: what one holds would be what another is reached by.
#[test]
fn places_in_the_context_do_not_overlap() {
    let engine = engine();
    for (target, traps) in CONFIGURATIONS {
        let image = compile(EVERYTHING, target, traps, false);
        let base = &image[ELF_PREFIX..];
        let module = ModuleHeader::read(stilt_artifact::Native, &base[ImageHeader::SIZE..]).expect("a header");
        // Where in a record its place in the context stands: tables, memories and globals begin alike.
        let fields = [(section::TABLES, TableEntry::SIZE), (section::MEMORIES, MemoryEntry::SIZE)];
        let fields = fields.into_iter().chain([(section::GLOBALS, GlobalEntry::SIZE)]).flat_map(|(section, size)| {
            let (start, end) = (module.sections[section] as usize, module.sections[section + 1] as usize);
            (start..end).step_by(size).map(|record| record + 4).filter(move |field| field + 4 <= end)
        });
        let fields: Vec<usize> = fields.collect();
        let mut pairs = 0;
        for from in &fields {
            for to in &fields {
                if base[*from..from + 4] != base[*to..to + 4] {
                    pairs += 1;
                    let mut forged = image.clone();
                    forged.copy_within(ELF_PREFIX + from..ELF_PREFIX + from + 4, ELF_PREFIX + to);
                    assert!(repair_checksum(&mut forged));
                    let error = load(&engine, &forged).expect_err("two things in one place").to_string();
                    assert!(error.contains("place in the context"), "{target} {traps:?}: {error}");
                }
            }
        }
        assert!(pairs >= 6, "{pairs} pairs only");
    }
}

/// Changes that a checksum would find, with a checksum that fits: the checks of the tables must hold on their own.
/// What does not hold one module is refused, and `accepts` says so beforehand.
#[test]
fn images_hold_one_module() {
    const MODULES: usize = ELF_PREFIX + 15;
    let engine = engine();
    for (target, traps) in CONFIGURATIONS {
        let mut forged = compile(MEMORY, target, traps, false);
        assert_eq!((engine.accepts(&forged), forged[MODULES]), (Ok(()), 1));
        forged[MODULES] = 0;
        assert!(repair_checksum(&mut forged));
        let refusal = engine.accepts(&forged).expect_err("there is none").to_string();
        assert_eq!(refusal, "the image holds 0 modules, this runtime runs images of one");
        let error = load(&engine, &forged).expect_err("there is none").to_string();
        assert!(error.contains("one module"), "{error}");
    }
}

/// How many bytes of a memory are there is for the module's own memory, at most its pages, and nothing else may be relied on.
#[test]
fn a_forged_part_of_a_memory_is_refused() {
    const OWN: &str = r#"(module (memory (export "memory") 1 1) (data (i32.const 8) "one"))"#;
    const IMPORTED: &str = r#"(module (import "env" "memory" (memory 1)))"#;
    let engine = engine();
    for (target, traps) in CONFIGURATIONS {
        let mut tried = 0;
        for (wat, bytes, good) in [
            (OWN, 1, traps == TrapMode::Explicit),
            (OWN, 65_536, traps == TrapMode::Explicit),
            (OWN, 65_537, false),
            (OWN, u32::MAX, false),
            (IMPORTED, 1, false),
        ] {
            let mut forged = compile(wat, target, traps, false);
            let base = &forged[ELF_PREFIX..];
            let module = ModuleHeader::read(stilt_artifact::Native, &base[ImageHeader::SIZE..]).expect("a header");
            let at = ELF_PREFIX + module.sections[section::MEMORIES] as usize + MemoryEntry::SIZE - 4;
            assert_eq!(forged[at..at + 4], [0; 4], "the record's last field");
            forged[at..at + 4].copy_from_slice(&u32::to_ne_bytes(bytes));
            assert!(repair_checksum(&mut forged));
            let found = load(&engine, &forged);
            assert_eq!(found.is_ok(), good, "{target} {traps:?}: {bytes} of {wat}");
            if let Err(error) = found {
                assert!(error.to_string().contains("malformed: memory at 0x0"), "{error}");
                tried += 1;
            }
        }
        assert!(tried >= 3);
    }
}

#[test]
fn forged_tables_do_no_harm() {
    let engine = engine();
    let mut random = Random(0x5eed_0001_0002_0003);
    let (mut loaded, mut refused) = (0, 0);
    for (target, traps) in CONFIGURATIONS {
        for wat in [EVERYTHING, MEMORY] {
            let image = compile(wat, target, traps, false);
            let header = ImageHeader::read(stilt_artifact::Native, &image[ELF_PREFIX..]).expect("a header");
            let tables = ELF_PREFIX..ELF_PREFIX + header.tables_len as usize;
            for round in 0..4000 {
                let mut forged = image.clone();
                for _ in 0..1 + round % 3 {
                    let at = tables.start + random.below(tables.len());
                    let value = match random.below(4) {
                        0 => 0,
                        1 => 0xff,
                        2 => forged[at].wrapping_add(1),
                        _ => random.draw().to_le_bytes()[0],
                    };
                    forged[at] = value;
                }
                if !repair_checksum(&mut forged) {
                    continue;
                }
                match load_and_instantiate(&engine, &forged) {
                    Ok(()) => loaded += 1,
                    Err(error) => {
                        refused += 1;
                        assert!(!error.to_string().is_empty());
                    }
                }
            }
        }
    }
    // Both happen: names may be changed without harm, offsets may not.
    assert!(loaded > 100 && refused > 1000, "{loaded} loaded, {refused} refused");
}
