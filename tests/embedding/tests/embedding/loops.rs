//! Loops over arrays next to a model of them: where one test in front of a loop stands for one in each round, a trap must still come in
//! the right round, with all that came before it done. Loops that count up and down, by any step, signed and unsigned, past the ends
//! of the numbers; that are left early, go on early, and change their indexes on some ways only; one after the other, and within
//! another. In every configuration.

mod draw;
mod model;

use stilt::{Instance, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, compile, load};
use stilt_precompiler::OptLevel;

use crate::{beside_model, everywhere};
use draw::Draw;
use model::{Flow, Func, Memory, module};

/// The static offset of the access at this place of a binary.
fn static_offset(wasm: &[u8], at: usize) -> u32 {
    let mut value = 0;
    // Vector operators have a prefix.
    let start = if wasm[at] == 0xfd { at + 3 } else { at + 2 };
    for (number, byte) in wasm[start..].iter().enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * number);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn loops(ground: Ground, spectre: bool, size: u32, seed: u64) -> Result<()> {
    let mut draw = Draw::new(seed, size);
    let funcs: Vec<Func> = (0..150).map(|_| draw.func()).collect();
    let text = module(&funcs);
    let wasm = wat::parse_str(&text)?;
    let mut options = beside_model::options(ground, spectre, size);
    if seed % 4 == 3 {
        options.opt_level = OptLevel::Size;
    }
    let engine = ground.engine()?;
    let module = load(&engine, &compile(&text, options)?)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "m").unwrap();
    let fresh: Vec<u8> = (0..size).map(|number| (number * 11 + number / 250) as u8).collect();
    let (mut traps, mut ends) = (0, 0);
    for (number, one) in funcs.iter().enumerate() {
        let func = instance.get_typed_func::<(u32, u32, u32, u32), u64>(&mut store, &format!("f{number}"))?;
        for round in 0..60 {
            let rounds = draw.below(40) as u32;
            let near = size.wrapping_sub(draw.below(400) as u32);
            let step = if draw.below(4) == 0 { draw.step() } else { one.loops[0].step(2) };
            let first = match round % 5 {
                0 => draw.below(size.into()) as u32,
                1 => near.wrapping_sub(rounds.wrapping_mul(step)),
                2 => near,
                3 => draw.of(&[0, 1, u32::MAX, 0xffff_ff00, 0xffff_0000, 0x7fff_fff0, 1 << 31]),
                _ => draw.below(600) as u32,
            };
            let counter =
                draw.of(&[0, 0, 1, rounds, rounds.wrapping_neg(), rounds.wrapping_mul(step), 0x7fff_fff0, u32::MAX]);
            let way = rounds.wrapping_mul(step);
            let (counter, limit) = match draw.below(8) {
                0 => (counter, draw.of(&[0, 1, u32::MAX, 0x7fff_ffff, 1 << 31, size])),
                1 => (counter, rounds),
                // Past the ends of the numbers, or close to them.
                2 | 3 => {
                    let limit = draw.of(&[0_u32, 1 << 31]).wrapping_add(draw.below(5) as u32).wrapping_sub(2);
                    (limit.wrapping_sub(way).wrapping_add(draw.below(3) as u32), limit)
                }
                4 => (counter, counter.wrapping_add(way).wrapping_add(draw.below(3) as u32).wrapping_sub(1)),
                _ => (counter, counter.wrapping_add(way)),
            };
            let mut params = [first, draw.of(&[0, 8, near, first]), counter, limit];
            let start = |params: [u32; 4]| [params[0], params[1], params[2], params[3], 0];
            if round % 3 > 0 {
                let mut reached = Vec::new();
                one.run(&mut start(params), &mut 0, &mut Memory::Endless(&mut reached));
                let by = draw.aim(&reached);
                for param in &mut params[..draw.of(&[1, 1, 2])] {
                    *param = param.wrapping_add(by);
                }
            }
            let mut model = fresh.clone();
            let mut locals = start(params);
            let mut sum = 81_985_529_216_486_895;
            let flow = one.run(&mut locals, &mut sum, &mut Memory::Real(&mut model));
            let Some(flow) = flow else { continue };
            memory.data_mut(&mut store).copy_from_slice(&fresh);
            let what = || {
                format!("f{number} {params:x?} of {size} spectre={spectre} seed={seed} {} {:?}", one.times, one.loops)
            };
            match (func.call(&mut store, (params[0], params[1], params[2], params[3])), flow) {
                (Ok(_), Flow::Trap(at)) => panic!("{}: no trap at offset={at}", what()),
                (Ok(found), _) => {
                    ends += 1;
                    let add = |sum: u64, local: &u32| sum.wrapping_add(u64::from(*local)).wrapping_mul(31);
                    assert_eq!(found, locals.iter().fold(sum, add), "{}", what());
                }
                (Err(error), Flow::Trap(offset)) => {
                    traps += 1;
                    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{}", what());
                    let at = error.downcast_ref::<WasmBacktrace>().unwrap().frames()[0].module_offset().unwrap();
                    // A load that faults may be part of a later instruction, which is then told.
                    if ground != Ground::Hardware {
                        assert_eq!(static_offset(&wasm, at), offset, "{}", what());
                    }
                }
                (Err(error), _) => panic!("{}: {error}", what()),
            }
            assert!(memory.data(&store) == model, "{}: other bytes", what());
        }
    }
    assert!(traps > 1000 && ends > 1000, "{traps} traps and {ends} ends");
    Ok(())
}

