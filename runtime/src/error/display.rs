//! How errors read.
//!
//! `{}` is the error and, if the guest was running, where: the same words as the embedder would log. `{:#}` is the whole
//! chain on one line, `{:?}` the whole chain with the backtrace.

use core::fmt::{self, Debug, Display};

use super::Error;

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain = self.chain();
        if let Some(first) = chain.next() {
            Display::fmt(first, f)?;
        }
        if f.alternate() {
            for error in chain {
                write!(f, ": {error}")?;
            }
            return Ok(());
        }
        match self.backtrace() {
            Some(backtrace) => write!(f, "\n{backtrace}"),
            None => Ok(()),
        }
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain = self.chain();
        if let Some(first) = chain.next() {
            Display::fmt(first, f)?;
        }
        for (index, error) in chain.enumerate() {
            f.write_str(if index == 0 { "\n\nCaused by:\n    " } else { "\n    " })?;
            write!(f, "{index}: {error}")?;
        }
        match self.backtrace() {
            Some(backtrace) => write!(f, "\n\n{backtrace}"),
            None => Ok(()),
        }
    }
}
