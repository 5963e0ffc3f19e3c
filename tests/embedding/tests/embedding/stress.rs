//! What is large or deep: frames of more than a page, a memory of four gigabytes, guests and hosts that call each other until the stack
//! ends, and traps of every kind down there.

use stilt::{Caller, Extern, Instance, Linker, MemoryType, Module, Result, Store, StoreLimitsBuilder, Trap, TypedFunc};
use stilt_embedding_tests::Ground;

use crate::everywhere;

/// A recursive function whose frame holds so many vectors across its call.
fn large_frames(vectors: usize) -> String {
    let loads: String =
        (0..vectors).map(|n| format!("(local.set $v{n} (v128.load offset={} (local.get 0)))", 16 * n)).collect();
    let stores: String =
        (0..vectors).map(|n| format!("(v128.store offset={} (local.get 0) (local.get $v{n}))", 16 * n)).collect();
    let locals: String = (0..vectors).map(|n| format!("(local $v{n} v128)")).collect();
    format!(
        r#"(module (memory 16)
            (global $depth (export "depth") (mut i32) (i32.const 0))
            (func $down (export "down") (param i32) {locals} {loads}
                (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
                (call $down (local.get 0)) {stores}))"#
    )
}

/// On threads with little stack, of which the store knows the end: guard pages below it are never jumped over.
#[test]
fn frames_larger_than_pages() {
    for ground in Ground::ALL {
        for vectors in [200, 300, 1000, 5000] {
            let image = ground.image(&large_frames(vectors)).unwrap();
            let run = move || -> Result<()> {
                let engine = ground.engine()?;
                let module = stilt_embedding_tests::load(&engine, &image)?;
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[])?;
                if ground != Ground::Pulley {
                    // Somewhere in the upper half of this thread's stack.
                    store.set_stack_limit((&raw const store).addr() - (160 << 10));
                }
                let down = instance.get_typed_func::<i32, ()>(&mut store, "down")?;
                for _ in 0..3 {
                    let error = down.call(&mut store, 0).unwrap_err();
                    assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow), "{ground:?}: {error}");
                }
                let depth = instance.get_global(&mut store, "depth").unwrap().get(&mut store).unwrap_i32();
                // The 144 KiB above what is kept for the host.
                let most = if ground == Ground::Pulley { i32::MAX } else { 3 * (144 << 10) / (16 * vectors as i32) };
                assert!(depth <= most, "{ground:?}, {vectors} vectors: {depth} frames where {most} fit");
                assert!(depth > 0 || vectors == 5000 || vectors == 1000, "{ground:?}, {vectors} vectors");
                Ok(())
            };
            let thread = std::thread::Builder::new().stack_size(320 << 10).spawn(run).unwrap();
            thread.join().unwrap().unwrap();
        }
    }
}

/// A guest that asks for all that 32 bits can address, at once or step by step.
#[test]
fn four_gigabytes() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let grows = ground.module(
            &engine,
            r#"(module (memory 1)
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
                (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#,
        )?;
        // Within a limit: refused, and the guest goes on.
        let mut store = Store::new(&engine, StoreLimitsBuilder::new().memory_size(1 << 20).build());
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &grows, &[])?;
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        let sizes: [u32; 5] = [65_535, 65_536, u32::MAX, 0x8000_0000, 15];
        let answers: Result<Vec<i32>> = sizes.into_iter().map(|pages| grow.call(&mut store, pages)).collect();
        assert_eq!(answers?, [-1, -1, -1, -1, 1], "{ground:?}");

        // Without: as the machine decides; the last byte is the last.
        let mut store = Store::new(&engine, StoreLimitsBuilder::new().build());
        let instance = Instance::new(&mut store, &grows, &[])?;
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
        let write = instance.get_typed_func::<(u32, u32), ()>(&mut store, "store")?;
        let read = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
        write.call(&mut store, (8, 77))?;
        assert_eq!(grow.call(&mut store, 65_536)?, -1, "one page too many");
        let end = if grow.call(&mut store, 65_535)? == 1 { u32::MAX } else { 0xffff };
        write.call(&mut store, (end - 3, 5))?;
        assert_eq!((read.call(&mut store, end - 3)?, read.call(&mut store, 8)?), (5, 77), "{ground:?}");
        for behind in [end - 2, end - 1, end] {
            let error = read.call(&mut store, behind).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds), "{ground:?}: {behind:#x}");
        }

        // From the start, by the guest and by the host: there, or an error.
        let all: Module = ground.module(&engine, r#"(module (memory (export "m") 65536 65536))"#)?;
        let mut store = Store::new(&engine, ());
        if let Ok(instance) = Instance::new(&mut store, &all, &[]) {
            assert_eq!(instance.get_memory(&mut store, "m").unwrap().data_size(&store), 1 << 32);
        }
        assert!(stilt::Memory::new(&mut store, MemoryType::new(65_537, None)).is_err());
        let limited = StoreLimitsBuilder::new().memory_size((1 << 32) - 1).build();
        let mut store = Store::new(&engine, limited);
        store.limiter(|limits| limits);
        assert!(Instance::new(&mut store, &all, &[]).is_err());
        Ok(())
    });
}

