//! Accesses at the bounds next to a model of them: where tests are left out or merged, a trap must still come at the first access
//! that is out of bounds, with all that came before it done and nothing that comes after. In every configuration.

use std::fmt::Write as _;

use stilt::Result;
use stilt_embedding_tests::Ground;

use crate::beside_model::{self, Subject, out_of_bounds_at};
use crate::everywhere;

const SIZE: u64 = 65536;

/// One access: of parameter 0 or 1, plus a constant that may wrap, at an offset that no other access of its function has.
#[derive(Clone, Copy, Debug)]
struct Access {
    param: usize,
    plus: u32,
    offset: u32,
    bytes: u32,
    store: bool,
}

impl Access {
    fn text(&self, number: usize) -> String {
        let Access { param, plus, offset, bytes, store } = *self;
        let index = match plus {
            0 => format!("(local.get {param})"),
            plus => format!("(i32.add (local.get {param}) (i32.const {plus}))"),
        };
        let value = number + 1;
        match (store, bytes) {
            (true, 16) => format!("(v128.store offset={offset} {index} (i8x16.splat (i32.const {value})))"),
            (true, _) => {
                let bits = match bytes {
                    8 => "",
                    4 => "32",
                    2 => "16",
                    _ => "8",
                };
                let value = u64::from_le_bytes([value as u8; 8]).cast_signed();
                format!("(i64.store{bits} offset={offset} {index} (i64.const {value}))")
            }
            (false, 16) => format!(
                "(local.set 2 (i64.add (local.get 2) (i64x2.extract_lane 0 (v128.load offset={offset} {index}))))"
            ),
            (false, _) => {
                let bits = match bytes {
                    8 => "",
                    4 => "32_u",
                    2 => "16_u",
                    _ => "8_u",
                };
                format!("(local.set 2 (i64.add (local.get 2) (i64.load{bits} offset={offset} {index})))")
            }
        }
    }

    fn at(&self, params: [u32; 2]) -> u64 {
        u64::from(params[self.param].wrapping_add(self.plus)) + u64::from(self.offset)
    }

    /// Does it on the model: false if it is out of bounds.
    fn run(&self, memory: &mut [u8], params: [u32; 2], number: usize, sum: &mut u64) -> bool {
        let at = self.at(params);
        if at + u64::from(self.bytes) > memory.len() as u64 {
            return false;
        }
        let place = &mut memory[at as usize..][..self.bytes as usize];
        if self.store {
            place.fill(number as u8 + 1);
        } else {
            let mut eight = [0; 8];
            let len = place.len().min(8);
            eight[..len].copy_from_slice(&place[..len]);
            *sum = sum.wrapping_add(u64::from_le_bytes(eight));
        }
        true
    }
}

fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

fn functions(size: u32) -> Vec<Vec<Access>> {
    let mut state = 7;
    let mut all = Vec::new();
    for number in 0..120u64 {
        let start = [0, 0, 3, 100, size - 5536, size - 36, size - 7, size + 4464][draw(&mut state, 8) as usize];
        let mut offsets: Vec<u32> = (0..40).collect();
        let mut accesses = Vec::new();
        for _ in 0..2 + draw(&mut state, 7) {
            let at = draw(&mut state, offsets.len() as u64) as usize;
            let offset = start + offsets.swap_remove(at);
            let param = usize::from(draw(&mut state, 4) == 0);
            let plus = match draw(&mut state, 6) {
                0 => [1, 4, 8, 20, u32::MAX, 0u32.wrapping_sub(8), 1 << 31][draw(&mut state, 7) as usize],
                _ => 0,
            };
            let bytes = 1 << draw(&mut state, 5);
            let store = match number % 3 {
                0 => false,
                1 => draw(&mut state, 2) == 0,
                _ => true,
            };
            accesses.push(Access { param, plus, offset, bytes, store });
        }
        if number % 4 == 0 {
            // As compilers write them: upwards.
            accesses.sort_by_key(|access| access.offset);
        }
        all.push(accesses);
    }
    all
}

