//! `memory.copy` and `memory.fill` next to a model of them: every small size, at every bound, with ranges that overlap, in every
//! configuration. A trap leaves all bytes as they were, and stands at its instruction.

use std::fmt::Write as _;

use stilt::Result;
use stilt_embedding_tests::Ground;

use crate::beside_model::{self, PAGE, Subject, out_of_bounds_at};
use crate::everywhere;

const LARGEST: u32 = 70;

fn text() -> String {
    let mut text = String::from("(module (memory (export \"m\") 1 2)");
    for size in 0..=LARGEST {
        write!(
            text,
            "(func (export \"c{size}\") (param i32 i32 i32)
                (memory.copy (local.get 0) (local.get 1) (i32.const {size})))
            (func (export \"f{size}\") (param i32 i32 i32)
                (memory.fill (local.get 0) (local.get 1) (i32.const {size})))"
        )
        .unwrap();
    }
    text.push_str(
        "(func (export \"copy\") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export \"fill\") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2))))",
    );
    text
}

/// One operation here and on the model. Whether it trapped.
fn step(subject: &mut Subject, name: &str, (to, second, len): (u32, u32, u32)) -> Result<bool> {
    let Subject { wasm, store, instance, memory } = subject;
    let mut model = memory.data(&*store).to_vec();
    let copies = name.starts_with('c');
    let fits = |start: u32| (start as u64 + len as u64) <= model.len() as u64;
    let good = fits(to) && (!copies || fits(second));
    if good {
        let (to, len) = (to as usize, len as usize);
        if copies {
            model.copy_within(second as usize..second as usize + len, to);
        } else {
            model[to..to + len].fill(second as u8);
        }
    }
    let func = instance.get_typed_func::<(u32, u32, u32), ()>(&mut *store, name)?;
    let outcome = func.call(&mut *store, (to, second, len));
    assert_eq!(outcome.is_ok(), good, "{name} {to:#x} {second:#x} {len}");
    if let Err(error) = outcome {
        let at = out_of_bounds_at(&error);
        assert_eq!(wasm[at..at + 2], [0xfc, if copies { 10 } else { 11 }], "{name}: {error}");
    }
    assert!(memory.data(&*store) == model, "{name} {to:#x} {second:#x} {len}: other bytes");
    Ok(!good)
}

fn against_the_model(ground: Ground, spectre: bool, end: u32) -> Result<()> {
    let mut subject = Subject::new(&text(), ground, spectre, end)?;
    let mut traps = 0;
    for len in 0..=LARGEST {
        let copy = if len % 2 == 0 { format!("c{len}") } else { "copy".to_owned() };
        let fill = if len % 3 == 0 { "fill".to_owned() } else { format!("f{len}") };
        let last = end - len;
        for (to, from) in [
            (100, 100 + len / 2),
            (100 + len / 2, 100),
            (101, 100),
            (100, 101),
            (last, 64),
            (64, last),
            (last + 1, 64),
            (64, last + 1),
            (last, last + 1),
            (last + 1, last + 1),
            (end, 0),
            (0, end),
            (end + 1, 0),
            (0, u32::MAX),
            (u32::MAX, 0),
            (u32::MAX - len, 5),
        ] {
            let exact = format!("c{len}");
            traps += u32::from(step(&mut subject, &copy, (to, from, len))?);
            traps += u32::from(step(&mut subject, &exact, (to, from, len))?);
        }
        for to in [200, last, last + 1, end, end + 1, u32::MAX, u32::MAX - len] {
            traps += u32::from(step(&mut subject, &fill, (to, 0x1_23a5 + len, len))?);
            let exact = format!("f{len}");
            traps += u32::from(step(&mut subject, &exact, (to, 77 + len, len))?);
        }
    }
    for len in [1000, end - 1, end, end + 1, u32::MAX] {
        for (to, second) in [(0, 0), (1, 0), (0, 1), (2000, 2500), (end, 1), (1, end), (u32::MAX, u32::MAX)] {
            for name in ["copy", "fill"] {
                traps += u32::from(step(&mut subject, name, (to, second, len))?);
            }
        }
    }
    assert!(traps > 500, "bounds were met");
    if end != PAGE {
        // Up to the end of the page is out of bounds, too.
        for (to, from, len) in
            [(PAGE - 1, 0, 1), (0, PAGE - 1, 1), (PAGE, 0, 0), (0, PAGE, 0), (end - 1, 0, PAGE - end)]
        {
            assert!(
                step(&mut subject, "copy", (to, from, len))? && step(&mut subject, "fill", (to.max(from), 1, len))?
            );
        }
        assert!(subject.memory.grow(&mut subject.store, 1).is_err());
        return Ok(());
    }
    // What was out of bounds is not once there is more memory.
    subject.memory.grow(&mut subject.store, 1)?;
    for name in ["copy", "c70", "f70", "fill"] {
        assert!(!step(&mut subject, name, (end - 30, end + 9, 70))?);
        assert!(step(&mut subject, name, (2 * end - 69, end + 9, 70))?);
    }
    Ok(())
}

