//! Something that is done once per process, and whose failure is remembered.

use super::replace;
use core::sync::atomic::{AtomicUsize, Ordering};

const UNUSED: usize = 0;
const BUSY: usize = 1;
const SUCCEEDED: usize = 2;
const FAILED: usize = 3;

/// Whether something has been done.
#[derive(Debug)]
pub struct Once(AtomicUsize);

/// What [`Once::turn`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is this caller's to do, and to report with [`Once::finish`].
    Mine,
    /// It was done.
    Succeeded,
    /// It was tried in vain.
    Failed,
}

impl Once {
    /// Nobody has tried yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(UNUSED))
    }

    /// Whether it has been done. Only the first caller is told to; others wait until that one has finished.
    #[must_use]
    pub fn turn(&self) -> Turn {
        loop {
            match self.0.load(Ordering::Acquire) {
                SUCCEEDED => return Turn::Succeeded,
                FAILED => return Turn::Failed,
                BUSY => core::hint::spin_loop(),
                _ if replace(&self.0, UNUSED, BUSY) => return Turn::Mine,
                _ => {}
            }
        }
    }

    /// Reports how it went. Only for whoever got [`Turn::Mine`].
    pub fn finish(&self, succeeded: bool) {
        self.0.store(if succeeded { SUCCEEDED } else { FAILED }, Ordering::Release);
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_does_it_and_all_learn_how_it_went() {
        for (succeeded, later) in [(true, Turn::Succeeded), (false, Turn::Failed)] {
            let once = Once::new();
            assert_eq!(once.turn(), Turn::Mine);
            once.finish(succeeded);
            assert_eq!(once.turn(), later);
            assert_eq!(once.turn(), later);
        }
    }
}
