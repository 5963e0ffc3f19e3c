//! Programs that the generator of hot spots makes of the bytes, here in three configurations and on Wasmtime.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use stilt_differential_tests::{differential, hot_spots};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(program) = hot_spots::program_of_bytes(data) else { return Corpus::Reject };
    let outcome = differential::check_against(&program, stilt_fuzz::wasmtime::run(&program));
    assert!(outcome.differences.is_empty(), "{:#?}", outcome.differences);
    if outcome.skipped.is_some() { Corpus::Reject } else { Corpus::Keep }
});
