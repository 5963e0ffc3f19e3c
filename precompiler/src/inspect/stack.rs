//! What a module's functions take of the stack.

use super::AnyModule;
use serde::Serialize;

/// What a module's functions take of the stack, as far as it is known before they run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StackReport {
    /// The largest frame of any of its functions, in bytes.
    pub largest_frame: u32,
    /// The deepest path of direct calls without recursion: the sum of its frames in bytes, if recorded.
    pub deepest_path: Option<u32>,
    /// The functions along that path, from the outermost inwards.
    pub path: Vec<StackStep>,
    /// What happens in the module and is not counted.
    pub not_counted: Vec<&'static str>,
}

/// A function along a path of calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StackStep {
    /// Its place in the function index space.
    pub index: u32,
    /// Its name, if recorded.
    pub name: Option<String>,
    /// Bytes of stack that a call of it takes.
    pub frame: u32,
}

/// The flags of [`stilt_artifact::tables::StackPath`], in words.
const NOT_COUNTED: [(u32, &str); 3] = [(1, "recursion"), (2, "indirect calls"), (4, "calls of imports")];

impl StackReport {
    pub(super) fn new(module: &AnyModule<'_>) -> StackReport {
        let first = module.header().imported_funcs;
        let frame = |index: u32| {
            let func = index.checked_sub(first).and_then(|own| module.funcs().get(own));
            func.map_or(0, |func| func.frame)
        };
        let recorded = module.stack_path();
        let flags = recorded.map_or(0, |(path, _)| path.flags);
        let step =
            |index: u32| StackStep { index, name: module.func_name(index).map(str::to_owned), frame: frame(index) };
        StackReport {
            largest_frame: module.funcs().iter().map(|func| func.frame).max().unwrap_or(0),
            deepest_path: recorded.map(|(path, _)| path.bytes),
            path: recorded.map(|(_, functions)| functions.iter().map(step).collect()).unwrap_or_default(),
            not_counted: NOT_COUNTED.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, words)| *words).collect(),
        }
    }
}
