//! What an innermost loop will do, read off its operators before it is translated: the accesses whose index grows by the same
//! amount in each round, and how many rounds there are at most.
//!
//! Values are followed as sums of what locals are *at the start of a round* ([`Linear`]). A local that every way back to the
//! loop's head leaves at its own value plus a constant grows by that constant; and so, by a constant, does every sum of such locals.
//! Everything is modulo 2^32, as in wasm. What is set in a part of the body that may be left out, or left early, is not followed
//! behind that part.

use super::linear::Linear;
use cranelift_codegen::ir::condcodes::{CondCode as _, IntCC};
use std::collections::HashMap;
use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, MemArg, MemArgTarget, ModuleArity, Operator as O, OperatorsReader,
    RefType, SubType,
};

/// The most operators of a loop that is looked at.
const LONGEST: usize = 256;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Forecast {
    /// When it ends at the latest.
    pub(super) rounds: Rounds,
    /// Accesses that have the index in common but for a constant.
    pub(super) groups: Vec<Group>,
    /// Operators in the body.
    pub(super) operators: usize,
}

/// What says after how many rounds a loop is left, at the latest.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rounds {
    /// When `distance`, which grows by `step` each round, is 0.
    Meets { distance: Linear, step: u32 },
    /// When `value`, which grows by `step` each round, is no longer below `limit` (or, `inclusive`, is above it). All unsigned;
    /// `step` is neither 0 nor beyond the half of all numbers.
    Passes { value: Linear, limit: Linear, step: u32, inclusive: bool },
}

/// See [`Forecast::groups`].
#[derive(Debug)]
pub(super) struct Group {
    pub(super) memory: u32,
    /// The lowest of the indexes.
    pub(super) index: Linear,
    /// By how much each index grows, modulo 2^32.
    pub(super) step: u32,
    /// The furthest end of an access, seen from the lowest index.
    pub(super) end: u64,
    /// Where the accesses stand in the wasm file, and the constant of the index of each.
    accesses: Vec<(u64, u32)>,
}

/// An operand, as far as it is followed.
#[derive(Clone, Debug)]
enum Known {
    Nothing,
    Sum(Linear),
    Test(Test),
}

/// A comparison.
#[derive(Clone, Debug)]
struct Test {
    condition: IntCC,
    left: Linear,
    right: Linear,
}

impl Test {
    fn inverted(self) -> Test {
        Test { condition: self.condition.complement(), ..self }
    }
}

impl Known {
    /// As a condition.
    fn test(self) -> Option<Test> {
        match self {
            Known::Nothing => None,
            Known::Sum(left) => Some(Test { condition: IntCC::NotEqual, left, right: Linear::default() }),
            Known::Test(test) => Some(test),
        }
    }
}

type Locals = HashMap<u32, Known>;

/// A block or an `if` in the body.
struct Inner {
    height: usize,
    results: usize,
    /// The locals in front of it.
    before: Locals,
    /// Those that are set in it.
    set: Vec<u32>,
}

#[derive(Default)]
struct Scan {
    stack: Vec<Known>,
    /// Locals that were set in this round. The others are what they were at its start.
    locals: Locals,
    frames: Vec<Inner>,
    /// The locals on each way back to the head.
    ways_back: Vec<Locals>,
    /// What holds when the loop goes on: of tests that every round makes.
    goes_on: Vec<Test>,
    /// What holds on the way back.
    back: Option<Test>,
    accesses: Vec<Access>,
    /// What follows is not reached, until so many frames that were opened there are closed, and one more arm.
    dead: Option<u32>,
}

struct Access {
    offset: u64,
    memory: u32,
    index: Linear,
    end: u64,
}

impl Forecast {
    /// Of a loop without parameters, whose operators follow. `is_i32` tells of locals. None if nothing comes of it.
    pub(super) fn new(operators: OperatorsReader<'_>, is_i32: impl Fn(u32) -> bool) -> Option<Forecast> {
        let (scan, operators) = Scan::new(operators, is_i32)?;
        scan.conclude(operators)
    }
}

impl Scan {
    /// Follows a loop to its end, and counts its operators.
    fn new(mut operators: OperatorsReader<'_>, is_i32: impl Fn(u32) -> bool) -> Option<(Scan, usize)> {
        let mut scan = Scan::default();
        for count in 1..=LONGEST {
            let (operator, offset) = operators.read_with_offset().ok()?;
            if scan.follow(&operator, offset, &is_i32)? {
                return Some((scan, count));
            }
        }
        None
    }

