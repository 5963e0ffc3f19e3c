//! Code memory that is written at one address and run at another: gate `STILT_EXECUTE_ALIAS`, feature `execute-alias`.

use crate::error::check;
use crate::{PlatformError, sys};
use core::ptr::NonNull;

/// Whether this build has the gate.
pub const SUPPORTED: bool = true;

/// Alignment that the header promises for both addresses, and asks of the size.
const ALIGNMENT: usize = 4096;

/// Memory for code, with its two addresses. It is not freed on its own.
#[derive(Clone, Copy, Debug)]
pub struct ExecuteAlias {
    /// Where it can be read and written.
    pub write: NonNull<u8>,
    /// Where the same bytes can be read and executed.
    pub execute: NonNull<u8>,
    /// The size in bytes.
    pub size: usize,
}

/// Makes code memory of `size` bytes, which is a multiple of 4096 and of the page size.
///
/// # Errors
/// `size` is zero or no such multiple, the platform failed, or it broke its contract.
pub fn new(size: usize) -> Result<ExecuteAlias, PlatformError> {
    let call = "stilt_platform_execute_alias_new";
    if size == 0 || size & ALIGNMENT.wrapping_sub(1) != 0 {
        return Err(PlatformError::Argument { call, what: "the size is not whole pages" });
    }
    let mut write = core::ptr::null_mut();
    let mut execute = core::ptr::null();
    // SAFETY: both are valid places for a pointer, and the size is as the header wants it.
    let status = unsafe { sys::stilt_platform_execute_alias_new(size, &raw mut write, &raw mut execute) };
    check(call, status)?;
    let broken = |what| Err(PlatformError::Contract { call, what });
    let (Some(write), Some(execute)) = (NonNull::new(write), NonNull::new(execute.cast_mut())) else {
        return broken("code memory lies at address 0");
    };
    if (write.as_ptr().addr() | execute.as_ptr().addr()) & ALIGNMENT.wrapping_sub(1) != 0 {
        return broken("code memory does not start at a page");
    }
    Ok(ExecuteAlias { write, execute, size })
}

/// Ends code memory.
///
/// # Errors
/// The platform failed: the memory is leaked.
///
/// # Safety
/// `alias` is from [`new`], not freed before; nothing uses it at either address any more.
pub unsafe fn free(alias: ExecuteAlias) -> Result<(), PlatformError> {
    // SAFETY: what new made, unused, as the caller promises.
    let status = unsafe {
        sys::stilt_platform_execute_alias_free(alias.size, alias.write.as_ptr(), alias.execute.as_ptr().cast_const())
    };
    check("stilt_platform_execute_alias_free", status)
}
