//! The compiler on arbitrary bytes: see `stilt_differential_tests::compile`. The mutator takes half of its modules from wasm-smith.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use stilt_differential_tests::random::Random;
use stilt_differential_tests::{compile, smith};

fuzz_target!(|data: &[u8]| {
    let seed = data.iter().fold(data.len() as u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    if let Err(why) = compile::check(data, seed) {
        panic!("{why}");
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    if random.one_in(16) {
        let module = smith::module(random.draw()).filter(|module| module.len() <= max_size);
        if let Some(module) = module {
            data[..module.len()].copy_from_slice(&module);
            return module.len();
        }
    }
    if random.one_in(2) {
        let mut bytes = data[..size].to_vec();
        compile::damage(&mut bytes, &mut random);
        bytes.truncate(max_size);
        data[..bytes.len()].copy_from_slice(&bytes);
        return bytes.len();
    }
    fuzzer_mutate(data, size, max_size)
});