    /// Whether the loop ended. None if the loop is not to be followed.
    fn follow(&mut self, operator: &O<'_>, offset: u64, is_i32: &impl Fn(u32) -> bool) -> Option<bool> {
        if let Some(depth) = self.dead {
            match operator {
                O::Block { .. } | O::Loop { .. } | O::If { .. } => self.dead = Some(depth + 1),
                O::End if depth > 0 => self.dead = Some(depth - 1),
                O::End | O::Else if depth == 0 => self.dead = None,
                _ => {}
            }
            if self.dead.is_some() {
                return Some(false);
            }
        }
        match *operator {
            O::Block { blockty } => self.open(blockty)?,
            O::If { blockty } => {
                self.stack.pop()?;
                self.open(blockty)?;
            }
            O::Else => {
                let frame = self.frames.last()?;
                self.stack.truncate(frame.height);
                self.locals = frame.before.clone();
            }
            O::End => return self.end(),
            O::Br { relative_depth } => {
                if self.leads_back(relative_depth) {
                    self.ways_back.push(self.locals.clone());
                }
                self.dead = Some(0);
            }
            O::BrIf { relative_depth } => {
                let test = self.stack.pop()?.test().filter(|_| self.frames.is_empty());
                if self.leads_back(relative_depth) {
                    self.ways_back.push(self.locals.clone());
                    self.back = test;
                } else if relative_depth as usize > self.frames.len() && self.ways_back.is_empty() {
                    self.goes_on.extend(test.map(Test::inverted));
                }
            }
            O::Return | O::Unreachable => self.dead = Some(0),
            O::LocalGet { local_index } => {
                let own = || if is_i32(local_index) { Known::Sum(Linear::local(local_index)) } else { Known::Nothing };
                let value = self.locals.get(&local_index).cloned().unwrap_or_else(own);
                self.stack.push(value);
            }
            O::LocalSet { local_index } => {
                let value = self.stack.pop()?;
                self.set(local_index, value);
            }
            O::LocalTee { local_index } => {
                let value = self.stack.last()?.clone();
                self.set(local_index, value);
            }
            // A loop with others in it is not the one that takes the time; and what is called takes more of it than a test.
            O::Loop { .. } | O::Call { .. } | O::CallIndirect { .. } | O::BrTable { .. } | O::MemoryGrow { .. } => {
                return None;
            }
            _ => self.value(operator, offset)?,
        }
        Some(false)
    }

    /// Whether a branch of this depth leads to the loop's head.
    fn leads_back(&self, depth: u32) -> bool {
        depth as usize == self.frames.len()
    }

    fn open(&mut self, ty: BlockType) -> Option<()> {
        let results = match ty {
            BlockType::Empty => 0,
            BlockType::Type(_) => 1,
            BlockType::FuncType(_) => return None,
        };
        let (height, before) = (self.stack.len(), self.locals.clone());
        self.frames.push(Inner { height, results, before, set: Vec::new() });
        Some(())
    }

    fn end(&mut self) -> Option<bool> {
        let Some(Inner { height, results, before, set }) = self.frames.pop() else { return Some(true) };
        self.stack.truncate(height);
        self.stack.extend((0..results).map(|_| Known::Nothing));
        self.locals = before;
        for local in set {
            self.set(local, Known::Nothing);
        }
        Some(false)
    }

    fn set(&mut self, local: u32, value: Known) {
        self.locals.insert(local, value);
        if let Some(frame) = self.frames.last_mut() {
            frame.set.push(local);
        }
    }

    /// An operator that takes values and leaves values.
    fn value(&mut self, operator: &O<'_>, offset: u64) -> Option<()> {
        if let Some((memarg, size, above)) = accessed(operator) {
            let MemArgTarget::Memory(memory) = memarg.target else { return None };
            let place = self.stack.len().checked_sub(1 + above)?;
            if let Known::Sum(index) = self.stack.get(place)? {
                let end = memarg.offset + size;
                self.accesses.push(Access { offset, memory, index: index.clone(), end });
            }
        }
        let (takes, leaves) = operator.operator_arity(&Plain)?;
        let args = self.stack.split_off(self.stack.len().checked_sub(takes as usize)?);
        match (result(operator, &args), leaves) {
            (Some(known), 1) => self.stack.push(known),
            (_, leaves) => self.stack.extend((0..leaves).map(|_| Known::Nothing)),
        }
        Some(())
    }

