//! What the heap holds: for modules that lie in place, for instances that come and go, and for many at once. (Allocations that
//! fail: `tests/faults`.)
#![expect(clippy::unwrap_used, reason = "tests")]

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stilt::{Config, Engine, Instance, Module, PoolingAllocationConfig, Result, Store, Trap};
use stilt_embedding_tests::{Ground, in_flash};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
    /// Bytes that were not given back.
    static ALIVE: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
    fn came(size: usize) {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + size);
        ALIVE.set(ALIVE.get().wrapping_add(size));
    }

    fn went(size: usize) {
        ALIVE.set(ALIVE.get().wrapping_sub(size));
    }
}

// SAFETY: it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::came(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Counting::came(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::went(layout.size());
        Counting::came(size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        Counting::went(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// So many functions, imports, exports, names and data: nothing of it is allocated for.
#[test]
fn loading_in_place_allocates_for_types_only() {
    for ground in Ground::ALL {
        let module = |functions: usize| {
            let bodies: String = (0..functions)
                .map(|n| format!(r#"(func $name{n} (export "export{n}") (param i32) (result i32) (i32.const {n}))"#))
                .collect();
            format!(r#"(module (memory 1) (data (i32.const 8) "{}") {bodies})"#, "x".repeat(functions * 10))
        };
        let measure = |functions: usize| -> Result<(usize, usize)> {
            let engine = ground.engine()?;
            let place = in_flash(&ground.image(&module(functions))?);
            // What the process allocates once.
            // SAFETY: the image was just made, and lies still, executable, for the rest of the process.
            drop(unsafe { Module::deserialize_raw(&engine, place) }?);
            let before = (COUNT.get(), BYTES.get());
            // SAFETY: as above.
            let module = unsafe { Module::deserialize_raw(&engine, place) }?;
            let after = (COUNT.get(), BYTES.get());
            assert_eq!(module.exports().len(), functions);
            Ok((after.0 - before.0, after.1 - before.1))
        };
        let (small, large) = (measure(1).unwrap(), measure(500).unwrap());
        assert_eq!(small, large, "{ground:?}: allocations and bytes");
        assert!(small.0 <= 4 && small.1 <= 1024, "{ground:?}: {small:?}");
    }
}

/// The memory of this process, in pages, that is there and that is reserved.
fn process() -> [usize; 2] {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let mut fields = statm.split_whitespace().map(|field| field.parse().unwrap());
    let size = fields.next().unwrap();
    [fields.next().unwrap(), size]
}

const GUEST: &str = r#"(module
    (memory 1) (table 4 funcref) (global $g (mut i32) (i32.const 7)) (data (i32.const 8) "data") (elem (i32.const 1) $f)
    (func $f (export "f") (param i32) (result i32)
        (local i32)
        (local.set 1 (i32.load (i32.const 64)))
        (i32.store (i32.const 64) (local.get 0))
        (i32.add (local.get 1) (i32.load8_u (i32.const 8))))
    (func (export "trap") (drop (i32.load (i32.const 65536)))))"#;

/// One test at a time: pages are counted for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Engines whose memories are their own, and in slots that are used again and again.
fn engines(ground: Ground, slots: u32) -> [(Engine, &'static str); 2] {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(slots).max_memory_size(1 << 16);
    let mut config = Config::new();
    config.signals_based_traps(ground == Ground::Hardware).allocation_strategy(pool);
    [(ground.engine().unwrap(), "on its own"), (Engine::new(&config).unwrap(), "pooled")]
}

/// 100,000 instances, each in a store of its own, one after another: some trap, some are never called. Then there is as much as before.
#[test]
fn nothing_is_left_behind() {
    const INSTANCES: i32 = 100_000;
    let _alone = alone();
    for (ground, (engine, which)) in
        Ground::ALL.into_iter().flat_map(|ground| engines(ground, 1).map(|one| (ground, one)))
    {
        let module = ground.module(&engine, GUEST).unwrap();
        let one = |number: i32| {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            if number % 4 == 0 {
                let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
                // Whatever the last one wrote there.
                assert_eq!(f.call(&mut store, number).unwrap(), i32::from(b'd'));
            }
            if number % 64 == 0 {
                let trap = instance.get_typed_func::<(), ()>(&mut store, "trap").unwrap();
                assert_eq!(trap.call(&mut store, ()).unwrap_err().downcast_ref(), Some(&Trap::MemoryOutOfBounds));
            }
        };
        (0..1000).for_each(one);
        let before = (ALIVE.get(), process());
        (0..INSTANCES).for_each(one);
        let after = (ALIVE.get(), process());
        assert_eq!(after.0, before.0, "{ground:?}, {which}: bytes of the heap");
        for (after, before) in after.1.into_iter().zip(before.1) {
            assert!(after < before + 4096, "{ground:?}, {which}: from {before} to {after} pages");
        }
    }
}

/// 10,000 at once: in stores of their own, and in one store. None sees what another wrote.
#[test]
fn many_at_once() {
    const INSTANCES: i32 = 10_000;
    let _alone = alone();
    for (ground, (engine, which)) in
        Ground::ALL.into_iter().flat_map(|ground| engines(ground, INSTANCES.cast_unsigned()).map(|one| (ground, one)))
    {
        let module = ground.module(&engine, GUEST).unwrap();
        let before = ALIVE.get();
        let mut stores: Vec<(Store<()>, Instance)> = Vec::new();
        let mut shared = Store::new(&engine, ());
        let mut together = Vec::new();
        for number in 0..INSTANCES {
            if number % 2 == 0 {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                stores.push((store, instance));
            } else {
                together.push(Instance::new(&mut shared, &module, &[]).unwrap());
            }
        }
        let call = |store: &mut Store<()>, instance: &Instance, number: usize| {
            let number = i32::try_from(number).unwrap();
            let f = instance.get_typed_func::<i32, i32>(&mut *store, "f").unwrap();
            f.call(store, number + 1).unwrap() - i32::from(b'd')
        };
        for round in 0..2 {
            for number in 0..together.len() {
                let (store, instance) = &mut stores[number];
                let seen = [call(store, instance, number), call(&mut shared, &together[number], number + 1)];
                let expected = i32::try_from(number + 1).unwrap();
                assert_eq!(seen, if round == 0 { [0, 0] } else { [expected, expected + 1] }, "{ground:?}, {which}");
            }
        }
        let trap = together[7].get_typed_func::<(), ()>(&mut shared, "trap").unwrap();
        assert!(trap.call(&mut shared, ()).unwrap_err().is::<Trap>());
        drop((stores, together, shared));
        assert_eq!(ALIVE.get(), before, "{ground:?}, {which}");
    }
}