/// Takes more stack than what is kept for host functions once, and then calls the guest.
fn large_host_frame(mut caller: Caller<'_, u32>, left: u32) -> Result<()> {
    let mut room = [0u8; 8 << 10];
    room[left as usize % 1024] = 1;
    core::hint::black_box(&mut room);
    *caller.data_mut() = caller.data().saturating_add(1);
    let down = caller.get_export("down").and_then(Extern::into_func).unwrap();
    let result = down.typed::<u32, ()>(&caller)?.call(&mut caller, left);
    assert_eq!(core::hint::black_box(&room)[left as usize % 1024], 1);
    result
}

/// Guest, host, guest, host… with large frames on both sides: at the end of the stack, or at a depth of choice, a trap of every kind
/// comes back through all of them.
#[test]
fn deep_re_entrancy() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (import "h" "again" (func $again (param i32)))
                (memory 1) (table 1 funcref) (type $none (func))
                (global $kind (export "kind") (mut i32) (i32.const 0))
                (func (export "down") (param i32)
                    (if (i32.eqz (local.get 0)) (then (call $ends) (return)))
                    (call $again (i32.sub (local.get 0) (i32.const 1))))
                (func $ends
                    (block $4 (block $3 (block $2 (block $1 (block $0
                        (br_table $0 $1 $2 $3 $4 (global.get $kind)))
                    unreachable)
                    (drop (i32.load (i32.const 65533))) (return))
                    (drop (i32.div_u (i32.const 1) (i32.const 0))) (return))
                    (call_indirect (type $none) (i32.const 0)) (return))
                    nop))"#,
        )?;
        let mut linker: Linker<u32> = Linker::new(&engine);
        linker.func_wrap("h", "again", large_host_frame)?;
        let mut store = Store::new(&engine, 0);
        let instance = linker.instantiate(&mut store, &module)?;
        let kind = instance.get_global(&mut store, "kind").unwrap();
        let down: TypedFunc<u32, ()> = instance.get_typed_func(&mut store, "down")?;
        let traps = [
            Some(Trap::UnreachableCodeReached),
            Some(Trap::MemoryOutOfBounds),
            Some(Trap::IntegerDivisionByZero),
            Some(Trap::IndirectCallToNull),
            None,
        ];
        for (number, trap) in traps.into_iter().enumerate() {
            kind.set(&mut store, (number as i32).into())?;
            for depth in [0, 1, 10] {
                *store.data_mut() = 0;
                let result = down.call(&mut store, depth);
                let found = result.as_ref().err().and_then(|error| error.downcast_ref());
                assert_eq!(found, trap.as_ref(), "{ground:?}, {depth} deep: {result:?}");
                assert_eq!(*store.data(), depth);
            }
        }
        // To the end of the stack, again and again, and then as if nothing had been.
        for _ in 0..3 {
            let error = down.call(&mut store, u32::MAX).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow), "{ground:?}: {error}");
        }
        down.call(&mut store, 3)
    });
}
