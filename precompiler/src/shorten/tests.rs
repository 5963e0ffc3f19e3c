//! By hand, byte by byte; what Cranelift really writes is compared with what it was while the official suite and the corpus run.

use super::shorten;
use crate::names::Name;
use crate::trampoline::cold_trap::ContextPlace;
use crate::unit::{Blocks, Relocation, Unit};
use cranelift_codegen::binemit::Reloc;
use stilt_artifact::sites::Site;

const NOP: u8 = 0x90;
const RET: u8 = 0xc3;

fn unit(bytes: Vec<u8>) -> Unit {
    Unit { bytes, align: 1, ..Unit::default() }
}

fn je(distance: i32) -> Vec<u8> {
    [&[0x0f, 0x84][..], &distance.to_le_bytes()].concat()
}

fn jmp(distance: i32) -> Vec<u8> {
    [&[0xe9][..], &distance.to_le_bytes()].concat()
}

fn nops(count: usize) -> Vec<u8> {
    vec![NOP; count]
}

fn shortened(bytes: Vec<u8>, blocks: &[u32]) -> Result<Vec<u8>, &'static str> {
    let mut unit = unit(bytes);
    shorten(&mut unit, Blocks { starts: blocks, end: None }, true)?;
    Ok(unit.bytes)
}

#[test]
fn what_reaches_becomes_short() -> Result<(), &'static str> {
    let forward =
        |count: usize| shortened([je(i32::try_from(count).unwrap_or(0)), nops(count), vec![RET]].concat(), &[0]);
    assert_eq!(forward(127)?, [vec![0x74, 127], nops(127), vec![RET]].concat());
    assert_eq!(forward(128)?, [je(128), nops(128), vec![RET]].concat());
    // Backwards, from the end of the jump, which is 4 bytes nearer then.
    let backward =
        |count: usize| shortened([nops(count), je(-6 - i32::try_from(count).unwrap_or(0)), vec![RET]].concat(), &[0]);
    assert_eq!(backward(126)?, [nops(126), vec![0x74, 0x80], vec![RET]].concat());
    assert_eq!(backward(127)?, [nops(127), je(-133), vec![RET]].concat());
    Ok(())
}

#[test]
fn jumps_reach_because_others_became_short() -> Result<(), &'static str> {
    // The outer jump passes over 20 inner ones: 40 bytes of them in place of 120.
    let inner = je(0).repeat(20);
    let long = [je(120 + 80), inner, nops(80), vec![RET]].concat();
    let short = [vec![0x74, 120], [0x74, 0].repeat(20), nops(80), vec![RET]].concat();
    assert_eq!(shortened(long, &[0])?, short);
    Ok(())
}

#[test]
fn what_stands_behind_a_jump_moves() -> Result<(), &'static str> {
    // je over a call; ret; a constant of 16 bytes that the first instruction loads.
    let mut bytes = [vec![0x0f, 0x28, 0x05], vec![0; 4], je(5), vec![0xe8, 0, 0, 0, 0, RET]].concat();
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    let constant = bytes.len();
    bytes[3] = u8::try_from(constant - 7).unwrap_or(0);
    bytes.extend(1..=16);
    let mut unit = unit(bytes);
    unit.align = 16;
    let name = Name::Function(1);
    unit.relocations = vec![Relocation { at: 14, kind: Reloc::X86CallPCRel4, target: name, addend: -4 }];
    unit.sites = vec![Site { code: 18, trap: None, wasm: 7 }];
    shorten(&mut unit, Blocks { starts: &[0], end: None }, true)?;
    let start: &[u8] = &[0x0f, 0x28, 0x05, 9, 0, 0, 0, 0x74, 5, 0xe8, 0, 0, 0, 0, RET, 0];
    assert_eq!(unit.bytes[..16], *start);
    assert_eq!(unit.bytes[16..], (1..=16).collect::<Vec<u8>>());
    assert_eq!((unit.relocations[0].at, unit.sites[0].code), (10, 14));
    Ok(())
}

