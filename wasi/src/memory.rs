//! The guest's linear memory as the calls see it.
//!
//! Every address and length in here comes from the guest. Each access is checked against the memory's present size,
//! sums are never formed in a type that could wrap, and anything outside is [`Errno::Fault`]. Alignment is not asked
//! for. An empty range is inside as long as its address is at most the memory's size.

use crate::Errno;
use core::marker::PhantomData;
use core::mem::size_of;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A checked view of a guest's linear memory for the time of one call.
#[derive(Debug)]
pub struct GuestMemory<'a> {
    bytes: &'a mut [u8],
}

impl<'a> GuestMemory<'a> {
    /// A view of all of `bytes`; guest address 0 is the first.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes }
    }

    /// The `len` bytes at `at`.
    ///
    /// # Errors
    /// [`Errno::Fault`] unless the whole range lies inside.
    pub fn bytes(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        let (start, end) = range(at, len)?;
        self.bytes.get(start..end).ok_or(Errno::Fault)
    }

    /// The `len` bytes at `at`, to be written.
    ///
    /// # Errors
    /// [`Errno::Fault`] unless the whole range lies inside.
    pub fn bytes_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        let (start, end) = range(at, len)?;
        self.bytes.get_mut(start..end).ok_or(Errno::Fault)
    }

    /// The record at `at`.
    ///
    /// # Errors
    /// [`Errno::Fault`] unless the whole record lies inside.
    pub fn read<R: FromBytes>(&self, at: u32) -> Result<R, Errno> {
        let bytes = self.bytes(at, size::<R>()?)?;
        R::read_from_bytes(bytes).map_err(|_| Errno::Fault)
    }

    /// Stores a record at `at`.
    ///
    /// # Errors
    /// [`Errno::Fault`] unless the whole record lies inside; nothing is stored then.
    pub fn write<R: IntoBytes + Immutable>(&mut self, at: u32, record: &R) -> Result<(), Errno> {
        let bytes = self.bytes_mut(at, size::<R>()?)?;
        record.write_to(bytes).map_err(|_| Errno::Fault)
    }

    /// Stores a 32-bit number at `at`, as [`GuestMemory::write`] does.
    ///
    /// # Errors
    /// [`Errno::Fault`] unless all four bytes lie inside.
    pub fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &U32::new(value))
    }

    /// Checks that a result of type `R` can be stored at `at`, so that a call can refuse before it does anything.
    ///
    /// # Errors
    /// [`Errno::Fault`] if it cannot.
    pub fn check<R>(&self, at: u32) -> Result<(), Errno> {
        self.bytes(at, size::<R>()?).map(|_| ())
    }

    /// Checks an array of `count` records at `at` and names it.
    ///
    /// # Errors
    /// [`Errno::Fault`] unless the whole array lies inside.
    pub fn array<R>(&self, at: u32, count: u32) -> Result<GuestArray<R>, Errno> {
        let len = size::<R>()?.checked_mul(count).ok_or(Errno::Fault)?;
        self.bytes(at, len)?;
        Ok(GuestArray { at, count, record: PhantomData })
    }
}

/// An array of records in guest memory that was inside when it was made. What it holds may change at any time: the
/// guest may have placed a buffer over it.
#[derive(Debug)]
pub struct GuestArray<R> {
    at: u32,
    count: u32,
    record: PhantomData<R>,
}

impl<R> Clone for GuestArray<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for GuestArray<R> {}

impl<R> GuestArray<R> {
    /// The addresses of its records, in order.
    pub fn addresses(self) -> impl Iterator<Item = u32> {
        let step = size::<R>().unwrap_or(u32::MAX);
        (0..self.count).map_while(move |index| index.checked_mul(step)?.checked_add(self.at))
    }
}

fn range(at: u32, len: u32) -> Result<(usize, usize), Errno> {
    let start = usize::try_from(at).map_err(|_| Errno::Fault)?;
    let len = usize::try_from(len).map_err(|_| Errno::Fault)?;
    let end = start.checked_add(len).ok_or(Errno::Fault)?;
    Ok((start, end))
}

fn size<R>() -> Result<u32, Errno> {
    u32::try_from(size_of::<R>()).map_err(|_| Errno::Fault)
}

#[cfg(test)]
mod tests {
    use super::GuestMemory;
    use crate::Errno;
    use crate::abi::Iovec;
    use zerocopy::little_endian::{U32, U64};

    #[test]
    fn ranges_at_the_edges() {
        let mut bytes = [7; 16];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.bytes(0, 16).map(<[u8]>::len), Ok(16));
        assert_eq!(memory.bytes(16, 0).map(<[u8]>::len), Ok(0));
        for (at, len) in [(0, 17), (16, 1), (17, 0), (u32::MAX, 0), (u32::MAX, u32::MAX), (8, u32::MAX), (4, 13)] {
            assert_eq!(memory.bytes(at, len), Err(Errno::Fault), "{at} {len}");
            assert_eq!(memory.bytes_mut(at, len), Err(Errno::Fault), "{at} {len}");
        }
    }

    #[test]
    fn the_empty_memory_holds_nothing() {
        let memory = GuestMemory::new(&mut []);
        assert_eq!(memory.bytes(0, 0), Ok(&[][..]));
        assert_eq!(memory.bytes(0, 1), Err(Errno::Fault));
        assert!(memory.array::<Iovec>(0, 0).is_ok());
    }

    #[test]
    fn records_need_no_alignment_and_are_little_endian() {
        let mut bytes = [0; 16];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.write(3, &U64::new(0x0102_0304_0506_0708)), Ok(()));
        assert_eq!(memory.bytes(3, 8), Ok(&[8, 7, 6, 5, 4, 3, 2, 1][..]));
        assert_eq!(memory.read::<U32>(4).map(|v| v.get()), Ok(0x0405_0607));
        assert_eq!(memory.write(9, &U64::new(0)), Err(Errno::Fault));
        assert_eq!(memory.read::<U64>(9).map(|v| v.get()), Err(Errno::Fault));
        assert_eq!(memory.bytes(9, 2), Ok(&[2, 1][..]), "a refused write stores nothing");
    }

    #[test]
    fn arrays_whose_length_wraps_are_outside() {
        let mut bytes = [0; 64];
        let memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.array::<Iovec>(0, 8).map(|a| a.addresses().count()), Ok(8));
        assert_eq!(memory.array::<Iovec>(8, 8).err(), Some(Errno::Fault));
        assert_eq!(memory.array::<Iovec>(0, 0x2000_0000).err(), Some(Errno::Fault));
        assert_eq!(memory.array::<Iovec>(0, 0x2000_0001).err(), Some(Errno::Fault));
        assert_eq!(memory.array::<Iovec>(0, u32::MAX).err(), Some(Errno::Fault));
        let addresses = memory.array::<Iovec>(40, 3).map(|a| a.addresses().last());
        assert_eq!(addresses, Ok(Some(56)));
    }
}
