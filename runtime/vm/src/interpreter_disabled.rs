//! The twin of `interpreter.rs` for builds without the feature `pulley`: bytecode is refused when it is loaded.

use core::ptr::NonNull;

use stilt_artifact::trap::TrapCode;

use crate::block::Rooms;
use crate::error::VmError;
use crate::func::Callee;
use crate::store::{Ground, Store, StoreBlock};

/// Whether this build has the interpreter.
pub(crate) const SUPPORTED: bool = false;

/// There is none.
pub(crate) enum Interpreter {}

impl Store {
    /// Decides what code the store runs.
    #[expect(clippy::unnecessary_wraps, reason = "the twin can fail")]
    pub(crate) fn prepare_ground(&mut self, ground: Ground, _rooms: &mut dyn Rooms) -> Result<(), VmError> {
        self.block().ground.set(Some(ground));
        Ok(())
    }
}

/// Nobody gets here: no bytecode was loaded.
pub(crate) fn run(block: &StoreBlock, _callee: &Callee, _entry: NonNull<u8>, _values: &mut [u64]) -> u64 {
    block.trap.set(TrapCode::Internal as u8);
    1
}
