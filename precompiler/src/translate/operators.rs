//! Which operator goes where.

use super::convert::Division::*;
use super::function::Translator;
use crate::error::CompileError;
use crate::module::value_type;
use cranelift_codegen::ir::types::*;
use wasmparser::Operator as O;

impl<'data> Translator<'_, '_, 'data> {
    /// Translates one validated operator.
    pub(super) fn operator(&mut self, operator: &O<'data>) -> Result<(), CompileError> {
        if self.state.reachable {
            self.enter_row(operator);
            if self.straight(operator) {
                return self.refusal();
            }
            self.end_row();
        }
        // Structure is followed everywhere, all else only where it can be reached.
        match operator {
            O::Block { blockty } => return self.block(*blockty),
            O::Loop { blockty } => return self.loop_(*blockty),
            O::If { blockty } => return self.if_(*blockty),
            O::Else => {
                self.else_();
                return Ok(());
            }
            O::End => {
                self.end();
                return Ok(());
            }
            _ if !self.state.reachable => return Ok(()),
            _ => {}
        }
        let done = self.control(operator)?
            || self.bulk_operator(operator)
            || self.table_operator(operator)?
            || self.soft_call(operator);
        if done { Ok(()) } else { Err(self.internal(format!("an operator that is not translated: {operator:?}"))) }
    }

    /// Translates an operator that goes on to the next or traps, calls nothing and changes the length of no memory: what a
    /// row of accesses may consist of (`memory/merge.rs`). Whether it was one.
    pub(super) fn straight(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::Nop => {}
            O::Drop => self.state.drop(1),
            O::Select => self.select(None),
            O::TypedSelect { ty } => self.select(value_type(*ty)),
            _ => {
                if let Some(done) = self.soft_bits(operator) {
                    return done;
                }
                return self.variable(operator)
                    || self.access(operator)
                    || self.numeric(operator)
                    || self.trapping(operator)
                    || self.vector(operator);
            }
        }
        true
    }

    /// Translates a vector operator, or refuses it. Whether it was one.
    fn vector(&mut self, operator: &O<'_>) -> bool {
        let done = self.simd(operator);
        if done && !self.env.target.has_vectors() {
            self.refused = Some("vectors");
        }
        done
    }

    /// An error if the operator that was just translated is one that code is to do without.
    fn refusal(&mut self) -> Result<(), CompileError> {
        let Some(what) = self.refused.take() else { return Ok(()) };
        let body = self.levels.last().map(|level| self.env.module.function_index(level.body));
        let function = Some(self.env.module.label(body.unwrap_or(self.index)));
        Err(CompileError::NotAllowed { what, option: self.env.target.refusing(), offset: self.offset, function })
    }

    fn control(&mut self, operator: &O<'_>) -> Result<bool, CompileError> {
        match operator {
            O::Unreachable => self.unreachable(),
            O::Br { relative_depth } => self.br(*relative_depth),
            O::BrIf { relative_depth } => self.br_if(*relative_depth),
            O::BrTable { targets } => self.br_table(targets)?,
            O::Return => self.return_(),
            O::Call { function_index } => self.call(*function_index)?,
            O::CallIndirect { type_index, table_index } => self.call_indirect(*type_index, *table_index)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn variable(&mut self, operator: &O<'_>) -> bool {
        match *operator {
            O::LocalGet { local_index } => self.local_get(local_index),
            O::LocalSet { local_index } => {
                let value = self.state.pop();
                self.local_set(local_index, value);
            }
            O::LocalTee { local_index } => {
                let value = self.state.top();
                self.local_set(local_index, value);
            }
            O::GlobalGet { global_index } => self.global_get(global_index),
            O::GlobalSet { global_index } => self.global_set(global_index),
            _ => return false,
        }
        true
    }

    fn access(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::I32Load { memarg } => self.load(memarg, I32),
            O::I64Load { memarg } => self.load(memarg, I64),
            O::F32Load { memarg } => self.load(memarg, F32),
            O::F64Load { memarg } => self.load(memarg, F64),
            O::I32Load8S { memarg } => self.load_extended(memarg, I32, I8, true),
            O::I32Load8U { memarg } => self.load_extended(memarg, I32, I8, false),
            O::I32Load16S { memarg } => self.load_extended(memarg, I32, I16, true),
            O::I32Load16U { memarg } => self.load_extended(memarg, I32, I16, false),
            O::I64Load8S { memarg } => self.load_extended(memarg, I64, I8, true),
            O::I64Load8U { memarg } => self.load_extended(memarg, I64, I8, false),
            O::I64Load16S { memarg } => self.load_extended(memarg, I64, I16, true),
            O::I64Load16U { memarg } => self.load_extended(memarg, I64, I16, false),
            O::I64Load32S { memarg } => self.load_extended(memarg, I64, I32, true),
            O::I64Load32U { memarg } => self.load_extended(memarg, I64, I32, false),
            O::I32Store { memarg } | O::I64Store32 { memarg } => self.store(memarg, I32),
            O::I64Store { memarg } => self.store(memarg, I64),
            O::F32Store { memarg } => self.store(memarg, F32),
            O::F64Store { memarg } => self.store(memarg, F64),
            O::I32Store8 { memarg } | O::I64Store8 { memarg } => self.store(memarg, I8),
            O::I32Store16 { memarg } | O::I64Store16 { memarg } => self.store(memarg, I16),
            O::MemorySize { mem } => self.memory_size(*mem),
            _ => return false,
        }
        true
    }

    fn bulk_operator(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::MemoryGrow { mem } => self.memory_grow(*mem),
            O::MemoryCopy { dst_mem, src_mem } => self.memory_copy(*dst_mem, *src_mem),
            O::MemoryFill { mem } => self.memory_fill(*mem),
            O::MemoryInit { data_index, mem } => self.memory_init(*mem, *data_index),
            O::DataDrop { data_index } => self.data_drop(*data_index),
            _ => return false,
        }
        true
    }

    fn trapping(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::I32DivS => self.division(I32, DivS),
            O::I32DivU => self.division(I32, DivU),
            O::I32RemS => self.division(I32, RemS),
            O::I32RemU => self.division(I32, RemU),
            O::I64DivS => self.division(I64, DivS),
            O::I64DivU => self.division(I64, DivU),
            O::I64RemS => self.division(I64, RemS),
            O::I64RemU => self.division(I64, RemU),
            O::I32TruncF32S | O::I32TruncF64S => self.truncate(I32, true),
            O::I32TruncF32U | O::I32TruncF64U => self.truncate(I32, false),
            O::I64TruncF32S | O::I64TruncF64S => self.truncate(I64, true),
            O::I64TruncF32U | O::I64TruncF64U => self.truncate(I64, false),
            _ => return false,
        }
        true
    }

    fn table_operator(&mut self, operator: &O<'_>) -> Result<bool, CompileError> {
        match *operator {
            O::TableGet { table } => self.table_get(table),
            O::TableSet { table } => self.table_set(table),
            O::TableSize { table } => self.table_size(table),
            O::TableGrow { table } => self.table_grow(table),
            O::TableFill { table } => self.table_fill(table),
            O::TableCopy { dst_table, src_table } => self.table_copy(dst_table, src_table),
            O::TableInit { elem_index, table } => self.table_init(table, elem_index),
            O::ElemDrop { elem_index } => self.elem_drop(elem_index),
            O::RefNull { hty } => self.ref_null(hty),
            O::RefIsNull => self.ref_is_null(),
            O::RefFunc { function_index } => self.ref_func(function_index)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
