//! The twin of `pooling.rs` for builds without the feature `pooling-allocator`: there is no pool.

use stilt_collections::TryArc;
use stilt_vm::Pool;

use crate::{Config, Result};

/// What a [`Config`] keeps: nothing.
#[derive(Clone, Debug)]
pub(crate) struct Strategy;

impl Strategy {
    pub(crate) const ON_DEMAND: Strategy = Strategy;

    /// As without one.
    #[expect(clippy::unused_self, reason = "the twin looks")]
    pub(crate) const fn has_pages(&self) -> bool {
        true
    }

    /// No pool.
    #[expect(clippy::unnecessary_wraps, reason = "the twin can fail")]
    pub(crate) const fn pool(_config: &Config) -> Result<Option<TryArc<Pool>>> {
        Ok(None)
    }
}
