//! The runtime in storage that is given, from Rust, with an allocator that refuses everything while it is looked at: the same
//! shapes as with one. The images are made by `cargo xtask test`, which names their folder.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use stilt::{
    Caller, Config, Engine, Extern, Func, GivenStorage, Instance, Module, NoHeap, OutOfMemory, Refusal, Result, Store,
    Trap,
};
use stilt_platform_linux as _;

struct Gate;

thread_local! {
    static CLOSED: Cell<bool> = const { Cell::new(false) };
}

#[global_allocator]
static GATE: Gate = Gate;

// SAFETY: each call is one of the two allocators'; blocks of the one that never gives any back are never given back to the other.
unsafe impl GlobalAlloc for Gate {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if CLOSED.get() {
            // SAFETY: handed on.
            return unsafe { NoHeap.alloc(layout) };
        }
        // SAFETY: handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if CLOSED.get() {
            return;
        }
        // SAFETY: handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

/// Does something while there is no heap.
fn without_heap<R>(action: impl FnOnce() -> R) -> R {
    CLOSED.set(true);
    let result = action();
    CLOSED.set(false);
    result
}

fn storage(size: usize) -> GivenStorage {
    let bytes = vec![MaybeUninit::new(0xa5u8); size + 16].leak();
    let gap = bytes.as_ptr().addr().next_multiple_of(16) - bytes.as_ptr().addr();
    &mut bytes[gap..gap + size]
}

/// An image of the example's module, at an address that it can run at.
fn image(name: &str) -> Option<&'static mut [u8]> {
    let folder = std::env::var_os("STILT_IMAGES")?;
    let bytes = std::fs::read(std::path::Path::new(&folder).join(name)).expect("the image was made");
    let place = vec![0u8; bytes.len() + 64].leak();
    let gap = place.as_ptr().addr().next_multiple_of(64) - place.as_ptr().addr();
    let place = &mut place[gap..gap + bytes.len()];
    place.copy_from_slice(&bytes);
    Some(place)
}

fn config() -> Config {
    let mut config = Config::new();
    config.max_function_types(9).max_wasm_stack(64 * 1024);
    config
}

const STORE: usize = 64 * 1024 + 64 * 1024 + 8192;

fn imports(store: &mut Store<i32>) -> Result<[Extern; 3]> {
    let sample = Func::try_wrap(&mut *store, |mut caller: Caller<'_, i32>, place: i32| {
        *caller.data_mut() += 1;
        place * 10
    })?;
    let scale = Func::try_wrap(&mut *store, |value: f64, factor: i64| value * factor as f64)?;
    let log = Func::try_wrap(&mut *store, |_: i32, _: i32| ())?;
    Ok([sample.into(), scale.into(), log.into()])
}

/// All that a program does, in bytecode, which needs no executable memory.
#[test]
fn without_an_allocator() {
    let Some(bytes) = image("bytecode.cwasm") else {
        eprintln!("STILT_IMAGES is not set: `cargo xtask test --only stilt.h` sets it");
        return;
    };
    let (config, bytes) = (config(), NonNull::from(bytes));
    let engine_storage = storage(Engine::storage_size(&config).expect("small"));
    let (module_storage, store_storage) = (storage(Module::storage_size(9).expect("small")), storage(STORE));
    let outcome = without_heap(|| -> Result<_> {
        let engine = Engine::new_in(&config, engine_storage)?;
        // SAFETY: an image of the precompiler's, which stays.
        let module = unsafe { Module::deserialize_raw_in(&engine, bytes, module_storage) }?;
        let mut store = Store::new_in(&engine, 0, store_storage)?;
        let given = imports(&mut store)?;
        let instance = Instance::new(&mut store, &module, &given)?;
        let mean = instance.get_typed_func::<i32, i32>(&mut store, "mean")?;
        let found = mean.call(&mut store, 5)?;
        let trapped = mean.call(&mut store, 0).expect_err("a division by zero");
        let trap = trapped.downcast_ref::<Trap>().copied();
        let down = instance.get_typed_func::<i32, i32>(&mut store, "down")?;
        let overflow = down.call(&mut store, i32::MAX).expect_err("too deep").downcast_ref::<Trap>().copied();
        let deep = down.call(&mut store, 100)?;
        Ok((found, trap, overflow, deep, *store.data()))
    });
    let expected = (20, Some(Trap::IntegerDivisionByZero), Some(Trap::StackOverflow), 100, 5);
    assert_eq!(outcome.expect("nothing was allocated"), expected);
}

/// Storage of every size, from nothing on: an error, and nothing worse, until it is enough.
#[test]
fn every_size() {
    let Some(bytes) = image("bytecode.cwasm") else { return };
    let (config, bytes) = (config(), NonNull::from(bytes));
    let enough = Engine::storage_size(&config).expect("small");
    for size in 0..=enough {
        let place = storage(size);
        let made = without_heap(|| Engine::new_in(&config, place).map(drop));
        assert_eq!(made.is_ok(), size == enough, "{size} of {enough}");
    }
    let place = storage(enough);
    let engine = without_heap(|| Engine::new_in(&config, place)).expect("enough");
    let enough = Module::storage_size(8).expect("small");
    for size in 0..=enough {
        let place = storage(size);
        // SAFETY: an image of the precompiler's, which stays.
        let made = without_heap(|| unsafe { Module::deserialize_raw_in(&engine, bytes, place) }.map(drop));
        match made {
            Ok(()) => assert!(size + 16 > enough),
            Err(Refusal::Storage { needed }) => assert!(needed > size && needed <= enough),
            Err(other) => panic!("{other}"),
        }
    }
    let module_storage = storage(enough);
    // SAFETY: as above.
    let module = unsafe { Module::deserialize_raw_in(&engine, bytes, module_storage) }.expect("enough");
    let mut fitted = None;
    for size in (0..STORE).step_by(331).chain([STORE]) {
        let place = storage(size);
        let made = without_heap(|| -> Result<i32> {
            let mut store = Store::new_in(&engine, 0, place)?;
            let given = imports(&mut store)?;
            let instance = Instance::new(&mut store, &module, &given)?;
            instance.get_typed_func::<i32, i32>(&mut store, "mean")?.call(&mut store, 5)
        });
        match made {
            Ok(mean) => {
                assert_eq!(mean, 20);
                fitted = fitted.or(Some(size));
            }
            Err(error) => {
                assert!(error.is::<OutOfMemory>() && fitted.is_none(), "{size}: {error}");
            }
        }
    }
    assert!(fitted.is_some());
}

/// Nothing can be made executable here: native code runs where it lies, and is refused to be copied, beforehand and when it is loaded.
#[test]
fn native_code_is_not_copied() {
    let Some(bytes) = image("native.cwasm") else { return };
    let engine = Engine::new(&config()).expect("an engine");
    assert_eq!(engine.accepts_in_place(bytes), Ok(()));
    let refusal = without_heap(|| engine.accepts(bytes)).expect_err("nothing can be made executable").to_string();
    assert!(
        refusal.contains("needs `virtual-memory`")
            && refusal.ends_with("run it in place, or link it")
            && refusal.len() < 128,
        "{refusal}"
    );
    // SAFETY: it is refused, and never runs.
    let error = unsafe { Module::deserialize(&engine, &*bytes) }.expect_err("likewise");
    assert_eq!(error.to_string(), refusal);
}
