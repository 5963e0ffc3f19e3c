//! Images of every target parse, are small, and come out the same whenever and however they are made.

use std::error::Error;
use std::num::{NonZeroU32, NonZeroUsize};
use stilt_artifact::builtins::Group;
use stilt_artifact::image::byte_order;
use stilt_artifact::target::TrapMode;
use stilt_artifact::trap::TrapCode;
use stilt_artifact::{Endian, Image};
use stilt_precompiler::{MemoryBytes, Options, Precompiler};

type Result<T = ()> = core::result::Result<T, Box<dyn Error>>;

const TARGETS: [&str; 5] = ["x86_64", "pulley32", "pulley64", "pulley32be", "pulley64be"];

const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"#;

/// Something of everything that has a record in an image.
const ALL: &str = r#"(module $all
    (import "host" "print" (func $print (param i32 f64)))
    (import "host" "start" (global $start i32))
    (type $unary (func (param i32) (result i32)))
    (table (export "table") 8 16 funcref)
    (memory (export "memory") 1)
    (global $mutable (mut i64) (i64.const -7))
    (global $f (export "f") f32 (f32.const 1.5))
    (elem (i32.const 1) func $fib $twice)
    (elem $passive func $fib)
    (elem declare func $deep)
    (data (i32.const 8) "hello")
    (data (global.get $start) "there")
    (data $later "world")
    (func $init (call $print (i32.const 1) (f64.const 2)))
    (start $init)
    (func $fib (export "fib") (param $n i32) (result i32)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
            (then (local.get $n))
            (else (i32.add
                (call $fib (i32.sub (local.get $n) (i32.const 1)))
                (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
    (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "indirect") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i64)
        (memory.init $later (i32.const 0) (i32.const 0) (i32.const 2))
        (data.drop $later)
        (i64.load offset=8 (local.get 0)))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $deep (export "deep") (param i64 f32 f64) (result i64 f64 f32)
        (local.get 0) (local.get 2) (local.get 1))
    (func (export "trap") unreachable))"#;

fn options(target: &str, traps: Option<TrapMode>) -> Options {
    let mut options = Options::for_target(target);
    options.traps = traps;
    options
}

fn compile(text: &str, options: Options) -> Result<Vec<u8>> {
    Ok(Precompiler::new(options)?.compile(&wat::parse_str(text)?)?)
}

fn parse(file: &[u8]) -> Result<Image<'_, Endian>> {
    let image = Image::parse(file, byte_order(file).ok_or("no byte order")?)?;
    image.verify_rest(file)?;
    assert_eq!(image.header().file_len as usize, file.len());
    Ok(image)
}

#[test]
fn a_small_module_is_a_small_file() -> Result {
    for traps in [TrapMode::Hardware, TrapMode::Explicit] {
        let file = compile(ADD, options("x86_64", Some(traps)))?;
        let image = parse(&file)?;
        println!("{traps:?}: {} bytes, {} of code", file.len(), image.header().code_len);
        assert!(file.len() < 1024, "{} bytes", file.len());
        let module = image.module(0).ok_or("no module")?;
        let add = module.export("add").ok_or("no export")?;
        assert_eq!(module.func_name(add.index), Some("add"));
    }
    Ok(())
}

#[test]
fn every_target_gives_an_image_that_parses() -> Result {
    for target in TARGETS {
        for strip in [false, true] {
            let mut options = options(target, None);
            options.strip = strip;
            let file = compile(ALL, options)?;
            let image = parse(&file)?;
            let module = image.module(0).ok_or("no module")?;
            assert_eq!(module.func_count(), 10);
            assert_eq!(module.func_name(2), if strip { None } else { Some("fib") });
            assert_eq!(file.starts_with(b"\x7fELF"), !strip);
            let fib = module.funcs().get(1).ok_or("no fib")?;
            assert_eq!(module.func_at(fib.code + fib.len / 2), Some(2));
            assert!(fib.frame >= 2 * u32::from(image.header().pointer_width));
            // Both calls in it, and where they come from.
            let calls =
                module.sites().iter().filter(|site| site.trap.is_none() && module.func_at(site.code) == Some(2));
            assert!(calls.count() >= 2);
            let ty = module.types().get(fib.ty).ok_or("no type")?;
            // The runtime puts values into the interpreter's registers by itself.
            assert_eq!(ty.entry == stilt_artifact::NONE, target.starts_with("pulley"));
            assert_ne!(ty.host, stilt_artifact::NONE, "the table is exported");
            let (path, functions) = module.stack_path().ok_or("no stack path")?;
            assert_eq!(path.flags, 0b111);
            assert!(!functions.is_empty() && path.bytes > 0);
        }
    }
    Ok(())
}

#[test]
fn the_same_bytes_with_any_number_of_threads() -> Result {
    for target in TARGETS {
        let mut one = options(target, None);
        one.threads = NonZeroUsize::new(1);
        let mut four = options(target, None);
        four.threads = NonZeroUsize::new(4);
        let first = compile(ALL, one.clone())?;
        assert_eq!(first, compile(ALL, one)?);
        assert_eq!(first, compile(ALL, four)?);
    }
    Ok(())
}

#[test]
fn real_programs_too() -> Result {
    let wasm = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/wasm/text.wasm"))?;
    for target in ["x86_64", "pulley32be"] {
        let mut files = Vec::new();
        for threads in [1, 3] {
            let mut options = options(target, None);
            options.threads = NonZeroUsize::new(threads);
            files.push(Precompiler::new(options)?.compile(&wasm)?);
        }
        parse(&files[0])?;
        assert!(files[0] == files[1], "{target}: other bytes with three threads");
    }
    Ok(())
}

