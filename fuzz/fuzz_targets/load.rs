//! The loader on arbitrary bytes: see `stilt_differential_tests::load`. The mutator knows where the tables of an image lie, and
//! makes the checksum fit.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use stilt_artifact::Native;
use stilt_artifact::header::ImageHeader;
use stilt_artifact::image::image_start;
use stilt_artifact::record::Field;
use stilt_differential_tests::load;
use stilt_differential_tests::random::Random;

fuzz_target!(|data: &[u8]| {
    if let Err(why) = load::check(data) {
        panic!("{why}");
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    let size = mutate(data, size, max_size, &mut random);
    if !random.one_in(16) {
        load::repair_checksum(&mut data[..size]);
    }
    size
});

/// Changes numbers of the tables most of the time, anything at times.
fn mutate(data: &mut [u8], size: usize, max_size: usize, random: &mut Random) -> usize {
    let start = image_start(&data[..size]);
    let header = data.get(start..size).and_then(|image| ImageHeader::read(Native, image));
    let Some(header) = header.filter(|_| !random.one_in(6)) else { return fuzzer_mutate(data, size, max_size) };
    let tables = (header.tables_len as usize).min(size - start);
    for _ in 0..1 + random.below(3) {
        let within = if random.one_in(3) { tables.min(512) } else { tables };
        let at = start + (random.below(within.max(4)) & !3);
        let from = start + (random.below(within.max(4)) & !3);
        let number =
            |data: &[u8], at: usize| data.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_ne_bytes);
        let (Some(old), Some(other)) = (number(&data[..size], at), number(&data[..size], from)) else { continue };
        let new = match random.below(10) {
            0 => 0,
            1 => u32::MAX,
            2 => old.wrapping_add(1),
            3 => old.wrapping_sub(1),
            4 => old ^ (1 << random.below(32)),
            5 => other,
            6 => old.wrapping_add(other),
            7 => header.tables_len,
            8 => random.draw32(),
            _ => old ^ (0xff << (8 * random.below(4))) & random.draw32(),
        };
        data[at..at + u32::SIZE].copy_from_slice(&new.to_ne_bytes());
    }
    size
}