#[test]
fn loops_do_as_the_model() {
    let seeds = std::env::var("STILT_LOOP_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(12);
    // Every third has a part of a page.
    let size = |seed: u64| beside_model::SIZES[usize::from(seed % 3 == 2)];
    everywhere(|ground| (0..seeds).try_for_each(|seed| loops(ground, seed % 2 == 0, size(seed), seed)));
}

/// Loops that go further than a hasty look at them would say. All of them leave their memory.
const HARD_TO_FOLLOW: [(&str, &str); 6] = [
    (
        "goes on before the test that would end it",
        "(i32.store8 (local.get $p) (i32.const 1)) ($p += 1024) ($c += 1)
         (br_if $again (i32.and (local.get $c) (i32.const 1)))
         (br_if $out (i32.eq (local.get $c) (local.get $limit)))
         (br $again)",
    ),
    (
        "goes on from two places, one of which does not test",
        "(i32.store8 (local.get $p) (i32.const 1)) ($p += 1024) ($c += 1)
         (br_if $again (i32.and (local.get $c) (i32.const 1)))
         (br_if $again (i32.ne (local.get $c) (local.get $limit)))",
    ),
    (
        "tests in some rounds",
        "(i32.store8 (local.get $p) (i32.const 1)) ($p += 1024)
         (if (i32.and (local.get $c) (i32.const 2)) (then (br_if $out (i32.eq (local.get $c) (local.get $limit)))))
         ($c += 1)
         (br $again)",
    ),
    (
        "one step on one way, and another on the other",
        "(br_if $out (i32.eq (local.get $c) (local.get $limit)))
         (i32.store8 (local.get $p) (i32.const 1)) ($c += 1)
         (if (i32.and (local.get $c) (i32.const 1)) (then ($p += 1) (br $again)))
         ($p += 8192)
         (br $again)",
    ),
    (
        "a block in code that is not reached",
        "(br_if $out (i32.eq (local.get $c) (local.get $limit)))
         (i32.store8 (local.get $p) (i32.const 1)) ($c += 1)
         (if (i32.and (local.get $c) (i32.const 1)) (then ($p += 1) (br $again) (if (i32.const 0) (then))))
         ($p += 8192)
         (br $again)",
    ),
    (
        "what one arm sets is nothing to the other",
        "(i32.store8 (local.get $p) (i32.const 1)) ($c += 1)
         (if (i32.and (local.get $c) (i32.const 1))
           (then (local.set $q (i32.const 0)))
           (else (i32.store8 (local.get $q) (i32.const 1))))
         (local.set $q (i32.const 65536))
         (br_if $again (i32.ne (local.get $c) (local.get $limit)))",
    ),
];

#[test]
fn loops_that_are_hard_to_follow() {
    for (what, body) in HARD_TO_FOLLOW {
        let moved =
            |local: &str, by: u32| format!("(local.set ${local} (i32.add (local.get ${local}) (i32.const {by})))");
        let body =
            [("p", 1), ("p", 1024), ("p", 8192), ("c", 1)].iter().fold(String::from(body), |body, (local, by)| {
                body.replace(&format!("(${local} += {by})"), &moved(local, *by))
            });
        let text = format!(
            "(module (memory 1 1) (func (export \"f\") (param $p i32) (param $c i32) (param $limit i32) (local $q i32)
               (block $out (loop $again {body}))))"
        );
        everywhere(|ground| {
            let engine = ground.engine()?;
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &ground.module(&engine, &text)?, &[])?;
            let func = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, "f")?;
            let error = func.call(&mut store, (0, 0, 41)).expect_err(what);
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{what}");
            Ok(())
        });
    }
}

