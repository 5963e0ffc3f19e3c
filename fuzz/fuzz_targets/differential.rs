//! Modules that wasm-smith makes of the bytes, here in three configurations and on Wasmtime.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use stilt_differential_tests::{differential, smith};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(program) = smith::program_of_bytes(data) else { return Corpus::Reject };
    let outcome = differential::check_against(&program, stilt_fuzz::wasmtime::run(&program));
    assert!(outcome.differences.is_empty(), "{:#?}", outcome.differences);
    if outcome.skipped.is_some() { Corpus::Reject } else { Corpus::Keep }
});
