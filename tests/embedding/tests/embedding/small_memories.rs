//! Memories of which only the first bytes are there: what guests and hosts are told, what is known of an index without a test, initial
//! data, slots, and who may not import one. Accesses, bulk operations and loops beside models stand in `accesses`, `bulk`, `bounds` and
//! `loops`.

use std::num::NonZeroU32;
use std::ptr::NonNull;

use stilt::{Config, Engine, Instance, Linker, Memory, PoolingAllocationConfig, ResourceLimiter, Result, Store, Trap};
use stilt_embedding_tests::{Ground, MemoryBytes, compile, for_ever, load};

use crate::everywhere;

const N: u32 = 8192;
const PAGE: u32 = 65536;

/// The image of a module of whose memory `N` bytes are there.
fn image(ground: Ground, wat: &str, spectre: bool) -> Result<Vec<u8>> {
    let mut options = ground.options();
    options.memory_bytes = NonZeroU32::new(N).map(MemoryBytes::Exactly);
    options.spectre = spectre;
    compile(wat, options)
}

fn instantiate(ground: Ground, wat: &str, spectre: bool) -> Result<(Store<()>, Instance)> {
    let engine = ground.engine()?;
    let module = load(&engine, &image(ground, wat, spectre)?)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

#[test]
fn the_size_is_standard_and_growing_fails() {
    const WAT: &str = r#"(module (memory (export "m") 1 3)
        (func (export "size") (result i32) (memory.size))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    /// Bytes that were asked for.
    #[derive(Default)]
    struct Asked(Vec<(usize, usize, Option<usize>)>);
    impl ResourceLimiter for Asked {
        fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
            self.0.push((current, desired, maximum));
            Ok(true)
        }
        fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
            Ok(true)
        }
    }
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = load(&engine, &image(ground, WAT, true)?)?;
        let mut store = Store::new(&engine, Asked::default());
        store.limiter(|asked| asked);
        let instance = Instance::new(&mut store, &module, &[])?;
        let size = instance.get_typed_func::<(), u32>(&mut store, "size")?;
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        for _ in 0..2 {
            assert_eq!(size.call(&mut store, ())?, 1, "{ground:?}");
            assert_eq!((memory.size(&store), memory.data_size(&store)), (1, N as usize));
            assert_eq!(memory.ty(&store).to_string(), "(memory 1 3)");
            assert_eq!(memory.data(&store).len(), N as usize);
            assert_eq!(grow.call(&mut store, 0)?, 1);
            assert_eq!(memory.grow(&mut store, 0)?, 1);
            for pages in [1, 2, 3, u32::MAX] {
                assert_eq!(grow.call(&mut store, pages)?, -1, "{ground:?} {pages}");
                assert!(memory.grow(&mut store, pages.into()).is_err());
            }
        }
        // A host reaches as far as the guest.
        let end = N as usize;
        memory.write(&mut store, end - 2, &[7, 8])?;
        assert!(memory.write(&mut store, end - 1, &[7, 8]).is_err() && memory.read(&store, end, &mut [0]).is_err());
        assert_eq!(memory.data(&store)[end - 2..], [7, 8]);
        // A budget is about what is there.
        assert_eq!(store.data().0, [(0, end, Some(end))], "{ground:?}");
        Ok(())
    });
}

