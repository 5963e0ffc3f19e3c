//! The twin of `interpreter.rs` for builds without the feature `pulley`: bytecode is refused when it is loaded.

use core::alloc::Layout;
use core::ptr::NonNull;

use stilt_artifact::trap::TrapCode;

use crate::activation::Words;
use crate::block::Rooms;
use crate::error::VmError;
use crate::func::Callee;
use crate::store::{Ground, Store, StoreBlock};

/// Whether this build has the interpreter.
pub(crate) const SUPPORTED: bool = false;

/// There are none.
pub const VECTORS: bool = false;

/// There are none.
pub const FLOATS: bool = false;

/// It takes no storage.
pub const SIZE: usize = 0;

/// There is none.
pub(crate) enum Interpreter {}

/// There is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {}

impl Way {
    /// There is none.
    pub(crate) const fn of(_params: &[u8], _results: &[u8], _trampoline: Option<NonNull<u8>>) -> Option<Way> {
        None
    }
}

impl Store {
    /// Native code needs nothing.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the twin can fail")]
    pub(crate) fn prepare_ground(&mut self, _ground: Ground, _rooms: &mut dyn Rooms) -> Result<(), VmError> {
        Ok(())
    }
}

/// There is no stack to be given.
pub(crate) const fn given_stack(_layout: Layout) -> *mut u8 {
    core::ptr::null_mut()
}

/// Nobody gets here: no bytecode was loaded.
pub(crate) fn run(block: &StoreBlock, _callee: &Callee, _way: Way, _words: Words) -> u64 {
    block.trap.set(TrapCode::Internal as u8);
    0
}
