//! Slots for memories: what one guest leaves there no other one finds, whatever the slots are made of; and what happens when
//! they do not fit or are used up.

use std::ptr::NonNull;

use stilt::{
    Config, Engine, Instance, Linker, Memory, MemoryType, Module, PoolConcurrencyLimitError, PoolingAllocationConfig,
    Ref, RefType, Result, Store, Table, TableType, Trap, TypedFunc,
};
use stilt_embedding_tests::{Ground, for_ever};

/// What slots are made of, and for which images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slots {
    /// Address space of the engine's.
    Reserved(Ground),
    /// Storage of the test's.
    Given(Ground),
}

const ALL: [Slots; 5] = [
    Slots::Reserved(Ground::Hardware),
    Slots::Reserved(Ground::Explicit),
    Slots::Reserved(Ground::Pulley),
    Slots::Given(Ground::Explicit),
    Slots::Given(Ground::Pulley),
];

const PAGE: usize = 65536;
/// Room for every memory of these tests.
const ROOM: usize = 6 * PAGE;

impl Slots {
    fn ground(self) -> Ground {
        match self {
            Slots::Reserved(ground) | Slots::Given(ground) => ground,
        }
    }

    /// An engine with so many slots of [`ROOM`] bytes, which keep so many bytes when they are cleaned.
    fn engine(self, slots: u32, keep: usize) -> Result<Engine> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_memories(slots).max_memory_size(ROOM).linear_memory_keep_resident(keep);
        if let Slots::Given(_) = self {
            given(&mut pool, vec![0xa5; 15 + slots as usize * (ROOM + 16)]);
        }
        let signals = self.ground() == Ground::Hardware;
        Engine::new(Config::new().signals_based_traps(signals).allocation_strategy(pool))
    }
}

/// Gives a pool storage of its own, for ever.
fn given(pool: &mut PoolingAllocationConfig, storage: Vec<u8>) {
    // SAFETY: it is nobody else's and is never freed; each test makes one engine of it.
    unsafe { pool.memory_storage(NonNull::from(for_ever(storage))) };
}

/// A module with a memory of `pages`, this data, and functions that look at the memory and write to it.
fn module(engine: &Engine, slots: Slots, pages: u32, data: &str) -> Result<Module> {
    slots.ground().module(
        engine,
        &format!(
            r#"(module (memory (export "memory") {pages} 20) {data}
                (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "spoil") (memory.fill (i32.const 0) (i32.const 0x77) (i32.mul (memory.size) (i32.const 65536)))))"#
        ),
    )
}

/// Data that fills a prepared image, some pages into the memory, and what it looks like.
fn image(at: usize, byte: char) -> (String, impl Fn(&[u8]) -> bool) {
    let len = 3 * 4096;
    let text = format!(r#"(data (i32.const {at}) "{}")"#, byte.to_string().repeat(len));
    let good = move |bytes: &[u8]| {
        let expected = |place: usize| if (at..at + len).contains(&place) { byte as u8 } else { 0 };
        bytes.iter().enumerate().all(|(place, byte)| *byte == expected(place))
    };
    (text, good)
}

/// Whether a memory's bytes are what they should be.
type Looks = dyn Fn(&[u8]) -> bool;

#[test]
fn no_guest_sees_the_bytes_of_another() -> Result<()> {
    for slots in ALL {
        for keep in [0, 4096, PAGE, 3 * PAGE, 64 * PAGE] {
            let engine = slots.engine(1, keep)?;
            let (first, second) = (image(0, 'a'), image(PAGE + 8192, 'b'));
            let nothing = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
            let modules: [(Module, u32, &Looks); 4] = [
                (module(&engine, slots, 1, "")?, 1, &nothing),
                (module(&engine, slots, 1, &first.0)?, 1, &first.1),
                (module(&engine, slots, 3, &second.0)?, 3, &second.1),
                (module(&engine, slots, 0, "")?, 0, &nothing),
            ];
            // Every module after every other one, and after itself; each spoilt in another way.
            for round in 0..modules.len() * modules.len() * 5 {
                let (module, pages, expected) = &modules[(round / 5 + round / 20) % modules.len()];
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, module, &[])?;
                let memory = instance.get_memory(&mut store, "memory").unwrap();
                let bytes = memory.data(&store);
                assert_eq!(bytes.len(), *pages as usize * PAGE);
                assert!(expected(bytes), "{slots:?}, {keep} bytes kept, round {round}");
                let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
                let spoil = instance.get_typed_func::<(), ()>(&mut store, "spoil")?;
                match round % 5 {
                    // Nobody writes.
                    0 => {}
                    // The guest alone writes.
                    1 => spoil.call(&mut store, ())?,
                    2 => {
                        assert_eq!(grow.call(&mut store, 2)?, i32::try_from(*pages)?);
                        let grown = &memory.data(&store)[*pages as usize * PAGE..];
                        assert!(
                            grown.iter().all(|byte| *byte == 0),
                            "{slots:?}, {keep} bytes kept, round {round}: grown"
                        );
                        spoil.call(&mut store, ())?;
                    }
                    // The host alone writes.
                    3 => memory.data_mut(&mut store).fill(0x55),
                    _ => {
                        memory.grow(&mut store, 3)?;
                        memory.data_mut(&mut store).fill(0x66);
                    }
                }
            }
        }
    }
    Ok(())
}

