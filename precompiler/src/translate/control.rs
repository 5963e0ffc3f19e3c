//! Structured control: blocks, loops, branches, and code that is not reached.
//!
//! Blocks of the intermediate form are made when something branches to them, so that straight code stays straight.

use super::env::Uses;
use super::function::Translator;
use super::inline::InlineMap;
use super::interrupt::Interrupts;
use super::state::{Frame, FrameKind, FrameType};
use crate::error::CompileError;
use crate::signature;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder as _, Value};
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;
use wasmparser::{BlockType, BrTable};

impl Translator<'_, '_, '_> {
    /// A block with parameters of these types.
    pub(super) fn block_with(&mut self, types: &[ValueType]) -> Block {
        let block = self.b.create_block();
        for &ty in types {
            let value = self.b.append_block_param(block, signature::value_type(self.env.target, ty));
            self.note_reference(value, ty);
        }
        block
    }

    pub(super) fn frame_type(&self, ty: BlockType) -> Result<FrameType, CompileError> {
        FrameType::new(ty).ok_or_else(|| self.internal("a block of an unknown type"))
    }

    /// `block`.
    pub(super) fn block(&mut self, ty: BlockType) -> Result<(), CompileError> {
        let ty = self.frame_type(ty)?;
        self.state.open(FrameKind::Block, ty, ty.params(self.env.module).len());
        Ok(())
    }

    /// `loop`.
    pub(super) fn loop_(&mut self, ty: BlockType) -> Result<(), CompileError> {
        let ty = self.frame_type(ty)?;
        let params = ty.params(self.env.module);
        if !self.state.reachable {
            self.state.open(FrameKind::Block, ty, params.len());
            return Ok(());
        }
        self.load_before_loop();
        let pins = self.pin_constants();
        let header = self.block_with(params);
        let arguments = self.arguments(params.len());
        self.b.ins().jump(header, &arguments);
        let kind = FrameKind::Loop { header, used: false, join: self.covered.join.take(), pins };
        self.state.open(kind, ty, params.len());
        self.state.drop(params.len());
        self.b.switch_to_block(header);
        self.state.push_all(self.b.block_params(header));
        self.note_loop(header);
        Ok(())
    }

    /// `if`.
    pub(super) fn if_(&mut self, ty: BlockType) -> Result<(), CompileError> {
        let ty = self.frame_type(ty)?;
        let params = ty.params(self.env.module).len();
        if !self.state.reachable {
            self.state.open(FrameKind::Block, ty, params);
            return Ok(());
        }
        let condition = self.state.pop();
        let (then, otherwise) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(condition, then, &[], otherwise, &[]);
        self.b.seal_block(then);
        self.b.seal_block(otherwise);
        self.state.open(FrameKind::If { otherwise }, ty, params);
        self.b.switch_to_block(then);
        Ok(())
    }

    /// `else`.
    pub(super) fn else_(&mut self) {
        let frame = self.state.frame(0);
        if frame.dead {
            return;
        }
        let FrameKind::If { otherwise } = frame.kind else { unreachable!("validation pairs `else` with `if`") };
        if self.state.reachable {
            self.jump_to_end();
        }
        let frame = self.state.frame(0);
        frame.kind = FrameKind::Block;
        let arguments = core::mem::take(&mut frame.arguments);
        self.take_else(otherwise, &arguments);
    }

    /// Goes on with the other half of the innermost frame, an `if`.
    fn take_else(&mut self, otherwise: Block, arguments: &[Value]) {
        self.arm();
        self.state.push_all(arguments);
        self.b.switch_to_block(otherwise);
    }

    /// `end`.
    pub(super) fn end(&mut self) {
        let frame = self.state.frame(0);
        if let (FrameKind::If { otherwise }, false) = (frame.kind, frame.dead) {
            // An `if` without `else` hands its parameters on.
            let arguments = core::mem::take(&mut frame.arguments);
            if self.state.reachable {
                self.jump_to_end();
            }
            self.take_else(otherwise, &arguments);
        }
        let frame = self.state.close();
        if frame.dead {
            return;
        }
        if let FrameKind::Loop { header, join, pins, .. } = frame.kind {
            self.b.seal_block(header);
            self.pins.truncate(pins);
            self.covered.clear();
            if let Some(join) = join {
                self.meet_version(&frame, join);
            }
        }
        self.leave(&frame);
        if frame.kind == FrameKind::Function && self.state.reachable {
            self.return_();
        }
    }

    /// Goes on behind a closed frame, with its results on the stack.
    fn leave(&mut self, frame: &Frame) {
        let Some(end) = frame.end else {
            // Nothing branched here: code goes on as it is, reached or not.
            return;
        };
        let results = frame.ty.results(self.env.module).len();
        if self.state.reachable {
            let arguments = self.arguments(results);
            self.b.ins().jump(end, &arguments);
        }
        self.b.seal_block(end);
        self.b.switch_to_block(end);
        self.state.meet(frame);
        self.state.truncate(frame.height);
        self.state.push_all(self.b.block_params(end));
        self.state.reachable = true;
    }

    /// Goes on behind a loop, which was just closed, where its other version goes on, too.
    fn meet_version(&mut self, frame: &Frame, join: Block) {
        if self.state.reachable {
            let arguments = self.arguments(frame.ty.results(self.env.module).len());
            self.b.ins().jump(join, &arguments);
        }
        self.b.seal_block(join);
        self.b.switch_to_block(join);
        self.state.meet_version(frame);
        self.state.push_all(self.b.block_params(join));
    }

    /// Starts an arm of the innermost frame, in a block of its own.
    pub(super) fn arm(&mut self) {
        let height = self.state.frame(0).height;
        self.state.forget();
        self.state.truncate(height);
        self.state.reachable = true;
    }

    /// Closes the innermost frame, whose arms have all jumped to its end.
    pub(super) fn end_of_arms(&mut self) {
        self.stop();
        let frame = self.state.close();
        self.leave(&frame);
    }

    /// Jumps behind the innermost frame.
    pub(super) fn jump_to_end(&mut self) {
        let ty = self.state.frame(0).ty;
        let arguments = self.arguments(ty.results(self.env.module).len());
        let end = self.end_of(0);
        self.b.ins().jump(end, &arguments);
    }

    /// The block behind a frame, which is branched to from here.
    fn end_of(&mut self, depth: u32) -> Block {
        self.state.branches_to_end(depth);
        let frame = self.state.frame(depth);
        if let Some(end) = frame.end {
            return end;
        }
        let ty = frame.ty;
        let end = self.block_with(ty.results(self.env.module));
        self.state.frame(depth).end = Some(end);
        end
    }

    /// Where a branch of this depth leads, and how many operands it takes along.
    fn branch_target(&mut self, depth: u32) -> (Block, usize) {
        let frame = self.state.frame(depth);
        let ty = frame.ty;
        match frame.kind {
            FrameKind::Loop { header, join, pins, .. } => {
                frame.kind = FrameKind::Loop { header, used: true, join, pins };
                (header, ty.params(self.env.module).len())
            }
            FrameKind::Function | FrameKind::Inlined | FrameKind::Block | FrameKind::If { .. } => {
                (self.end_of(depth), ty.results(self.env.module).len())
            }
        }
    }

    /// The topmost operands, as arguments of a block.
    pub(super) fn arguments(&self, count: usize) -> Vec<BlockArg> {
        self.state.topmost(count).iter().copied().map(BlockArg::from).collect()
    }

    /// What follows is not reached.
    fn stop(&mut self) {
        let height = self.state.frame(0).height;
        self.state.truncate(height);
        self.state.reachable = false;
    }

    /// `br`.
    pub(super) fn br(&mut self, depth: u32) {
        let (target, count) = self.branch_target(depth);
        let arguments = self.arguments(count);
        self.b.ins().jump(target, &arguments);
        self.stop();
    }

    /// `br_if`.
    pub(super) fn br_if(&mut self, depth: u32) {
        let condition = self.state.pop();
        let (target, count) = self.branch_target(depth);
        let arguments = self.arguments(count);
        let next = self.b.create_block();
        self.b.ins().brif(condition, target, &arguments, next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// `br_table`.
    pub(super) fn br_table(&mut self, table: &BrTable<'_>) -> Result<(), CompileError> {
        let index = self.state.pop();
        let mut ways = Vec::with_capacity(table.len() as usize);
        for depth in table.targets() {
            let depth = depth.map_err(|error| self.env.module.error(&error, Some(self.index)))?;
            ways.push(self.branch_target(depth).0);
        }
        // All of them take as many values.
        let (default, count) = self.branch_target(table.default());
        let arguments = self.arguments(count);
        self.switch(index, 0, &ways, default, &arguments);
        self.stop();
        Ok(())
    }

    /// `return`, and the end of the function's own body.
    pub(super) fn return_(&mut self) {
        if let Some(level) = self.levels.last() {
            // Out of the frame that stands for the inlined body.
            let depth = self.state.depth() - 1 - level.frames;
            self.br(u32::try_from(depth).expect("frames are fewer than operators"));
            return;
        }
        let results = self.env.module.function_type(self.index).results.len();
        let values = self.state.topmost(results).to_vec();
        self.b.ins().return_(&values);
        if self.state.depth() > 0 {
            self.stop();
        } else {
            self.state.reachable = false;
        }
    }

    /// `unreachable`.
    pub(super) fn unreachable(&mut self) {
        self.trap(TrapCode::Unreachable);
        self.stop();
    }

    /// `select`.
    pub(super) fn select(&mut self, ty: Option<ValueType>) {
        let (yes, no, condition) = self.state.pop3();
        let value = self.b.ins().select(condition, yes, no);
        if let Some(ty) = ty {
            self.note_reference(value, ty);
        }
        self.state.push(value);
    }

    /// Closes the function.
    pub(super) fn finish(self) -> (Uses, InlineMap, Interrupts) {
        let config = self.env.target.isa().frontend_config();
        self.b.finalize(config);
        (self.uses, self.inlined, self.interrupts)
    }
}
