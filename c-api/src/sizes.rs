//! The sizes of the header, compared with what objects take: a header that says too little does not compile.

use stilt::{Config, Engine};

use crate::engine::EngineObject;
use crate::header::{number, sized};
use crate::module::ModuleObject;
use crate::store::StoreObject;

/// Alignment of storage.
pub(crate) const ALIGN: usize = number("define STILT_ALIGN ");

/// Bytes of a store's storage that each import takes, the function of C and what belongs to it.
pub(crate) const IMPORT: usize = sized("define STILT_IMPORT_SIZE ");
/// The interpreter, beside its stack.
pub(crate) const INTERPRETER: usize = sized("define STILT_INTERPRETER_SIZE ");
/// What an instance takes beside its block: its place in the list of the store, which grows by doubling.
pub(crate) const INSTANCE: usize = number("define STILT_INSTANCE_BASE ");

/// `size` after the object in front of it.
const fn behind<O>(size: Option<usize>) -> usize {
    match size {
        Some(size) => size.saturating_add(size_of::<O>().next_multiple_of(ALIGN)),
        None => usize::MAX,
    }
}

const fn engine_size(types: u32) -> usize {
    let mut config = Config::new();
    config.max_function_types(types);
    behind::<EngineObject>(Engine::storage_size(&config))
}

const _: () = {
    let (base, each) = (sized("define STILT_ENGINE_BASE "), sized("define STILT_ENGINE_TYPE "));
    assert!(engine_size(0) <= base, "STILT_ENGINE_BASE of stilt.h is too small");
    assert!(engine_size(1000) <= base.saturating_add(each.saturating_mul(1000)), "STILT_ENGINE_TYPE is too small");
    let module = behind::<ModuleObject>(stilt::Module::storage_size(0));
    assert!(module.saturating_add(ALIGN) <= sized("define STILT_MODULE_BASE "), "STILT_MODULE_BASE is too small");
    let store = behind::<StoreObject>(stilt::Store::<crate::store::Data>::storage_size_for(0));
    assert!(store.saturating_add(ALIGN) <= sized("define STILT_STORE_BASE "), "STILT_STORE_BASE is too small");
    assert!(crate::host::SIZE <= IMPORT, "STILT_IMPORT_SIZE is too small");
    // Nothing, in a library without the interpreter.
    assert!(INTERPRETER.checked_sub(stilt::raw::INTERPRETER).is_some(), "STILT_INTERPRETER_SIZE is too small");
};
