//! From compiled code and the module's description to the bytes of an image, in the target's byte order and pointer width.

mod elf;
mod sections;
mod segments;
mod strings;
mod writer;

pub(crate) use writer::{parts, write};

use crate::code::Code;
use crate::error::CompileError;
use crate::module::Module;
use crate::names::Name;
use crate::options::Options;
use crate::signature::WasmSignature;
use crate::stack::DeepestPath;
use crate::translate::{InlineMap, ModuleEnv};
use crate::unit::Unit;
use std::collections::BTreeMap;

/// Everything that an image is made from.
pub(crate) struct ImageInput<'a, 'data> {
    /// The module, its target, and where things lie in contexts.
    pub(crate) env: &'a ModuleEnv<'a, 'data>,
    /// The user's choices.
    pub(crate) options: &'a Options,
    /// The code range.
    pub(crate) code: &'a Code,
    /// What it was linked from.
    pub(crate) units: &'a [(Name, Unit)],
    /// The number of each signature that has trampolines.
    pub(crate) signatures: &'a BTreeMap<WasmSignature, u32>,
    /// The frame of each own function.
    pub(crate) frames: &'a [u32],
    /// The bodies inlined into each own function.
    pub(crate) inlined: &'a [InlineMap],
    /// The name of each function, by its index.
    pub(crate) names: &'a [Option<&'a str>],
    /// The largest frame that is taken before it is tested.
    pub(crate) max_frame: u32,
    /// The deepest path of direct calls.
    pub(crate) stack_path: &'a DeepestPath,
    /// [`stilt_artifact::header::ImageHeader::flags`].
    pub(crate) flags: u32,
    /// [`stilt_artifact::header::ImageHeader::builtin_groups`].
    pub(crate) builtin_groups: u32,
    /// Identifies the build.
    pub(crate) build_id: [u8; 16],
    /// Lines of the producer section.
    pub(crate) producer: &'a str,
}

/// The name of each function, for listings and backtraces: from the name section, else that of its first export.
pub(crate) fn function_names<'data>(module: &Module<'data>) -> Vec<Option<&'data str>> {
    let mut names: Vec<_> = module.functions.keys().map(|index| module.function_name(index)).collect();
    for export in &module.exports {
        if export.kind == stilt_artifact::types::ExternKind::Func
            && let Some(name) = names.get_mut(export.index as usize)
        {
            name.get_or_insert(export.name);
        }
    }
    names
}

/// A length or count, which an image stores in 32 bits.
fn length(len: usize) -> Result<u32, CompileError> {
    let limit = u32::MAX.into();
    u32::try_from(len).map_err(|_| CompileError::TooLarge { what: "bytes of an image", found: len as u64, limit })
}
