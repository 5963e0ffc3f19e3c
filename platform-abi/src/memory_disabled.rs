//! The twin of `memory.rs` for builds without the feature `virtual-memory`: the same items, which all say so.

use crate::PlatformError;
pub use crate::protection::Protection;
use core::ptr::NonNull;

/// Whether this build has the gate.
pub const SUPPORTED: bool = false;

fn unsupported<T>(call: &'static str) -> Result<T, PlatformError> {
    Err(PlatformError::Unsupported { call, gate: "WASMTIME_VIRTUAL_MEMORY" })
}

/// Without the gate there are no pages.
///
/// # Errors
/// Always.
#[inline]
pub fn page_size() -> Result<usize, PlatformError> {
    unsupported("wasmtime_page_size")
}

/// Without the gate nothing can be mapped.
///
/// # Errors
/// Always.
#[inline]
pub fn map(_size: usize, _protection: Protection) -> Result<NonNull<u8>, PlatformError> {
    unsupported("wasmtime_mmap_new")
}

/// Without the gate nothing is mapped.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn remap(_start: NonNull<u8>, _size: usize, _protection: Protection) -> Result<(), PlatformError> {
    unsupported("wasmtime_mmap_remap")
}

/// Without the gate nothing is mapped.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn unmap(_start: NonNull<u8>, _size: usize) -> Result<(), PlatformError> {
    unsupported("wasmtime_munmap")
}

/// Without the gate there are no protections.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn protect(_start: NonNull<u8>, _size: usize, _protection: Protection) -> Result<(), PlatformError> {
    unsupported("wasmtime_mprotect")
}
