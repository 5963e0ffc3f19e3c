//! Loops in two versions. Where a forecast says which indexes a loop will use, one test in front of it is enough for all rounds: if
//! the largest end lies within the memory, the loop is done in a version without those tests, else in one with a test for each
//! access. That one is what is translated without a forecast, so it traps at the right access with all before it done; the
//! test in front traps never, and so need not be exact, if only it never says yes wrongly.
//!
//! What makes it right: the values that are compared have 64 bits and do not wrap. With `K` more rounds after the first at most, an
//! index that starts at `i` and grows by `s` is `i + k * s` modulo 2^32, `k <= K`. If the end of the last, `i + K * s + end`, is
//! at most the length, which is at most 2^32, then none of them has wrapped, and all lie between the first and the last. (`s < 0`: if
//! the last index is not negative, and the first end is at most the length.) A memory never shrinks.

use super::forecast::{Forecast, Group, Rounds};
use super::linear::Linear;
use super::place::Place;
use crate::error::CompileError;
use crate::module::{DefinedFuncIndex, MemoryIndex};
use crate::translate::env::ModuleEnv;
use crate::translate::function::Translator;
use crate::translate::state::FrameType;
use cranelift_codegen::entity::EntityRef as _;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder as _, Value, types};
use cranelift_frontend::Variable;
use stilt_artifact::types::ValueType;
use wasmparser::{Operator as O, OperatorsReader};

/// What was tested in front of the innermost loop.
#[derive(Debug, Default)]
pub(in crate::translate) struct Covered {
    /// The accesses, in the order of the wasm file.
    accesses: Vec<Inside>,
    /// The lowest indexes of groups that were masked in this loop, each as a value plus a constant modulo 2^32, and as one value.
    masked: Vec<(MemoryIndex, Value, u32, Value)>,
    /// Where the other version of the loop that comes next goes on behind it.
    pub(in crate::translate) join: Option<Block>,
    /// How many operators may still be translated twice.
    left: usize,
}

/// An access that is in bounds in every round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inside {
    /// Where it stands in the wasm file.
    offset: u64,
    /// How far its index is above the lowest of its group.
    above: u32,
    /// The furthest end of an access of its group, seen from that lowest index.
    end: u64,
}

impl Covered {
    pub(in crate::translate) fn new(env: &ModuleEnv<'_, '_>, own: DefinedFuncIndex) -> Covered {
        let left = if env.target.inlines() { 400 + env.survey.bodies[own].cost as usize } else { 0 };
        Covered { left, ..Covered::default() }
    }

    /// An access, if it is known to be in bounds.
    pub(super) fn find(&self, offset: u64) -> Option<Inside> {
        let found = self.accesses.binary_search_by_key(&offset, |access| access.offset);
        found.ok().map(|place| self.accesses[place])
    }

    /// The loop has ended.
    pub(in crate::translate) fn clear(&mut self) {
        self.accesses.clear();
        self.masked.clear();
    }
}

impl<'data> Translator<'_, '_, 'data> {
    /// Comes before the translation of each loop; its operators follow. If that saves tests, tests in front of it and translates
    /// the version for the case that they fail.
    pub(in crate::translate) fn version_loop(
        &mut self,
        operator: &O<'data>,
        rest: &OperatorsReader<'data>,
    ) -> Result<(), CompileError> {
        let O::Loop { blockty } = *operator else { return Ok(()) };
        if self.covered.left == 0 || !self.merges() || !self.state.reachable {
            return Ok(());
        }
        let ty = self.frame_type(blockty)?;
        if matches!(ty, FrameType::Type(_)) {
            return Ok(());
        }
        let is_i32 = |local: u32| self.locals[local as usize].1 == ValueType::I32;
        let Some(forecast) = Forecast::new(rest.clone(), is_i32) else { return Ok(()) };
        let Some(left) = self.covered.left.checked_sub(forecast.operators) else { return Ok(()) };
        self.covered.left = left;
        self.end_row();

        let offset = self.offset;
        let slow = self.b.create_block();
        self.test_forecast(&forecast, slow);
        let Some(fast) = self.b.current_block() else { unreachable!("the code at this point is reached") };
        let here = self.state.here();
        self.b.seal_block(slow);
        self.b.switch_to_block(slow);
        let first = self.b.func.dfg.num_blocks();
        self.operator(operator)?;
        let (depth, mut operators) = (self.state.depth(), rest.clone());
        while self.state.depth() >= depth {
            let wrong = |error| self.env.module.error(&error, Some(self.index));
            let (operator, offset) = operators.read_with_offset().map_err(wrong)?;
            self.locate(offset);
            self.operator(&operator)?;
        }
        let results = ty.results(self.env.module);
        let join = self.state.reachable.then(|| self.block_with(results));
        if let Some(join) = join {
            let arguments = self.arguments(results.len());
            self.b.ins().jump(join, &arguments);
        }
        self.b.set_cold_block(slow);
        for block in (first..self.b.func.dfg.num_blocks()).map(Block::new) {
            // What others branch to as well is as warm as it was.
            if Some(block) != join && self.state.ends().all(|end| end != block) {
                self.b.set_cold_block(block);
            }
        }
        self.state.restart(here);
        self.b.switch_to_block(fast);
        self.locate(offset);
        self.covered.join = join;
        let inside = forecast
            .groups
            .iter()
            .flat_map(|group| group.distances().map(|(offset, above)| Inside { offset, above, end: group.end }));
        self.covered.accesses = inside.collect();
        self.covered.accesses.sort_unstable_by_key(|access| access.offset);
        Ok(())
    }