    fn conclude(mut self, operators: usize) -> Option<Forecast> {
        if self.ways_back.is_empty() || self.accesses.is_empty() {
            return None;
        }
        let mut steps = HashMap::new();
        let ways_back = core::mem::take(&mut self.ways_back);
        let mut step = |local: u32| *steps.entry(local).or_insert_with(|| local_step(local, &ways_back));
        let rounds = self.ends(ways_back.len()).find_map(|test| Rounds::new(test, |sum| sum.step(&mut step)))?;
        let mut groups: Vec<Group> = Vec::new();
        for access in self.accesses {
            let Some(step) = access.index.step(&mut step) else { continue };
            let same = |group: &&mut Group| group.memory == access.memory && group.index.terms == access.index.terms;
            match groups.iter_mut().find(same) {
                Some(group) => group.add(access),
                None => {
                    let Access { offset, memory, index, end } = access;
                    let accesses = vec![(offset, index.constant)];
                    groups.push(Group { memory, index, step, end, accesses });
                }
            }
        }
        (!groups.is_empty()).then_some(Forecast { rounds, groups, operators })
    }
}

impl Scan {
    /// What holds whenever the loop goes on.
    fn ends(&mut self, ways_back: usize) -> impl Iterator<Item = Test> + use<> {
        let back = self.back.take().filter(|_| ways_back == 1);
        back.into_iter().chain(core::mem::take(&mut self.goes_on))
    }
}

/// The most operators that a loop whose operators follow takes in all its rounds, inner blocks left out never. `is_i32` tells of
/// locals, and `value` what they are in front of the loop, as far as that is known. None if it is not known, or is more than `most`.
pub(super) fn longest(
    operators: OperatorsReader<'_>,
    is_i32: impl Fn(u32) -> bool,
    mut value: impl FnMut(u32) -> Option<u32>,
    most: usize,
) -> Option<usize> {
    let (mut scan, operators) = Scan::new(operators, is_i32)?;
    let ways_back = core::mem::take(&mut scan.ways_back);
    let mut step = |local: u32| local_step(local, &ways_back);
    let tests = scan.ends(ways_back.len());
    let mut rounds = tests.filter_map(|test| {
        let rounds = Rounds::new(test, |sum| sum.step(&mut step))?;
        rounds.count(&mut value, most / operators)
    });
    Some(rounds.next()? * operators)
}

impl Group {
    fn add(&mut self, access: Access) {
        // Which one is lower is a guess, as all is modulo 2^32. Where it is wrong, the furthest end is far out of every memory.
        let above = access.index.constant.wrapping_sub(self.index.constant);
        if above.cast_signed() >= 0 {
            self.end = self.end.max(u64::from(above) + access.end);
        } else {
            let below = above.wrapping_neg();
            self.end = access.end.max(u64::from(below) + self.end);
            self.index = access.index.clone();
        }
        self.accesses.push((access.offset, access.index.constant));
    }

    /// Where the accesses stand in the wasm file, and how far above the lowest index that of each is.
    pub(super) fn distances(&self) -> impl Iterator<Item = (u64, u32)> + use<'_> {
        self.accesses.iter().map(|&(offset, constant)| (offset, constant.wrapping_sub(self.index.constant)))
    }
}

/// By how much a local grows from one round to the next, if it is always the same.
fn local_step(local: u32, ways_back: &[Locals]) -> Option<u32> {
    let steps = ways_back.iter().map(|locals| match locals.get(&local) {
        None => Some(0),
        Some(Known::Sum(sum)) if sum.terms == [(local, 1)] => Some(sum.constant),
        Some(_) => None,
    });
    steps.reduce(|one, other| if one == other { one } else { None }).flatten()
}

impl Rounds {
    /// Of what holds whenever the loop goes on.
    fn new(test: Test, mut step: impl FnMut(&Linear) -> Option<u32>) -> Option<Rounds> {
        use IntCC::*;
        let Test { mut condition, mut left, mut right } = test;
        if condition == NotEqual {
            let distance = left.minus(&right)?;
            let step = step(&distance)?;
            return (step != 0).then_some(Rounds::Meets { distance, step });
        }
        if step(&left)? == 0 {
            (left, right) = (right, left);
            condition = condition.swap_args();
        }
        if step(&right)? != 0 {
            return None;
        }
        if matches!(condition, SignedLessThan | SignedLessThanOrEqual | SignedGreaterThan | SignedGreaterThanOrEqual) {
            let signs = Linear::constant(1 << 31);
            (left, right) = (left.plus(&signs)?, right.plus(&signs)?);
            condition = condition.unsigned();
        }
        if matches!(condition, UnsignedGreaterThan | UnsignedGreaterThanOrEqual) {
            (left, right) = (left.inverted(), right.inverted());
            condition = condition.swap_args();
        }
        let inclusive = match condition {
            UnsignedLessThan => false,
            UnsignedLessThanOrEqual => true,
            _ => return None,
        };
        let step = step(&left)?;
        (step.cast_signed() > 0).then_some(Rounds::Passes { value: left, limit: right, step, inclusive })
    }
}

