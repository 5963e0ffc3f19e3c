//! The calls to the global allocator, for every type of this crate.
//!
//! INV-ALLOC: a pointer that `allocate` or `reallocate` returned for a layout
//! is a live block of that layout of the global allocator, or, for a layout
//! of size zero, dangling, non-null and aligned.

use alloc::alloc::{alloc, alloc_zeroed, dealloc, realloc};
use core::alloc::Layout;
use core::ptr::{NonNull, without_provenance_mut};

use crate::OutOfMemory;

/// What a fresh block holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Uninit,
    Zeroed,
}

/// A block of `layout`; nothing is allocated for size zero.
pub(crate) fn allocate(layout: Layout, fill: Fill) -> Result<NonNull<u8>, OutOfMemory> {
    let block = match (layout.size(), fill) {
        // The alignment is never zero, so this is dangling, non-null and aligned.
        (0, _) => without_provenance_mut(layout.align()),
        // SAFETY: the size is not zero in this arm, all that the allocator asks.
        (_, Fill::Uninit) => unsafe { alloc(layout) },
        // SAFETY: the size is not zero in this arm, all that the allocator asks.
        (_, Fill::Zeroed) => unsafe { alloc_zeroed(layout) },
    };
    NonNull::new(block).ok_or(OutOfMemory::new(layout.size()))
}

/// Gives a block back.
///
/// # Safety
/// `block` fulfils INV-ALLOC for `layout` and is not used afterwards.
pub(crate) unsafe fn deallocate(block: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: by the caller's promise, with a size that is not zero, `block`
        // is a live block of the global allocator with this layout.
        unsafe { dealloc(block.as_ptr(), layout) }
    }
}

/// Moves a block to `new_size` bytes of the same alignment; the first
/// `min(old, new)` bytes are kept. After an error the old block is unchanged.
///
/// # Safety
/// `block` fulfils INV-ALLOC for `layout`; after success it is not used any more.
pub(crate) unsafe fn reallocate(
    block: NonNull<u8>,
    layout: Layout,
    new_size: usize,
) -> Result<NonNull<u8>, OutOfMemory> {
    let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
        return Err(OutOfMemory::new(usize::MAX));
    };
    if layout.size() == 0 {
        return allocate(new_layout, Fill::Uninit);
    }
    if new_size == 0 {
        // SAFETY: the caller hands over `block`, of this layout.
        unsafe { deallocate(block, layout) };
        return allocate(new_layout, Fill::Uninit);
    }
    // SAFETY: `block` is live with `layout` by the caller's promise, the new size is
    // not zero and, as `new_layout` exists, fits `isize` after rounding.
    let moved = unsafe { realloc(block.as_ptr(), layout, new_size) };
    NonNull::new(moved).ok_or(OutOfMemory::new(new_size))
}
