//! What a function's code is made of: instructions, found along the control flow, jump tables between them, constants behind them.

use super::edit::{self, Edit, SHORT_JUMP, To};
use super::{Unknown, read, target};
use crate::names::Name;
use crate::unit::{Blocks, Unit};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// An instruction that names another place of the function relative to itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    /// Where its field of 32 bits stands.
    pub(super) field: u32,
    /// Where the next instruction starts, which the distance counts from.
    pub(super) next: u32,
    /// What it names.
    pub(super) target: u32,
}

/// A jump table: distances of 32 bits from its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Table {
    /// Where its entries stand.
    pub(super) fn entries(self) -> impl Iterator<Item = u32> {
        (self.start..self.end).step_by(4)
    }
}

/// What a byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Nothing that was found.
    Nothing,
    /// The first byte of an instruction.
    Start(Frame),
    /// Another byte of an instruction.
    Inside,
    /// A jump table.
    Table,
}

/// How stack and frame pointer stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// Not known.
    Unknown,
    /// They are equal.
    Equal,
    /// The frame is taken: they differ by its size.
    Taken,
}

impl Frame {
    /// Behind an instruction.
    fn next(self, instruction: &Instruction, behind_call: bool, frame: u32) -> Frame {
        let register = |operand: u32| match instruction.op_kind(operand) {
            OpKind::Register => instruction.op_register(operand).full_register(),
            _ => Register::None,
        };
        let pointer = |register: Register| matches!(register, Register::RSP | Register::RBP);
        match instruction.code() {
            Code::Mov_rm64_r64 | Code::Mov_r64_rm64 if (register(0), register(1)) == (Register::RBP, Register::RSP) => {
                Frame::Equal
            }
            Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32 if register(0) == Register::RSP => {
                let takes = self == Frame::Equal && instruction.immediate(1) == u64::from(frame) && frame > 0;
                // A callee in wasm's convention takes its arguments off the stack, and its caller takes the room again.
                if takes || self == Frame::Taken && behind_call { Frame::Taken } else { Frame::Unknown }
            }
            _ => {
                let call = matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall);
                let compares = matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test);
                let exchanges = matches!(instruction.mnemonic(), Mnemonic::Xchg | Mnemonic::Xadd);
                let written = pointer(register(0)) && !compares || pointer(register(1)) && exchanges;
                if written || instruction.is_stack_instruction() && !call { Frame::Unknown } else { self }
            }
        }
    }
}

/// A cold call of a trap's trampoline, which does not return.
#[derive(Clone, Copy, Debug)]
struct TrapCall {
    /// The instruction that fetches the context, and what takes its place.
    fetch: Option<(Edit, Name)>,
    /// The call.
    at: u32,
}

impl TrapCall {
    /// Bytes of the call, and of the instruction behind it, which is never reached.
    const CALL: u32 = 5;
    const STOP: u32 = 2;
}

/// A function's code, taken apart.
#[derive(Debug)]
pub(super) struct Decoded {
    /// What can become shorter, in the order of the places.
    pub(super) edits: Vec<Edit>,
    /// Other references within the function.
    pub(super) references: Vec<Reference>,
    /// Jump tables.
    pub(super) tables: Vec<Table>,
    /// The end of code and tables.
    pub(super) end: u32,
    /// Where the first constant that is referred to stands; `end` if there is none.
    pub(super) constants: u32,
    /// Relocations, by their places in the list, that are to name something else.
    pub(super) renamed: Vec<(usize, Name)>,
    marks: Vec<Mark>,
}

impl Decoded {
    /// Takes a function apart.
    pub(super) fn new(unit: &Unit, blocks: Blocks<'_>) -> Result<Decoded, Unknown> {
        let decoded = Decoded {
            edits: Vec::new(),
            references: Vec::new(),
            tables: Vec::new(),
            end: 0,
            constants: 0,
            renamed: Vec::new(),
            marks: vec![Mark::Nothing; unit.bytes.len()],
        };
        let frame = unit.frame.saturating_sub(HEAD);
        let mut walk = Walk {
            unit,
            blocks,
            decoded,
            frame,
            open: vec![(0, Frame::Unknown)],
            entered: Vec::new(),
            traps: Vec::new(),
        };
        if !unit.relocations.is_sorted_by_key(|relocation| relocation.at) || !blocks.starts.is_sorted() {
            return Err("relocations or blocks out of order");
        }
        let mut decoder = Decoder::new(64, &unit.bytes, DecoderOptions::NONE);
        walk.runs(&mut decoder)?;
        for block in blocks.starts {
            if walk.decoded.mark(*block) == Mark::Nothing {
                walk.unreached(*block)?;
                walk.runs(&mut decoder)?;
            }
        }
        // In place of the last block stands its dead jump, or what follows the code: a constant, to which something refers.
        if let Some(last) = blocks.end
            && walk.decoded.mark(last) == Mark::Nothing
            && !walk.decoded.references.iter().any(|reference| reference.target == last)
        {
            walk.dead_jump(last)?;
        }
        walk.finish()
    }

