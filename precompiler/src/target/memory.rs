//! What compiled code may rely on about a linear memory, by how memories are placed.

use crate::options::{MemoryStyle, OptionsError};
use stilt_artifact::target::TrapMode;

/// What compiled code relies on about one linear memory; written into the image as it is used in translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Bytes from the base that are the memory's own, accessible or faulting. 0: every access is tested.
    pub reservation: u64,
    /// Bytes that fault behind the reservation and before the base.
    pub guard: u64,
    /// The base address never changes.
    pub fixed_base: bool,
}

impl MemoryPlan {
    /// Whether an access at a 32-bit index, plus a static offset and size of together `end` bytes, needs no test.
    pub const fn covers(&self, end: u64) -> bool {
        self.reservation >= 1 << 32 && end <= (self.reservation - (1 << 32)).saturating_add(self.guard)
    }
}

/// The shape of a memory that [`crate::Target::memory_plan`] needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShape {
    /// Bytes at first, and at most, if given.
    pub min: u64,
    /// Likewise.
    pub max: Option<u64>,
    /// 64-bit addresses.
    pub index64: bool,
    /// Only a part of its pages is there: pages cannot be what keeps accesses within it.
    pub small: bool,
}

/// What code may rely on about a memory of this shape, own or imported.
pub(super) fn plan(style: MemoryStyle, traps: TrapMode, shape: MemoryShape) -> MemoryPlan {
    let never_grows = shape.max == Some(shape.min);
    let (MemoryStyle::Reserved { reservation, guard }, false) = (style, shape.small) else {
        return MemoryPlan { reservation: 0, guard: 0, fixed_base: never_grows };
    };
    // A memory that can outgrow the reservation has to move then.
    let most = shape.max.unwrap_or(if shape.index64 { u64::MAX } else { 1 << 32 });
    let fixed_base = never_grows || most <= reservation;
    if traps == TrapMode::Hardware && !shape.index64 && reservation >= 1 << 32 {
        MemoryPlan { reservation, guard, fixed_base }
    } else {
        MemoryPlan { reservation: 0, guard: 0, fixed_base }
    }
}

/// Whether sizes are such that a memory can be placed.
pub(super) fn check_memory(memory: MemoryStyle) -> Result<(), OptionsError> {
    let MemoryStyle::Reserved { reservation, guard } = memory else { return Ok(()) };
    let good = |size: u64| size.is_multiple_of(1 << 16) && size < 1 << 47;
    if reservation == 0 || !good(reservation) || !good(guard) { Err(OptionsError::MemorySize) } else { Ok(()) }
}
