//! Locals that a loop only reads. Inside, such a local is the very value that it has in front of the loop, so what was found out
//! about that value there holds for it. (The builder of the intermediate form gives each local a new name at a loop's head, until
//! it has seen the whole loop, and what was tested is known by name.)

use super::function::Translator;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::Value;
use cranelift_codegen::packed_option::PackedOption;
use cranelift_frontend::Variable;

/// The locals that the open loops do not set, as far as they read them.
#[derive(Debug, Default)]
pub(super) struct Pins {
    values: SecondaryMap<Variable, PackedOption<Value>>,
    /// Those with a value, the innermost loop's last.
    order: Vec<Variable>,
}

impl Pins {
    /// The value of a local, if it is one of them.
    pub(super) fn get(&self, local: Variable) -> Option<Value> {
        self.values[local].expand()
    }

    /// Forgets all but the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        for local in self.order.drain(count..) {
            self.values[local] = PackedOption::default();
        }
    }
}

impl Translator<'_, '_, '_> {
    /// Pins the locals that the loop at the current operator reads and does not set. How many were pinned before. The current
    /// block is the one in front of the loop.
    pub(super) fn pin_constants(&mut self) -> usize {
        let before = self.pins.order.len();
        let body = self.levels.last().map(|level| level.body).or_else(|| self.env.module.own_index(self.index));
        let facts = body.and_then(|body| self.env.survey.bodies[body].loop_at(self.offset));
        for &local in facts.map_or(&[][..], |facts| &facts.constants) {
            let (variable, _) = self.locals[local as usize];
            if self.pins.get(variable).is_none() {
                self.pins.values[variable] = self.b.use_var(variable).into();
                self.pins.order.push(variable);
            }
        }
        before
    }
}