/// `lea table(%rip), %rax; movslq (%rax, %rcx, 4), %rcx; add %rcx, %rax; jmp *%rax`, and behind the table `middle` and a return.
fn table(middle: &[u8]) -> Vec<u8> {
    let jump = [0x48, 0x8d, 0x05, 9, 0, 0, 0, 0x48, 0x63, 0x0c, 0x88, 0x48, 0x01, 0xc8, 0xff, 0xe0];
    let end = u8::try_from(8 + middle.len()).unwrap_or(0);
    [&jump[..], &[8, 0, 0, 0, end, 0, 0, 0], middle, &[RET]].concat()
}

#[test]
fn jump_tables_follow() -> Result<(), &'static str> {
    assert_eq!(shortened(table(&je(0)), &[0, 24, 30])?, table(&[0x74, 0]));
    // Nothing says where the table ends.
    assert!(shortened(table(&je(0)), &[0]).is_err());
    Ok(())
}

#[test]
fn jumps_that_nothing_leads_to_go() -> Result<(), &'static str> {
    let bytes = [je(6), vec![RET], jmp(0), vec![NOP, RET]].concat();
    assert_eq!(shortened(bytes, &[0, 6, 7, 12])?, [0x74, 1, RET, NOP, RET]);
    Ok(())
}

/// At the end of the code, where nothing leads: a jump that was left is taken out; a constant that looks like one stays.
#[test]
fn what_stands_in_place_of_the_last_block() -> Result<(), &'static str> {
    let ended = |bytes: Vec<u8>, end| {
        let mut unit = unit(bytes);
        shorten(&mut unit, Blocks { starts: &[0], end: Some(end) }, true)?;
        Ok::<_, &'static str>(unit.bytes)
    };
    assert_eq!(ended([vec![RET], jmp(-6)].concat(), 1)?, [RET]);
    // lea rax, [rip + 1]
    let constant = [vec![0x48, 0x8d, 0x05, 1, 0, 0, 0, RET], jmp(-13)].concat();
    assert_eq!(ended(constant.clone(), 8)?, constant);
    Ok(())
}

#[test]
fn what_is_not_understood_stays() {
    for (bytes, blocks) in [
        // A short jump, a loop, a far call, a byte that nothing leads to, an end without a return, no instruction.
        (vec![0x74, 0, RET], vec![0]),
        ([vec![0xe2, 0], je(0), vec![RET]].concat(), vec![0]),
        ([je(0), vec![0xe8, 0, 0, 0, 0, RET]].concat(), vec![0]),
        ([jmp(1), vec![NOP, RET]].concat(), vec![0]),
        (je(0), vec![0]),
        ([je(0), vec![0x06, RET]].concat(), vec![0]),
        // Jumps out of the function and into an instruction.
        ([je(-7), vec![RET]].concat(), vec![0]),
        ([je(100), vec![RET]].concat(), vec![0]),
        ([je(-3), vec![RET]].concat(), vec![0]),
    ] {
        let mut unit = unit(bytes.clone());
        assert!(shorten(&mut unit, Blocks { starts: &blocks, end: None }, true).is_err(), "{bytes:x?}");
        assert_eq!(unit.bytes, bytes);
    }
}

#[test]
fn jumps_that_keep_each_other_long_come_to_an_end() -> Result<(), &'static str> {
    // Each jump passes over 63 others, and reaches only while all of them are short. The last ones are not.
    let mut bytes = je(0);
    for _ in 0..2000 {
        bytes.extend(je(63 * 6));
    }
    bytes.extend(nops(400));
    bytes.push(RET);
    let once = shortened(bytes.clone(), &[0])?;
    assert_eq!(once.len(), bytes.len() - 4);
    assert_eq!(once, shortened(bytes, &[0])?);
    Ok(())
}

/// `push %rbp; mov %rsp, %rbp; sub $0x40, %rsp`, a body, and the way back.
fn framed(body: &[u8]) -> Vec<u8> {
    let start = [0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x40];
    [&start, body, &[0x48, 0x83, 0xc4, 0x40, 0x5d, RET]].concat()
}

fn shortened_frame(body: &[u8], frame: u32) -> Result<Unit, &'static str> {
    let mut unit = unit(framed(body));
    unit.frame = frame + 16;
    shorten(&mut unit, Blocks { starts: &[0], end: None }, true)?;
    Ok(unit)
}

