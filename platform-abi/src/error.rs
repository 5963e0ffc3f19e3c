//! Why a call of the platform did not work.

use core::fmt;

/// A call of the platform that did not do what was asked. `call` is always the name of the C function.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlatformError {
    /// The platform answered with a status other than 0. What the number means is the platform's own choice.
    Status {
        /// The function of the header.
        call: &'static str,
        /// What it returned.
        status: i32,
    },
    /// The function belongs to a gate that this build does not have.
    Unsupported {
        /// The function of the header.
        call: &'static str,
        /// The gate's macro in the header, for instance `WASMTIME_VIRTUAL_MEMORY`.
        gate: &'static str,
    },
    /// The platform claimed success, but what it returned is not what the header promises.
    Contract {
        /// The function of the header.
        call: &'static str,
        /// What is wrong with its answer.
        what: &'static str,
    },
    /// The platform was not asked, because the arguments are not what the header promises to it.
    Argument {
        /// The function of the header.
        call: &'static str,
        /// What is wrong with the arguments.
        what: &'static str,
    },
}

impl PlatformError {
    /// The C function's name.
    #[must_use]
    pub fn call(&self) -> &'static str {
        match *self {
            Self::Status { call, .. }
            | Self::Unsupported { call, .. }
            | Self::Contract { call, .. }
            | Self::Argument { call, .. } => call,
        }
    }

    /// The platform's own error code, where it gave one.
    #[must_use]
    pub fn status(&self) -> Option<i32> {
        match *self {
            Self::Status { status, .. } => Some(status),
            _ => None,
        }
    }
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Status { call, status } => write!(f, "platform: {call} failed with status {status}"),
            Self::Unsupported { call, gate } => {
                write!(f, "platform: {call} is unsupported, this build lacks {gate}")
            }
            Self::Contract { call, what } => write!(f, "platform: {call} broke its contract: {what}"),
            Self::Argument { call, what } => write!(f, "platform: {call} was not called: {what}"),
        }
    }
}

impl core::error::Error for PlatformError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for PlatformError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// Turns a status of the header into a result.
#[allow(dead_code, reason = "with every gate off, no function has a status")]
pub(crate) fn check(call: &'static str, status: i32) -> Result<(), PlatformError> {
    match status {
        0 => Ok(()),
        status => Err(PlatformError::Status { call, status }),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString as _;

    #[test]
    fn zero_is_success_and_nothing_else_is() {
        assert_eq!(check("f", 0), Ok(()));
        for status in [1, -1, i32::MIN, i32::MAX] {
            let error = PlatformError::Status { call: "f", status };
            assert_eq!(check("f", status), Err(error));
            assert_eq!(error.status(), Some(status));
        }
    }

    #[test]
    fn messages_name_the_function_and_the_gate() {
        let error = PlatformError::Unsupported { call: "wasmtime_mmap_new", gate: "WASMTIME_VIRTUAL_MEMORY" };
        let text = error.to_string();
        assert!(text.contains("wasmtime_mmap_new") && text.contains("WASMTIME_VIRTUAL_MEMORY"), "{text}");
        assert_eq!(error.call(), "wasmtime_mmap_new");
        assert_eq!(error.status(), None);
        let text = PlatformError::Status { call: "wasmtime_munmap", status: -12 }.to_string();
        assert_eq!(text, "platform: wasmtime_munmap failed with status -12");
    }
}
