//! What C hands over: null is a status, and the rest is as the header says (INV-C-CALLER).

use core::ffi::{c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use stilt::GivenStorage;

use crate::Status;
use crate::failure::Failure;
use crate::sizes::ALIGN;

/// `stilt_text`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Text {
    bytes: *const c_char,
    length: usize,
}

impl Text {
    pub(crate) const EMPTY: Text = Text { bytes: core::ptr::null(), length: 0 };

    pub(crate) const fn of(text: &str) -> Text {
        Text { bytes: text.as_ptr().cast(), length: text.len() }
    }

    /// Its bytes.
    ///
    /// # Safety
    /// It is C's, and stays as it is for `'a`.
    pub(crate) unsafe fn bytes<'a>(self) -> Result<&'a [u8], Status> {
        // SAFETY: the caller's promise.
        unsafe { bytes(self.bytes.cast(), self.length) }
    }
}

/// The value there, which may not be null.
///
/// # Safety
/// It is null, or leads to a `T` that stays as it is for `'a`.
pub(crate) unsafe fn given<'a, T>(place: *const T) -> Result<&'a T, Status> {
    if !place.is_aligned() {
        return Err(Status::INVALID);
    }
    // SAFETY: aligned; else the caller's promise.
    unsafe { place.as_ref() }.ok_or(Status::INVALID)
}

/// The bytes in front of the first zero. (`CStr::from_ptr` calls C's `strlen`, which a program need not have.)
///
/// # Safety
/// There is one, and they stay as they are for `'a`.
pub(crate) unsafe fn zero_terminated<'a>(text: *const c_char) -> &'a [u8] {
    let text: *const u8 = text.cast();
    let mut length = 0;
    // SAFETY: the caller's promise: what is in front of it was not the zero.
    while unsafe { text.wrapping_add(length).read() } != 0 {
        length = length.wrapping_add(1);
    }
    // SAFETY: as above.
    unsafe { core::slice::from_raw_parts(text, length) }
}

/// Whether something can be a place for results, before there are any.
pub(crate) fn place<T>(place: *mut T) -> Result<(), Status> {
    if place.is_null() || !place.is_aligned() { Err(Status::INVALID) } else { Ok(()) }
}

/// The same where C may do without.
pub(crate) fn place_if_wanted<T>(place: *mut T) -> Result<(), Status> {
    if place.is_null() { Ok(()) } else { self::place(place) }
}

/// Whether two ranges of storage, each so many bytes from an address on, have none in common.
pub(crate) fn apart(one: (*mut c_void, usize), other: (*mut c_void, usize)) -> Result<(), Status> {
    let begins_in =
        |(start, size): (*mut c_void, usize), place: *mut c_void| place.addr().wrapping_sub(start.addr()) < size;
    let overlap = one.1 != 0 && other.1 != 0 && (begins_in(one, other.0) || begins_in(other, one.0));
    if overlap { Err(Status::INVALID) } else { Ok(()) }
}

/// Writes a result where C wants it.
///
/// # Safety
/// It is null, or leads to room for a `T` that nobody else uses.
pub(crate) unsafe fn put<T>(place: *mut T, value: T) -> Result<(), Status> {
    self::place(place)?;
    // SAFETY: not null, aligned; else the caller's promise.
    unsafe { place.write(value) };
    Ok(())
}

/// The same where C may do without.
///
/// # Safety
/// As there.
pub(crate) unsafe fn put_if_wanted<T>(place: *mut T, value: T) -> Result<(), Status> {
    if place.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    unsafe { put(place, value) }
}

/// Values that C has in a row; null only if there are none.
///
/// # Safety
/// It is null, or leads to `length` values that stay as they are for `'a`.
pub(crate) unsafe fn values<'a, T>(first: *const T, length: usize) -> Result<&'a [T], Status> {
    if length == 0 {
        return Ok(&[]);
    }
    if first.is_null()
        || !first.is_aligned()
        || length > isize::MAX.cast_unsigned().checked_div(size_of::<T>()).unwrap_or(0)
    {
        return Err(Status::INVALID);
    }
    // SAFETY: not null, aligned, of a possible size; else the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(first, length) })
}

