//! Small loops whose body stands several times between one test of the interrupt word and the next, so that the test costs a share of what
//! it would cost otherwise: a round of a small loop takes hardly longer than a test.
//!
//! Only innermost loops without calls. Branches to the loop's head lead to the next copy, and those of the last one to the head.

use super::function::Translator;
use super::state::FrameKind;
use cranelift_codegen::ir::Block;
use wasmparser::{Operator as O, OperatorsReader};

/// The most that a body costs, in operators that become code, and how often it stands there then.
const COPIES: [(u32, u32); 2] = [(8, 3), (32, 2)];
/// The most operators that are looked at.
const LONGEST: u32 = 160;

/// A loop that is being repeated.
pub(super) struct Repeated<'data> {
    /// Control frames, with the loop's own.
    depth: usize,
    /// The loop's head.
    head: Block,
    /// Copies still to be made.
    left: u32,
    /// The body's operators.
    operators: OperatorsReader<'data>,
}

impl<'data> Translator<'_, '_, 'data> {
    /// Comes behind an operator. If it has opened a loop that is worth it, branches to it are led to a copy, which [`Self::repeat`] makes.
    pub(super) fn may_repeat(&mut self, operator: &O<'_>, rest: &OperatorsReader<'data>) -> Option<Repeated<'data>> {
        if !matches!(operator, O::Loop { .. }) || !self.env.target.repeats_loops() {
            return None;
        }
        let FrameKind::Loop { header, .. } = self.state.frame(0).kind else { return None };
        let left = copies(rest.clone())?.checked_sub(1)?;
        self.lead_to_copy();
        Some(Repeated { depth: self.state.depth(), head: header, left, operators: rest.clone() })
    }

    /// Has branches to the innermost frame, a loop, lead to a new block.
    fn lead_to_copy(&mut self) {
        let ty = self.state.frame(0).ty;
        let next = self.block_with(ty.params(self.env.module));
        self.lead_to(next, false);
    }

    /// Has branches to the innermost frame, a loop, lead to this block.
    fn lead_to(&mut self, block: Block, branched_to: bool) {
        let kind = &mut self.state.frame(0).kind;
        if let FrameKind::Loop { header, used, .. } = kind {
            (*header, *used) = (block, branched_to);
        }
    }

    /// Comes in front of the `end` of the innermost frame. If that is a loop with copies to make, begins the next one; its operators.
    pub(super) fn repeat(&mut self, loops: &mut Vec<Repeated<'data>>) -> Option<OperatorsReader<'data>> {
        let repeated = loops.last_mut().filter(|repeated| repeated.depth == self.state.depth())?;
        let FrameKind::Loop { header, used, .. } = self.state.frame(0).kind else { return None };
        if repeated.left == 0 {
            loops.pop();
            return None;
        }
        let head = repeated.head;
        if !used {
            // It is no loop.
            loops.pop();
            self.b.seal_block(header);
            self.lead_to(head, used);
            return None;
        }
        repeated.left -= 1;
        let (last, operators) = (repeated.left == 0, repeated.operators.clone());
        if self.state.reachable {
            self.end_row();
            self.jump_to_end();
        }
        self.b.seal_block(header);
        if last {
            self.lead_to(head, true);
        } else {
            self.lead_to_copy();
        }
        if last {
            self.test_in_copy(head, header);
        }
        self.arm();
        self.b.switch_to_block(header);
        self.state.push_all(self.b.block_params(header));
        Some(operators)
    }
}

/// How often the body of a loop is to stand there; `None` if it is not to be repeated.
fn copies(mut operators: OperatorsReader<'_>) -> Option<u32> {
    let (mut depth, mut cost) = (1u32, 0);
    for _ in 0..LONGEST {
        match operators.read().ok()? {
            O::Block { .. } => depth += 1,
            O::If { .. } => {
                depth += 1;
                cost += 1;
            }
            O::End => {
                depth -= 1;
                if depth == 0 {
                    return COPIES.iter().find(|(most, _)| cost <= *most).map(|(_, copies)| *copies);
                }
            }
            O::Loop { .. } | O::Call { .. } | O::CallIndirect { .. } | O::BrTable { .. } => return None,
            O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } | O::MemoryGrow { .. } => return None,
            O::TableCopy { .. } | O::TableFill { .. } | O::TableInit { .. } | O::TableGrow { .. } => return None,
            O::LocalGet { .. } | O::LocalSet { .. } | O::LocalTee { .. } | O::Else | O::Drop | O::Nop => {}
            O::I32Const { .. } | O::I64Const { .. } => {}
            _ => cost += 1,
        }
    }
    None
}