    /// Where instructions start.
    pub(super) fn starts(&self) -> impl Iterator<Item = u32> {
        (0u32..).zip(&self.marks).filter(|(_, mark)| matches!(mark, Mark::Start(_))).map(|(at, _)| at)
    }

    /// Whether an instruction starts or ends here.
    pub(super) fn is_boundary(&self, at: u32) -> bool {
        matches!(self.mark(at), Mark::Start(_)) || at == self.end || self.tables.iter().any(|t| t.start == at)
    }

    /// Whether this is code, not a constant or table.
    fn mark(&self, at: u32) -> Mark {
        self.marks.get(at as usize).copied().unwrap_or(Mark::Nothing)
    }
}

/// The walk along the control flow.
struct Walk<'a> {
    unit: &'a Unit,
    blocks: Blocks<'a>,
    decoded: Decoded,
    /// Bytes between stack and frame pointer.
    frame: u32,
    /// Where code starts that was not looked at yet.
    open: Vec<(u32, Frame)>,
    /// Whatever is led to by more than the instruction before it.
    entered: Vec<u32>,
    traps: Vec<TrapCall>,
}

/// Bytes of return address and saved frame pointer.
pub(super) const HEAD: u32 = 16;

/// What the three instructions in front of a jump through a table were.
#[derive(Clone, Copy, Default)]
struct TableJump {
    /// Instructions of the sequence seen.
    seen: u8,
    /// The table, and the register with its address.
    table: u32,
    register: Register,
}

impl TableJump {
    /// The sequence is `lea table, r; movslq (r, index, 4), x; add x, r; jmp *r`.
    fn next(self, instruction: &Instruction) -> TableJump {
        match (instruction.code(), self.seen) {
            (Code::Lea_r64_m, _) if instruction.is_ip_rel_memory_operand() => TableJump {
                seen: 1,
                table: u32::try_from(instruction.ip_rel_memory_address()).unwrap_or(u32::MAX),
                register: instruction.op0_register(),
            },
            (Code::Movsxd_r64_rm32, 1) if instruction.memory_base() == self.register => TableJump { seen: 2, ..self },
            (Code::Add_r64_rm64 | Code::Add_rm64_r64, 2) if instruction.op0_register() == self.register => {
                TableJump { seen: 3, ..self }
            }
            _ => TableJump::default(),
        }
    }
}

