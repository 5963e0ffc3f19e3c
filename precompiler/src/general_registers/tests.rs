//! By hand, instruction by instruction; what Cranelift really writes is seen while the official suite is compiled.

use super::walk::{Decoder, Flow, Walk};
use super::{aarch64, riscv64, s390x};

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// Whether one instruction touches float registers; `None` if it is not known.
fn floats(decoder: &Decoder, code: &[u8]) -> Option<bool> {
    (decoder.decode)(code).map(|instruction| instruction.floats)
}

fn flow(decoder: &Decoder, code: &[u8]) -> Flow {
    (decoder.decode)(code).expect("known").flow
}

fn found(decoder: &Decoder, code: &[u8], blocks: &[u32]) -> Result<Vec<u32>, &'static str> {
    Ok(Walk::new(decoder, code, blocks)?.float_instructions().map(|(at, _)| at).collect())
}

#[test]
fn aarch64_registers() {
    let decoder = &aarch64::DECODER;
    for (word, expected) in [
        (0x8b02_0020, false), // add x0, x1, x2
        (0xd280_0020, false), // mov x0, #1
        (0x9bc2_7c20, false), // umulh x0, x1, x2
        (0xf940_0020, false), // ldr x0, [x1]
        (0xa9bf_7bfd, false), // stp x29, x30, [sp, #-16]!
        (0xc8df_fc20, false), // ldar x0, [x1]
        (0xb8e2_0020, false), // ldaddal w2, w0, [x1]
        (0xd503_229f, false), // csdb
        (0xd503_233f, false), // paciasp
        (0xd53b_d040, false), // mrs x0, tpidr_el0
        (0x9e67_0020, true),  // fmov d0, x1
        (0x0e20_5800, true),  // cnt v0.8b, v0.8b
        (0x1e61_2800, true),  // fadd d0, d0, d1
        (0xfd40_0020, true),  // ldr d0, [x1]
        (0x6d9f_27e8, true),  // stp d8, d9, [sp, #496]!
        (0x3dc0_0020, true),  // ldr q0, [x1]
        (0x1c00_0040, true),  // ldr s0, .+8
        (0x4c40_7020, true),  // ld1 {v0.16b}, [x1]
        (0x0420_0000, true),  // add z0.b, z0.b, z0.b
        (0xd53b_4400, true),  // mrs x0, fpcr
        (0xd51b_4420, true),  // msr fpsr, x0
    ] {
        assert_eq!(floats(decoder, &words(&[word])), Some(expected), "{word:#010x}");
    }
    // Supervisor calls; what is not allocated.
    for word in [0xd400_0001, 0xd69f_03e0, 0x0300_0000, 0x8000_0000] {
        assert_eq!(floats(decoder, &words(&[word])), None, "{word:#010x}");
    }
}

#[test]
fn aarch64_flow() {
    let decoder = &aarch64::DECODER;
    for (word, expected) in [
        (0x1400_0002, Flow::Jump(8)),  // b .+8
        (0x17ff_ffff, Flow::Jump(-4)), // b .-4
        (0x9400_0002, Flow::On),       // bl
        (0x5400_0040, Flow::Fork(8)),  // b.eq .+8
        (0xb5ff_ffe0, Flow::Fork(-4)), // cbnz x0, .-4
        (0x3600_0040, Flow::Fork(8)),  // tbz w0, #0, .+8
        (0x3707_ffe0, Flow::Fork(-4)), // tbnz w0, #0, .-4
        (0xd61f_0020, Flow::Away),     // br x1
        (0xd63f_0020, Flow::On),       // blr x1
        (0xd65f_03c0, Flow::Away),     // ret
        (0xd65f_0bff, Flow::Away),     // retaa
        (0x0000_c11f, Flow::Away),     // udf
        (0xd420_0000, Flow::Away),     // brk
    ] {
        assert_eq!(flow(decoder, &words(&[word])), expected, "{word:#010x}");
    }
}

#[test]
fn riscv64_registers() {
    let decoder = &riscv64::DECODER;
    for (word, expected) in [
        (0x00c5_8533, false), // add a0, a1, a2
        (0x0005_b503, false), // ld a0, 0(a1)
        (0x00a5_b023, false), // sd a0, 0(a1)
        (0x02c5_8533, false), // mul a0, a1, a2
        (0x1005_b52f, false), // lr.d a0, (a1)
        (0x0ff0_000f, false), // fence
        (0x0005_b507, true),  // fld fa0, 0(a1)
        (0x00a5_b027, true),  // fsd fa0, 0(a1)
        (0x02b5_7553, true),  // fadd.d fa0, fa0, fa1
        (0xe205_0553, true),  // fmv.x.d a0, fa0
        (0x6ab5_7543, true),  // fmadd.d
        (0x5e05_4057, true),  // vmv.v.x
        (0x0010_2573, true),  // frflags a0
        (0xc220_2573, true),  // csrr a0, vlenb
    ] {
        assert_eq!(floats(decoder, &words(&[word])), Some(expected), "{word:#010x}");
    }
    for (half, expected) in [
        (0x6188_u16, false), // c.ld a0, 0(a1)
        (0x852e, false),     // c.mv a0, a1
        (0x2581, false),     // c.addiw a1, 0
        (0xa111, false),     // c.j
        (0x2188, true),      // c.fld fa0, 0(a1)
        (0xa188, true),      // c.fsd fa0, 0(a1)
        (0x2502, true),      // c.fldsp fa0, 0(sp)
        (0xa02a, true),      // c.fsdsp fa0, 0(sp)
    ] {
        assert_eq!(floats(decoder, &halves(&[half])), Some(expected), "{half:#06x}");
    }
    // ecall; 48 bits or more.
    assert_eq!(floats(decoder, &words(&[0x0000_0073])), None);
    assert_eq!(floats(decoder, &words(&[0x0000_001f, 0])), None);
}

