//! aarch64, by the classes of its encoding (Arm ARM, chapter C4: bits 28 to 25, then bit 26 of loads and stores).

use super::walk::{Decoder, Flow, Instruction, signed};

pub(super) const DECODER: Decoder = Decoder { decode, without_save, without_restore };

fn decode(code: &[u8]) -> Option<Instruction> {
    let word = word(code)?;
    let floats = match word >> 25 & 0xf {
        // Integers: immediates, registers; branches and system instructions.
        0b1000 | 0b1001 | 0b0101 | 0b1101 => false,
        0b1010 | 0b1011 => is_float_control(word),
        // Loads and stores.
        0b0100 | 0b0110 | 0b1100 | 0b1110 => word >> 26 & 1 != 0,
        // Scalar floats and vectors; scalable vectors.
        0b0111 | 0b1111 | 0b0010 => true,
        // What is undefined for ever: Cranelift's traps.
        0 if word >> 16 == 0 => false,
        _ => return None,
    };
    Some(Instruction { length: 4, floats, flow: flow(word)? })
}

/// A system instruction that reads or writes the control or status register of floats.
fn is_float_control(word: u32) -> bool {
    // MRS and MSR of S3_3_C4_C4_0 and _1, whichever direction.
    word & 0xffdf_ffc0 == 0xd51b_4400
}

fn flow(word: u32) -> Option<Flow> {
    let near = || signed(word >> 5, 19, 4);
    Some(match word {
        // B.
        _ if word >> 26 == 0b00_0101 => Flow::Jump(signed(word, 26, 4)),
        // B.cond.
        _ if word >> 24 == 0b0101_0100 => Flow::Fork(near()),
        // CBZ, CBNZ.
        _ if word >> 25 & 0x3f == 0b01_1010 => Flow::Fork(near()),
        // TBZ, TBNZ.
        _ if word >> 25 & 0x3f == 0b01_1011 => Flow::Fork(signed(word >> 5, 14, 4)),
        // Branches to registers, with and without authentication.
        _ if word >> 25 == 0b110_1011 => match word >> 21 & 0xf {
            0b0000 | 0b1000 | 0b0010 => Flow::Away,
            0b0001 | 0b1001 => Flow::On,
            _ => return None,
        },
        // BRK, and what is undefined.
        _ if word >> 21 == 0b110_1010_0001 || word >> 16 == 0 => Flow::Away,
        // Other exceptions: calls of a system.
        _ if word >> 24 == 0b1101_0100 => return None,
        _ => Flow::On,
    })
}

/// Cranelift pushes pairs of 16 bytes, and a single register if their number is odd.
fn without_save(code: &[u8]) -> Option<Vec<u8>> {
    const SUB_SP_16: u32 = 0xd100_43ff;
    let word = word(code)?;
    // stp d, d, [sp, #-16]! and str d, [sp, #-16]!
    let pair = word & 0xffff_83e0 == 0x6dbf_03e0;
    let single = word & 0xffff_ffe0 == 0xfc1f_0fe0;
    (pair || single).then(|| SUB_SP_16.to_le_bytes().to_vec())
}

fn without_restore(code: &[u8]) -> Option<Vec<u8>> {
    const ADD_SP_16: u32 = 0x9100_43ff;
    let word = word(code)?;
    // ldp d, d, [sp], #16 and ldr d, [sp], #16, of d8 to d15.
    let kept = |register: u32| (8..16).contains(&(register & 0x1f));
    let pair = word & 0xffff_83e0 == 0x6cc1_03e0 && kept(word) && kept(word >> 10);
    let single = word & 0xffff_ffe0 == 0xfc41_07e0 && kept(word);
    (pair || single).then(|| ADD_SP_16.to_le_bytes().to_vec())
}

fn word(code: &[u8]) -> Option<u32> {
    code.first_chunk().map(|word| u32::from_le_bytes(*word))
}
