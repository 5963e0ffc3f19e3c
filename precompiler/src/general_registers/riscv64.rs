//! riscv64, by the opcodes of its encoding (RISC-V unprivileged ISA: RV64G, C and the vector extension), compressed ones too.

use super::walk::{Decoder, Flow, Instruction, signed};

pub(super) const DECODER: Decoder = Decoder { decode, without_save, without_restore };

fn decode(code: &[u8]) -> Option<Instruction> {
    let half = half(code)?;
    if half & 3 != 3 { Some(compressed(half.into())) } else { whole(code, word(code)?) }
}

/// An instruction of 16 bits.
fn compressed(half: u32) -> Instruction {
    let bit = |from: u32, to: u32| (half >> from & 1) << to;
    let bits = |from: u32, mask: u32, to: u32| (half >> from & mask) << to;
    // c.fld, c.fsd; c.fldsp, c.fsdsp.
    let (quadrant, function) = (half & 3, half >> 13);
    let floats = quadrant != 1 && matches!(function, 0b001 | 0b101);
    let flow = match (quadrant, function) {
        // Undefined for ever.
        (0, 0) if half == 0 => Flow::Away,
        // c.j
        (1, 0b101) => {
            let distance = bit(12, 11)
                | bit(11, 4)
                | bits(9, 3, 8)
                | bit(8, 10)
                | bit(7, 6)
                | bit(6, 7)
                | bits(3, 7, 1)
                | bit(2, 5);
            Flow::Jump(signed(distance, 12, 1))
        }
        // c.beqz, c.bnez
        (1, 0b110 | 0b111) => {
            let distance = bit(12, 8) | bits(10, 3, 3) | bits(5, 3, 6) | bits(3, 3, 1) | bit(2, 5);
            Flow::Fork(signed(distance, 9, 1))
        }
        // c.jr, which takes no second register; c.ebreak, which takes none.
        (2, 0b100) if half >> 2 & 0x1f == 0 && (half >> 12 & 1 == 0 || half >> 7 & 0x1f == 0) => Flow::Away,
        _ => Flow::On,
    };
    Instruction { length: 2, floats, flow }
}

/// An instruction of 32 bits, the first of `code`; or two that are a far jump or call.
fn whole(code: &[u8], word: u32) -> Option<Instruction> {
    let destination = word >> 7 & 0x1f;
    let mut length = 4;
    let mut floats = false;
    let flow = match word & 0x7f {
        // Loads, fences, operations on integers, stores, atomics; LUI.
        0x03 | 0x0f | 0x13 | 0x1b | 0x23 | 0x2f | 0x33 | 0x3b | 0x37 => Flow::On,
        // Loads, stores and operations of floats, and of vectors.
        0x07 | 0x27 | 0x43 | 0x47 | 0x4b | 0x4f | 0x53 | 0x57 => {
            floats = true;
            Flow::On
        }
        // AUIPC, and the jump that adds to it.
        0x17 => match far(code) {
            None => Flow::On,
            Some((distance, link)) => {
                length = 8;
                let table = code.get(8..).is_some_and(|next| matches!(far(next), Some((_, 0))));
                match (link, table) {
                    (0, false) => Flow::Jump(distance),
                    // One of a table of jumps, of which any is gone to by a register.
                    (0, true) => Flow::Fork(distance),
                    _ => Flow::On,
                }
            }
        },
        // JAL
        0x6f if destination != 0 => Flow::On,
        0x6f => {
            let distance = (word >> 31) << 20 | word & 0xff000 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1;
            Flow::Jump(signed(distance, 21, 1))
        }
        // JALR: a call, a return, or into the table of jumps behind it.
        0x67 if destination != 0 => Flow::On,
        0x67 => {
            let table = code.get(4..).is_some_and(|next| matches!(far(next), Some((_, 0))));
            if table { Flow::On } else { Flow::Away }
        }
        // Conditional branches.
        0x63 => {
            let distance =
                (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 | (word >> 8 & 0xf) << 1;
            Flow::Fork(signed(distance, 13, 1))
        }
        // EBREAK; control and status registers, among them those of floats and vectors.
        0x73 if word == 0x0010_0073 => Flow::Away,
        0x73 if word >> 12 & 7 != 0 => {
            floats = matches!(word >> 20, 0x001..=0x003 | 0x008..=0x00f | 0xc20..=0xc22);
            Flow::On
        }
        _ => return None,
    };
    Some(Instruction { length, floats, flow })
}

/// AUIPC and a JALR by the same register: the distance, and the register that keeps the way back.
fn far(code: &[u8]) -> Option<(i32, u32)> {
    let (high, low) = (word(code)?, word(code.get(4..)?)?);
    let register = high >> 7 & 0x1f;
    let pair = high & 0x7f == 0x17 && low & 0x707f == 0x67 && low >> 15 & 0x1f == register;
    let distance = (high & 0xffff_f000).cast_signed().wrapping_add(signed(low >> 20, 12, 1));
    pair.then_some((distance, low >> 7 & 0x1f))
}

const NOP: u32 = 0x13;
const SHORT_NOP: u16 = 1;

/// `fsd`, whole or compressed.
fn without_save(code: &[u8]) -> Option<Vec<u8>> {
    match code {
        &[_, _] => (half(code)? & 0xe003 == 0xa002).then(|| SHORT_NOP.to_le_bytes().to_vec()),
        _ => (word(code)? & 0x707f == 0x3027).then(|| NOP.to_le_bytes().to_vec()),
    }
}

/// `fld`, whole or compressed, of fs0 to fs11.
fn without_restore(code: &[u8]) -> Option<Vec<u8>> {
    let kept = |register: u32| matches!(register & 0x1f, 8 | 9 | 18..=27);
    match code {
        &[_, _] => {
            let half = half(code)?;
            (half & 0xe003 == 0x2002 && kept(u32::from(half) >> 7)).then(|| SHORT_NOP.to_le_bytes().to_vec())
        }
        _ => {
            let word = word(code)?;
            (word & 0x707f == 0x3007 && kept(word >> 7)).then(|| NOP.to_le_bytes().to_vec())
        }
    }
}

fn half(code: &[u8]) -> Option<u16> {
    code.first_chunk().map(|half| u16::from_le_bytes(*half))
}

fn word(code: &[u8]) -> Option<u32> {
    code.first_chunk().map(|word| u32::from_le_bytes(*word))
}
