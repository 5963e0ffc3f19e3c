//! Traps: which, where, and what stays as it was.

use std::process::Command;

use stilt::{Caller, Config, Engine, Instance, Linker, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, compile, load};

use crate::{everywhere, instantiate};

const ALL: &str = r#"
(module $traps
  (memory 1)
  (table 3 funcref)
  (elem (i32.const 0) $other)
  (type $nullary (func))
  (func $other (param i32))
  (func (export "unreachable") unreachable)
  (func (export "load") (drop (i32.load (i32.const 65533))))
  (func (export "load far") (drop (i64.load offset=0xfffffff8 (i32.const -1))))
  (func (export "store") (v128.store (i32.const 65521) (v128.const i64x2 1 2)))
  (func (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
  (func (export "table") (drop (table.get (i32.const 3))))
  (func (export "undefined") (call_indirect (type $nullary) (i32.const 3)))
  (func (export "uninitialized") (call_indirect (type $nullary) (i32.const 2)))
  (func (export "signature") (call_indirect (type $nullary) (i32.const 0)))
  (func (export "zero") (drop (i32.div_u (i32.const 1) (call $get (i32.const 0)))))
  (func (export "zero signed") (drop (i64.rem_s (i64.const 1) (i64.const 0))))
  (func (export "overflow") (drop (i32.div_s (i32.const 0x80000000) (call $get (i32.const -1)))))
  (func (export "invalid") (drop (i32.trunc_f64_s (f64.const nan))))
  (func (export "too large") (drop (i64.trunc_f32_u (f32.const -1))))
  (func $deep (export "deep") (call $deep))
  (func $get (param i32) (result i32) local.get 0)
  (func (export "fine") (result i32) (i32.const 42)))
"#;

#[test]
fn each_kind_is_told() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(ground, ALL)?;
        for (name, expected) in [
            ("unreachable", Trap::UnreachableCodeReached),
            ("load", Trap::MemoryOutOfBounds),
            ("load far", Trap::MemoryOutOfBounds),
            ("store", Trap::MemoryOutOfBounds),
            ("fill", Trap::MemoryOutOfBounds),
            ("table", Trap::TableOutOfBounds),
            ("undefined", Trap::UndefinedElement),
            ("uninitialized", Trap::IndirectCallToNull),
            ("signature", Trap::BadSignature),
            ("zero", Trap::IntegerDivisionByZero),
            ("zero signed", Trap::IntegerDivisionByZero),
            ("overflow", Trap::IntegerOverflow),
            ("invalid", Trap::BadConversionToInteger),
            ("too large", Trap::IntegerOverflow),
            ("deep", Trap::StackOverflow),
        ] {
            let func = instance.get_typed_func::<(), ()>(&mut store, name)?;
            let error = func.call(&mut store, ()).unwrap_err();
            assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{ground:?} {name}: {error}");
            let backtrace = error.downcast_ref::<WasmBacktrace>();
            assert!(backtrace.is_some_and(|trace| !trace.frames().is_empty()), "{ground:?} {name}: {error}");
            let fine = instance.get_typed_func::<(), i32>(&mut store, "fine")?;
            assert_eq!(fine.call(&mut store, ())?, 42, "the instance goes on");
        }
        Ok(())
    });
}

/// Whatever finds the trap (a guard, a test, the interpreter), it is told at the instruction.
#[test]
fn traps_are_told_at_their_instruction() {
    const WAT: &str = r#"
(module
  (memory 1)
  (func (export "load") (param i32) (drop (i32.load8_u (local.get 0))))
  (func (export "store") (param i32) (i64.store offset=8 (local.get 0) (i64.const 1)))
  (func (export "far") (param i32) (drop (i32.load16_s offset=100000 (local.get 0))))
  (func (export "vector") (param i32) (drop (v128.load offset=1 (local.get 0))))
  (func (export "divide") (param i32) (drop (i32.div_s (local.get 0) (i32.add (local.get 0) (local.get 0)))))
  (func (export "convert") (param i32) (drop (i32.trunc_f32_s (f32.const nan)))))
"#;
    everywhere(|ground| {
        let (mut store, instance) = instantiate(ground, WAT)?;
        let wasm = wat::parse_str(WAT)?;
        let cases =
            [("load", 0x2d), ("store", 0x37), ("far", 0x2e), ("vector", 0xfd), ("divide", 0x6d), ("convert", 0xa8)];
        for (name, opcode) in cases {
            // Out of bounds for accesses; its double is zero for the division.
            let call = instance.get_typed_func::<i32, ()>(&mut store, name)?.call(&mut store, i32::MIN);
            let error = call.unwrap_err();
            let frame = &error.downcast_ref::<WasmBacktrace>().unwrap().frames()[0];
            let at = frame.module_offset().map(|at| wasm[at]);
            assert_eq!(at, Some(opcode), "{ground:?}: {name}: {error}");
        }
        Ok(())
    });
}

