//! A lock that spins, for what interrupts use too: while it is held, this core takes none.

use crate::arch;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// A value that one core at a time uses.
pub struct Lock<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: one core at a time reaches the value: the one that holds the lock.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    /// A lock that nobody holds.
    pub const fn new(value: T) -> Self {
        Self { held: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Runs `use_it` with the value. Not from within another use of the same lock.
    pub fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        let interrupts = arch::mask_interrupts();
        while self.held.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        // SAFETY: this core alone holds the lock, and no interrupt of it comes in between.
        let result = use_it(unsafe { &mut *self.value.get() });
        self.held.store(false, Ordering::Release);
        arch::restore_interrupts(interrupts);
        result
    }
}
