//! Memories and tables: growth in every style, the last bytes, content.

use stilt::{Config, Engine, Instance, Memory, MemoryType, Ref, Store, Val};
use stilt_artifact::target::TrapMode;
use stilt_embedding_tests::{Ground, MemoryStyle, Options, compile, load};

use crate::{everywhere, instantiate};

#[test]
fn growth() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(
            ground,
            r#"(module
                (memory (export "m") 1 40)
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "size") (result i32) (memory.size))
                (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
                (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#,
        )?;
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        let load = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
        let put = instance.get_typed_func::<(u32, u32), ()>(&mut store, "store")?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        put.call(&mut store, (65535, 7))?;
        assert!(load.call(&mut store, 65536).is_err());
        for pages in 1..40 {
            assert_eq!(grow.call(&mut store, 1)?, pages);
            let last = (pages as u32 + 1) * 65536 - 1;
            assert_eq!(load.call(&mut store, last)?, 0, "{ground:?}: new pages are zero");
            assert_eq!(load.call(&mut store, 65535)?, 7, "{ground:?}: old ones stay");
            put.call(&mut store, (last, 1))?;
            assert!(load.call(&mut store, last + 1).is_err());
            assert_eq!(memory.data(&store)[last as usize], 1);
            assert_eq!(memory.size(&store), pages as u64 + 1);
        }
        assert_eq!(grow.call(&mut store, 1)?, -1);
        assert_eq!(grow.call(&mut store, u32::MAX)?, -1);
        assert!(memory.grow(&mut store, 1).is_err());
        assert_eq!(memory.grow(&mut store, 0)?, 40);
        Ok(())
    });
}

/// Memories of the host, grown by the host while modules use them.
#[test]
fn shared_between_instances_and_the_host() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "e" "m" (memory 0))
                (func (export "sum") (param i32) (result i64)
                    (i64.add (i64.load (local.get 0)) (i64.load (i32.add (local.get 0) (i32.const 8))))))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(0, None))?;
        let one = Instance::new(&mut store, &module, &[memory.into()])?;
        let two = Instance::new(&mut store, &module, &[memory.into()])?;
        let sums = [one, two].map(|instance| instance.get_typed_func::<u32, u64>(&mut store, "sum").unwrap());
        assert!(sums[0].call(&mut store, 0).is_err());
        for round in 1..10u64 {
            memory.grow(&mut store, 1)?;
            let end = round as usize * 65536;
            memory.write(&mut store, end - 16, &round.to_le_bytes())?;
            memory.data_mut(&mut store)[end - 8..][..8].copy_from_slice(&100u64.to_le_bytes());
            for sum in sums {
                assert_eq!(sum.call(&mut store, end as u32 - 16)?, round + 100);
                assert!(sum.call(&mut store, end as u32 - 15).is_err());
            }
        }
        let mut bytes = [0; 8];
        memory.read(&store, 65536 - 16, &mut bytes)?;
        assert_eq!(u64::from_le_bytes(bytes), 1);
        assert!(memory.read(&store, 9 * 65536 - 7, &mut bytes).is_err());
        assert!(memory.write(&mut store, usize::MAX, &bytes).is_err());
        Ok(())
    });
}

/// Every width up to the very last byte, and not beyond.
#[test]
fn the_last_bytes() {
    everywhere(|ground| {
        let widths =
            [("i32.load8_u", "i32", 1), ("i32.load16_u", "i32", 2), ("i32.load", "i32", 4), ("i64.load", "i64", 8)];
        for (load, ty, width) in widths {
            let wat = format!(
                r#"(module (memory 1) (func (export "f") (param i32) (drop ({load} (local.get 0))) (drop ({load} offset=4 (local.get 0)))
                    (drop ({ty}.const 0))))"#
            );
            let (mut store, instance) = instantiate(ground, &wat)?;
            let f = instance.get_typed_func::<u32, ()>(&mut store, "f")?;
            f.call(&mut store, 65536 - 4 - width)?;
            assert!(f.call(&mut store, 65536 - 4 - width + 1).is_err(), "{ground:?} {load}");
            assert!(f.call(&mut store, u32::MAX).is_err(), "{ground:?} {load}");
        }
        let (mut store, instance) = instantiate(
            ground,
            r#"(module (memory 1) (func (export "f") (param i32) (drop (v128.load (local.get 0)))))"#,
        )?;
        let f = instance.get_typed_func::<u32, ()>(&mut store, "f")?;
        f.call(&mut store, 65536 - 16)?;
        assert!(f.call(&mut store, 65536 - 15).is_err());
        Ok(())
    });
}

/// Large initial content, aligned for copy-on-write or not: every instance has its own.
#[cfg(feature = "in-process")]
#[test]
fn initial_content() {
    let wat = format!(
        r#"(module (memory (export "m") 4) (data (i32.const 100) "{}") (data (i32.const 131072) "{}") (data (i32.const 262140) "tail"))"#,
        "a".repeat(70_000),
        "b".repeat(9_000)
    );
    everywhere(|ground| {
        for page in [0, 4096] {
            let mut options = ground.options();
            options.data_page = page;
            let engine = ground.engine()?;
            let module = load(&engine, &compile(&wat, options)?)?;
            let mut store = Store::new(&engine, ());
            for _ in 0..3 {
                let instance = Instance::new(&mut store, &module, &[])?;
                let memory = instance.get_memory(&mut store, "m").unwrap();
                let data = memory.data_mut(&mut store);
                assert!(data[..100].iter().all(|byte| *byte == 0));
                assert!(data[100..70_100].iter().all(|byte| *byte == b'a'), "{ground:?} {page}");
                assert!(data[70_100..131_072].iter().all(|byte| *byte == 0));
                assert!(data[131_072..140_072].iter().all(|byte| *byte == b'b'));
                assert_eq!(data[262_140..], *b"tail");
                data.fill(0xff);
            }
        }
        Ok(())
    });
}

