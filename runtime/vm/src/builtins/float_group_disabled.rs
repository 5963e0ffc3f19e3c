//! The twin of `float_group.rs` for builds without the feature `soft-float`.

/// There is no table.
pub(crate) const fn table() -> *const u8 {
    core::ptr::null()
}
