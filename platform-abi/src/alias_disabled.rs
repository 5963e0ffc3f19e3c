//! The twin of `alias.rs` for builds without the feature `execute-alias`.

use crate::PlatformError;
use core::ptr::NonNull;

/// Whether this build has the gate.
pub const SUPPORTED: bool = false;

/// Memory for code, with its two addresses. Without the gate none is ever made.
#[derive(Clone, Copy, Debug)]
pub struct ExecuteAlias {
    /// Where it can be read and written.
    pub write: NonNull<u8>,
    /// Where the same bytes can be read and executed.
    pub execute: NonNull<u8>,
    /// The size in bytes.
    pub size: usize,
}

/// Without the gate there is no such memory.
///
/// # Errors
/// Always.
#[inline]
pub fn new(_size: usize) -> Result<ExecuteAlias, PlatformError> {
    Err(PlatformError::Unsupported { call: "stilt_platform_execute_alias_new", gate: "STILT_EXECUTE_ALIAS" })
}

/// Without the gate there is no such memory.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn free(_alias: ExecuteAlias) -> Result<(), PlatformError> {
    Err(PlatformError::Unsupported { call: "stilt_platform_execute_alias_free", gate: "STILT_EXECUTE_ALIAS" })
}