/// What is known of an index without a test is not enough where it was for a whole page; and is enough below.
#[test]
fn facts_about_indexes() {
    /// What makes an index of a parameter, the same in Rust, an offset, and the bytes of the access.
    type Case = (&'static str, fn(u32) -> u32, u32, u32);
    const CASES: [Case; 19] = [
        ("(i32.and (local.get 0) (i32.const 0x1ffc))", |p| p & 0x1ffc, 0, 4),
        ("(i32.and (local.get 0) (i32.const 0x1ffd))", |p| p & 0x1ffd, 0, 4),
        ("(i32.and (local.get 0) (i32.const 0x1fff))", |p| p & 0x1fff, 0, 1),
        ("(i32.and (local.get 0) (i32.const 0x1fff))", |p| p & 0x1fff, 1, 1),
        ("(i32.and (local.get 0) (i32.const 0xfffc))", |p| p & 0xfffc, 0, 4),
        ("(i32.and (local.get 0) (i32.const 0xffff))", |p| p & 0xffff, 0, 1),
        ("(i32.shr_u (local.get 0) (i32.const 16))", |p| p >> 16, 0, 1),
        ("(i32.shr_u (local.get 0) (i32.const 19))", |p| p >> 19, 0, 1),
        ("(i32.and (local.get 0) (i32.const 0xff))", |p| p & 0xff, 8192 - 256, 1),
        ("(i32.and (local.get 0) (i32.const 0xff))", |p| p & 0xff, 8192 - 255, 1),
        ("(i32.and (local.get 0) (i32.const 0xff))", |p| p & 0xff, 65536 - 256, 1),
        ("(i32.rem_u (local.get 0) (i32.const 8192))", |p| p % 8192, 0, 1),
        ("(i32.rem_u (local.get 0) (i32.const 65536))", |p| p % 65536, 0, 1),
        ("(i32.load16_u (i32.const 0))", |_| 0xffff, 0, 1),
        ("(i32.const 8188)", |_| 8188, 0, 4),
        ("(i32.const 8189)", |_| 8189, 0, 4),
        ("(i32.const 0)", |_| 0, 65532, 4),
        ("(i32.const 65535)", |_| 65535, 0, 1),
        ("(i32.const 0)", |_| 0, 8192, 1),
    ];
    let mut wat = String::from("(module (memory 1) (data (i32.const 0) \"\\ff\\ff\")");
    for (number, (index, _, offset, bytes)) in CASES.iter().enumerate() {
        let name = if *bytes == 4 { "" } else { "8" };
        wat.push_str(&format!(
            "(func (export \"load{number}\") (param i32)
               (drop (i32.load{name}{} offset={offset} {index})))
             (func (export \"store{number}\") (param i32)
               (i32.store{name} offset={offset} {index} (i32.const -1)))",
            if *bytes == 4 { "" } else { "_u" }
        ));
    }
    wat.push(')');
    everywhere(|ground| {
        for spectre in [true, false] {
            let (mut store, instance) = instantiate(ground, &wat, spectre)?;
            for (number, (text, index, offset, bytes)) in CASES.into_iter().enumerate() {
                for kind in ["load", "store"] {
                    let func = instance.get_typed_func::<u32, ()>(&mut store, &format!("{kind}{number}"))?;
                    for param in [0, 0xff, 0xfe, 0x1ffc, 0x1ffd, 0x1fff, 0x2000, 0xffff, 0xffff_ffff, 0x1fff_ffff] {
                        let fits = u64::from(index(param)) + u64::from(offset) + u64::from(bytes) <= N.into();
                        let found = func.call(&mut store, param);
                        assert_eq!(found.is_ok(), fits, "{ground:?} {spectre} {kind} {text} {param:#x}: {found:?}");
                        if let Err(error) = found {
                            assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
                        }
                    }
                }
            }
        }
        Ok(())
    });
}

#[test]
fn data_is_copied_within_what_is_there() {
    const WAT: &str = r#"(module (memory (export "m") 1)
        (data $first (i32.const 8187) "first")
        (data $more "passive")
        (func (export "init") (param i32 i32 i32) (memory.init $more (local.get 0) (local.get 1) (local.get 2)))
        (func (export "drop") (data.drop $more)))"#;
    everywhere(|ground| {
        let (mut store, instance) = instantiate(ground, WAT, true)?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        assert_eq!(memory.data(&store)[8180..], *b"\0\0\0\0\0\0\0first");
        let init = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, "init")?;
        for (to, from, len, good) in [
            (0, 0, 7, true),
            (N - 7, 0, 7, true),
            (N - 6, 0, 7, false),
            (N - 3, 4, 3, true),
            (N, 7, 0, true),
            (N + 1, 0, 0, false),
            (PAGE, 0, 0, false),
            (PAGE - 1, 0, 1, false),
            (0, 8, 0, false),
            (u32::MAX, 0, 1, false),
        ] {
            let before = memory.data(&store).to_vec();
            let found = init.call(&mut store, (to, from, len));
            assert_eq!(found.is_ok(), good, "{ground:?} {to} {from} {len}");
            let mut expected = before;
            if good {
                let (to, from, len) = (to as usize, from as usize, len as usize);
                expected[to..to + len].copy_from_slice(&b"passive"[from..from + len]);
            }
            assert!(memory.data(&store) == expected, "{ground:?} {to} {from} {len}");
        }
        instance.get_typed_func::<(), ()>(&mut store, "drop")?.call(&mut store, ())?;
        init.call(&mut store, (N, 0, 0))?;
        assert!(init.call(&mut store, (0, 0, 1)).is_err());
        Ok(())
    });
}

