//! Unwind information: for each piece of code, how the caller's frame is found from every instruction of it. Cranelift tells what a
//! prologue does, step by step; between it and the epilogue frames are found by the frame pointer.

use super::machine::{Machine, Native};
use super::options::{CodeModel, Unwind};
use super::write::{Field, Fill, Place};
use crate::error::CompileError;
use crate::image::ImageInput;
use crate::unit::Unit;
use cranelift_codegen::RegClass;
use cranelift_codegen::isa::unwind::UnwindInst;
use gimli::write::{
    Address, CallFrameInstruction, CommonInformationEntry, DebugFrame, EhFrame, EndianVec, FrameDescriptionEntry,
    FrameTable, RelocateWriter, Relocation, RelocationTarget,
};
use gimli::{Encoding, Format, Register, RunTimeEndian};
use iced_x86::{Decoder, DecoderOptions, FlowControl};
use stilt_artifact::Endian;
use stilt_artifact::target::Architecture;

/// The bytes of a section, and what a linker has to fill in there.
pub(super) struct Frames {
    pub(super) bytes: Vec<u8>,
    pub(super) fields: Vec<Field>,
}

/// What differs between machines.
struct Registers {
    stack: Register,
    frame: Register,
    /// Where a call leaves its return address; none if on the stack.
    link: Option<Register>,
    /// The column of the return address.
    return_address: Register,
    /// From the stack pointer at a function's entry to the canonical frame address, which is the stack pointer before the call, or
    /// s390x's idea of it.
    canonical: i32,
    /// Smallest length of an instruction.
    step: u8,
}

fn registers(architecture: Architecture) -> Option<Registers> {
    let link = |stack, frame, link, canonical, step| {
        Some(Registers {
            stack: Register(stack),
            frame: Register(frame),
            link: Some(Register(link)),
            return_address: Register(link),
            canonical,
            step,
        })
    };
    match architecture {
        Architecture::X86_64 => Some(Registers {
            stack: Register(7),
            frame: Register(6),
            link: None,
            return_address: Register(16),
            canonical: 8,
            step: 1,
        }),
        Architecture::Aarch64 => link(31, 29, 30, 0, 4),
        Architecture::Riscv64 => link(2, 8, 1, 0, 2),
        // The frame pointer is not used for frames there.
        Architecture::S390x => link(15, 11, 14, 160, 2),
        Architecture::Pulley => None,
    }
}

/// The number that DWARF has for a register of Cranelift's, by the ABI documents of each machine.
fn dwarf(architecture: Architecture, class: RegClass, number: u8) -> Register {
    let number = u16::from(number);
    Register(match (architecture, class) {
        (Architecture::X86_64, RegClass::Int) => {
            // rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi as instructions have them, in the order of the System V ABI.
            [0, 2, 1, 3, 7, 6, 4, 5].get(usize::from(number)).copied().unwrap_or(number)
        }
        (Architecture::X86_64, _) => 17 + number,
        (Architecture::Aarch64, RegClass::Int) => number & 31,
        (Architecture::Aarch64, _) => 64 + number,
        (Architecture::Riscv64, RegClass::Float) => 32 + number,
        (Architecture::Riscv64, RegClass::Vector) => 96 + number,
        // f0, f2, f4, f6, f1, f3, f5, f7, then the same from f8 and so on.
        (Architecture::S390x, RegClass::Float) => {
            16 + (number & !7) + [0, 4, 1, 5, 2, 6, 3, 7][usize::from(number & 7)]
        }
        _ => number,
    })
}

