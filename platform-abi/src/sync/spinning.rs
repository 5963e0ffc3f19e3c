//! The twin of `platform.rs` for builds without the feature `custom-sync`: locks that spin.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(super) const SUPPORTED: bool = false;

pub(super) struct Lock(AtomicBool);

impl Lock {
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    pub(super) fn acquire(&self) {
        while self.0.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            core::hint::spin_loop();
        }
    }

    /// # Safety
    /// This thread holds the lock.
    pub(super) unsafe fn release(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The number of readers, or [`WRITER`].
pub(super) struct RwLock(AtomicUsize);

const WRITER: usize = usize::MAX;

impl RwLock {
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    pub(super) fn read(&self) {
        loop {
            let readers = self.0.load(Ordering::Relaxed);
            // One more reader must not look like a writer; so many threads do not exist.
            let free = readers < WRITER - 1;
            if free
                && self
                    .0
                    .compare_exchange_weak(readers, readers.wrapping_add(1), Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return;
            }
            core::hint::spin_loop();
        }
    }

    /// # Safety
    /// This thread holds the lock for reading.
    pub(super) unsafe fn read_release(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }

    pub(super) fn write(&self) {
        while self.0.compare_exchange_weak(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_err() {
            core::hint::spin_loop();
        }
    }

    /// # Safety
    /// This thread holds the lock for writing.
    pub(super) unsafe fn write_release(&self) {
        self.0.store(0, Ordering::Release);
    }
}
