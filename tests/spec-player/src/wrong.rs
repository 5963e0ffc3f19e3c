//! Why a command does not hold, as a text for people.

use core::fmt;

use stilt::Error;
use stilt_collections::OutOfMemory;
use stilt_spec_script::{Alternatives, Value};

/// What was expected, and what was found.
pub(crate) enum Wrong<'a> {
    /// It should have succeeded.
    Failed(Error),
    /// It should have failed, saying this.
    Succeeded { expected: &'a str },
    /// It should have failed in another way.
    OtherFailure { expected: &'a str, found: Error },
    /// The module of this slot or definition has not come to life.
    NoModule,
    /// There is no such export, or not of the right kind.
    NoExport(&'a str),
    /// So many results, and not so many.
    Count { expected: usize, found: usize },
    /// A result is something else.
    Result { index: usize, expected: Alternatives<'a>, found: Option<Value> },
    /// The player itself has no room.
    OutOfMemory(OutOfMemory),
}

impl From<Error> for Wrong<'_> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<OutOfMemory> for Wrong<'_> {
    fn from(error: OutOfMemory) -> Self {
        Self::OutOfMemory(error)
    }
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "expected success, found: {error:?}"),
            Self::Succeeded { expected } => write!(f, "expected \"{expected}\", found success"),
            Self::OtherFailure { expected, found } => {
                write!(f, "expected \"{expected}\", found: {found:?}")
            }
            Self::NoModule => f.write_str("its module was not instantiated"),
            Self::NoExport(name) => write!(f, "no export \"{name}\" of the right kind"),
            Self::Count { expected, found } => {
                write!(f, "expected {expected} results, found {found}")
            }
            Self::Result { index, expected, found } => {
                write!(f, "result {index}: expected")?;
                for (at, pattern) in expected.enumerate() {
                    let separator = if at == 0 { "" } else { " or" };
                    write!(f, "{separator} {pattern}")?;
                }
                match found {
                    Some(found) => write!(f, ", found {found}"),
                    None => f.write_str(", found a value that no script can name"),
                }
            }
            Self::OutOfMemory(error) => error.fmt(f),
        }
    }
}
