//! `fmod` and `fmodf` of the library for microcontrollers give what this machine's do: on all pairs of numbers with an edge to them, and on
//! others of all magnitudes.

#[path = "../library/src/remainder.rs"]
mod remainder;

use remainder::{fmod, fmodf};

const EDGES: [u64; 11] = [
    0,
    1,
    2,
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0x4000_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0x7ff0_0000_0000_0001,
    0x7ff8_0000_0000_0000,
];

fn compare(x: f64, y: f64) {
    let (ours, theirs) = (fmod(x, y), x % y);
    assert!(
        ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
        "{x:e} % {y:e}: {ours:e}, {theirs:e}"
    );
}

fn compare_single(x: f32, y: f32) {
    let (ours, theirs) = (fmodf(x, y), x % y);
    assert!(
        ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
        "{x:e} % {y:e}: {ours:e}, {theirs:e}"
    );
}

#[test]
fn edges() {
    let signed = || EDGES.iter().flat_map(|bits| [*bits, bits | 1 << 63]);
    for x in signed() {
        for y in signed() {
            let (x, y) = (f64::from_bits(x), f64::from_bits(y));
            compare(x, y);
            #[expect(clippy::cast_possible_truncation, reason = "floats become what fits")]
            compare_single(x as f32, y as f32);
        }
    }
}

#[test]
fn magnitudes() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..200_000_u64 {
        let (a, b) = (next(), next());
        let x = f64::from_bits(a);
        // As large as `x`, or smaller by up to 63 powers of two.
        let near = (a & 0x7ff << 52).saturating_sub((round % 64) << 52);
        compare(x, f64::from_bits(near | b >> 12));
        compare(x, 2.0);
        let (x, y) = (f32::from_bits((a >> 32) as u32), f32::from_bits((b >> 32) as u32));
        compare_single(x, y);
        compare_single(x, f32::from_bits(y.to_bits() & 0x7f_ffff));
        compare_single(x, 2.0);
    }
}
