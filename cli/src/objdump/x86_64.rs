//! AMD64, through Capstone.
//!
//! Cranelift puts jump tables between instructions and constants behind them. Both are found by the instructions that refer
//! to them, so that they are not read as code.

use super::disassembler::{self, Disassembler, Line, offset};
use anyhow::{Result, anyhow};
use capstone::arch::x86::{ArchMode, ArchSyntax, X86InsnGroup, X86OperandType, X86Reg};
use capstone::arch::{ArchOperand, BuildsCapstone as _, BuildsCapstoneSyntax as _};
use capstone::{Capstone, Insn};

pub(super) struct X86_64 {
    capstone: Capstone,
}

/// What is known of an instruction beyond its text.
#[derive(Default)]
struct Detail {
    /// Where it jumps to, or which address it takes.
    target: Option<u64>,
    /// Where it reads a constant.
    constant: Option<u64>,
    /// It jumps through a register.
    indirect_jump: bool,
    /// It takes an address.
    takes_address: bool,
    /// A number that it puts into a register.
    number: Option<u64>,
    /// The distance from a register at which it loads a pointer.
    load: Option<i64>,
}

impl X86_64 {
    pub(super) fn new() -> Result<X86_64> {
        let builder = Capstone::new().x86().mode(ArchMode::Mode64).syntax(ArchSyntax::Intel).detail(true);
        Ok(X86_64 { capstone: builder.build().map_err(|error| anyhow!("the disassembler does not start: {error}"))? })
    }

    fn detail(&self, instruction: &Insn<'_>) -> Detail {
        let mut detail = Detail::default();
        let Ok(known) = self.capstone.insn_detail(instruction) else { return detail };
        let has = |group: X86InsnGroup::Type| known.groups().iter().any(|id| u32::from(id.0) == group);
        let (jump, call) = (has(X86InsnGroup::X86_GRP_JUMP), has(X86InsnGroup::X86_GRP_CALL));
        let behind = instruction.address() + instruction.len() as u64;
        detail.takes_address = instruction.mnemonic() == Some("lea");
        let moves = instruction.mnemonic() == Some("mov");
        for operand in known.arch_detail().operands() {
            let ArchOperand::X86Operand(operand) = operand;
            match operand.op_type {
                X86OperandType::Imm(number) if moves => detail.number = u64::try_from(number).ok(),
                X86OperandType::Imm(to) if jump || call => detail.target = u64::try_from(to).ok(),
                X86OperandType::Reg(_) if jump => detail.indirect_jump = true,
                X86OperandType::Mem(memory) if u32::from(memory.base().0) == X86Reg::X86_REG_RIP => {
                    let address = behind.checked_add_signed(memory.disp());
                    detail.target = address;
                    detail.constant = address.filter(|_| !detail.takes_address);
                }
                X86OperandType::Mem(memory) if moves && operand.size == 8 => detail.load = Some(memory.disp()),
                _ => {}
            }
        }
        detail
    }
}

impl Disassembler for X86_64 {
    fn lines(&self, code: &[u8], start: u32) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut at = 0;
        // Where the constants start, as far as is known; addresses that were taken; whether a table may come next.
        let mut end = code.len();
        let mut addresses = Vec::new();
        let mut after_jump = false;
        while at < end {
            let here = offset(start, at);
            let rest = code.get(at..end).unwrap_or_default();
            if after_jump && addresses.contains(&u64::from(here)) {
                let table = table(rest, here, start, offset(start, end));
                at += table.iter().map(|line| line.bytes.len()).sum::<usize>();
                lines.extend(table);
                after_jump = false;
                continue;
            }
            let Some(instructions) =
                self.capstone.disasm_count(rest, here.into(), 1).ok().filter(|all| !all.is_empty())
            else {
                break;
            };
            for instruction in instructions.iter() {
                let detail = self.detail(instruction);
                if let Some(constant) = detail.constant.and_then(|to| to.checked_sub(start.into())) {
                    end = end.min(usize::try_from(constant).unwrap_or(usize::MAX).max(at + instruction.len()));
                }
                addresses.extend(detail.target.filter(|_| detail.takes_address));
                after_jump = detail.indirect_jump;
                at += instruction.len();
                let (name, operands) = (instruction.mnemonic().unwrap_or("?"), instruction.op_str().unwrap_or(""));
                lines.push(Line {
                    at: here,
                    bytes: instruction.bytes().to_vec(),
                    text: format!("{name:<7} {operands}").trim_end().to_owned(),
                    target: detail.target.and_then(|target| u32::try_from(target).ok()),
                    constant: detail.number,
                    load: detail.load,
                });
            }
        }
        // Alignment in front of the constants would be read as code: it is zero.
        while lines.last().is_some_and(|line: &Line| end < code.len() && line.bytes.iter().all(|byte| *byte == 0)) {
            let line = lines.pop();
            at -= line.map_or(0, |line| line.bytes.len());
        }
        lines.extend(disassembler::data(code.get(at..).unwrap_or_default(), offset(start, at)));
        lines
    }

    fn takes_frame(&self, line: &Line) -> bool {
        line.text.split_whitespace().eq(["push", "rbp"])
    }
}

/// The entries of a jump table, which are distances from its start. It ends where the first of the blocks behind it that it
/// leads to begins, or where an entry would lead out of the function.
fn table(bytes: &[u8], at: u32, start: u32, end: u32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut nearest = end;
    for (entry, here) in bytes.chunks_exact(4).zip((at..).step_by(4)) {
        let distance = <[u8; 4]>::try_from(entry).map(i32::from_le_bytes).unwrap_or(0);
        let Some(target) = at.checked_add_signed(distance).filter(|target| (start..end).contains(target)) else {
            break;
        };
        if here >= nearest {
            break;
        }
        if target > at {
            nearest = nearest.min(target);
        }
        let text = format!(".long   {distance:#x} ({target:#x})");
        lines.push(Line { at: here, bytes: entry.to_vec(), text, target: Some(target), ..Line::default() });
    }
    lines
}
