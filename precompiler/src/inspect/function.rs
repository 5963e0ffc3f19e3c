//! A module's functions and what they cost.

use super::{AnyModule, wat};
use core::cmp::Reverse;
use serde::Serialize;

/// A function of the module's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FunctionReport {
    /// Its place in the function index space.
    pub index: u32,
    /// Its name, if recorded.
    pub name: Option<String>,
    /// Its type, in words like those of the text format.
    #[serde(rename = "type")]
    pub ty: String,
    /// Where its code starts, from the start of all code.
    pub code: u32,
    /// Bytes of code.
    pub len: u32,
    /// Bytes of stack that a call takes, without what it calls.
    pub frame: u32,
    /// Where its body starts in the wasm file.
    pub wasm: u32,
}

impl FunctionReport {
    /// All of a module's own functions, the largest first.
    pub(super) fn all(module: &AnyModule<'_>) -> Vec<FunctionReport> {
        let first = module.header().imported_funcs;
        let mut all: Vec<_> = (first..)
            .zip(module.funcs().iter())
            .map(|(index, func)| FunctionReport {
                index,
                name: module.func_name(index).map(str::to_owned),
                ty: wat::func(module, func.ty).unwrap_or_default(),
                code: func.code,
                len: func.len,
                frame: func.frame,
                wasm: func.wasm,
            })
            .collect();
        all.sort_by_key(|function| (Reverse(function.len), function.index));
        all
    }
}