#[test]
fn build_ids_tell_options_apart() -> Result {
    let plain = compile(ADD, options("x86_64", None))?;
    let mut other = options("x86_64", None);
    other.spectre = false;
    let other = compile(ADD, other)?;
    assert_ne!(parse(&plain)?.header().build_id, parse(&other)?.header().build_id);
    let other = parse(&other)?;
    assert!(other.module(0).ok_or("no module")?.producer().contains("--spectre=off"));
    Ok(())
}

#[test]
fn large_initial_memories_can_be_mapped() -> Result {
    let text = format!(
        r#"(module (memory 4) (data (i32.const 100) "{}") (data (i32.const 90000) "{}"))"#,
        "x".repeat(70_000),
        "y".repeat(10)
    );
    let file = compile(&text, options("x86_64", None))?;
    let image = parse(&file)?;
    let module = image.module(0).ok_or("no module")?;
    let init = module.memory_inits().get(0).ok_or("not prepared")?;
    assert_eq!((init.align, init.destination, init.len), (4096, 0, 22 * 4096));
    assert_eq!((image.header().data + init.start) % 4096, 0);
    let data = &image.data()[init.start as usize..];
    assert_eq!((data[99], data[100], data[90_009], data[90_010]), (0, b'x', b'y', 0));
    assert!(module.data_segments().iter().all(|segment| segment.len == 0));

    let explicit = compile(&text, options("x86_64", Some(TrapMode::Explicit)))?;
    assert!(parse(&explicit)?.module(0).ok_or("no module")?.memory_inits().is_empty());
    Ok(())
}

/// Code that is mispredicted accesses the first bytes of a memory (`Options::spectre`), so what is done in place is no more than is there.
#[test]
fn what_is_done_in_place_fits_into_what_is_there() -> Result {
    let text = r#"(module (memory 1) (func (export "fill") (param i32) (memory.fill (local.get 0) (i32.const 7) (i32.const 16))))"#;
    for (bytes, in_place) in [(None, true), (Some(16), true), (Some(15), false), (Some(1), false)] {
        for target in ["x86_64", "pulley32", "pulley64"] {
            let mut options = options(target, Some(TrapMode::Explicit));
            options.memory_bytes = bytes.and_then(NonZeroU32::new).map(MemoryBytes::Exactly);
            let file = compile(text, options)?;
            let calls = parse(&file)?.header().builtin_groups & Group::Memory.bit() != 0;
            assert_eq!(calls, !in_place, "{target}: {bytes:?}");
        }
    }
    Ok(())
}

#[test]
fn what_the_interpreter_finds_has_a_place() -> Result {
    let text = r#"(module (memory 1)
        (func (export "all") (param i32 i64 f64 v128) (result i32)
            (i64.store32 offset=8 (local.get 0) (local.get 1))
            (v128.store (local.get 0) (local.get 3))
            (f64.store offset=24 (local.get 0) (f64.load offset=65535 (local.get 0)))
            (i32.div_s
                (i32.add (i32.load8_s (local.get 0)) (i32.trunc_f64_u (local.get 2)))
                (local.get 0))))"#;
    let wasm = wat::parse_str(text)?;
    for target in ["pulley32", "pulley64"] {
        let file = compile(text, options(target, None))?;
        let image = parse(&file)?;
        let module = image.module(0).ok_or("no module")?;
        let sites = module.sites().iter().filter_map(|site| Some((wasm[site.wasm as usize], site.trap?)));
        let mut sites: Vec<_> = sites.collect();
        // Where the function starts; then each instruction by its opcode, in any order.
        assert_eq!(sites.remove(0).1, TrapCode::StackOverflow);
        sites.sort_by_key(|(opcode, _)| *opcode);
        let outside = TrapCode::MemoryOutOfBounds;
        let expected = [
            (0x2b, outside),
            (0x2c, outside),
            (0x39, outside),
            (0x3e, outside),
            (0x6d, TrapCode::IntegerDivisionByZero),
            (0xab, TrapCode::BadConversionToInteger),
            (0xfd, outside),
        ];
        assert_eq!(sites, expected, "{target}");
    }
    Ok(())
}

#[test]
fn large_frames_have_a_stub() -> Result {
    // All but a few locals are passed on the stack.
    let gets: String = (1..1000).map(|local| format!("(local.get {local})")).collect();
    let types = "i64 ".repeat(999);
    let text = format!(
        "(module
            (func (export \"wide\") (param i32) (local {types}) (drop (call $many (local.get 0) {gets})))
            (func $many (param i32 {types}) (result i64) (local.get 1)))"
    );
    for (target, traps) in [
        ("x86_64", TrapMode::Hardware),
        ("x86_64", TrapMode::Explicit),
        ("pulley32", TrapMode::Explicit),
        ("pulley64be", TrapMode::Explicit),
    ] {
        let file = compile(&text, options(target, Some(traps)))?;
        let image = parse(&file)?;
        let module = image.module(0).ok_or("no module")?;
        let wide = module.funcs().get(0).ok_or("no function")?;
        assert!(wide.frame > 4096, "{}", wide.frame);
        assert!(image.header().max_frame < wide.frame);
        assert_eq!(image.header().max_frame == 0, target.starts_with("pulley"));
        assert_eq!(module.func_at(wide.code + wide.len - 1), Some(0));
    }
    Ok(())
}
