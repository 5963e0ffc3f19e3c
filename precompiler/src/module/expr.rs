//! Constant expressions of WebAssembly 2.0: one instruction each.

use super::{ConstExpr, FuncIndex, GlobalIndex};
use wasmparser::Operator;

/// Reads a validated expression. `None` if it is none of WebAssembly 2.0.
pub(super) fn read(expr: &wasmparser::ConstExpr<'_>) -> wasmparser::Result<Option<ConstExpr>> {
    let mut operators = expr.get_operators_reader();
    let value = match operators.read()? {
        Operator::I32Const { value } => ConstExpr::Value(u128::from(value.cast_unsigned())),
        Operator::I64Const { value } => ConstExpr::Value(u128::from(value.cast_unsigned())),
        Operator::F32Const { value } => ConstExpr::Value(u128::from(value.bits())),
        Operator::F64Const { value } => ConstExpr::Value(u128::from(value.bits())),
        Operator::V128Const { value } => ConstExpr::Value(u128::from_le_bytes(*value.bytes())),
        Operator::RefNull { .. } => ConstExpr::Null,
        Operator::RefFunc { function_index } => ConstExpr::Func(FuncIndex::from_u32(function_index)),
        Operator::GlobalGet { global_index } => ConstExpr::Global(GlobalIndex::from_u32(global_index)),
        _ => return Ok(None),
    };
    Ok(matches!(operators.read()?, Operator::End).then_some(value))
}
