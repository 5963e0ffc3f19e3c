//! Locks of the platform: one word each, zero until first used.

use crate::sys;
use core::cell::UnsafeCell;

pub(super) const SUPPORTED: bool = true;

pub(super) struct Lock(UnsafeCell<usize>);

impl Lock {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub(super) fn acquire(&self) {
        // SAFETY: the word was zero at first and is only used with the lock functions.
        unsafe { sys::wasmtime_sync_lock_acquire(self.0.get()) }
    }

    /// # Safety
    /// This thread holds the lock.
    pub(super) unsafe fn release(&self) {
        // SAFETY: this thread holds the lock, as the caller promises.
        unsafe { sys::wasmtime_sync_lock_release(self.0.get()) }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // SAFETY: nobody else has a reference, so nobody holds it or waits for it; a word never used is fine.
        unsafe { sys::wasmtime_sync_lock_free(self.0.get()) }
    }
}

pub(super) struct RwLock(UnsafeCell<usize>);

impl RwLock {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub(super) fn read(&self) {
        // SAFETY: the word was zero at first and is only used with the rwlock functions.
        unsafe { sys::wasmtime_sync_rwlock_read(self.0.get()) }
    }

    /// # Safety
    /// This thread holds the lock for reading.
    pub(super) unsafe fn read_release(&self) {
        // SAFETY: this thread holds the lock for reading, as the caller promises.
        unsafe { sys::wasmtime_sync_rwlock_read_release(self.0.get()) }
    }

    pub(super) fn write(&self) {
        // SAFETY: the word was zero at first and is only used with the rwlock functions.
        unsafe { sys::wasmtime_sync_rwlock_write(self.0.get()) }
    }

    /// # Safety
    /// This thread holds the lock for writing.
    pub(super) unsafe fn write_release(&self) {
        // SAFETY: this thread holds the lock for writing, as the caller promises.
        unsafe { sys::wasmtime_sync_rwlock_write_release(self.0.get()) }
    }
}

impl Drop for RwLock {
    fn drop(&mut self) {
        // SAFETY: nobody else has a reference, so nobody holds it or waits for it; a word never used is fine.
        unsafe { sys::wasmtime_sync_rwlock_free(self.0.get()) }
    }
}