/// A memory that only its start function, or another instance, or a host's handle made before, has written to.
#[test]
fn other_ways_to_write() -> Result<()> {
    for slots in ALL {
        let engine = slots.engine(1, PAGE)?;
        let plain = module(&engine, slots, 1, "")?;
        let started = slots
            .ground()
            .module(&engine, "(module (memory 1) (func $f (i32.store (i32.const 4) (i32.const 9))) (start $f))")?;
        let passive = slots.ground().module(
            &engine,
            r#"(module (memory 1) (data $d "secret") (func $f
                (memory.init $d (i32.const 7) (i32.const 0) (i32.const 6))) (start $f))"#,
        )?;
        let importing = slots
            .ground()
            .module(&engine, r#"(module (import "e" "memory" (memory 1)) (data (i32.const 100) "imported"))"#)?;
        let clean = |what: &str| -> Result<()> {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &plain, &[])?;
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            assert!(memory.data(&store).iter().all(|byte| *byte == 0), "{slots:?}: {what}");
            Ok(())
        };
        for (what, module) in [("start", &started), ("memory.init", &passive)] {
            Instance::new(Store::new(&engine, ()), module, &[])?;
            clean(what)?;
        }
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
        let mut linker = Linker::new(&engine);
        linker.define(&store, "e", "memory", memory)?;
        linker.instantiate(&mut store, &importing)?;
        drop(store);
        clean("an imported memory")?;
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
        memory.write(&mut store, 300, b"by the host")?;
        drop(store);
        clean("a memory of the host's")?;
    }
    Ok(())
}

/// What lies behind a memory traps, although a larger one had the slot before; and the other way round.
#[test]
fn sizes_in_turn() -> Result<()> {
    for slots in ALL {
        let engine = slots.engine(1, 0)?;
        for pages in [1, 4, 0, 2, 2, 5, 1, 3, 0, 1] {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module(&engine, slots, pages, "")?, &[])?;
            let load: TypedFunc<u32, u32> = instance.get_typed_func(&mut store, "load")?;
            let end = pages * 65536;
            if pages > 0 {
                assert_eq!(load.call(&mut store, end - 4)?, 0);
            }
            for address in [end, end + 4096, end + 5 * 65536, u32::MAX - 3, end.wrapping_sub(1), end.wrapping_sub(3)] {
                let trap = load.call(&mut store, address).unwrap_err();
                assert!(trap.is::<Trap>(), "{slots:?}, {pages} pages, {address}");
            }
        }
    }
    Ok(())
}

