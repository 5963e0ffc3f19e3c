//! The twin of `memory_group.rs` for builds without the feature `bulk-memory`.

/// There is no table.
pub(crate) const fn table() -> *const u8 {
    core::ptr::null()
}
