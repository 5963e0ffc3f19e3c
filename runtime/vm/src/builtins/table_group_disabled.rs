//! The twin of `table_group.rs` for builds without the feature `tables`.

/// There is no table.
pub(crate) const fn table() -> *const u8 {
    core::ptr::null()
}