/// A body that is inlined twice: what was tested in front of the loop of one says nothing about the other.
#[test]
fn a_loop_that_stands_there_twice() {
    let text = "(module (memory 1 1)
        (func $sum (param $p i32) (param $n i32) (result i32) (local $sum i32)
          (loop $again
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get $sum))
        (func (export \"f\") (param $a i32) (param $b i32) (param $n i32) (result i32) (local $sum i32) (local $k i32)
          (loop $again
            (local.set $sum (i32.add (local.get $sum) (call $sum (local.get $a) (local.get $n))))
            (local.set $sum (i32.add (local.get $sum) (call $sum (local.get $b) (local.get $n))))
            (br_if $again (i32.ne (i32.const 3) (local.tee $k (i32.add (local.get $k) (i32.const 1))))))
          (local.get $sum)))";
    everywhere(|ground| {
        let engine = ground.engine()?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &ground.module(&engine, text)?, &[])?;
        let func = instance.get_typed_func::<(u32, u32, u32), u32>(&mut store, "f")?;
        assert_eq!(func.call(&mut store, (0, 65496, 10))?, 0);
        for (one, other) in [(0, 65500), (65500, 0), (0, 0u32.wrapping_sub(4)), (0, 1 << 31), (65536, 65536)] {
            let error = func.call(&mut store, (one, other, 10)).unwrap_err();
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{one} {other}");
        }
        Ok(())
    });
}

/// What a loop reaches only because it has made the memory longer.
#[test]
fn a_loop_that_makes_its_memory_longer() {
    let text = "(module (memory (export \"m\") 1 4)
        (func (export \"f\") (param $p i32) (param $end i32)
          (loop $again
            (i32.store offset=65532 (local.get $p) (i32.const 77))
            (drop (memory.grow (i32.const 1)))
            (local.set $p (i32.add (local.get $p) (i32.const 65536)))
            (br_if $again (i32.ne (local.get $p) (local.get $end))))))";
    everywhere(|ground| {
        let engine = ground.engine()?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &ground.module(&engine, text)?, &[])?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        let func = instance.get_typed_func::<(u32, u32), ()>(&mut store, "f")?;
        let error = func.call(&mut store, (0, 5 << 16)).unwrap_err();
        assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
        let data = memory.data(&store);
        assert_eq!(data.len(), 4 << 16);
        for (place, byte) in data.iter().enumerate() {
            assert_eq!(*byte, if place % 65536 == 65532 { 77 } else { 0 }, "{place:#x}");
        }
        Ok(())
    });
}