#[test]
fn tables() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(
            ground,
            r#"(module
                (table (export "t") 2 50 externref)
                (func (export "grow") (param i32 externref) (result i32) (table.grow (local.get 1) (local.get 0)))
                (func (export "get") (param i32) (result externref) (table.get (local.get 0))))"#,
        )?;
        let table = instance.get_table(&mut store, "t").unwrap();
        let value = stilt::ExternRef::new(&mut store, 5u8)?;
        let grow = instance.get_func(&mut store, "grow").unwrap();
        let mut result = [Val::I32(0)];
        grow.call(&mut store, &[Val::I32(3), value.into()], &mut result)?;
        assert_eq!((result[0].unwrap_i32(), table.size(&store)), (2, 5));
        assert!(table.get(&mut store, 1).is_some_and(|found| found.is_null()));
        assert!(table.get(&mut store, 4).is_some_and(|found| found.is_non_null()));
        assert!(table.get(&mut store, 5).is_none());
        assert_eq!(table.grow(&mut store, 45, Ref::Extern(None))?, 5);
        assert!(table.grow(&mut store, 1, Ref::Extern(None)).is_err());
        grow.call(&mut store, &[Val::I32(1), Val::ExternRef(None)], &mut result)?;
        assert_eq!(result[0].unwrap_i32(), -1);
        assert!(table.set(&mut store, 0, Ref::Func(None)).is_err(), "of another type");
        Ok(())
    });
}

/// A memory of no pages, in the style with guards too.
#[test]
fn empty() {
    for ground in Ground::ALL {
        let (mut store, instance) =
            instantiate(ground, r#"(module (memory 0 0) (func (export "f") (drop (i32.load8_u (i32.const 0)))))"#)
                .unwrap();
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        assert!(f.call(&mut store, ()).unwrap_err().is::<stilt::Trap>());
    }
}

/// Memories of the host count, too.
#[test]
fn limited_in_number() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, "(module (memory 0))")?;
        let mut store = Store::new(&engine, stilt::StoreLimitsBuilder::new().memories(2).build());
        store.limiter(|limits| limits);
        Instance::new(&mut store, &module, &[])?;
        Memory::new(&mut store, MemoryType::new(0, None))?;
        assert!(Memory::new(&mut store, MemoryType::new(0, None)).is_err());
        assert!(Instance::new(&mut store, &module, &[]).is_err());
        Ok(())
    });
}

/// Memories of the host are made as the modules that import them rely on.
#[test]
fn reserved_as_configured() -> stilt::Result<()> {
    const WAT: &str = r#"(module (import "e" "m" (memory 1 4))
        (func (export "load") (param i32) (result i32) (i32.load offset=0x1000_0000 (local.get 0)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let reserved = |reservation, guard| Some(MemoryStyle::Reserved { reservation, guard });
    let (wide, narrow) = (reserved(8 << 30, 64 << 10), reserved(256 << 10, 0));
    type Change = fn(&mut Config);
    let cases: [(TrapMode, Option<MemoryStyle>, Change, bool); 7] = [
        (TrapMode::Hardware, None, |_| {}, true),
        (TrapMode::Hardware, wide, |_| {}, false),
        (TrapMode::Hardware, wide, |config| _ = config.memory_reservation(8 << 30), true),
        (TrapMode::Hardware, None, |config| _ = config.memory_guard_size(64 << 10), false),
        (TrapMode::Hardware, None, |config| _ = config.memory_reservation(0), false),
        (TrapMode::Explicit, narrow, |config| _ = config.memory_reservation(0), false),
        (TrapMode::Explicit, narrow, |config| _ = config.memory_reservation(0).memory_may_move(false), true),
    ];
    for (number, (traps, memory, change, fits)) in cases.into_iter().enumerate() {
        let mut options = Options::default();
        options.traps = Some(traps);
        options.memory = memory;
        let mut config = Config::new();
        change(&mut config);
        let engine = Engine::new(&config)?;
        let module = load(&engine, &compile(WAT, options)?)?;
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, Some(4)))?;
        let instance = Instance::new(&mut store, &module, &[memory.into()]);
        assert_eq!(instance.is_ok(), fits, "case {number}: {:?}", instance.err());
        let Ok(instance) = instance else { continue };
        let at = memory.data_ptr(&store);
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        assert_eq!(grow.call(&mut store, 3)?, 1);
        assert_eq!(grow.call(&mut store, 1)?, -1);
        assert_eq!((at, memory.size(&store)), (memory.data_ptr(&store), 4), "it has not moved");
        let load = instance.get_typed_func::<u32, i32>(&mut store, "load")?;
        assert!(load.call(&mut store, 0).unwrap_err().is::<stilt::Trap>());
        assert!(load.call(&mut store, u32::MAX).unwrap_err().is::<stilt::Trap>());
    }
    Ok(())
}
