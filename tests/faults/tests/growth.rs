//! A guest that asks for more than there is, where memories lie on the heap: an answer, and it goes on with what it has.
#![expect(clippy::unwrap_used, reason = "tests")]

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stilt::{Instance, Memory, MemoryType, OutOfMemory, Result, Store, Trap};
use stilt_embedding_tests::Ground;
use stilt_fault_tests::{fail_from, stop_failing};

/// A heap that has no room for more than this in one piece, once a test says so.
const LARGEST: usize = 8 << 20;

thread_local! {
    static SMALL: Cell<bool> = const { Cell::new(false) };
}

struct Small;

impl Small {
    fn has(size: usize) -> bool {
        size <= LARGEST || !SMALL.get()
    }
}

// SAFETY: it is the system's allocator, or fails.
unsafe impl GlobalAlloc for Small {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        if Small::has(layout.size()) { unsafe { System.alloc(layout) } } else { core::ptr::null_mut() }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Small = Small;

/// One test at a time: what fails, fails for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Once with a platform that has no address space either, and once where no step is large enough to ask it.
#[test]
fn four_gigabytes_are_refused() -> Result<()> {
    let _alone = alone();
    for ground in [Ground::Explicit, Ground::Pulley] {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (memory (export "m") 1)
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
                (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"#,
        )?;
        let all = ground.module(&engine, "(module (memory 65536))")?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        let read = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
        let write = instance.get_typed_func::<(u32, u32), ()>(&mut store, "store")?;
        write.call(&mut store, (65532, 77))?;

        SMALL.set(true);
        fail_from(0);
        let asked: Result<Vec<i32>> = [65_535, 32_767, 128].map(|n| grow.call(&mut store, n)).into_iter().collect();
        let by_host = memory.grow(&mut store, 65_535);
        let instantiated = Instance::new(&mut store, &all, &[]);
        let made = Memory::new(&mut store, MemoryType::new(65_536, None));
        // A large step that the heap has room for.
        let large = grow.call(&mut store, 32);
        assert!(stop_failing(), "{ground:?}: the platform was asked for mappings");
        let mut pages = 33;
        while grow.call(&mut store, 1)? == pages {
            pages += 1;
        }
        SMALL.set(false);

        assert_eq!(asked?, [-1, -1, -1], "{ground:?}");
        assert!(by_host.is_err(), "{ground:?}");
        assert!(instantiated.is_err_and(|error| error.is::<OutOfMemory>()), "{ground:?}");
        assert!(made.is_err_and(|error| error.is::<OutOfMemory>()), "{ground:?}");
        assert_eq!(large?, 1, "{ground:?}");
        assert_eq!(pages, 127, "{ground:?}: pages of 64 KiB, and what lies behind them, in 8 MiB");
        assert_eq!((memory.size(&store), read.call(&mut store, 65532)?), (127, 77), "{ground:?}");
        assert_eq!(read.call(&mut store, 127 * 65536 - 4)?, 0, "{ground:?}");
        assert!(read.call(&mut store, 127 * 65536 - 3).is_err_and(|error| error.is::<Trap>()), "{ground:?}");
    }
    Ok(())
}

/// A memory in a mapping that the platform does not open any further stays as it is, and grows when it does again.
#[test]
fn mappings_that_do_not_open() -> Result<()> {
    let _alone = alone();
    let engine = Ground::Explicit.engine()?;
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(1000)))?;
    memory.write(&mut store, 65532, b"kept")?;
    assert_eq!(memory.grow(&mut store, 99)?, 1);
    for _ in 0..3 {
        fail_from(0);
        assert!(memory.grow(&mut store, 100).is_err());
        assert!(stop_failing());
        assert_eq!(memory.size(&store), 100);
        assert!(memory.data(&store).get(65532..).is_some_and(|rest| rest.starts_with(b"kept\0\0")));
    }
    assert_eq!(memory.grow(&mut store, 900)?, 100);
    assert!(memory.data(&store).get(65536..).is_some_and(|rest| rest.iter().all(|byte| *byte == 0)));
    Ok(())
}
