//! Vector operators.

use super::function::Translator;
use crate::error::CompileError;
use wasmparser::Operator;

impl Translator<'_, '_, '_> {
    /// Translates a vector operator. Returns whether it is one.
    pub(super) fn simd(&mut self, _operator: &Operator<'_>) -> Result<bool, CompileError> {
        Ok(false)
    }
}