#[test]
fn the_frame_is_read_through_its_pointer() -> Result<(), &'static str> {
    for (before, after) in [
        // mov 8(%rsp), %rax; with a distance of 32 bits; mov %r9, 0x38(%rsp); movl $7, 0x10(%rsp); movups 0x20(%rsp), %xmm1.
        (&[0x48, 0x8b, 0x44, 0x24, 8][..], &[0x48, 0x8b, 0x45, 0xc8][..]),
        (&[0x48, 0x8b, 0x84, 0x24, 8, 0, 0, 0], &[0x48, 0x8b, 0x45, 0xc8]),
        (&[0x4c, 0x89, 0x4c, 0x24, 0x38], &[0x4c, 0x89, 0x4d, 0xf8]),
        (&[0xc7, 0x44, 0x24, 0x10, 7, 0, 0, 0], &[0xc7, 0x45, 0xd0, 7, 0, 0, 0]),
        (&[0x0f, 0x10, 0x4c, 0x24, 0x20], &[0x0f, 0x10, 0x4d, 0xe0]),
        // Above the frame pointer, with an index, without a distance, through another register: as they are.
        (&[0x48, 0x8b, 0x44, 0x24, 0x40], &[0x48, 0x8b, 0x44, 0x24, 0x40]),
        (&[0x48, 0x8b, 0x44, 0x0c, 8], &[0x48, 0x8b, 0x44, 0x0c, 8]),
        (&[0x48, 0x8b, 0x04, 0x24], &[0x48, 0x8b, 0x04, 0x24]),
        (&[0x49, 0x8b, 0x44, 0x24, 8], &[0x49, 0x8b, 0x44, 0x24, 8]),
    ] {
        assert_eq!(shortened_frame(before, 0x40)?.bytes, framed(after), "{before:x?}");
        // The frame has another size than what is taken.
        assert_eq!(shortened_frame(before, 0x48)?.bytes, framed(before), "{before:x?}");
    }
    Ok(())
}

#[test]
fn the_frame_is_known_only_while_both_pointers_stand() -> Result<(), &'static str> {
    let load = [0x48, 0x8b, 0x44, 0x24, 8];
    // push %rax; add $8, %rsp; mov %rax, %rbp.
    for change in [&[0x50][..], &[0x48, 0x83, 0xc4, 8], &[0x48, 0x89, 0xc5]] {
        let body = [change, &load].concat();
        assert_eq!(shortened_frame(&body, 0x40)?.bytes, framed(&body), "{change:x?}");
    }
    // call *%rax, after which room is taken again that the callee gave back.
    let call = [0xff, 0xd0, 0x48, 0x83, 0xec, 0x10];
    let (before, after) = ([&call[..], &load].concat(), [&call[..], &[0x48, 0x8b, 0x45, 0xc8]].concat());
    assert_eq!(shortened_frame(&before, 0x40)?.bytes, framed(&after));
    Ok(())
}

#[test]
fn cold_calls_are_all_that_traps_take() -> Result<(), &'static str> {
    // je trap; way back; trap: mov 8(%rsp), %rdi; call; ud2; another, with the context at hand.
    let call = [0xe8, 0, 0, 0, 0, 0x0f, 0x0b];
    let start = [framed(&je(6)), [&[0x48, 0x8b, 0x7c, 0x24, 8][..], &call, &call].concat()].concat();
    let mut unit = unit(start);
    unit.frame = 0x40 + 16;
    let calls = [26, 33];
    unit.relocations =
        calls.map(|at| Relocation { at, kind: Reloc::X86CallPCRel4, target: Name::Trap(3), addend: -4 }).to_vec();
    unit.sites = calls.map(|at| Site { code: at + 4, trap: None, wasm: at }).to_vec();
    shorten(&mut unit, Blocks { starts: &[0, 20, 32], end: None }, true)?;
    // Behind the last call stands what its return address is that of.
    let cold = [0xe8, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0x0f, 0x0b];
    assert_eq!(unit.bytes, [framed(&[0x74, 6]), cold.to_vec()].concat());
    let places: Vec<_> = unit.relocations.iter().map(|relocation| (relocation.at, relocation.target)).collect();
    let context = Name::cold_trap(3, ContextPlace::BelowFrame(0x38)).ok_or("no name")?;
    assert_eq!(places, [(17, context), (22, Name::Trap(3))]);
    assert_eq!(unit.sites.iter().map(|site| site.code).collect::<Vec<_>>(), [21, 26]);
    Ok(())
}
