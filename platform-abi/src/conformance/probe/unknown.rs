//! ISAs for which the kit has no probe: clauses that need one are skipped.

use super::Noted;

pub(in super::super) const SUPPORTED: bool = false;
pub(in super::super) const DIVISION_TRAPS: bool = false;
pub(in super::super) const ADDRESS_IS_EXACT: bool = false;
pub(in super::super) const CODE_ANSWERING_42: &[u8] = &[];
pub(in super::super) const RETURN: &[u8] = &[];

/// # Safety
/// None is needed here; the promises are those of the twins.
pub(in super::super) unsafe extern "C" fn probe(_deed: usize, _address: *mut u8, _noted: *mut Noted) -> usize {
    0
}

/// # Safety
/// None is needed here; the promises are those of the twins.
pub(in super::super) unsafe extern "C" fn jump_out(_noted: *const Noted) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
