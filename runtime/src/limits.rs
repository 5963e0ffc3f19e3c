//! Limits on what a guest can make grow: asked before anything grows, per store.

use crate::Result;

/// Decides what may grow. Given to a store with [`Store::limiter`](crate::Store::limiter).
pub trait ResourceLimiter: Send {
    /// Whether a memory may grow from `current` to `desired` bytes. `current` is 0 for a new memory. An error stops the
    /// guest with it.
    ///
    /// # Errors
    /// The implementation's.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// Whether a table may grow from `current` to `desired` elements.
    ///
    /// # Errors
    /// The implementation's.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// The most instances that the store may have.
    fn instances(&self) -> usize {
        10_000
    }

    /// The most tables.
    fn tables(&self) -> usize {
        10_000
    }

    /// The most memories.
    fn memories(&self) -> usize {
        10_000
    }
}

/// Fixed limits.
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> Self {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            instances: 10_000,
            tables: 10_000,
            memories: 10_000,
            trap_on_grow_failure: false,
        }
    }
}

impl StoreLimits {
    fn answer(&self, allowed: bool) -> Result<bool> {
        if !allowed && self.trap_on_grow_failure {
            return Err(crate::Error::fixed(&"forcing trap when growing beyond a limit of the store"));
        }
        Ok(allowed)
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let allowed = self.memory_size.is_none_or(|limit| desired <= limit);
        self.answer(allowed && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let allowed = self.table_elements.is_none_or(|limit| desired <= limit);
        self.answer(allowed && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Builds [`StoreLimits`].
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// No limits but the defaults of [`ResourceLimiter`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most bytes of one memory.
    #[must_use]
    pub const fn memory_size(mut self, limit: usize) -> Self {
        self.0.memory_size = Some(limit);
        self
    }

    /// The most elements of one table.
    #[must_use]
    pub const fn table_elements(mut self, limit: usize) -> Self {
        self.0.table_elements = Some(limit);
        self
    }

    /// The most instances.
    #[must_use]
    pub const fn instances(mut self, limit: usize) -> Self {
        self.0.instances = limit;
        self
    }

    /// The most tables.
    #[must_use]
    pub const fn tables(mut self, limit: usize) -> Self {
        self.0.tables = limit;
        self
    }

    /// The most memories.
    #[must_use]
    pub const fn memories(mut self, limit: usize) -> Self {
        self.0.memories = limit;
        self
    }

    /// Whether growing beyond a limit stops the guest with an error, in place of failing.
    #[must_use]
    pub const fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    #[must_use]
    pub fn build(self) -> StoreLimits {
        self.0
    }
}
