//! The state of a translation that follows wasm's structure: the operand stack, the control stack, and what is known about
//! indexes that were already tested.

use crate::module::{MemoryIndex, Module, TypeIndex};
use cranelift_codegen::ir::{Block, Value};
use stilt_artifact::types::ValueType;
use wasmparser::BlockType;

/// What opened a control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The function's body.
    Function,
    /// A body in place of a call.
    Inlined,
    /// `block`, or the `else` half of an `if`.
    Block,
    /// `loop`. Branches go to the header.
    Loop {
        /// Its parameters are the loop's.
        header: Block,
        /// Whether anything branches there.
        used: bool,
        /// Where its other version goes on behind it.
        join: Option<Block>,
        /// How many locals were pinned outside.
        pins: usize,
    },
    /// The `then` half of an `if`.
    If {
        /// Where a false condition leads.
        otherwise: Block,
    },
}

/// What a frame takes and leaves.
#[derive(Clone, Copy, Debug)]
pub(super) enum FrameType {
    /// Nothing.
    Empty,
    /// Leaves one value.
    Result(ValueType),
    /// Takes and leaves what a function type says.
    Type(TypeIndex),
    /// Leaves the results of a function type.
    Body(TypeIndex),
}

impl FrameType {
    /// The type of a block. `None` if it is none of WebAssembly 2.0.
    pub(super) fn new(ty: BlockType) -> Option<FrameType> {
        Some(match ty {
            BlockType::Empty => FrameType::Empty,
            BlockType::Type(ty) => FrameType::Result(crate::module::value_type(ty)?),
            BlockType::FuncType(index) => FrameType::Type(TypeIndex::from_u32(index)),
        })
    }

    /// The types that it takes.
    pub(super) fn params<'a>(&self, module: &'a Module<'_>) -> &'a [ValueType] {
        match self {
            FrameType::Type(index) => &module.types[*index].params,
            FrameType::Empty | FrameType::Result(_) | FrameType::Body(_) => &[],
        }
    }

    /// The types that it leaves.
    pub(super) fn results<'a>(&'a self, module: &'a Module<'_>) -> &'a [ValueType] {
        match self {
            FrameType::Empty => &[],
            FrameType::Result(ty) => core::slice::from_ref(ty),
            FrameType::Type(index) | FrameType::Body(index) => &module.types[*index].results,
        }
    }
}

/// A control frame.
#[derive(Debug)]
pub(super) struct Frame {
    /// What opened it.
    pub(super) kind: FrameKind,
    /// What it takes and leaves.
    pub(super) ty: FrameType,
    /// Operands below it.
    pub(super) height: usize,
    /// Where branches out of it lead: made by the first one.
    pub(super) end: Option<Block>,
    /// It was opened where no code is reached, so that there is nothing to do about it.
    pub(super) dead: bool,
    /// The operands that an `if` took, for its other half.
    pub(super) arguments: Vec<Value>,
    /// How much was known when it was opened.
    known: usize,
    /// How much of what is known now was known wherever something branched to its end.
    known_at_end: usize,
}

/// An index into a memory that was tested.
#[derive(Clone, Copy, Debug)]
struct Tested {
    memory: MemoryIndex,
    /// The operand.
    index: Value,
    /// All bytes below `index + end` lie in the memory.
    end: u64,
    /// The operand as wide as a pointer; 0 on paths that are only mispredicted.
    safe: Value,
}

/// What is set aside while something is translated for another place.
#[derive(Debug)]
pub(super) struct Aside {
    stack: Vec<Value>,
    tested: Vec<Tested>,
}

/// How many tested indexes are remembered at once. Searching more would cost more than the tests it saves.
const REMEMBERED: usize = 32;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct State {
    stack: Vec<Value>,
    frames: Vec<Frame>,
    tested: Vec<Tested>,
    /// Whether the code at this point can be reached. Elsewhere only the structure is followed.
    pub(super) reachable: bool,
}

impl State {
    /// Forgets everything, keeping the storage.
    pub(super) fn clear(&mut self) {
        self.stack.clear();
        self.frames.clear();
        self.tested.clear();
        self.reachable = true;
    }