    /// Where an access of this end goes that is known to be in bounds: seen from the lowest index of its group, which all of them have
    /// in common. What was tested in front says that this index does not wrap, nor does its sum with the distance.
    ///
    /// With Spectre mitigations it is 0 on paths where that was only predicted: out of a loop that should have been left, or into one
    /// that should not have been entered. For that 0 plus the furthest end has to lie within the memory's minimal size; if it does
    /// not, an access goes by its own index and end, and by nothing (None) if they do not either.
    pub(super) fn place_inside(
        &mut self,
        memory: MemoryIndex,
        operand: Value,
        offset: u64,
        end: u64,
        inside: Inside,
    ) -> Option<Place> {
        let spectre = self.env.target.spectre();
        let min = self.env.module.memories[memory].min_bytes();
        let (above, furthest) = if !spectre || inside.end <= min { (inside.above, inside.end) } else { (0, end) };
        if spectre && furthest > min {
            return None;
        }
        let index = if spectre {
            self.mask_lowest(memory, operand, above, furthest)
        } else {
            let lowest = self.below(operand, above);
            self.pointer_wide(lowest)
        };
        let flags = self.access_flags();
        Some(self.address(memory, index, u64::from(above) + offset, flags))
    }

    /// `operand - above`.
    fn below(&mut self, operand: Value, above: u32) -> Value {
        if above == 0 { operand } else { self.b.ins().iadd_imm_s(operand, -i64::from(above)) }
    }

    /// `operand - above`, or 0 where so far an end is not within the memory. Cranelift keeps two of the same masks apart, so it is asked
    /// whether there is one already: for the same value plus the same constant, on every way that leads here.
    fn mask_lowest(&mut self, memory: MemoryIndex, operand: Value, above: u32, end: u64) -> Value {
        let (start, sum) = self.plus_constant(operand).unwrap_or((operand, 0));
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32")]
        let constant = (sum as u32).wrapping_sub(above);
        let same =
            |masked: &&(MemoryIndex, Value, u32, Value)| (masked.0, masked.1, masked.2) == (memory, start, constant);
        let earlier = self.covered.masked.iter().rev().find(same).map(|masked| masked.3);
        if let Some(safe) = earlier.and_then(|lowest| self.state.recall(memory, lowest, end)) {
            return safe;
        }
        let lowest = self.below(operand, above);
        let index = self.pointer_wide(lowest);
        let (_, outside) = self.is_outside(memory, index, end);
        let zero = self.b.ins().iconst(self.context.pointer(), 0);
        let safe = self.b.ins().select_spectre_guard(outside, zero, index);
        self.covered.masked.push((memory, start, constant, lowest));
        self.state.remember(memory, lowest, end, safe);
        safe
    }

    /// Goes to `slow` unless all accesses of a forecast are in bounds.
    fn test_forecast(&mut self, forecast: &Forecast, slow: Block) {
        let last = self.last_round(&forecast.rounds, slow);
        for group in &forecast.groups {
            self.test_group(group, last, slow);
        }
    }