#[test]
fn when_all_slots_are_used() -> Result<()> {
    for slots in ALL {
        let engine = slots.engine(3, 0)?;
        let module = module(&engine, slots, 1, "")?;
        let mut store = Store::new(&engine, ());
        for _ in 0..2 {
            Instance::new(&mut store, &module, &[])?;
        }
        let mut other = Store::new(&engine, ());
        Instance::new(&mut other, &module, &[])?;
        for _ in 0..3 {
            let error = Instance::new(&mut other, &module, &[]).unwrap_err();
            assert!(error.is::<PoolConcurrencyLimitError>(), "{slots:?}: {error:?}");
            assert!(error.to_string().contains("all 3 memory slots of the pool are in use"), "{error}");
        }
        assert!(Memory::new(&mut other, MemoryType::new(1, None)).is_err());
        drop(other);
        Instance::new(&mut store, &module, &[])?;
        drop(store);
        let mut store = Store::new(&engine, ());
        for _ in 0..3 {
            Instance::new(&mut store, &module, &[])?;
        }
    }
    Ok(())
}

#[test]
fn memories_that_do_not_fit() -> Result<()> {
    for slots in ALL {
        let engine = slots.engine(1, 0)?;
        let mut store = Store::new(&engine, ());
        let error = Instance::new(&mut store, &module(&engine, slots, 7, "")?, &[]).unwrap_err();
        assert!(error.to_string().contains("max_memory_size"), "{slots:?}: {error}");
        let instance = Instance::new(&mut store, &module(&engine, slots, 5, "")?, &[])?;
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        assert_eq!(grow.call(&mut store, 2)?, -1);
        assert_eq!(grow.call(&mut store, 1)?, 5);
        assert_eq!(grow.call(&mut store, 1)?, -1);
    }
    let small = Slots::Reserved(Ground::Hardware);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(1).max_memory_size(PAGE);
    let mut config = Config::new();
    let engine = Engine::new(config.memory_reservation(0).memory_guard_size(0).allocation_strategy(pool))?;
    let error = Instance::new(Store::new(&engine, ()), &module(&engine, small, 1, "")?, &[]).unwrap_err();
    assert!(error.to_string().contains("larger reservation or guard than the pool's slots"), "{error}");
    let mut pool = PoolingAllocationConfig::new();
    given(&mut pool, vec![0; 2 * PAGE]);
    let engine = Engine::new(Config::new().allocation_strategy(pool))?;
    let error = Instance::new(Store::new(&engine, ()), &module(&engine, small, 1, "")?, &[]).unwrap_err();
    assert!(error.to_string().contains("--traps explicit"), "{error}");
    Ok(())
}

#[test]
fn pools_that_cannot_be_made() {
    let fails = |pool: PoolingAllocationConfig| match Engine::new(Config::new().allocation_strategy(pool)) {
        Ok(_) => panic!("an engine was made"),
        Err(error) => error.to_string(),
    };
    let mut none = PoolingAllocationConfig::new();
    none.total_memories(0);
    assert!(fails(none).contains("no slots"));
    let mut huge = PoolingAllocationConfig::new();
    huge.total_memories(u32::MAX).max_memory_size(usize::MAX / 2);
    let text = fails(huge);
    assert!(text.contains("fewer slots") || text.contains("memory"), "{text}");
    for (slots, room, len, needed) in [
        (Some(2), Some(PAGE), 2 * PAGE, 2 * (PAGE + 16) + 15),
        (None, Some(PAGE), 100, PAGE + 31),
        (None, None, 20, 31),
    ] {
        let mut pool = PoolingAllocationConfig::new();
        if let Some(slots) = slots {
            pool.total_memories(slots);
        }
        if let Some(room) = room {
            pool.max_memory_size(room);
        }
        given(&mut pool, vec![0; len]);
        let text = fails(pool);
        assert!(text.contains(&format!("has {len} bytes")) && text.contains(&format!("need {needed}")), "{text}");
    }
}