    /// Pushes an operand.
    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Pops an operand.
    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().expect("validation has counted the operands")
    }

    /// Pops the two topmost operands, and returns them in the order they were pushed.
    pub(super) fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Pops the three topmost operands, and returns them in the order they were pushed.
    pub(super) fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// The topmost operand.
    pub(super) fn top(&self) -> Value {
        *self.stack.last().expect("validation has counted the operands")
    }

    /// The topmost `count` operands, the last pushed last.
    pub(super) fn topmost(&self, count: usize) -> &[Value] {
        &self.stack[self.stack.len() - count..]
    }

    /// Drops the topmost `count` operands.
    pub(super) fn drop(&mut self, count: usize) {
        self.stack.truncate(self.stack.len() - count);
    }

    /// Drops all operands above the first `height`.
    pub(super) fn truncate(&mut self, height: usize) {
        self.stack.truncate(height);
    }

    /// Pushes several operands.
    pub(super) fn push_all(&mut self, values: &[Value]) {
        self.stack.extend_from_slice(values);
    }

    /// Opens a frame, whose `params` parameters are on top of the stack.
    pub(super) fn open(&mut self, kind: FrameKind, ty: FrameType, params: usize) {
        let dead = !self.reachable;
        // Where nothing is reached, operands are not kept.
        let height = if dead { self.stack.len() } else { self.stack.len() - params };
        let arguments = match kind {
            FrameKind::If { .. } if !dead => self.topmost(params).to_vec(),
            _ => Vec::new(),
        };
        let known = self.tested.len();
        self.frames.push(Frame { kind, ty, height, end: None, dead, arguments, known, known_at_end: usize::MAX });
    }

    /// Forgets the tests that were made since the innermost frame was opened.
    pub(super) fn forget(&mut self) {
        let known = self.frames.last().map_or(0, |frame| frame.known);
        self.keep(known);
    }

    /// Notes that something branches here to the end of a frame: what is known behind it has to be known here.
    pub(super) fn branches_to_end(&mut self, depth: u32) {
        let known = self.tested.len();
        let frame = self.frame(depth);
        frame.known_at_end = frame.known_at_end.min(known);
    }

    /// Goes on behind a frame, which was just closed, to whose end something branched: forgets what is not known on all ways.
    pub(super) fn meet(&mut self, frame: &Frame) {
        let here = if self.reachable { self.tested.len() } else { usize::MAX };
        self.keep(frame.known_at_end.min(here));
    }

    /// Forgets all but the first `known` tests. What is found out later in their place was not known at earlier branches.
    fn keep(&mut self, known: usize) {
        if known < self.tested.len() {
            self.tested.truncate(known);
            for frame in &mut self.frames {
                if frame.known_at_end != usize::MAX {
                    frame.known_at_end = frame.known_at_end.min(known);
                }
            }
        }
    }

    /// The frame that branches of this depth lead out of (or, a loop, to the head of).
    pub(super) fn frame(&mut self, depth: u32) -> &mut Frame {
        let place = self.frames.len() - 1 - depth as usize;
        &mut self.frames[place]
    }

    /// Closes the innermost frame.
    pub(super) fn close(&mut self) -> Frame {
        self.frames.pop().expect("validation has counted the frames")
    }

    /// Whether the code at this point stands in a loop.
    pub(super) fn in_loop(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame.kind, FrameKind::Loop { .. }))
    }

    /// The number of open frames.
    pub(super) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Remembers that all bytes of `memory` below `index + end` exist. `safe` is the index as it may be used. How much was
    /// known before.
    pub(super) fn remember(&mut self, memory: MemoryIndex, index: Value, end: u64, safe: Value) -> usize {
        self.tested.push(Tested { memory, index, end, safe });
        self.tested.len() - 1
    }

    /// Changes the end of what was remembered when so much was known. The index to use.
    pub(super) fn widen(&mut self, known: usize, end: u64) -> Value {
        let tested = &mut self.tested[known];
        tested.end = end;
        tested.safe
    }

    /// The operands of the innermost frame.
    pub(super) fn of_frame(&self) -> &[Value] {
        &self.stack[self.frames.last().map_or(0, |frame| frame.height)..]
    }

    /// What [`State::restart`] goes back to.
    pub(super) fn here(&self) -> (Vec<Value>, usize) {
        (self.stack.clone(), self.tested.len())
    }

    /// Goes back to a point in front of something that was translated since, to translate it once more.
    pub(super) fn restart(&mut self, (stack, known): (Vec<Value>, usize)) {
        self.keep(known);
        self.stack = stack;
        self.reachable = true;
    }

    /// Goes on behind a frame, which was just closed, where another version of it ends as well.
    pub(super) fn meet_version(&mut self, frame: &Frame) {
        self.keep(frame.known);
        self.stack.truncate(frame.height);
        self.reachable = true;
    }

    /// The blocks behind the open frames.
    pub(super) fn ends(&self) -> impl Iterator<Item = Block> {
        self.frames.iter().filter_map(|frame| frame.end)
    }

    /// Goes back to where the innermost frame had these operands and only so much was known.
    pub(super) fn set_aside(&mut self, operands: &[Value], known: usize) -> Aside {
        let height = self.stack.len() - self.of_frame().len();
        let aside = Aside { stack: self.stack.clone(), tested: self.tested.clone() };
        self.tested.truncate(known);
        self.stack.truncate(height);
        self.stack.extend_from_slice(operands);
        aside
    }

    /// Returns from there.
    pub(super) fn take_back(&mut self, aside: Aside) {
        self.stack = aside.stack;
        self.tested = aside.tested;
    }

    /// The index to use if all bytes below `index + end` are known to exist.
    pub(super) fn recall(&self, memory: MemoryIndex, index: Value, end: u64) -> Option<Value> {
        let mut newest = self.tested.iter().rev().take(REMEMBERED);
        newest.find(|t| t.memory == memory && t.index == index && t.end >= end).map(|t| t.safe)
    }
}
