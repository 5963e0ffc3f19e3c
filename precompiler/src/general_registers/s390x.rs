//! s390x, by the first bytes of its encoding (z/Architecture Principles of Operation, appendix B).

use super::walk::{Decoder, Flow, Instruction};

pub(super) const DECODER: Decoder = Decoder { decode, without_save, without_restore };

fn decode(code: &[u8]) -> Option<Instruction> {
    let &[first, second, ..] = code else { return None };
    let length = match first >> 6 {
        0 => 2,
        3 => 6,
        _ => 4,
    };
    let floats = match first {
        // From register to register; from memory; what is extended.
        0x20..=0x3f | 0x60 | 0x67..=0x70 | 0x78..=0x7f | 0xb3 | 0xed => true,
        // Vectors.
        0xe6 | 0xe7 => true,
        // The control register of floats; square roots.
        0xb2 => matches!(second, 0x44 | 0x45 | 0x99 | 0x9c | 0x9d | 0xb8 | 0xb9 | 0xbd),
        // Undefined; integers: from register to register, from memory, with immediates, of storage.
        0x00 | 0x04..=0x1f | 0x40..=0x5f | 0x71 | 0x84..=0x9b | 0xa5..=0xaf | 0xb9 | 0xba..=0xbf => false,
        0xc0..=0xd7 | 0xe3 | 0xe5 | 0xeb | 0xec => false,
        _ => return None,
    };
    Some(Instruction { length, floats, flow: flow(code, first, second)? })
}

fn flow(code: &[u8], first: u8, second: u8) -> Option<Flow> {
    let mask = second >> 4;
    let near = || code.get(2..).and_then(<[u8]>::first_chunk).map(|bytes| i32::from(i16::from_be_bytes(*bytes)) * 2);
    let far = || code.get(2..).and_then(<[u8]>::first_chunk).map(|bytes| i32::from_be_bytes(*bytes).wrapping_mul(2));
    let under = |mask: u8, distance: i32| match (mask, distance) {
        // A trap under a condition: to its own second half, which is undefined.
        (0, _) | (1..=14, 2) => Flow::On,
        (15, _) => Flow::Jump(distance),
        _ => Flow::Fork(distance),
    };
    Some(match (first, second & 0xf) {
        (0x00, _) => Flow::Away,
        // By a register; a condition may make it no jump.
        (0x07, _) if mask == 15 => Flow::Away,
        // Under a condition; as what fetches the address of constants behind it; counting.
        (0xa7, 0x4) => under(mask, near()?),
        (0xa7, 0x5) => Flow::Jump(near()?),
        (0xa7, 0x6 | 0x7) | (0x84 | 0x85, _) => Flow::Fork(near()?),
        (0xc0, 0x4) => under(mask, far()?),
        // Comparing and going.
        (0xec, _) => match code.get(5)? {
            0x44 | 0x45 | 0x64 | 0x65 | 0x76 | 0x77 | 0x7c..=0x7f => Flow::Fork(near()?),
            _ => Flow::On,
        },
        // Calls of a system.
        (0x0a, _) => return None,
        _ => Flow::On,
    })
}

/// Nothing, in as many bytes: BC and BRCL under no condition.
fn nothing(length: usize) -> Vec<u8> {
    if length == 4 { vec![0x47, 0, 0, 0] } else { vec![0xc0, 0x04, 0, 0, 0, 0] }
}

/// STD, STDY.
fn without_save(code: &[u8]) -> Option<Vec<u8>> {
    let saves = matches!(code, [0x60, _, _, _] | [0xed, _, _, _, _, 0x67]);
    saves.then(|| nothing(code.len()))
}

/// LD, LDY, of f8 to f15.
fn without_restore(code: &[u8]) -> Option<Vec<u8>> {
    let restores = matches!(code, [0x68, 0x80..=0xff, _, _] | [0xed, 0x80..=0xff, _, _, _, 0x65]);
    restores.then(|| nothing(code.len()))
}