/// Storage at every alignment, with as many slots as it has room for.
#[test]
fn given_storage_is_divided() -> Result<()> {
    for offset in [0, 1, 8, 15] {
        let bytes = for_ever(vec![0xff; 15 + 3 * (PAGE + 16) + offset + 16]);
        let start = bytes.as_ptr().addr().next_multiple_of(16) - bytes.as_ptr().addr() + offset;
        let mut pool = PoolingAllocationConfig::new();
        pool.max_memory_size(PAGE);
        // SAFETY: leaked, and used by this engine alone.
        unsafe { pool.memory_storage(NonNull::from(&mut bytes[start..start + 15 + 3 * (PAGE + 16)])) };
        let engine = Engine::new(Config::new().allocation_strategy(pool))?;
        let module = module(&engine, Slots::Given(Ground::Explicit), 1, "")?;
        let mut store = Store::new(&engine, ());
        let mut ranges = Vec::new();
        for _ in 0..3 {
            let instance = Instance::new(&mut store, &module, &[])?;
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            assert!(memory.data(&store).iter().all(|byte| *byte == 0));
            ranges.push(memory.data_ptr(&store).addr());
        }
        assert!(Instance::new(&mut store, &module, &[]).is_err());
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|pair| pair[1] - pair[0] == PAGE + 16), "{ranges:?}");
        assert_eq!(bytes[start + 15 + 3 * (PAGE + 16)..].iter().filter(|byte| **byte != 0xff).count(), 0);
    }
    Ok(())
}

/// An instance that fails before its data is placed does not have the data, although its slot had it from the last time.
#[test]
fn data_of_an_instance_that_failed() -> Result<()> {
    for slots in ALL {
        let engine = slots.engine(1, PAGE)?;
        let data = "x".repeat(8192);
        // The second element segment traps where the table is too short; the first has made the function known.
        let module = slots.ground().module(
            &engine,
            &format!(
                r#"(module (import "e" "t" (table 1 funcref)) (memory 1) (data (i32.const 4096) "{data}")
                    (elem (i32.const 0) $f) (elem (i32.const 3) $f)
                    (func $f (param i32) (result i32) (i32.load8_u (local.get 0))))"#
            ),
        )?;
        for round in 0..3 {
            for size in [4, 1, 4] {
                let mut store = Store::new(&engine, ());
                let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, size, None), Ref::Func(None))?;
                let made = Instance::new(&mut store, &module, &[table.into()]);
                assert_eq!(made.is_ok(), size == 4, "{slots:?}, round {round}");
                let Some(Ref::Func(Some(func))) = table.get(&mut store, 0) else { panic!("the function is there") };
                let found = func.typed::<u32, u32>(&store)?.call(&mut store, 5000)?;
                assert_eq!(found, if size == 4 { u32::from(b'x') } else { 0 }, "{slots:?}, round {round}");
            }
        }
    }
    Ok(())
}

/// Threads with a store each use the slots of one engine.
#[test]
fn threads() -> Result<()> {
    for slots in ALL {
        let engine = slots.engine(5, 4096)?;
        let (text, good) = image(8192, 'm');
        let modules = [module(&engine, slots, 1, "")?, module(&engine, slots, 1, &text)?];
        std::thread::scope(|scope| {
            for thread in 0..4_usize {
                let (engine, modules, good) = (&engine, &modules, &good);
                scope.spawn(move || {
                    for round in 0..60 {
                        let which = (thread + round) % 2;
                        let mut store = Store::new(engine, ());
                        let instance = Instance::new(&mut store, &modules[which], &[]).unwrap();
                        let memory = instance.get_memory(&mut store, "memory").unwrap();
                        let bytes = memory.data(&store);
                        assert!(
                            if which == 1 { good(bytes) } else { bytes.iter().all(|byte| *byte == 0) },
                            "{slots:?}"
                        );
                        let spoil = instance.get_typed_func::<(), ()>(&mut store, "spoil").unwrap();
                        spoil.call(&mut store, ()).unwrap();
                    }
                });
            }
        });
    }
    Ok(())
}
