//! Whether an error is the one that an assertion expects.
//!
//! The suite names errors by the messages of the reference interpreter; the
//! runtime's messages contain these.

use stilt::{Error, Trap};
use stilt_collections::{OutOfMemory, try_format};

/// Whether `error` is a trap of the expected message.
pub(crate) fn is_trap(error: &Error, expected: &str) -> Result<bool, OutOfMemory> {
    match error.downcast_ref::<Trap>() {
        Some(trap) => Ok(try_format(format_args!("{trap}"))?.contains(start_of(expected))),
        None => Ok(false),
    }
}

/// Whether `error`, with its causes, is a failure to link of the expected message.
pub(crate) fn is_link_error(error: &Error, expected: &str) -> Result<bool, OutOfMemory> {
    Ok(!error.is::<Trap>() && try_format(format_args!("{error:?}"))?.contains(start_of(expected)))
}

/// The suite adds which element it was: "uninitialized element 2".
fn start_of(expected: &str) -> &str {
    expected.trim_end_matches(|character: char| character.is_ascii_digit()).trim_end()
}
