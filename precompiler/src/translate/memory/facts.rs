//! What is known about an index without a test, from how it was made. Nothing here relies on a branch, so what is known
//! also holds where the processor mispredicts.

use crate::translate::function::Translator;
use cranelift_codegen::ir::{Inst, InstructionData, Opcode, Value, ValueDef};

/// How many operations are looked through.
const DEPTH: u32 = 5;

impl Translator<'_, '_, '_> {
    /// The largest unsigned value that an integer of at most 64 bits can have.
    pub(super) fn at_most(&self, value: Value) -> u64 {
        self.at_most_within(value, DEPTH)
    }

    fn at_most_within(&self, value: Value, depth: u32) -> u64 {
        let dfg = &self.b.func.dfg;
        let value = dfg.resolve_aliases(value);
        let bits = dfg.value_type(value).bits();
        if bits > 64 {
            return u64::MAX;
        }
        let most = u64::MAX >> (64 - bits);
        let (ValueDef::Result(inst, _), Some(depth)) = (dfg.value_def(value), depth.checked_sub(1)) else {
            return most;
        };
        self.at_most_of(inst, depth).map_or(most, |found| found.min(most))
    }

    /// The same of an instruction's result. May be more than its type holds, if nothing is known.
    fn at_most_of(&self, inst: Inst, depth: u32) -> Option<u64> {
        let dfg = &self.b.func.dfg;
        let args = dfg.inst_args(inst);
        let arg = |number: usize| self.at_most_within(args[number], depth);
        let constant = |number: usize| self.constant(dfg.resolve_aliases(args[number]));
        let bits = || u64::from(dfg.value_type(args[0]).bits());
        let fits = |sum: Option<u64>| sum.filter(|sum| *sum <= u64::MAX >> (64 - bits()));
        match dfg.insts[inst].opcode() {
            Opcode::Iconst => match dfg.insts[inst] {
                InstructionData::UnaryImm { .. } => self.constant(dfg.first_result(inst)),
                _ => None,
            },
            Opcode::Band => Some(arg(0).min(arg(1))),
            Opcode::Bor | Opcode::Bxor => Some(u64::MAX >> arg(0).max(arg(1)).leading_zeros().min(63)),
            Opcode::Ushr => Some(arg(0) >> (constant(1)? % bits())),
            Opcode::Ishl => {
                let (by, most) = (constant(1)? % bits(), arg(0));
                fits(most.checked_mul(1 << by))
            }
            Opcode::Iadd => fits(arg(0).checked_add(arg(1))),
            Opcode::Imul => fits(arg(0).checked_mul(arg(1))),
            Opcode::Urem => Some(constant(1)?.checked_sub(1)?.min(arg(0))),
            Opcode::Udiv => arg(0).checked_div(constant(1)?),
            Opcode::Select => Some(arg(1).max(arg(2))),
            Opcode::Uextend => Some(arg(0)),
            // Only what fits is not changed.
            Opcode::Ireduce => Some(arg(0)),
            Opcode::Popcnt | Opcode::Clz | Opcode::Ctz => Some(bits()),
            Opcode::Icmp | Opcode::Fcmp => Some(1),
            Opcode::Uload8 => Some(0xff),
            Opcode::Uload16 => Some(0xffff),
            Opcode::Uload32 => Some(0xffff_ffff),
            _ => None,
        }
    }

    /// What a 32-bit index is the sum of: a value, and constants. The sum may be more than 32 bits hold, unlike the index.
    pub(super) fn plus_constant(&self, index: Value) -> Option<(Value, u64)> {
        let dfg = &self.b.func.dfg;
        let (mut value, mut sum) = (index, 0);
        for _ in 0..DEPTH {
            let ValueDef::Result(inst, _) = dfg.value_def(value) else { break };
            let InstructionData::Binary { opcode: Opcode::Iadd, args } = dfg.insts[inst] else { break };
            let args = args.map(|arg| dfg.resolve_aliases(arg));
            let (other, by) = match (self.constant(args[0]), self.constant(args[1])) {
                (_, Some(by)) => (args[0], by),
                (Some(by), _) => (args[1], by),
                _ => break,
            };
            (value, sum) = (other, sum + by);
        }
        (value != index).then_some((value, sum))
    }
}
