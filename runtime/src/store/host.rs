//! What compiled code asks of a store: growth, within the limits that the embedder set.

use stilt_vm::{Host, MemoryPtr, Stop, TablePtr};

use super::{Limiter, StoreInner};
use crate::{Error, Result};

impl<T: 'static> Host for StoreInner<T> {
    fn store(&mut self) -> Option<&mut stilt_vm::Store> {
        self.opaque.vm_if_any()
    }

    fn grow_memory(&mut self, memory: MemoryPtr, delta: u64) -> Result<Option<u64>, Stop> {
        self.memory_grow(memory, delta).map_err(|error| self.opaque.stop(error))
    }

    fn grow_table(&mut self, table: TablePtr, delta: u64, init: u64) -> Result<Option<u64>, Stop> {
        self.table_grow(table, delta, init).map_err(|error| self.opaque.stop(error))
    }
}

impl<T: 'static> StoreInner<T> {
    /// Grows a memory of this store: its old size in pages, or `None` if it cannot or may not.
    pub(crate) fn memory_grow(&mut self, memory: MemoryPtr, delta: u64) -> Result<Option<u64>> {
        let Some(vm) = self.opaque.vm() else { return Ok(None) };
        let (Some(shape), Some(current)) = (vm.memory_shape(memory), vm.memory_len(memory)) else {
            return Ok(None);
        };
        if delta != 0 && shape.backed != 0 {
            return Ok(None);
        }
        let pages = shape.pages(current).and_then(|pages| pages.checked_add(delta));
        let Some(desired) = pages.and_then(|pages| shape.bytes(pages)) else { return Ok(None) };
        let maximum = shape.bytes(shape.most());
        if delta != 0 && !self.may_grow_memory(current, desired, maximum)? {
            return Ok(None);
        }
        let Some((vm, mut rooms)) = self.opaque.parts_if_any() else { return Ok(None) };
        Ok(vm.memory_grow(memory, delta, &mut rooms))
    }

    /// Grows a table of this store: its old size, or `None` if it cannot or may not.
    pub(crate) fn table_grow(&mut self, table: TablePtr, delta: u64, init: u64) -> Result<Option<u64>> {
        let Some(vm) = self.opaque.vm() else { return Ok(None) };
        let (Some(shape), Some(current)) = (vm.table_shape(table), vm.table_len(table)) else { return Ok(None) };
        let Some(desired) = current.checked_add(delta) else { return Ok(None) };
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        if delta != 0 && !self.may_grow_table(size(current), size(desired), shape.max.map(size))? {
            return Ok(None);
        }
        let Some((vm, mut rooms)) = self.opaque.parts_if_any() else { return Ok(None) };
        Ok(vm.table_grow(table, delta, init, &mut rooms))
    }

    pub(crate) fn may_grow_memory(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        match &mut self.limiter {
            Limiter::None => Ok(true),
            Limiter::Some(limiter) => limiter(&mut self.data).memory_growing(current, desired, maximum),
            Limiter::Lost => Ok(false),
        }
    }

    pub(crate) fn may_grow_table(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        match &mut self.limiter {
            Limiter::None => Ok(true),
            Limiter::Some(limiter) => limiter(&mut self.data).table_growing(current, desired, maximum),
            Limiter::Lost => Ok(false),
        }
    }

    /// Whether the store may have so many more instances, memories and tables.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn may_add(&mut self, instances: usize, memories: usize, tables: usize) -> Result<()> {
        let limits = match &mut self.limiter {
            Limiter::None => (10_000, 10_000, 10_000),
            Limiter::Some(limiter) => {
                let limiter = limiter(&mut self.data);
                (limiter.instances(), limiter.memories(), limiter.tables())
            }
            Limiter::Lost => (0, 0, 0),
        };
        let wanted = (
            self.opaque.instance_count().saturating_add(instances),
            self.opaque.memories.saturating_add(memories),
            self.opaque.tables.saturating_add(tables),
        );
        if instances > 0 && wanted.0 > limits.0 {
            return Err(Error::fixed(&"resource limit exceeded: instance count too high"));
        }
        if memories > 0 && wanted.1 > limits.1 {
            return Err(Error::fixed(&"resource limit exceeded: memory count too high"));
        }
        if tables > 0 && wanted.2 > limits.2 {
            return Err(Error::fixed(&"resource limit exceeded: table count too high"));
        }
        Ok(())
    }
}