/// Unwind information of all code of an image; none where there is nothing to be said.
pub(super) fn frames(
    input: &ImageInput<'_, '_>,
    machine: &Machine,
    code_start: u32,
    unwind: Unwind,
    model: CodeModel,
) -> Result<Option<Frames>, CompileError> {
    let architecture = input.env.target.architecture();
    let (Some(registers), Some(native)) = (registers(architecture), machine.native) else { return Ok(None) };
    if unwind == Unwind::None {
        return Ok(None);
    }
    let internal = |error: gimli::write::Error| CompileError::internal(format!("unwind information: {error}"));
    let mut table = FrameTable::default();
    let cie = table.add_cie(common(&registers, unwind, model));
    let mut places: Vec<_> =
        input.units.iter().filter_map(|(name, unit)| Some((input.code.place(*name)?, unit))).collect();
    places.sort_by_key(|(place, _)| place.start);
    for (place, unit) in places {
        let address = Address::Symbol { symbol: 0, addend: i64::from(code_start + place.start) };
        let mut entry = FrameDescriptionEntry::new(address, place.len);
        for (at, instruction) in instructions(architecture, &registers, unit) {
            entry.add_instruction(at, instruction);
        }
        table.add_fde(cie, entry);
    }
    let endian = match input.env.target.endian() {
        Endian::Little => RunTimeEndian::Little,
        Endian::Big => RunTimeEndian::Big,
    };
    let writer = Recorder { bytes: EndianVec::new(endian), relocations: Vec::new() };
    let writer = if unwind == Unwind::DebugFrame {
        let mut section = DebugFrame(writer);
        table.write_debug_frame(&mut section).map_err(internal)?;
        section.0
    } else {
        let mut section = EhFrame(writer);
        table.write_eh_frame(&mut section).map_err(internal)?;
        section.0
    };
    let fields = writer.relocations.iter().map(|relocation| field(relocation, &native)).collect::<Result<_, _>>()?;
    Ok(Some(Frames { bytes: writer.bytes.into_vec(), fields }))
}

fn common(registers: &Registers, unwind: Unwind, model: CodeModel) -> CommonInformationEntry {
    let version = if unwind == Unwind::DebugFrame { 4 } else { 1 };
    let encoding = Encoding { address_size: 8, format: Format::Dwarf32, version };
    let mut cie = CommonInformationEntry::new(encoding, registers.step, -8, registers.return_address);
    if unwind == Unwind::EhFrame {
        let width = if model == CodeModel::Large { gimli::DW_EH_PE_sdata8 } else { gimli::DW_EH_PE_sdata4 };
        cie.fde_address_encoding = gimli::DwEhPe(gimli::DW_EH_PE_pcrel.0 | width.0);
    }
    cie.add_instruction(CallFrameInstruction::Cfa(registers.stack, registers.canonical));
    if registers.link.is_none() {
        cie.add_instruction(CallFrameInstruction::Offset(registers.return_address, -registers.canonical));
    }
    cie
}

/// What changes where in a piece of code.
fn instructions(architecture: Architecture, registers: &Registers, unit: &Unit) -> Vec<(u32, CallFrameInstruction)> {
    use CallFrameInstruction as Cfi;
    let mut out = Vec::new();
    let mut saved = Vec::new();
    let frame_pointer = architecture != Architecture::S390x;
    // Bytes from the canonical address down to the stack pointer, and to where registers are saved.
    let (mut depth, mut clobbers) = (0, 0);
    for (at, step) in &unit.unwind {
        let at = *at;
        let saves = match step {
            UnwindInst::PushFrameRegs { offset_upward_to_caller_sp } => {
                let size = signed(*offset_upward_to_caller_sp);
                out.push((at, Cfi::CfaOffset(size)));
                let mut saves = vec![(registers.frame, -size)];
                saves.extend(registers.link.map(|link| (link, 8 - size)));
                saves
            }
            UnwindInst::DefineNewFrame { offset_upward_to_caller_sp, offset_downward_to_clobbers } => {
                if frame_pointer {
                    out.push((at, Cfi::CfaRegister(registers.frame)));
                }
                depth = signed(*offset_upward_to_caller_sp);
                clobbers = depth + signed(*offset_downward_to_clobbers);
                Vec::new()
            }
            UnwindInst::StackAlloc { size } => {
                if !frame_pointer {
                    depth += signed(*size);
                    out.push((at, Cfi::CfaOffset(depth)));
                }
                Vec::new()
            }
            UnwindInst::SaveReg { clobber_offset, reg } => {
                vec![(dwarf(architecture, reg.class(), reg.hw_enc()), signed(*clobber_offset) - clobbers)]
            }
            UnwindInst::RegStackOffset { clobber_offset, reg } => {
                let register = dwarf(architecture, reg.class(), reg.hw_enc());
                out.push((at, Cfi::ValOffset(register, signed(*clobber_offset) - clobbers)));
                Vec::new()
            }
            UnwindInst::Aarch64SetPointerAuth { return_addresses } => {
                if *return_addresses {
                    out.push((at, Cfi::NegateRaState));
                }
                Vec::new()
            }
        };
        for (register, offset) in saves {
            out.push((at, Cfi::Offset(register, offset)));
            saved.push(register);
        }
    }
    if !saved.is_empty() {
        for (start, end) in epilogues(architecture, unit) {
            out.push((start, Cfi::RememberState));
            out.push((start, Cfi::Cfa(registers.stack, registers.canonical)));
            out.extend(saved.iter().map(|register| (start, Cfi::SameValue(*register))));
            out.push((end, Cfi::RestoreState));
        }
    }
    out
}