#[test]
fn backtraces_name_functions_and_offsets() {
    const WAT: &str = r#"
(module $told
  (func $inner (param i32) unreachable)
  (func $middle (call $inner (i32.const 1)))
  (func (export "outer") (call $middle)))
"#;
    everywhere(|ground| {
        let (mut store, instance) = instantiate(ground, WAT)?;
        let outer = instance.get_typed_func::<(), ()>(&mut store, "outer")?;
        let error = outer.call(&mut store, ()).unwrap_err();
        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
        let names: Vec<_> = frames.iter().map(|frame| (frame.func_index(), frame.func_name())).collect();
        assert_eq!(names, [(0, Some("inner")), (1, Some("middle")), (2, Some("outer"))], "{ground:?}: {error}");
        let wasm = wat::parse_str(WAT)?;
        let at = |frame: usize| wasm[frames[frame].module_offset().unwrap()];
        assert_eq!((at(0), at(1), at(2)), (0x00, 0x10, 0x10), "unreachable, call, call");
        let within: Vec<_> = frames.iter().map(|frame| frame.func_offset()).collect();
        assert_eq!(within, [Some(1), Some(3), Some(1)], "behind the declarations of locals, which take a byte");
        assert_eq!(frames[0].module().name(), Some("told"));
        let text = error.to_string();
        assert!(text.starts_with("wasm trap: wasm `unreachable` instruction executed"), "{text}");
        assert!(text.contains("told!inner") && text.contains("told!middle"), "{text}");
        assert!(text.contains("told!outer"), "named as it is exported: {text}");

        let mut options = ground.options();
        options.strip = true;
        let engine = ground.engine()?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &load(&engine, &compile(WAT, options)?)?, &[])?;
        let error = instance.get_typed_func::<(), ()>(&mut store, "outer")?.call(&mut store, ()).unwrap_err();
        assert!(error.to_string().contains("<wasm function 1>"), "{error}");
        Ok(())
    });
}

/// Whatever finds that there is no room for a frame, it is told where its function starts, and its caller is told, too.
#[test]
fn backtraces_of_overflows_leave_no_frame_out() {
    const WAT: &str = r#"
(module
  (func $a (export "a") (param i64) (result i64) (i64.add (call $b (local.get 0)) (local.get 0)))
  (func $b (param i64) (result i64) (i64.mul (call $c (local.get 0)) (local.get 0)))
  (func $c (param i64) (result i64) (i64.sub (call $a (local.get 0)) (local.get 0))))
"#;
    everywhere(|ground| {
        let (mut store, instance) = instantiate(ground, WAT)?;
        let a = instance.get_typed_func::<i64, i64>(&mut store, "a")?;
        let error = a.call(&mut store, 1).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow));
        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
        let wasm = wat::parse_str(WAT)?;
        assert_eq!(frames[0].func_offset(), Some(0), "{ground:?}: {error}");
        for pair in frames.windows(2) {
            assert_eq!(pair[0].func_index(), (pair[1].func_index() + 1) % 3, "{ground:?}: {error}");
            assert_eq!(wasm[pair[1].module_offset().unwrap()], 0x10, "a call");
        }
        Ok(())
    });
}

