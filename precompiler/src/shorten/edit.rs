//! What becomes of single instructions.

use crate::names::Name;
use crate::trampoline::cold_trap::ContextPlace;
use iced_x86::{Code, ConstantOffsets, Instruction, OpKind, Register};

/// An instruction that can take fewer bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edit {
    /// Where it stands.
    pub(super) at: u32,
    /// Bytes of it.
    pub(super) len: u32,
    /// What it can become.
    pub(super) to: To,
}

/// What an instruction can become.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    /// A jump to a place in the same function: its short form, where it reaches.
    Jump {
        /// Where it leads.
        target: u32,
        /// The opcode of the short form.
        short: u8,
    },
    /// The same with another base register.
    Bytes([u8; 15], u8),
    /// Nothing.
    Nothing,
}

/// The opcode of an unconditional short jump.
pub(super) const SHORT_JUMP: u8 = 0xeb;

impl Edit {
    /// Bytes of the shortest form.
    pub(super) fn least(&self) -> u32 {
        match self.to {
            To::Jump { .. } => 2,
            To::Bytes(_, len) => len.into(),
            To::Nothing => 0,
        }
    }
}

/// An access to the frame through the stack pointer takes a byte more than one through the frame pointer, which is `frame` bytes
/// above, if both distances fit in a byte. `bytes` are the instruction's.
pub(super) fn through_frame_pointer(
    instruction: &Instruction,
    offsets: &ConstantOffsets,
    bytes: &[u8],
    frame: u32,
) -> Option<To> {
    if instruction.memory_base() != Register::RSP || instruction.memory_index() != Register::None {
        return None;
    }
    let (at, size) = (offsets.displacement_offset(), offsets.displacement_size());
    let distance = instruction.memory_displacement64().cast_signed() - i64::from(frame);
    let distance = i8::try_from(distance).ok().filter(|distance| *distance < 0)?;
    let (before, modrm, sib, rest) =
        (bytes.get(..at.checked_sub(2)?)?, bytes[at - 2], bytes[at - 1], bytes.get(at + size..)?);
    // EVEX scales its distances.
    let form = (modrm & 0xc7, size);
    if sib != 0x24 || !matches!(form, (0x44, 1) | (0x84, 4)) || bytes.first() == Some(&0x62) {
        return None;
    }
    let mut to = [0; 15];
    let parts = [before, &[0x45 | modrm & 0x38, distance.cast_unsigned()], rest].concat();
    to.get_mut(..parts.len())?.copy_from_slice(&parts);
    Some(To::Bytes(to, u8::try_from(parts.len()).ok()?))
}

/// Where the trampoline of a trap is to find the context, if `instruction` puts it into its register: what the trampoline's
/// name is.
pub(super) fn cold_trap(instruction: &Instruction, trap: u32, frame: Option<u32>) -> Option<Name> {
    if !matches!(instruction.code(), Code::Mov_r64_rm64 | Code::Mov_rm64_r64)
        || instruction.op0_kind() != OpKind::Register
        || instruction.op0_register() != Register::RDI
    {
        return None;
    }
    if instruction.op1_kind() == OpKind::Register {
        let number = u32::try_from(instruction.op1_register().number()).ok()?;
        let general = instruction.op1_register().is_gpr64() && instruction.op1_register() != Register::RSP;
        return general.then(|| Name::cold_trap(trap, ContextPlace::Register(number))).flatten();
    }
    if instruction.memory_base() != Register::RSP || instruction.memory_index() != Register::None {
        return None;
    }
    let below = i64::from(frame?) - instruction.memory_displacement64().cast_signed();
    Name::cold_trap(trap, ContextPlace::BelowFrame(u32::try_from(below).ok()?))
}
