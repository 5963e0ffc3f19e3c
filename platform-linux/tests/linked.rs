//! The platform as Rust programs use it: linked by its crate's name, called through the wrappers of `stilt-platform-abi`. What
//! the conformance kit cannot see (it knows no Linux) is tested here: signal dispositions, signal stacks, error codes.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a test says by a panic what it misses")]

extern crate stilt_platform_linux as _;

use core::ptr::NonNull;
use stilt_platform_abi::PlatformError;
use stilt_platform_abi::image::MemoryImage;
use stilt_platform_abi::memory::{self, Protection, map, page_size, protect, unmap};

const ENOMEM: i32 = 12;
const EINVAL: i32 = 22;

#[test]
fn errors_carry_the_errno() {
    let page = page_size().expect("a page size");
    let everything = usize::MAX - page + 1 - page;
    let error = map(everything, Protection::None).expect_err("nothing is that large");
    assert_eq!(error, PlatformError::Status { call: "wasmtime_mmap_new", status: ENOMEM });

    let nowhere = NonNull::new(core::ptr::without_provenance_mut(page)).expect("not null");
    // SAFETY: nothing is mapped at the second page of the address space, so nothing changes.
    let error = unsafe { protect(nowhere, page, Protection::Read) }.expect_err("nothing is mapped there");
    assert_eq!(error.status(), Some(ENOMEM));

    // SAFETY: not a page, so the kernel refuses and nothing changes.
    let error = unsafe { unmap(nowhere.map_addr(|address| address | 1), page) }.expect_err("not a page");
    assert_eq!(error, PlatformError::Status { call: "wasmtime_munmap", status: EINVAL });
}

#[test]
fn ranges_that_are_not_whole_pages_are_not_asked_for() {
    let page = page_size().expect("a page size");
    for size in [0, 1, page - 1, page + 1] {
        assert!(matches!(map(size, Protection::None), Err(PlatformError::Argument { .. })), "{size}");
    }
    let start = map(page * 2, Protection::ReadWrite).expect("two pages");
    let inside = NonNull::new(start.as_ptr().wrapping_add(8)).expect("not null");
    // SAFETY: refused before anything is done.
    let refused = unsafe { protect(inside, page, Protection::None) };
    assert!(matches!(refused, Err(PlatformError::Argument { .. })));
    // SAFETY: refused before anything is done.
    let refused = unsafe { memory::remap(start, page + 1, Protection::None) };
    assert!(matches!(refused, Err(PlatformError::Argument { .. })));
    assert!(matches!(MemoryImage::new(&[]), Err(PlatformError::Argument { .. })));
    // SAFETY: the mapping above, which nothing uses.
    unsafe { unmap(start, page * 2) }.expect("unmapped");
}

/// Descriptors of images are closed, at the latest with the image.
#[test]
fn images_leave_no_descriptors() {
    let page = page_size().expect("a page size");
    let start = map(page, Protection::ReadWrite).expect("a page");
    // SAFETY: a readable page, which nothing writes to while it is borrowed.
    let bytes = unsafe { core::slice::from_raw_parts(start.as_ptr(), page) };
    // More than a process may have open.
    for _ in 0..5_000 {
        MemoryImage::new(bytes).expect("an image").expect("images are offered");
    }
    // SAFETY: the mapping above, which nothing uses any more.
    unsafe { unmap(start, page) }.expect("unmapped");
}
