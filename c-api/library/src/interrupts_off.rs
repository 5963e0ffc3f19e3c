//! Compare-and-swap and its kin for machines that have none, and one core: with interrupts off for a few instructions. Compiled code
//! calls them by these names where its target is said to have them all the same.
//!
//! Interrupts can only be turned off with privilege: on Arm in privileged mode (else nothing happens, and this is no better
//! than a load and a store), on RISC-V in machine mode.

use core::arch::asm;

/// Takes a step that no interrupt divides.
fn undivided<T>(step: impl FnOnce() -> T) -> T {
    let before: usize;
    #[cfg(target_arch = "arm")]
    // SAFETY: reads a register, and sets one that only delays interrupts.
    unsafe {
        asm!("mrs {}, PRIMASK", "cpsid i", out(reg) before);
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above: bit 3 of mstatus.
    unsafe {
        asm!("csrrci {}, mstatus, 8", out(reg) before);
    }
    let outcome = step();
    #[cfg(target_arch = "arm")]
    // SAFETY: puts back what was there.
    unsafe {
        asm!("msr PRIMASK, {}", in(reg) before);
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: sets the bit, if it was set.
    unsafe {
        asm!("csrs mstatus, {}", in(reg) before & 8);
    }
    outcome
}

/// Replaces what is at `place` by what `change` makes of it; what was there.
///
/// # Safety
///
/// `place` is aligned and good to be read and written, and nothing but this changes it.
unsafe fn change<T: Copy>(place: *mut T, change: impl FnOnce(T) -> T) -> T {
    undivided(|| {
        // SAFETY: by the contract.
        let before = unsafe { place.read_volatile() };
        // SAFETY: by the contract.
        unsafe { place.write_volatile(change(before)) };
        before
    })
}

macro_rules! operations {
    ($type:ident, $compare:ident, $swap:ident, $($name:ident: $change:expr),*) => {
        /// # Safety
        ///
        /// As the compiler calls it, for an atomic variable.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $compare(place: *mut $type, old: $type, new: $type) -> $type {
            // SAFETY: an atomic variable's place is what is asked for.
            unsafe { change(place, |before| if before == old { new } else { before }) }
        }

        /// # Safety
        ///
        /// As the compiler calls it, for an atomic variable.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $swap(place: *mut $type, new: $type) -> $type {
            // SAFETY: as above.
            unsafe { change(place, |_| new) }
        }

        $(
            /// # Safety
            ///
            /// As the compiler calls it, for an atomic variable.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(place: *mut $type, with: $type) -> $type {
                let operation: fn($type, $type) -> $type = $change;
                // SAFETY: as above.
                unsafe { change(place, |before| operation(before, with)) }
            }
        )*
    };
}

operations!(
    u8, __sync_val_compare_and_swap_1, __sync_lock_test_and_set_1,
    __sync_fetch_and_and_1: |before, with| before & with,
    __sync_fetch_and_or_1: |before, with| before | with
);
operations!(
    u32, __sync_val_compare_and_swap_4, __sync_lock_test_and_set_4,
    __sync_fetch_and_add_4: u32::wrapping_add,
    __sync_fetch_and_sub_4: u32::wrapping_sub,
    __sync_fetch_and_and_4: |before, with| before & with,
    __sync_fetch_and_or_4: |before, with| before | with
);