fn module(functions: &[Vec<Access>]) -> String {
    let mut text =
        String::from("(module (memory (export \"m\") 1 1) (global $g (export \"g\") (mut i32) (i32.const 0))");
    for (number, accesses) in functions.iter().enumerate() {
        write!(text, "(func (export \"f{number}\") (param i32 i32) (result i64) (local i64)").unwrap();
        for (number, access) in accesses.iter().enumerate() {
            // So many accesses were done.
            write!(text, "{} (global.set $g (i32.const {}))", access.text(number), number + 1).unwrap();
        }
        text.push_str("(local.get 2))");
    }
    // The same without anything in between.
    for (number, accesses) in functions.iter().enumerate() {
        write!(text, "(func (export \"p{number}\") (param i32 i32) (result i64) (local i64)").unwrap();
        for (number, access) in accesses.iter().enumerate() {
            text.push_str(&access.text(number));
        }
        text.push_str("(local.get 2))");
    }
    text.push(')');
    text
}

/// The static offset of the access at this place of a binary.
fn static_offset(wasm: &[u8], at: usize) -> u32 {
    let opcode = if wasm[at] == 0xfd { 2 } else { 1 };
    let mut value = 0;
    for (number, byte) in wasm[at + opcode + 1..].iter().enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * number);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn accesses_in_a_row(ground: Ground, spectre: bool, size: u32) -> Result<()> {
    let functions = functions(size);
    let text = module(&functions);
    let Subject { wasm, mut store, instance, memory } = Subject::new(&text, ground, spectre, size)?;
    let global = instance.get_global(&mut store, "g").unwrap();
    let mut model = memory.data(&store).to_vec();
    let mut traps = 0;
    for (number, accesses) in functions.iter().enumerate() {
        let end = size - accesses[0].offset.min(size - 1);
        let around = (0..64).step_by(3).map(|back| (end + 4).wrapping_sub(back));
        let inputs = around.chain([0, 1, 9, u32::MAX, u32::MAX - 7, u32::MAX - 30, 1 << 31]);
        for (round, param) in inputs.enumerate() {
            let params = [param, [param, 5, end.wrapping_sub(20), u32::MAX][round % 4]];
            let mut sum = 0;
            let bad = accesses.iter().enumerate().position(|(n, access)| !access.run(&mut model, params, n, &mut sum));
            for kind in ["f", "p"] {
                let name = format!("{kind}{number}");
                let what = format!("{name} {params:x?} of {size} spectre={spectre} {accesses:?}");
                let func = instance.get_typed_func::<(u32, u32), u64>(&mut store, &name)?;
                match (func.call(&mut store, (params[0], params[1])), bad) {
                    // What is stored is the same each time, but what is loaded may have been stored behind it.
                    (Ok(found), None) if kind == "f" => assert_eq!(found, sum, "{what}"),
                    (Ok(_), None) => {}
                    (Ok(_), Some(bad)) => panic!("{what}: no trap at {bad}"),
                    (Err(error), None) => panic!("{what}: {error}"),
                    (Err(error), Some(bad)) => {
                        traps += 1;
                        let at = out_of_bounds_at(&error);
                        // A load that faults may be part of a later instruction, which is then told.
                        if ground != Ground::Hardware || kind == "f" {
                            assert_eq!(static_offset(&wasm, at), accesses[bad].offset, "{what}: {error}");
                        }
                        if kind == "f" && bad > 0 {
                            assert_eq!(global.get(&mut store).i32(), Some(bad as i32), "{what}");
                        }
                    }
                }
                assert!(memory.data(&store) == model, "{what}: other bytes");
            }
        }
    }
    assert!(traps > 1000, "bounds were met {traps} times");
    Ok(())
}

#[test]
fn accesses_in_a_row_do_as_the_model() {
    beside_model::everywhere(accesses_in_a_row);
}