#[test]
fn copies_and_fills_do_as_the_model() {
    beside_model::everywhere(against_the_model);
}

/// A memory that may be empty: not even a constant size is known to be within it.
#[test]
fn of_nothing() {
    const WAT: &str = r#"(module
        (memory (export "m") 0 1)
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "eight") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 8)))
        (func (export "none") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 0)))
        (func (export "clear") (param i32) (memory.fill (local.get 0) (i32.const 7) (i32.const 8)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    everywhere(|ground| {
        let (mut store, instance) = crate::instantiate(ground, WAT)?;
        let copy = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, "copy")?;
        let eight = instance.get_typed_func::<(u32, u32), ()>(&mut store, "eight")?;
        let none = instance.get_typed_func::<(u32, u32), ()>(&mut store, "none")?;
        let clear = instance.get_typed_func::<u32, ()>(&mut store, "clear")?;
        copy.call(&mut store, (0, 0, 0))?;
        none.call(&mut store, (0, 0))?;
        assert!(none.call(&mut store, (1, 0)).is_err() && none.call(&mut store, (0, 1)).is_err());
        assert!(copy.call(&mut store, (1, 0, 0)).is_err() && copy.call(&mut store, (0, 0, 1)).is_err());
        assert!(eight.call(&mut store, (0, 0)).is_err() && clear.call(&mut store, 0).is_err());
        assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "grow")?.call(&mut store, ())?, 0);
        clear.call(&mut store, 0)?;
        eight.call(&mut store, (65528, 0))?;
        assert!(eight.call(&mut store, (65529, 0)).is_err() && eight.call(&mut store, (0, 65529)).is_err());
        assert!(clear.call(&mut store, 65529).is_err());
        none.call(&mut store, (65536, 65536))?;
        assert_eq!(&instance.get_memory(&mut store, "m").unwrap().data(&store)[65527..], [0, 7, 7, 7, 7, 7, 7, 7, 7]);
        Ok(())
    });
}

/// The sum of a tested index and a constant as large as an offset can be: the pieces' places must not overflow it.
#[test]
fn behind_a_tested_index() {
    const WAT: &str = r#"(module
        (memory (export "m") 1)
        (func (export "far") (param i32)
            (drop (i32.load8_u offset=2147483700 (local.get 0)))
            (memory.fill (i32.add (local.get 0) (i32.const 2147483640)) (i32.const 1) (i32.const 40)))
        (func (export "near") (param i32)
            (drop (i32.load8_u offset=139 (local.get 0)))
            (memory.fill (i32.add (local.get 0) (i32.const 100)) (i32.const 1) (i32.const 40))))"#;
    everywhere(|ground| {
        let (mut store, instance) = crate::instantiate(ground, WAT)?;
        assert!(instance.get_typed_func::<u32, ()>(&mut store, "far")?.call(&mut store, 0).is_err());
        let near = instance.get_typed_func::<u32, ()>(&mut store, "near")?;
        near.call(&mut store, 65536 - 140)?;
        assert!(near.call(&mut store, 65536 - 139).is_err());
        let memory = instance.get_memory(&mut store, "m").unwrap().data(&store);
        assert_eq!(memory[65536 - 41..], [&[0][..], &[1; 40]].concat(), "{ground:?}");
        Ok(())
    });
}