impl Walk<'_> {
    /// Follows the code from all open places.
    fn runs(&mut self, decoder: &mut Decoder<'_>) -> Result<(), Unknown> {
        while let Some((start, frame)) = self.open.pop() {
            self.entered.push(start);
            self.run(decoder, start, frame)?;
        }
        Ok(())
    }

    /// Cranelift leaves jumps that every other jump was led past. Other code that nothing leads to is kept.
    fn unreached(&mut self, at: u32) -> Result<(), Unknown> {
        if !self.dead_jump(at)? {
            self.open.push((at, if self.frame > 0 { Frame::Taken } else { Frame::Unknown }));
        }
        Ok(())
    }

    /// Takes out the jump that stands here, if it is one into code.
    fn dead_jump(&mut self, at: u32) -> Result<bool, Unknown> {
        const JUMP: u8 = 0xe9;
        if self.unit.bytes.get(at as usize) != Some(&JUMP) || self.is_relocated(at + 1) {
            return Ok(false);
        }
        let goal = read(&self.unit.bytes, at + 1).and_then(|distance| target(at + 5, distance));
        if !goal.is_some_and(|goal| matches!(self.decoded.mark(goal), Mark::Start(_))) {
            return Ok(false);
        }
        self.claim(at, at + 5, Frame::Unknown)?;
        self.decoded.edits.push(Edit { at, len: 5, to: To::Nothing });
        Ok(true)
    }

    /// Follows the code from `at` to where it goes elsewhere.
    fn run(&mut self, decoder: &mut Decoder<'_>, mut at: u32, mut frame: Frame) -> Result<(), Unknown> {
        if decoder.set_position(at as usize).is_err() {
            return Err("a jump out of the function");
        }
        decoder.set_ip(at.into());
        let mut instruction = Instruction::default();
        let mut table_jump = TableJump::default();
        let mut before = Instruction::default();
        loop {
            match self.decoded.mark(at) {
                Mark::Start(known) if known == frame => return Ok(()),
                Mark::Start(_) => return Err("code with two kinds of frame"),
                Mark::Nothing => {}
                Mark::Inside | Mark::Table => return Err("a jump into an instruction or a table"),
            }
            if !decoder.can_decode() {
                return Err("code that does not end");
            }
            decoder.decode_out(&mut instruction);
            let next = at + u32::try_from(instruction.len()).unwrap_or(0);
            self.claim(at, next, frame)?;
            if instruction.is_ip_rel_memory_operand() {
                self.reference(decoder, &instruction, at, next, frame)?;
            } else if frame == Frame::Taken {
                self.access(decoder, &instruction, at, next);
            }
            match instruction.flow_control() {
                FlowControl::Next | FlowControl::IndirectCall => {}
                FlowControl::Call if instruction.code() == Code::Call_rel32_64 && self.is_relocated(at + 1) => {
                    self.trap_call(&before, at, frame);
                }
                FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch => {
                    let always = instruction.code() == Code::Jmp_rel32_64;
                    // To another function.
                    if always && self.is_relocated(at + 1) {
                        return Ok(());
                    }
                    self.jump(&instruction, at, next, always, frame)?;
                    if always {
                        return Ok(());
                    }
                }
                FlowControl::IndirectBranch => {
                    let through_table = table_jump.seen == 3 && table_jump.table == next;
                    if through_table
                        && instruction.op0_kind() == OpKind::Register
                        && instruction.op0_register() == table_jump.register
                    {
                        self.table(next, frame)?;
                    }
                    return Ok(());
                }
                FlowControl::Return => return Ok(()),
                FlowControl::Exception if instruction.mnemonic() == Mnemonic::Ud2 => return Ok(()),
                _ => return Err("an instruction that Cranelift does not write"),
            }
            table_jump = table_jump.next(&instruction);
            let behind_call = matches!(before.flow_control(), FlowControl::Call | FlowControl::IndirectCall);
            frame = frame.next(&instruction, behind_call, self.frame);
            before = instruction;
            at = next;
        }
    }

    fn jump(
        &mut self,
        instruction: &Instruction,
        at: u32,
        next: u32,
        always: bool,
        frame: Frame,
    ) -> Result<(), Unknown> {
        let short = match self.unit.bytes.get(at as usize..next as usize) {
            Some([0xe9, _, _, _, _]) if always => SHORT_JUMP,
            Some([0x0f, opcode @ 0x80..=0x8f, _, _, _, _]) if !always => opcode - 0x10,
            _ => return Err("a jump of an unknown form"),
        };
        let target = u32::try_from(instruction.near_branch_target()).map_err(|_| "a jump out of the function")?;
        if !always && self.is_relocated(at + 2) {
            return Err("a conditional jump to another function");
        }
        self.decoded.edits.push(Edit { at, len: next - at, to: To::Jump { target, short } });
        self.open.push((target, frame));
        Ok(())
    }

    /// An access to the frame.
    fn access(&mut self, decoder: &Decoder<'_>, instruction: &Instruction, at: u32, next: u32) {
        let offsets = decoder.get_constant_offsets(instruction);
        let Some(bytes) = self.unit.bytes.get(at as usize..next as usize) else { return };
        let relocations = &self.unit.relocations;
        let first = relocations.partition_point(|relocation| relocation.at < at);
        if relocations.get(first).is_some_and(|relocation| relocation.at < next) {
            return;
        }
        if let Some(to) = edit::through_frame_pointer(instruction, &offsets, bytes, self.frame) {
            self.decoded.edits.push(Edit { at, len: next - at, to });
        }
    }

    /// A call of a trap's trampoline, perhaps: what it leads back to is not reached, and the context can be fetched elsewhere.
    fn trap_call(&mut self, before: &Instruction, at: u32, frame: Frame) {
        let Some(Name::Trap(trap)) = self.relocation(at + 1).map(|number| self.unit.relocations[number].target) else {
            return;
        };
        let stop = at + TrapCall::CALL;
        if self.unit.bytes.get(stop as usize..(stop + TrapCall::STOP) as usize) != Some(&[0x0f, 0x0b]) {
            return;
        }
        let len = u32::try_from(before.len()).unwrap_or(0);
        let name = edit::cold_trap(before, trap, (frame == Frame::Taken).then_some(self.frame));
        let fetch = name.map(|name| (Edit { at: at - len, len, to: To::Nothing }, name));
        self.traps.push(TrapCall { fetch, at });
    }

    fn reference(
        &mut self,
        decoder: &Decoder<'_>,
        instruction: &Instruction,
        at: u32,
        next: u32,
        frame: Frame,
    ) -> Result<(), Unknown> {
        let field = decoder.get_constant_offsets(instruction);
        if field.displacement_size() != 4 {
            return Err("an address of an unknown form");
        }
        let field = at + u32::try_from(field.displacement_offset()).unwrap_or(0);
        if self.is_relocated(field) {
            return Ok(());
        }
        let target =
            u32::try_from(instruction.ip_rel_memory_address()).map_err(|_| "an address out of the function")?;
        self.decoded.references.push(Reference { field, next, target });
        // The address of a landing pad is one of code.
        if self.blocks.starts.binary_search(&target).is_ok() {
            self.open.push((target, frame));
        }
        Ok(())
    }

    /// A jump table reaches to the next block, or to the end of the code.
    fn table(&mut self, start: u32, frame: Frame) -> Result<(), Unknown> {
        let block = self.blocks.starts.partition_point(|block| *block <= start);
        let end = self.blocks.starts.get(block).copied().or(self.blocks.end);
        let end = end.ok_or("a jump table without a block behind it")?;
        let marks =
            self.decoded.marks.get_mut(start as usize..end as usize).ok_or("a jump table out of the function")?;
        if !marks.len().is_multiple_of(4) || marks.iter().any(|mark| *mark != Mark::Nothing) {
            return Err("a jump table that reaches into code");
        }
        marks.fill(Mark::Table);
        let table = Table { start, end };
        for entry in table.entries() {
            let distance = read(&self.unit.bytes, entry).ok_or("a jump table out of the function")?;
            self.open.push((target(start, distance).ok_or("a jump out of the function")?, frame));
        }
        self.decoded.tables.push(table);
        Ok(())
    }

    /// Takes these bytes for an instruction.
    fn claim(&mut self, at: u32, next: u32, frame: Frame) -> Result<(), Unknown> {
        match self.decoded.marks.get_mut(at as usize..next as usize) {
            Some([first, rest @ ..]) if rest.iter().all(|mark| *mark == Mark::Nothing) => {
                *first = Mark::Start(frame);
                rest.fill(Mark::Inside);
                Ok(())
            }
            _ => Err("instructions that overlap"),
        }
    }

    fn is_relocated(&self, field: u32) -> bool {
        self.relocation(field).is_some()
    }

    fn relocation(&self, field: u32) -> Option<usize> {
        self.unit.relocations.binary_search_by_key(&field, |relocation| relocation.at).ok()
    }

    /// Makes trap calls shorter where nothing else leads into them.
    fn trap_calls(&mut self) {
        self.entered.extend_from_slice(self.blocks.starts);
        self.entered.sort_unstable();
        for TrapCall { fetch, at } in core::mem::take(&mut self.traps) {
            let (stop, end) = (at + TrapCall::CALL, at + TrapCall::CALL + TrapCall::STOP);
            let entered = |place: u32| self.entered.binary_search(&place).is_ok();
            // What a call returns to lies in its function.
            if !entered(stop) && (end as usize) < self.decoded.marks.len() && self.decoded.mark(end) != Mark::Nothing {
                self.decoded.edits.push(Edit { at: stop, len: TrapCall::STOP, to: To::Nothing });
            }
            if let (Some((edit, name)), Some(relocation), false) = (fetch, self.relocation(at + 1), entered(at)) {
                self.decoded.edits.push(edit);
                self.decoded.renamed.push((relocation, name));
            }
        }
    }

    /// Checks that nothing is left that was not understood.
    fn finish(mut self) -> Result<Decoded, Unknown> {
        self.trap_calls();
        let mut decoded = self.decoded;
        // What goes may be an access to the frame, too.
        decoded.edits.sort_unstable_by_key(|edit| (edit.at, edit.least()));
        decoded.edits.dedup_by_key(|edit| edit.at);
        let end = decoded.marks.iter().rposition(|mark| *mark != Mark::Nothing).map_or(0, |last| last + 1);
        decoded.end = u32::try_from(end).map_err(|_| "a function that is too large")?;
        if decoded.marks[..end].contains(&Mark::Nothing) {
            return Err("bytes between instructions");
        }
        decoded.constants = u32::MAX;
        for reference in &decoded.references {
            let target = reference.target;
            match decoded.mark(target) {
                Mark::Start(_) => {}
                Mark::Table if decoded.tables.iter().any(|table| table.start == target) => {}
                Mark::Nothing if (target as usize) < decoded.marks.len() => {
                    decoded.constants = decoded.constants.min(target);
                }
                _ => return Err("an address that is neither code, table nor constant"),
            }
        }
        decoded.constants = if decoded.constants == u32::MAX { decoded.end } else { decoded.constants };
        if self.unit.relocations.iter().any(|relocation| relocation.at >= decoded.end) {
            return Err("a relocation in a constant");
        }
        Ok(decoded)
    }
}