    /// How many more rounds there are after the first, at most: 64 bits, at most 2^32 and 1. Goes to `slow` if that is not known.
    fn last_round(&mut self, rounds: &Rounds, slow: Block) -> Value {
        match *rounds {
            Rounds::Meets { ref distance, step } => {
                // The first k with distance = k * step, modulo 2^32, where one of them has its sign changed. Let step be
                // 2^log2 * odd, and odd * inverse = 1: then distance has to be a multiple of 2^log2, and k is
                // (distance >> log2) * inverse, modulo 2^(32 - log2).
                let falls = step.cast_signed() < 0;
                let step = if falls { step.wrapping_neg() } else { step };
                let distance = if falls { self.sum(distance) } else { self.sum(&distance.times(u32::MAX)) };
                let log2 = step.trailing_zeros();
                let odd = step >> log2;
                if log2 > 0 {
                    let rest = self.b.ins().band_imm_u(distance, (1 << log2) - 1);
                    self.go_slow_if(rest, slow);
                }
                let quotient = if log2 > 0 { self.b.ins().ushr_imm_u(distance, i64::from(log2)) } else { distance };
                let factor = inverse(odd) & (u32::MAX >> log2);
                let product = match factor {
                    1 => quotient,
                    factor => self.b.ins().imul_imm_s(quotient, i64::from(factor.cast_signed())),
                };
                let product = if log2 > 0 && factor != 1 {
                    self.b.ins().band_imm_u(product, i64::from(u32::MAX >> log2))
                } else {
                    product
                };
                self.b.ins().uextend(types::I64, product)
            }
            Rounds::Passes { ref value, ref limit, step, inclusive } => {
                let value = self.wide_sum(value);
                let limit = self.wide_sum(limit);
                let limit = if inclusive { self.b.ins().iadd_imm_s(limit, 1) } else { limit };
                // The last value that goes on is limit - 1 at most. If the one after it does not wrap, it ends the loop.
                let most = (1 << 32) - i64::from(step);
                let wraps = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, limit, most);
                self.go_slow_if(wraps, slow);
                let distance = self.b.ins().isub(limit, value);
                let zero = self.b.ins().iconst(types::I64, 0);
                let distance = self.b.ins().smax(distance, zero);
                if step == 1 {
                    return distance;
                }
                let up = self.b.ins().iadd_imm_s(distance, i64::from(step) - 1);
                if step.is_power_of_two() {
                    return self.b.ins().ushr_imm_u(up, i64::from(step.trailing_zeros()));
                }
                // Times a little more than 2^32 / step, over 2^32: at least up / step, and 1 more at most. Less than 2^64.
                let scaled = self.b.ins().imul_imm_s(up, (1 << 32) / i64::from(step) + 1);
                self.b.ins().ushr_imm_u(scaled, 32)
            }
        }
    }

    fn test_group(&mut self, group: &Group, last: Value, slow: Block) {
        let first = self.wide_sum(&group.index);
        let step = group.step.cast_signed();
        let memory = MemoryIndex::from_u32(group.memory);
        let mut highest = first;
        if step != 0 {
            // Little more than 2^32 * 2^31, so the sums have less than 64 bits.
            let way = self.b.ins().imul_imm_s(last, i64::from(step.unsigned_abs()));
            if step > 0 {
                highest = self.b.ins().iadd(first, way);
            } else {
                let below_zero = self.b.ins().icmp(IntCC::UnsignedGreaterThan, way, first);
                self.go_slow_if(below_zero, slow);
            }
        }
        let end = self.b.ins().iadd_imm_s(highest, group.end.cast_signed());
        let len = self.memory_len(memory);
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, len);
        self.go_slow_if(outside, slow);
    }

    fn go_slow_if(&mut self, condition: Value, slow: Block) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, slow, &[], next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// What a local is now.
    pub(super) fn local_value(&mut self, variable: Variable) -> Value {
        self.pins.get(variable).unwrap_or_else(|| self.b.use_var(variable))
    }

    /// A sum, of what locals are now: 32 bits.
    fn sum(&mut self, sum: &Linear) -> Value {
        let mut total = None;
        for &(local, factor) in &sum.terms {
            let (variable, _) = self.locals[local as usize];
            let value = self.local_value(variable);
            let value = match factor {
                1 => value,
                factor => self.b.ins().imul_imm_s(value, i64::from(factor.cast_signed())),
            };
            total = Some(match total {
                None => value,
                Some(total) => self.b.ins().iadd(total, value),
            });
        }
        match (total, sum.constant) {
            (None, constant) => self.b.ins().iconst(types::I32, i64::from(constant)),
            (Some(total), 0) => total,
            (Some(total), constant) => self.b.ins().iadd_imm_s(total, i64::from(constant.cast_signed())),
        }
    }

    /// The same, zero-extended to 64 bits.
    fn wide_sum(&mut self, sum: &Linear) -> Value {
        let sum = self.sum(sum);
        self.b.ins().uextend(types::I64, sum)
    }
}

/// What an odd number is to be multiplied by, modulo 2^32, to give 1. Each step doubles the bits that are right, from 3.
const fn inverse(odd: u32) -> u32 {
    let mut inverse = odd;
    let mut steps = 0;
    while steps < 4 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)));
        steps += 1;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses() {
        for odd in (1..100_000).step_by(2).chain((1..100_000).step_by(2).map(u32::wrapping_neg)) {
            assert_eq!(odd.wrapping_mul(inverse(odd)), 1, "{odd}");
        }
    }
}