#[test]
fn riscv64_flow() {
    let decoder = &riscv64::DECODER;
    for (word, expected) in [
        (0x0080_006f, Flow::Jump(8)),    // j .+8
        (0xffdf_f06f, Flow::Jump(-4)),   // j .-4
        (0x7fe0_006f, Flow::Jump(2046)), // j .+2046
        (0x0010_006f, Flow::Jump(2048)), // j .+2048
        (0x0000_106f, Flow::Jump(4096)), // j .+4096
        (0x0080_00ef, Flow::On),         // jal ra, .+8
        (0x00b5_0463, Flow::Fork(8)),    // beq a0, a1, .+8
        (0xfeb5_1ee3, Flow::Fork(-4)),   // bne a0, a1, .-4
        (0x0000_8067, Flow::Away),       // ret
        (0x0005_80e7, Flow::On),         // jalr a1
        (0x0010_0073, Flow::Away),       // ebreak
        (0x0000_0000, Flow::Away),       // Cranelift's trap
    ] {
        assert_eq!(flow(decoder, &words(&[word])), expected, "{word:#010x}");
    }
    for (half, expected) in [
        (0xa021_u16, Flow::Jump(8)), // c.j .+8
        (0xbffd, Flow::Jump(-2)),    // c.j .-2
        (0xc501, Flow::Fork(8)),     // c.beqz a0, .+8
        (0xfd7d, Flow::Fork(-2)),    // c.bnez a0, .-2
        (0x8082, Flow::Away),        // c.jr ra
        (0x9582, Flow::On),          // c.jalr a1
        (0x9002, Flow::Away),        // c.ebreak
        (0x952e, Flow::On),          // c.add a0, a1
    ] {
        assert_eq!(flow(decoder, &halves(&[half])), expected, "{half:#06x}");
    }
    // auipc t6, 1; jr -8(t6)
    assert_eq!(flow(decoder, &words(&[0x0000_1f97, 0xff8f_8067])), Flow::Jump(4088));
    // auipc ra, 0; jalr ra
    assert_eq!(flow(decoder, &words(&[0x0000_0097, 0x0000_80e7])), Flow::On);
}

/// A table of jumps is code, reached by a register: all of it is looked at, and where it leads.
#[test]
fn riscv64_tables_of_jumps() {
    // jr 16(t0); auipc t0, 0; jr 16(t0); auipc t0, 0; jr 12(t0); fadd.d; ret
    let code = words(&[0x0102_8067, 0x0000_0297, 0x0102_8067, 0x0000_0297, 0x00c2_8067, 0x02b5_7553, 0x0000_8067]);
    assert_eq!(found(&riscv64::DECODER, &code, &[]), Ok(vec![20]));
}

