//! Loops that are over soon, whatever happens in them: how many rounds there are follows from constants.

use super::forecast;
use crate::translate::function::Translator;
use stilt_artifact::types::ValueType;
use wasmparser::{BlockType, Operator as O, OperatorsReader};

/// The most operators that such a loop takes in all.
const BRIEF: usize = 4096;

impl Translator<'_, '_, '_> {
    /// Whether the loop that this operator starts is such a one; its other operators follow. Comes before its translation.
    pub(in crate::translate) fn is_brief(&mut self, operator: &O<'_>, rest: &OperatorsReader<'_>) -> bool {
        if !self.env.target.interrupt() || !self.state.reachable {
            return false;
        }
        if !matches!(operator, O::Loop { blockty: BlockType::Empty | BlockType::Type(_) }) {
            return false;
        }
        let locals = self.locals.clone();
        let is_i32 = |local: u32| locals[local as usize].1 == ValueType::I32;
        let value = |local: u32| {
            let value = self.local_value(locals[local as usize].0);
            let value = self.b.func.dfg.resolve_aliases(value);
            self.constant(value).and_then(|value| u32::try_from(value).ok())
        };
        forecast::longest(rest.clone(), is_i32, value, BRIEF).is_some()
    }
}
