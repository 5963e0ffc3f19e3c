//! The twin of `paged.rs` for builds without the feature `virtual-memory`: there is never such a memory.

/// Never made.
pub(super) enum Paged {}

impl Paged {
    pub(super) const fn instead_of(_old: &[u8], _len: usize, _most: usize) -> Option<Paged> {
        None
    }

    pub(super) const fn with(_old: &[u8], _len: usize, _most: usize) -> Option<Paged> {
        None
    }

    pub(super) const fn open(&mut self, _len: usize) -> bool {
        match *self {}
    }

    pub(super) const fn bytes(&mut self) -> &mut [u8] {
        match *self {}
    }
}
