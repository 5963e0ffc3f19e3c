//! The runtime's locks: the platform's (gate `WASMTIME_CUSTOM_SYNC`, feature `custom-sync`), or else ones that spin.
//!
//! For registries, not for the path of a call. No lock is held while wasm runs, nor taken in a trap handler. The
//! spinning ones need compare-and-swap; a target without it takes the platform's.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

#[cfg(feature = "custom-sync")]
#[path = "sync/platform.rs"]
mod raw;
#[cfg(not(feature = "custom-sync"))]
#[path = "sync/spinning.rs"]
mod raw;

/// Whether the locks are the platform's.
pub const SUPPORTED: bool = raw::SUPPORTED;

/// Keeps a guard on its thread: the header has a lock released by the thread that took it.
type NotSend = PhantomData<*mut ()>;

/// A value that one thread uses at a time.
pub struct Mutex<T> {
    lock: raw::Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes from thread to thread with the lock that guards it.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: a shared mutex gives its value to one thread at a time, which needs no more than `Send`.
unsafe impl<T: Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// A lock that nobody holds. The platform is not asked before its first use.
    pub const fn new(value: T) -> Self {
        Self { lock: raw::Lock::new(), value: UnsafeCell::new(value) }
    }

    /// Waits until nobody holds it. The thread that holds it must not call this.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.lock.acquire();
        MutexGuard { mutex: self, not_send: PhantomData }
    }

    /// The value, which nobody else can be using.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// The right to use a mutex's value; dropping it gives the lock back.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    not_send: NotSend,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock, so that no other reference exists but through it.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is itself borrowed mutably.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this guard's creation acquired the lock, on behalf of this one release.
        unsafe { self.mutex.lock.release() }
    }
}

/// A value that many threads read or one writes.
pub struct RwLock<T> {
    lock: raw::RwLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes from thread to thread with the lock that guards it.
unsafe impl<T: Send> Send for RwLock<T> {}
// SAFETY: readers share the value, which needs `Sync`; a writer may take it away, which needs `Send`.
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    /// A lock that nobody holds. The platform is not asked before its first use.
    pub const fn new(value: T) -> Self {
        Self { lock: raw::RwLock::new(), value: UnsafeCell::new(value) }
    }

    /// Waits until nobody writes. A thread that holds it in any way must not call this.
    pub fn read(&self) -> ReadGuard<'_, T> {
        self.lock.read();
        ReadGuard { lock: self, not_send: PhantomData }
    }

    /// Waits until nobody reads or writes. A thread that holds it in any way must not call this.
    pub fn write(&self) -> WriteGuard<'_, T> {
        self.lock.write();
        WriteGuard { lock: self, not_send: PhantomData }
    }

    /// The value, which nobody else can be using.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}

/// The right to read; dropping it gives it back.
#[derive(Debug)]
pub struct ReadGuard<'a, T> {
    lock: &'a RwLock<T>,
    not_send: NotSend,
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: while this guard lives there are other readers at most.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this guard's creation acquired the lock for reading, on behalf of this one release.
        unsafe { self.lock.lock.read_release() }
    }
}

/// The right to write; dropping it gives it back.
#[derive(Debug)]
pub struct WriteGuard<'a, T> {
    lock: &'a RwLock<T>,
    not_send: NotSend,
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: while this guard lives there is no other access but through it.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: while this guard lives there is no other access, and it is itself borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this guard's creation acquired the lock for writing, on behalf of this one release.
        unsafe { self.lock.lock.write_release() }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    const THREADS: usize = 4;
    const ROUNDS: usize = 10_000;

    #[test]
    fn mutex_counts_exactly() {
        let mutex = Mutex::new(0_usize);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..ROUNDS).for_each(|_| *mutex.lock() += 1));
            }
        });
        assert_eq!(*mutex.lock(), THREADS * ROUNDS);
    }

    #[test]
    fn rwlock_counts_exactly_and_readers_see_no_half() {
        let pair = RwLock::new((0_usize, 0_usize));
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let mut pair = pair.write();
                        pair.0 += 1;
                        pair.1 += 1;
                    }
                });
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let pair = pair.read();
                        assert_eq!(pair.0, pair.1);
                    }
                });
            }
        });
        assert_eq!(*pair.read(), (THREADS * ROUNDS, THREADS * ROUNDS));
    }

    #[test]
    fn readers_read_together() {
        let value = RwLock::new(7);
        let first = value.read();
        let second = value.read();
        assert_eq!(*first + *second, 14);
    }
}
