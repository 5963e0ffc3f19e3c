//! Accesses out of bounds: each kind, told at its own instruction, whatever finds it.

use std::fmt::Write as _;

use core::num::NonZeroU32;
use stilt::{Instance, Result, Store, Trap, TypedFunc, WasmBacktrace};
use stilt_embedding_tests::{MemoryBytes, compile, load};

use crate::everywhere;

/// Each instruction by name, opcode and bytes that it accesses; what it takes besides the address, and whether it gives a value.
const INSTRUCTIONS: [(&str, u8, u64, &str, bool); 45] = [
    ("i32.load", 0x28, 4, "", true),
    ("i64.load", 0x29, 8, "", true),
    ("f32.load", 0x2a, 4, "", true),
    ("f64.load", 0x2b, 8, "", true),
    ("i32.load8_s", 0x2c, 1, "", true),
    ("i32.load8_u", 0x2d, 1, "", true),
    ("i32.load16_s", 0x2e, 2, "", true),
    ("i32.load16_u", 0x2f, 2, "", true),
    ("i64.load8_s", 0x30, 1, "", true),
    ("i64.load8_u", 0x31, 1, "", true),
    ("i64.load16_s", 0x32, 2, "", true),
    ("i64.load16_u", 0x33, 2, "", true),
    ("i64.load32_s", 0x34, 4, "", true),
    ("i64.load32_u", 0x35, 4, "", true),
    ("i32.store", 0x36, 4, "(i32.const -1)", false),
    ("i64.store", 0x37, 8, "(i64.const -1)", false),
    ("f32.store", 0x38, 4, "(f32.const nan)", false),
    ("f64.store", 0x39, 8, "(f64.const nan)", false),
    ("i32.store8", 0x3a, 1, "(i32.const -1)", false),
    ("i32.store16", 0x3b, 2, "(i32.const -1)", false),
    ("i64.store8", 0x3c, 1, "(i64.const -1)", false),
    ("i64.store16", 0x3d, 2, "(i64.const -1)", false),
    ("i64.store32", 0x3e, 4, "(i64.const -1)", false),
    ("v128.load", 0xfd, 16, "", true),
    ("v128.load8x8_s", 0xfd, 8, "", true),
    ("v128.load8x8_u", 0xfd, 8, "", true),
    ("v128.load16x4_s", 0xfd, 8, "", true),
    ("v128.load16x4_u", 0xfd, 8, "", true),
    ("v128.load32x2_s", 0xfd, 8, "", true),
    ("v128.load32x2_u", 0xfd, 8, "", true),
    ("v128.load8_splat", 0xfd, 1, "", true),
    ("v128.load16_splat", 0xfd, 2, "", true),
    ("v128.load32_splat", 0xfd, 4, "", true),
    ("v128.load64_splat", 0xfd, 8, "", true),
    ("v128.load32_zero", 0xfd, 4, "", true),
    ("v128.load64_zero", 0xfd, 8, "", true),
    ("v128.store", 0xfd, 16, "(v128.const i64x2 -1 -1)", false),
    ("v128.load8_lane", 0xfd, 1, "(v128.const i64x2 -1 -1)", true),
    ("v128.load16_lane", 0xfd, 2, "(v128.const i64x2 -1 -1)", true),
    ("v128.load32_lane", 0xfd, 4, "(v128.const i64x2 -1 -1)", true),
    ("v128.load64_lane", 0xfd, 8, "(v128.const i64x2 -1 -1)", true),
    ("v128.store8_lane", 0xfd, 1, "(v128.const i64x2 -1 -1)", false),
    ("v128.store16_lane", 0xfd, 2, "(v128.const i64x2 -1 -1)", false),
    ("v128.store32_lane", 0xfd, 4, "(v128.const i64x2 -1 -1)", false),
    ("v128.store64_lane", 0xfd, 8, "(v128.const i64x2 -1 -1)", false),
];

const PAGE: u64 = 65_536;

/// What the offset of an instruction may be, the size of its memory in pages at first, and how many bytes of these are there, if not all.
const SHAPES: [(u64, u64, Option<u32>); 10] = [
    (0, 2, None),
    (40, 2, None),
    (65_535, 2, None),
    (65_536, 2, None),
    (3, 0, None),
    (0, 1, Some(10_007)),
    (40, 1, Some(8192)),
    (9_990, 1, Some(10_007)),
    (0, 2, Some(65_536)),
    (0, 1, Some(5)),
];

/// A function for each instruction, named by its number.
fn functions(offset: u64) -> String {
    let mut text = String::new();
    for (number, (name, _, _, value, gives)) in INSTRUCTIONS.iter().enumerate() {
        let lane = if name.ends_with("lane") { "0" } else { "" };
        let access = format!("({name} offset={offset} {lane} (local.get 0) {value})");
        let access = if *gives { format!("(drop {access})") } else { access };
        let _ = writeln!(text, "(func (export \"{number}\") (param i32) {access})");
    }
    text
}

#[test]
fn each_is_told_where_it_is() {
    everywhere(|ground| {
        for (offset, pages, part) in SHAPES {
            let wat = format!(
                "(module (memory {pages} 3) {} (func (export \"grow\") (drop (memory.grow (i32.const 1)))))",
                functions(offset)
            );
            let wasm = wat::parse_str(&wat)?;
            let mut options = ground.options();
            options.memory_bytes = part.and_then(NonZeroU32::new).map(MemoryBytes::Exactly);
            let engine = ground.engine()?;
            let module = load(&engine, &compile(&wat, options)?)?;
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[])?;
            for grown in 0..2 {
                let end = part.map_or(PAGE * (pages + grown), u64::from);
                for (number, (name, opcode, width, ..)) in INSTRUCTIONS.into_iter().enumerate() {
                    let run: TypedFunc<u32, ()> = instance.get_typed_func(&mut store, &number.to_string())?;
                    let what = |address: u64| format!("{ground:?}: {name} offset={offset} at {address} of {end}");
                    if let Some(last) = end.checked_sub(offset + width) {
                        let call = run.call(&mut store, u32::try_from(last)?);
                        assert!(call.is_ok(), "{}", what(last));
                    }
                    let past = (end + 1).saturating_sub(offset + width);
                    for address in [past, end, u64::from(u32::MAX), (1 << 32) - offset.max(1)] {
                        let error = run.call(&mut store, u32::try_from(address)?).unwrap_err();
                        assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds), "{}", what(address));
                        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
                        let at = frames[0].module_offset().map(|at| wasm[at]);
                        assert_eq!((frames.len(), at), (1, Some(opcode)), "{}", what(address));
                    }
                }
                instance.get_typed_func::<(), ()>(&mut store, "grow")?.call(&mut store, ())?;
            }
        }
        Result::Ok(())
    });
}