impl Rounds {
    /// How many rounds there are at most, the first one included, if locals have these values in front of the loop. None if that is
    /// not known, or if it is more than `most`.
    fn count(&self, mut value: impl FnMut(u32) -> Option<u32>, most: usize) -> Option<usize> {
        let mut sum = |sum: &Linear| sum.step(&mut value).map(|terms| terms.wrapping_add(sum.constant));
        match *self {
            Rounds::Meets { ref distance, step } => {
                let distance = sum(distance)?;
                let ends = |round: &u32| distance.wrapping_add(round.wrapping_mul(step)) == 0;
                first_round(most, ends)
            }
            Rounds::Passes { ref value, ref limit, step, inclusive } => {
                let (value, limit) = (sum(value)?, sum(limit)?);
                let ends = |round: &u32| {
                    let value = value.wrapping_add(round.wrapping_mul(step));
                    if inclusive { value > limit } else { value >= limit }
                };
                first_round(most, ends)
            }
        }
    }
}

/// How many rounds there are if the loop is left in the first for which that holds.
fn first_round(most: usize, ends: impl FnMut(&u32) -> bool) -> Option<usize> {
    let round = (0..u32::try_from(most).ok()?).find(ends)?;
    Some(round as usize + 1)
}

/// What an operator makes of what it takes, if it is followed.
fn result(operator: &O<'_>, args: &[Known]) -> Option<Known> {
    let two = || match args {
        [Known::Sum(left), Known::Sum(right)] => Some((left, right)),
        _ => None,
    };
    let scaled = |factor: fn(u32) -> u32| {
        let (left, right) = two()?;
        right.terms.is_empty().then(|| Known::Sum(left.times(factor(right.constant))))
    };
    let compared = |condition| {
        let (left, right) = two()?;
        Some(Known::Test(Test { condition, left: left.clone(), right: right.clone() }))
    };
    match *operator {
        O::I32Const { value } => Some(Known::Sum(Linear::constant(value.cast_unsigned()))),
        O::I32Add => two().and_then(|(left, right)| left.plus(right)).map(Known::Sum),
        O::I32Sub => two().and_then(|(left, right)| left.minus(right)).map(Known::Sum),
        O::I32Mul => scaled(|by| by).or_else(|| {
            let (left, right) = two()?;
            left.terms.is_empty().then(|| Known::Sum(right.times(left.constant)))
        }),
        O::I32Shl => scaled(|by| 1 << (by % 32)),
        O::I32Eqz => {
            let [known] = args else { return None };
            known.clone().test().map(|test| Known::Test(test.inverted()))
        }
        O::I32Eq => compared(IntCC::Equal),
        O::I32Ne => compared(IntCC::NotEqual),
        O::I32LtU => compared(IntCC::UnsignedLessThan),
        O::I32LeU => compared(IntCC::UnsignedLessThanOrEqual),
        O::I32GtU => compared(IntCC::UnsignedGreaterThan),
        O::I32GeU => compared(IntCC::UnsignedGreaterThanOrEqual),
        O::I32LtS => compared(IntCC::SignedLessThan),
        O::I32LeS => compared(IntCC::SignedLessThanOrEqual),
        O::I32GtS => compared(IntCC::SignedGreaterThan),
        O::I32GeS => compared(IntCC::SignedGreaterThanOrEqual),
        _ => None,
    }
}

/// The access that an operator makes: where, how many bytes, and how many operands lie above the index.
fn accessed(operator: &O<'_>) -> Option<(MemArg, u64, usize)> {
    Some(match *operator {
        O::I32Load8S { memarg } | O::I32Load8U { memarg } | O::I64Load8S { memarg } | O::I64Load8U { memarg } => {
            (memarg, 1, 0)
        }
        O::I32Load16S { memarg } | O::I32Load16U { memarg } | O::I64Load16S { memarg } | O::I64Load16U { memarg } => {
            (memarg, 2, 0)
        }
        O::I32Load { memarg } | O::F32Load { memarg } | O::I64Load32S { memarg } | O::I64Load32U { memarg } => {
            (memarg, 4, 0)
        }
        O::I64Load { memarg } | O::F64Load { memarg } => (memarg, 8, 0),
        O::V128Load { memarg } => (memarg, 16, 0),
        O::I32Store8 { memarg } | O::I64Store8 { memarg } => (memarg, 1, 1),
        O::I32Store16 { memarg } | O::I64Store16 { memarg } => (memarg, 2, 1),
        O::I32Store { memarg } | O::F32Store { memarg } | O::I64Store32 { memarg } => (memarg, 4, 1),
        O::I64Store { memarg } | O::F64Store { memarg } => (memarg, 8, 1),
        O::V128Store { memarg } => (memarg, 16, 1),
        _ => return None,
    })
}

/// For how much an operator takes and leaves that has to do with no type and no label.
struct Plain;

impl ModuleArity for Plain {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }

    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        0
    }

    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