/// The same, to be changed.
///
/// # Safety
/// As there; nobody else uses them meanwhile.
pub(crate) unsafe fn values_mut<'a, T>(first: *mut T, length: usize) -> Result<&'a mut [T], Status> {
    if length == 0 {
        return Ok(&mut []);
    }
    if first.is_null()
        || !first.is_aligned()
        || length > isize::MAX.cast_unsigned().checked_div(size_of::<T>()).unwrap_or(0)
    {
        return Err(Status::INVALID);
    }
    // SAFETY: not null, aligned, of a possible size; else the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(first, length) })
}

/// Bytes, likewise.
///
/// # Safety
/// As for [`values`].
pub(crate) unsafe fn bytes<'a>(first: *const u8, length: usize) -> Result<&'a [u8], Status> {
    // SAFETY: the caller's promise.
    unsafe { values(first, length) }
}

/// A name: any bytes that are UTF-8; others are nobody's name.
///
/// # Safety
/// As for [`values`].
pub(crate) unsafe fn name<'a>(first: *const c_char, length: usize) -> Result<&'a str, Status> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(first.cast(), length) }?;
    core::str::from_utf8(bytes).map_err(|_| Status::NO_EXPORT)
}

/// Storage for an object of type `O`, and what is behind that.
///
/// # Safety
/// It is null, or leads to `size` bytes that are left to the object, until it is dropped.
pub(crate) unsafe fn storage<O>(
    storage: *mut c_void,
    size: usize,
    needed: Option<usize>,
) -> Result<(NonNull<O>, GivenStorage), Failure> {
    const { assert!(align_of::<O>() <= ALIGN, "what C aligns to is enough") };
    let front = size_of::<O>().next_multiple_of(ALIGN);
    let Some(start) = NonNull::new(storage.cast::<u8>()) else { return Err(Status::INVALID.into()) };
    if start.as_ptr().addr() & ALIGN.wrapping_sub(1) != 0 {
        return Err(Failure { needed_align: ALIGN, ..Status::STORAGE_ALIGN.into() });
    }
    let needed = needed.and_then(|needed| needed.checked_add(front)).unwrap_or(usize::MAX);
    if size < needed || size > isize::MAX.cast_unsigned() {
        return Err(Failure { needed_size: needed, needed_align: ALIGN, ..Status::STORAGE_SIZE.into() });
    }
    // SAFETY: the front lies within the storage, as compared.
    let rest = unsafe { start.add(front) }.cast::<MaybeUninit<u8>>();
    // SAFETY: so many bytes are behind the front; they are left to the object and whatever refers to them: INV-C-CALLER stands for the
    // lifetime, as all owners are gone before the storage is anybody else's.
    let rest: GivenStorage = unsafe { core::slice::from_raw_parts_mut(rest.as_ptr(), size.wrapping_sub(front)) };
    Ok((start.cast(), rest))
}

/// Storage for nothing but bytes.
///
/// # Safety
/// As for [`storage`].
pub(crate) unsafe fn plain_storage(place: *mut c_void, size: usize) -> Result<GivenStorage, Failure> {
    // SAFETY: the caller's promise.
    let (_, rest) = unsafe { storage::<()>(place, size, Some(0)) }?;
    Ok(rest)
}

/// Copies bytes between a memory and C. No references: C's bytes may be a part of the memory (stilt_memory_range).
///
/// # Safety
/// Each is null, or so many bytes, of which nobody has references.
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) -> Result<(), Status> {
    if length == 0 {
        return Ok(());
    }
    if from.is_null() || to.is_null() {
        return Err(Status::INVALID);
    }
    // SAFETY: the caller's promise; the ranges may overlap.
    unsafe { to.copy_from(from, length) };
    Ok(())
}