fn signed(value: u32) -> i32 {
    value.cast_signed()
}

/// Where the frame is gone already: from behind the instruction that takes it away to behind the one that leaves the function. It
/// is found by what Cranelift writes there; what looks so and is none (a constant) misleads a debugger in the middle of it.
fn epilogues(architecture: Architecture, unit: &Unit) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    let mut add = |start: usize, end: usize| {
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
            && found.last().is_none_or(|(_, last)| *last <= start)
        {
            found.push((start, end));
        }
    };
    let code = &unit.bytes;
    match architecture {
        Architecture::X86_64 => {
            // mov rsp, rbp; pop rbp
            const TAKEN: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];
            for (at, _) in code.windows(TAKEN.len()).enumerate().filter(|(_, bytes)| *bytes == TAKEN) {
                let start = at + TAKEN.len();
                let Some(rest) = code.get(start..) else { continue };
                let mut decoder = Decoder::new(64, rest, DecoderOptions::NONE);
                // A few instructions may come before the jump of a tail call.
                let leaves = (0..8).any(|_| {
                    let flow = decoder.decode().flow_control();
                    matches!(flow, FlowControl::Return | FlowControl::UnconditionalBranch | FlowControl::IndirectBranch)
                });
                if leaves {
                    add(start, start + decoder.position());
                }
            }
        }
        Architecture::Aarch64 => {
            // ldp x29, x30, [sp], #16
            const TAKEN: u32 = 0xa8c1_7bfd;
            let words: Vec<u32> = code.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
            for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == TAKEN) {
                // ret, br or b; where the callee takes the arguments away, sp moves in between, which is not told.
                let leaves = |word: &u32| word & 0xff9f_fc1f == 0xd61f_0000 && word >> 21 & 3 != 1 || word >> 26 == 5;
                if words.get(at + 1).is_some_and(leaves) {
                    add(4 * (at + 1), 4 * (at + 2));
                }
            }
        }
        // Elsewhere the registers come back one by one, and a debugger in the middle of it shows the caller of the caller.
        _ => {}
    }
    found
}

/// A writer that notes what is to be filled in.
struct Recorder {
    bytes: EndianVec<RunTimeEndian>,
    relocations: Vec<Relocation>,
}

impl RelocateWriter for Recorder {
    type Writer = EndianVec<RunTimeEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

fn field(relocation: &Relocation, native: &Native) -> Result<Field, CompileError> {
    let bad = || CompileError::internal(format!("unwind information with {relocation:?}"));
    let offset = u64::try_from(relocation.offset).map_err(|_| bad())?;
    let (to, how) = match (relocation.target, relocation.eh_pe, relocation.size) {
        (RelocationTarget::Symbol(_), Some(_), 4) => (Place::Code, Fill::One(native.short_distance)),
        (RelocationTarget::Symbol(_), Some(_), 8) => (Place::Code, Fill::Distance),
        (RelocationTarget::Symbol(_), None, 8) => (Place::Code, Fill::One(native.address)),
        (RelocationTarget::Section(_), None, 4) => (Place::Itself, Fill::One(native.offset)),
        _ => return Err(bad()),
    };
    Ok(Field { offset, to, addend: relocation.addend, how })
}
