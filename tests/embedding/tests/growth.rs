//! What growth of a movable memory costs: as much as is used. One test in a program of its own, since what the process has resident is
//! looked at.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![expect(clippy::unwrap_used, reason = "tests")]

use stilt::{Instance, Result, Store};
use stilt_embedding_tests::Ground;

/// Bytes of this process that lie in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096 * statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap()
}

const PAGE: u32 = 65536;
/// Bytes where the guest writes before each step, in its first pages and at its end.
const MARKS: [u32; 3] = [8, 4096 + 1, 3 * PAGE];

/// Growth from a few pages to four gigabytes, in steps that move the memory and steps that do not.
#[test]
fn large_steps_cost_what_is_used() -> Result<()> {
    for ground in [Ground::Explicit, Ground::Pulley] {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (memory 4)
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
                (func (export "end") (param i32) (result i64) (i64.load (local.get 0)))
                (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let grow = instance.get_typed_func::<u32, u32>(&mut store, "grow")?;
        let load = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
        let end = instance.get_typed_func::<u32, u64>(&mut store, "end")?;
        let put = instance.get_typed_func::<(u32, u32), ()>(&mut store, "store")?;
        let before = resident();
        let mut pages = 4;
        let mut marks = Vec::from(MARKS);
        for (step, mark) in [(2, 1), (64, 2), (1, 3), (15, 4), (20_000, 5), (1, 6), (12_681, 7), (32_768, 8)] {
            marks.push(pages * PAGE - 1);
            for at in &marks {
                put.call(&mut store, (*at, mark))?;
            }
            assert_eq!(grow.call(&mut store, step)?, pages, "{ground:?}: {step} pages more");
            pages += step;
            let last = pages.wrapping_mul(PAGE).wrapping_sub(8);
            assert_eq!(end.call(&mut store, last)?, 0, "{ground:?}: new bytes are zero");
            assert!(end.call(&mut store, last + 1).is_err(), "{ground:?}: and no more of them than asked for");
            for at in &marks {
                assert_eq!(load.call(&mut store, *at)?, mark, "{ground:?}: {at:#x} is kept");
                assert_eq!(load.call(&mut store, *at + 1)?, 0, "{ground:?}: behind {at:#x}");
            }
        }
        assert_eq!(pages, 65_536);
        let more = resident().saturating_sub(before);
        assert!(more < 64 << 20, "{ground:?}: {more} bytes are resident for a few marks");
    }
    Ok(())
}