/// Where data goes may be known when the module is linked only.
#[test]
fn data_at_an_imported_place_is_tested_when_it_is_applied() {
    const WAT: &str = r#"(module (import "env" "place" (global $place i32)) (memory (export "m") 1)
        (data (global.get $place) "data"))"#;
    const PLACES: &str = r#"(module
        (global (export "0") i32 (i32.const 8188)) (global (export "1") i32 (i32.const 8189))
        (global (export "2") i32 (i32.const 65532)))"#;
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = load(&engine, &image(ground, WAT, true)?)?;
        let places = ground.module(&engine, PLACES)?;
        let mut store = Store::new(&engine, ());
        let places = Instance::new(&mut store, &places, &[])?;
        for (name, good) in [("0", true), ("1", false), ("2", false)] {
            let place = places.get_export(&mut store, name).unwrap();
            let found = Instance::new(&mut store, &module, &[place]);
            assert_eq!(found.is_ok(), good, "{ground:?} {name}");
            if let Err(error) = found {
                assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds), "{error}");
            }
        }
        Ok(())
    });
}

/// Other modules leave out tests below the size that the type says.
#[test]
fn nobody_else_imports_one() {
    const OWNER: &str = r#"(module (memory (export "m") 1))"#;
    const USER: &str = r#"(module (import "owner" "m" (memory 1))
        (func (export "load") (result i32) (i32.load (i32.const 65532))))"#;
    const EMPTY: &str = r#"(module (import "owner" "m" (memory 0)))"#;
    everywhere(|ground| {
        let engine = ground.engine()?;
        let owner = load(&engine, &image(ground, OWNER, true)?)?;
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let instance = linker.instantiate(&mut store, &owner)?;
        linker.instance(&mut store, "owner", instance)?;
        for user in [USER, EMPTY] {
            let user = ground.module(&engine, user)?;
            let error = linker.instantiate(&mut store, &user).expect_err("it counts on a page");
            let text = format!("{error:?}");
            assert!(text.contains("only a part of an imported memory is there"), "{ground:?}: {text}");
        }
        Ok(())
    });
}

/// A slot of `N` bytes is enough, and nothing of one guest is left for the next one.
#[test]
fn slots_of_a_pool() {
    const WAT: &str = r#"(module (memory (export "m") 1) (data (i32.const 8000) "data")
        (func (export "spoil") (memory.fill (i32.const 0) (i32.const 0x77) (i32.const 8192)))
        (func (export "beyond") (i32.store8 (i32.const 8192) (i32.const 1))))"#;
    for given in [true, false] {
        everywhere(|ground| {
            if given && ground == Ground::Hardware {
                return Ok(());
            }
            let mut pool = PoolingAllocationConfig::new();
            pool.total_memories(1).max_memory_size(if given { N as usize } else { PAGE as usize });
            if given {
                let storage = for_ever(vec![0xa5; N as usize + 32]);
                // SAFETY: it is nobody else's and is never freed.
                unsafe { pool.memory_storage(NonNull::from(storage)) };
            }
            let signals = ground == Ground::Hardware;
            let engine = Engine::new(Config::new().signals_based_traps(signals).allocation_strategy(pool))?;
            let module = load(&engine, &image(ground, WAT, true)?)?;
            for _ in 0..3 {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[])?;
                let memory: Memory = instance.get_memory(&mut store, "m").unwrap();
                let mut fresh = vec![0; N as usize];
                fresh[8000..8004].copy_from_slice(b"data");
                assert!(memory.data(&store) == fresh, "{ground:?} given={given}");
                instance.get_typed_func::<(), ()>(&mut store, "spoil")?.call(&mut store, ())?;
                assert!(memory.data(&store).iter().all(|byte| *byte == 0x77));
                let error = instance.get_typed_func::<(), ()>(&mut store, "beyond")?.call(&mut store, ()).unwrap_err();
                assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
            }
            Ok(())
        });
    }
}