/// What is known of an index without a test, and what looks so and is not.
#[test]
fn facts_about_indexes() {
    const WAT: &str = r#"(module
        (memory (export "m") 1 1)
        (func (export "mask inside") (param i32) (result i32) (i32.load (i32.and (local.get 0) (i32.const 0xfffc))))
        (func (export "mask beyond") (param i32) (result i32) (i32.load (i32.and (local.get 0) (i32.const 0xfffd))))
        (func (export "mask and offset") (param i32) (result i32)
            (i32.load offset=65277 (i32.and (local.get 0) (i32.const 0xff))))
        (func (export "one too far") (param i32) (result i32)
            (i32.load offset=65278 (i32.and (local.get 0) (i32.const 0xff))))
        (func (export "shifted inside") (param i32) (result i32)
            (i32.load (i32.shl (i32.and (local.get 0) (i32.const 0x3fff)) (i32.const 2))))
        (func (export "shifted beyond") (param i32) (result i32)
            (i32.load (i32.shl (i32.and (local.get 0) (i32.const 0x4000)) (i32.const 2))))
        (func (export "shifted out") (param i32) (result i32)
            (i32.load (i32.shl (i32.and (local.get 0) (i32.const 0x80000001)) (i32.const 1))))
        (func (export "high bits") (param i32) (result i32) (i32.load8_u (i32.shr_u (local.get 0) (i32.const 16))))
        (func (export "signed") (param i32) (result i32) (i32.load8_u (i32.shr_s (local.get 0) (i32.const 16))))
        (func (export "sum") (param i32) (result i32)
            (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 0x7fff)) (i32.const 0x8000))))
        (func (export "sum beyond") (param i32) (result i32)
            (i32.load8_u (i32.add (i32.and (local.get 0) (i32.const 0x7fff)) (i32.const 0x8001))))
        (func (export "remainder") (param i32) (result i32) (i32.load8_u (i32.rem_u (local.get 0) (i32.const 65536))))
        (func (export "remainder beyond") (param i32) (result i32)
            (i32.load8_u (i32.rem_u (local.get 0) (i32.const 65537))))
        (func (export "quotient") (param i32) (result i32)
            (i32.load8_u offset=1 (i32.div_u (local.get 0) (i32.const 65538))))
        (func (export "either") (param i32) (result i32)
            (i32.load8_u (i32.or (i32.and (local.get 0) (i32.const 0x8000)) (i32.const 0x7fff))))
        (func (export "product") (param i32) (result i32)
            (i32.load8_u (i32.mul (i32.and (local.get 0) (i32.const 0xff)) (i32.const 257))))
        (func (export "product beyond") (param i32) (result i32)
            (i32.load8_u (i32.mul (i32.and (local.get 0) (i32.const 0xff)) (i32.const 258))))
        (func (export "wrapped") (param i32) (result i32)
            (i32.load8_u (i32.wrap_i64 (i64.and (i64.extend_i32_s (local.get 0)) (i64.const 0x1ffffffff)))))
        (func (export "selected") (param i32) (result i32)
            (i32.load8_u (select (i32.const 65536) (i32.const 65535) (i32.eq (local.get 0) (i32.const 7))))))"#;
    /// Its name, and the index and the size of what it accesses.
    type Case = (&'static str, fn(u32) -> u64, u64);
    const CASES: [Case; 19] = [
        ("mask inside", |p| u64::from(p & 0xfffc), 4),
        ("mask beyond", |p| u64::from(p & 0xfffd), 4),
        ("mask and offset", |p| u64::from(p & 0xff) + 65277, 4),
        ("one too far", |p| u64::from(p & 0xff) + 65278, 4),
        ("shifted inside", |p| u64::from((p & 0x3fff) << 2), 4),
        ("shifted beyond", |p| u64::from((p & 0x4000) << 2), 4),
        ("shifted out", |p| u64::from((p & 0x8000_0001) << 1), 4),
        ("high bits", |p| u64::from(p >> 16), 1),
        ("signed", |p| u64::from((p.cast_signed() >> 16).cast_unsigned()), 1),
        ("sum", |p| u64::from(p & 0x7fff) + 0x8000, 1),
        ("sum beyond", |p| u64::from(p & 0x7fff) + 0x8001, 1),
        ("remainder", |p| u64::from(p % 65536), 1),
        ("remainder beyond", |p| u64::from(p % 65537), 1),
        ("quotient", |p| u64::from(p / 65538) + 1, 1),
        ("either", |p| u64::from(p & 0x8000 | 0x7fff), 1),
        ("product", |p| u64::from((p & 0xff) * 257), 1),
        ("product beyond", |p| u64::from((p & 0xff) * 258), 1),
        ("wrapped", |p| u64::from(p), 1),
        ("selected", |p| if p == 7 { 65536 } else { 65535 }, 1),
    ];
    everywhere(|ground| {
        let (mut store, instance) = crate::instantiate(ground, WAT)?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        for (number, byte) in memory.data_mut(&mut store).iter_mut().enumerate() {
            *byte = (number * 11 + number / 250) as u8;
        }
        let model = memory.data(&store).to_vec();
        for (name, index, size) in CASES {
            let func = instance.get_typed_func::<u32, u32>(&mut store, name)?;
            for param in [0, 1, 7, 0xff, 0x4000, 0x7fff, 0x8000, 0xfffc, 0xffff, 0x1_0000, 0x8000_0000, u32::MAX] {
                let at = index(param) as usize;
                let expected = model
                    .get(at..at + size as usize)
                    .map(|bytes| bytes.iter().rev().fold(0u32, |value, byte| value << 8 | u32::from(*byte)));
                assert_eq!(func.call(&mut store, param).ok(), expected, "{ground:?} {name} {param:#x}");
            }
        }
        Ok(())
    });
}