#[test]
fn s390x_registers_and_flow() {
    let decoder = &s390x::DECODER;
    for (code, touches, goes) in [
        (&[0xb9, 0x04, 0x00, 0x23][..], false, Flow::On),         // lgr %r2, %r3
        (&[0xe3, 0x20, 0x30, 0x00, 0x00, 0x04], false, Flow::On), // lg %r2, 0(%r3)
        (&[0xeb, 0x6f, 0xf0, 0x30, 0x00, 0x24], false, Flow::On), // stmg
        (&[0xb9, 0xe1, 0x00, 0x23], false, Flow::On),             // popcnt
        (&[0xb3, 0x1a, 0x00, 0x02], true, Flow::On),              // adbr %f0, %f2
        (&[0xb3, 0xc1, 0x00, 0x02], true, Flow::On),              // ldgr %f0, %r2
        (&[0x28, 0x02], true, Flow::On),                          // ldr %f0, %f2
        (&[0x60, 0x80, 0xf0, 0xa0], true, Flow::On),              // std %f8, 160(%r15)
        (&[0x68, 0x80, 0xf0, 0xa0], true, Flow::On),              // ld %f8, 160(%r15)
        (&[0xed, 0x80, 0xf0, 0x00, 0x01, 0x67], true, Flow::On),  // stdy
        (&[0xe7, 0x00, 0x20, 0x00, 0x00, 0x06], true, Flow::On),  // vl
        (&[0xb3, 0x8c, 0x00, 0x20], true, Flow::On),              // efpc
        (&[0xa7, 0xf4, 0x00, 0x04], false, Flow::Jump(8)),        // j .+8
        (&[0xa7, 0x84, 0xff, 0xfe], false, Flow::Fork(-4)),       // je .-4
        (&[0xc0, 0xf4, 0x00, 0x00, 0x00, 0x05], false, Flow::Jump(10)), // jg .+10
        (&[0xc0, 0x84, 0x00, 0x00, 0x00, 0x01], false, Flow::On), // jge .+2: a trap
        (&[0xc0, 0xe5, 0x00, 0x00, 0x00, 0x05], false, Flow::On), // brasl
        (&[0xec, 0x23, 0x00, 0x04, 0x80, 0x64], false, Flow::Fork(8)), // cgrje
        (&[0xec, 0x23, 0x00, 0x04, 0x00, 0x55], false, Flow::On), // risbg
        (&[0x07, 0xfe], false, Flow::Away),                       // br %r14
        (&[0x0d, 0xe1], false, Flow::On),                         // basr %r14, %r1
        (&[0x00, 0x00], false, Flow::Away),                       // Cranelift's trap
    ] {
        assert_eq!(floats(decoder, code), Some(touches), "{code:x?}");
        assert_eq!(flow(decoder, code), goes, "{code:x?}");
    }
    assert_eq!(floats(decoder, &[0x0a, 0x01]), None, "svc");
    assert_eq!(floats(decoder, &[0xff, 0, 0, 0, 0, 0]), None);
}

#[test]
fn saves_leave_the_stack_pointer_where_it_was() {
    let of = |replace: fn(&[u8]) -> Option<Vec<u8>>, word: u32| replace(&words(&[word]));
    let (sub, add) = (Some(words(&[0xd100_43ff])), Some(words(&[0x9100_43ff])));
    let arm = aarch64::DECODER;
    assert_eq!(of(arm.without_save, 0x6dbf_27e8), sub); // stp d8, d9, [sp, #-16]!
    assert_eq!(of(arm.without_save, 0xfc1f_0fe8), sub); // str d8, [sp, #-16]!
    assert_eq!(of(arm.without_restore, 0x6cc1_27e8), add); // ldp d8, d9, [sp], #16
    assert_eq!(of(arm.without_restore, 0xfc41_07e8), add); // ldr d8, [sp], #16
    assert_eq!(of(arm.without_restore, 0x6cc1_07e0), None); // ldp d0, d1, [sp], #16
    assert_eq!(of(arm.without_save, 0xa9bf_7bfd), None); // stp x29, x30, [sp, #-16]!
    let nop = Some(words(&[0x13]));
    let risc = riscv64::DECODER;
    assert_eq!(of(risc.without_save, 0x0081_3427), nop); // fsd fs0, 8(sp)
    assert_eq!(of(risc.without_restore, 0x0081_3407), nop); // fld fs0, 8(sp)
    assert_eq!(of(risc.without_restore, 0x0081_3507), None); // fld fa0, 8(sp)
    assert_eq!((risc.without_save)(&halves(&[0xa422])), Some(halves(&[1]))); // c.fsdsp fs0, 8(sp)
    assert_eq!((risc.without_restore)(&halves(&[0x2422])), Some(halves(&[1]))); // c.fldsp fs0, 8(sp)
    assert_eq!((s390x::DECODER.without_save)(&[0x60, 0x80, 0xf0, 0xa0]), Some(vec![0x47, 0, 0, 0]));
    assert_eq!((s390x::DECODER.without_restore)(&[0x68, 0x00, 0xf0, 0xa0]), None);
}

/// Data between instructions is none, whatever it looks like; what is behind a jump is reached by a block or not at all.
#[test]
fn only_what_is_reached_is_looked_at() {
    let decoder = &aarch64::DECODER;
    // b .+8; fadd; ret
    let code = words(&[0x1400_0002, 0x1e61_2800, 0xd65f_03c0]);
    assert_eq!(found(decoder, &code, &[0]), Ok(vec![]));
    assert_eq!(found(decoder, &code, &[0, 4]), Ok(vec![4]));
    assert!(found(decoder, &code[..8], &[0]).is_err(), "a jump to the end");
    assert!(found(decoder, &words(&[0x8b02_0020]), &[0]).is_err(), "control leaves at the end");
    assert!(found(decoder, &words(&[0x17ff_fff0]), &[0]).is_err(), "a jump to before the start");
    // j .+6, into an instruction of 4 bytes at 4.
    let code = words(&[0x0060_006f, 0x0000_8067, 0x0000_8067]);
    assert!(found(&riscv64::DECODER, &code, &[0, 4]).is_err());
}