#[test]
fn backtraces_are_as_long_as_configured() -> Result<()> {
    for ground in Ground::ALL {
        let image = ground.image(ALL)?;
        for (limit, expected) in [(Some(1), 1), (Some(7), 7), (None, 0)] {
            let mut config = Config::new();
            config.wasm_backtrace_max_frames(limit.and_then(core::num::NonZeroUsize::new));
            let engine = Engine::new(&config)?;
            let mut store = Store::new(&engine, ());
            let module = stilt_embedding_tests::load(&engine, &image)?;
            let instance = Instance::new(&mut store, &module, &[])?;
            let error = instance.get_typed_func::<(), ()>(&mut store, "deep")?.call(&mut store, ()).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow));
            let frames = error.downcast_ref::<WasmBacktrace>().map_or(0, |trace| trace.frames().len());
            assert_eq!(frames, expected, "{ground:?}");
        }
    }
    Ok(())
}

/// wasm → host → wasm → host → wasm, and a trap at the very end.
#[test]
fn through_layers() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (import "host" "again" (func $again (param i32)))
                (func $down (export "down") (param i32)
                  (if (local.get 0) (then (call $again (i32.sub (local.get 0) (i32.const 1)))) (else unreachable))))"#,
        )?;
        let mut linker: Linker<u32> = Linker::new(&engine);
        linker.func_wrap("host", "again", |mut caller: Caller<'_, u32>, depth: i32| -> Result<()> {
            *caller.data_mut() += 1;
            let down = caller.get_export("down").and_then(stilt::Extern::into_func).unwrap();
            let down = down.typed::<i32, ()>(&caller)?;
            let result = down.call(&mut caller, depth);
            *caller.data_mut() += 100;
            result
        })?;
        let mut store = Store::new(&engine, 0);
        let instance = linker.instantiate(&mut store, &module)?;
        let down = instance.get_typed_func::<i32, ()>(&mut store, "down")?;
        let error = down.call(&mut store, 3).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached));
        assert_eq!(*store.data(), 303, "each layer saw it");
        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames().len();
        assert_eq!(frames, 4, "{ground:?}: all layers of wasm: {error}");
        // And once more, from the outside, as if nothing had been.
        assert!(down.call(&mut store, 0).is_err());
        Ok(())
    });
}

#[test]
fn the_stack_is_bounded_through_the_host_too() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (import "host" "again" (func $again))
                (func (export "down") (call $again)))"#,
        )?;
        let mut linker: Linker<u32> = Linker::new(&engine);
        linker.func_wrap("host", "again", |mut caller: Caller<'_, u32>| -> Result<()> {
            *caller.data_mut() += 1;
            let down = caller.get_export("down").and_then(stilt::Extern::into_func).unwrap();
            down.typed::<(), ()>(&caller)?.call(&mut caller, ())
        })?;
        let mut store = Store::new(&engine, 0);
        let instance = linker.instantiate(&mut store, &module)?;
        let down = instance.get_typed_func::<(), ()>(&mut store, "down")?;
        let error = down.call(&mut store, ()).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow), "{ground:?}: {error}");
        assert!(*store.data() > 10, "{ground:?}: {}", store.data());
        Ok(())
    });
}

/// In a process of its own: without hardware traps nobody's signal handlers are touched.
#[test]
fn explicit_mode_installs_no_handler() {
    const CHILD: &str = "STILT_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let this = std::env::current_exe().unwrap();
        let status = Command::new(this)
            .args(["--exact", "traps::explicit_mode_installs_no_handler"])
            .env(CHILD, "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let caught = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        status.lines().find(|line| line.starts_with("SigCgt")).unwrap().to_owned()
    };
    let before = caught();
    for ground in [Ground::Explicit, Ground::Pulley] {
        let (mut store, instance) = instantiate(ground, ALL).unwrap();
        for name in ["load", "zero", "deep", "unreachable", "uninitialized"] {
            let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
            assert!(func.call(&mut store, ()).unwrap_err().is::<Trap>());
        }
    }
    assert_eq!(caught(), before);
    instantiate(Ground::Hardware, ALL).unwrap();
    assert_ne!(caught(), before, "the test would see handlers");
}