/// What was tested on one way only is not known where ways meet.
#[test]
fn tests_on_one_way_only() {
    const WAT: &str = r#"(module
        (memory 1 1)
        (func (export "skipped") (param i32 i32) (result i32)
            (block $out
                (br_if $out (local.get 1))
                (drop (i32.load offset=100 (local.get 0))))
            (i32.load offset=50 (local.get 0)))
        (func (export "before the branch") (param i32 i32) (result i32)
            (block $out
                (drop (i32.load offset=20 (local.get 0)))
                (br_if $out (local.get 1))
                (drop (i32.load offset=100 (local.get 0))))
            (i32.load offset=50 (local.get 0)))
        (func (export "one arm") (param i32 i32) (result i32)
            (if (local.get 1) (then (drop (i32.load offset=100 (local.get 0)))))
            (i32.load offset=50 (local.get 0)))
        (func (export "other arm") (param i32 i32) (result i32)
            (if (local.get 1)
                (then (drop (i32.load offset=100 (local.get 0))))
                (else (drop (i32.load offset=60 (local.get 0)))))
            (i32.load offset=80 (local.get 0)))
        (func (export "arms that branch") (param i32 i32) (result i32)
            (block $out
                (if (local.get 1)
                    (then (drop (i32.load offset=100 (local.get 0))) (br $out))
                    (else (drop (i32.load offset=2 (local.get 0))) (br $out))))
            (i32.load offset=50 (local.get 0)))
        (func (export "two branches") (param i32 i32) (result i32)
            (block $out
                (block $in
                    (br_if $in (local.get 1))
                    (drop (i32.load offset=100 (local.get 0)))
                    (br $out))
                (drop (i32.load offset=4 (local.get 0))))
            (i32.load offset=50 (local.get 0)))
        (func (export "table") (param i32 i32) (result i32)
            (block $two (block $one (block $zero
                (br_table $zero $one $two (local.get 1)))
                (drop (i32.load offset=100 (local.get 0))))
                (drop (i32.load offset=10 (local.get 0))))
            (i32.load offset=50 (local.get 0)))
        (func (export "loop") (param i32 i32) (result i32)
            (loop $again
                (drop (i32.load offset=40 (local.get 0)))
                (local.set 0 (i32.add (local.get 0) (i32.const 8)))
                (br_if $again (i32.gt_s (local.tee 1 (i32.sub (local.get 1) (i32.const 1))) (i32.const 0))))
            (i32.load offset=50 (local.get 0))))"#;
    type Model = fn(u64, u32) -> Vec<u64>;
    const CASES: [(&str, Model); 8] = [
        ("skipped", |p, c| if c == 0 { vec![p + 100, p + 50] } else { vec![p + 50] }),
        ("before the branch", |p, c| if c == 0 { vec![p + 20, p + 100, p + 50] } else { vec![p + 20, p + 50] }),
        ("one arm", |p, c| if c == 0 { vec![p + 50] } else { vec![p + 100, p + 50] }),
        ("other arm", |p, c| if c == 0 { vec![p + 60, p + 80] } else { vec![p + 100, p + 80] }),
        ("arms that branch", |p, c| if c == 0 { vec![p + 2, p + 50] } else { vec![p + 100, p + 50] }),
        ("two branches", |p, c| if c == 0 { vec![p + 100, p + 50] } else { vec![p + 4, p + 50] }),
        ("table", |p, c| match c {
            0 => vec![p + 100, p + 10, p + 50],
            1 => vec![p + 10, p + 50],
            _ => vec![p + 50],
        }),
        ("loop", |p, c| {
            let rounds = u64::from(c.max(1));
            (0..rounds).map(|round| p + 8 * round + 40).chain([p + 8 * rounds + 50]).collect()
        }),
    ];
    everywhere(|ground| {
        let (mut store, instance) = crate::instantiate(ground, WAT)?;
        for (name, model) in CASES {
            let func = instance.get_typed_func::<(u32, u32), u32>(&mut store, name)?;
            for back in 0..140u32 {
                for way in 0..3 {
                    let param = 65536 - back;
                    let fits = model(param.into(), way).iter().all(|at| at + 4 <= SIZE);
                    assert_eq!(func.call(&mut store, (param, way)).is_ok(), fits, "{ground:?} {name} -{back} {way}");
                }
            }
        }
        Ok(())
    });
}
