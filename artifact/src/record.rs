//! Fixed-size records and tables of them, read in place from bytes of any alignment.
//!
//! [`record!`](crate::record!) declares a record once and gives it its size, its reader and its writer, so that no offset is
//! written down a second time.

use crate::order::{ByteOrder, Endian};
use core::marker::PhantomData;

/// One field of a record: an integer or an array of bytes.
pub trait Field: Sized + Copy {
    /// Bytes it takes.
    const SIZE: usize;
    /// The field of which all bytes are zero.
    const ZERO: Self;
    /// Reads the field from the front of `bytes`, or `None` when there are too few.
    fn read<O: ByteOrder>(order: O, bytes: &[u8]) -> Option<Self>;
    /// Hands the field's bytes to `out`.
    fn write(self, endian: Endian, out: &mut dyn FnMut(&[u8]));
}

macro_rules! integer_field {
    ($ty:ty, $size:literal, $read:ident, $write:ident) => {
        impl Field for $ty {
            const SIZE: usize = $size;
            const ZERO: Self = 0;
            // Where words at odd addresses are read byte by byte, that is ten instructions: once, and not at each place that reads a field.
            #[cfg_attr(all(target_arch = "riscv32", not(target_feature = "unaligned-scalar-mem")), inline(never))]
            #[cfg_attr(not(all(target_arch = "riscv32", not(target_feature = "unaligned-scalar-mem"))), inline)]
            fn read<O: ByteOrder>(order: O, bytes: &[u8]) -> Option<Self> {
                bytes.first_chunk::<$size>().map(|b| order.$read(*b))
            }
            fn write(self, endian: Endian, out: &mut dyn FnMut(&[u8])) {
                out(&endian.$write(self));
            }
        }
    };
}
integer_field!(u16, 2, u16, bytes16);
integer_field!(u32, 4, u32, bytes32);
integer_field!(u64, 8, u64, bytes64);

impl Field for u8 {
    const SIZE: usize = 1;
    const ZERO: Self = 0;
    #[inline]
    fn read<O: ByteOrder>(_order: O, bytes: &[u8]) -> Option<Self> {
        bytes.first().copied()
    }
    fn write(self, _endian: Endian, out: &mut dyn FnMut(&[u8])) {
        out(&[self]);
    }
}

impl<const N: usize> Field for [u8; N] {
    const SIZE: usize = N;
    const ZERO: Self = [0; N];
    #[inline]
    fn read<O: ByteOrder>(_order: O, bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk::<N>().copied()
    }
    fn write(self, _endian: Endian, out: &mut dyn FnMut(&[u8])) {
        out(&self);
    }
}

/// An array of words, as the section offsets of a module header.
impl<const N: usize> Field for [u32; N] {
    const SIZE: usize = 4 * N;
    const ZERO: Self = [0; N];
    #[inline]
    fn read<O: ByteOrder>(order: O, bytes: &[u8]) -> Option<Self> {
        let mut words = [0; N];
        let mut rest = bytes;
        for word in &mut words {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            *word = order.u32(*head);
            rest = tail;
        }
        Some(words)
    }
    fn write(self, endian: Endian, out: &mut dyn FnMut(&[u8])) {
        for word in self {
            out(&endian.bytes32(word));
        }
    }
}

/// Declares a record: a struct whose fields follow each other without padding. With `as VIEW by PLACES` there is also a view that
/// reads each field in place when it is asked for; `PLACES` is a name for its own use.
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident as $view:ident by $places:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $ty:ty, )*
        }
    ) => {
        $crate::record! {
            $(#[$meta])*
            pub struct $name {
                $( $(#[$field_meta])* pub $field : $ty, )*
            }
        }

        #[doc = concat!("A [`", stringify!($name), "`] in place.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $view<'a, O> {
            bytes: &'a [u8; <$name as $crate::record::Field>::SIZE],
            order: O,
        }

        #[repr(C)]
        struct $places {
            $( $field: [u8; <$ty as $crate::record::Field>::SIZE], )*
        }

        impl<'a, O: $crate::order::ByteOrder> $view<'a, O> {
            /// The record at the front of `bytes`, or `None` when there are too few.
            #[inline]
            pub fn new(bytes: &'a [u8], order: O) -> Option<Self> {
                Some($view { bytes: bytes.first_chunk()?, order })
            }

            /// All of it.
            pub fn whole(&self) -> $name {
                <$name as $crate::record::Field>::read(self.order, self.bytes).unwrap_or(<$name as $crate::record::Field>::ZERO)
            }

            $(
                $(#[$field_meta])*
                #[inline]
                pub fn $field(&self) -> $ty {
                    let bytes = self.bytes.get(core::mem::offset_of!($places, $field)..).unwrap_or_default();
                    <$ty as $crate::record::Field>::read(self.order, bytes).unwrap_or(<$ty as $crate::record::Field>::ZERO)
                }
            )*
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $ty:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field : $ty, )*
        }

        impl $name {
            /// Its declaration, as [`crate::contract::FINGERPRINT`] reads it.
            pub(crate) const SHAPE: &'static str =
                concat!(stringify!($name), $( " ", stringify!($field), ":", stringify!($ty), )* );
        }

        impl $crate::record::Field for $name {
            const SIZE: usize = 0 $( + <$ty as $crate::record::Field>::SIZE )*;
            const ZERO: Self = $name { $( $field: <$ty as $crate::record::Field>::ZERO, )* };

            #[inline]
            fn read<O: $crate::order::ByteOrder>(order: O, bytes: &[u8]) -> Option<Self> {
                // One test of the length, which makes those below superfluous.
                let rest = bytes.get(..<Self as $crate::record::Field>::SIZE)?;
                $(
                    let $field = <$ty as $crate::record::Field>::read(order, rest)?;
                    let rest = rest.get(<$ty as $crate::record::Field>::SIZE..)?;
                )*
                let _ = rest;
                Some($name { $( $field, )* })
            }

            fn write(self, endian: $crate::order::Endian, out: &mut dyn FnMut(&[u8])) {
                $( $crate::record::Field::write(self.$field, endian, out); )*
            }
        }
    };
}

/// A table of records of one kind, in place.
#[derive(Debug)]
pub struct Table<'a, R, O> {
    bytes: &'a [u8],
    order: O,
    record: PhantomData<R>,
}

impl<R, O: Copy> Clone for Table<'_, R, O> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R, O: Copy> Copy for Table<'_, R, O> {}

impl<'a, R: Field, O: ByteOrder> Table<'a, R, O> {
    /// A view of `bytes` as records. Bytes after the last whole record are ignored.
    pub const fn new(bytes: &'a [u8], order: O) -> Self {
        Table { bytes, order, record: PhantomData }
    }

    /// Number of whole records.
    #[inline]
    pub const fn len(&self) -> u32 {
        // A section is less than 4 GiB, as its offsets are 32 bits wide.
        #[expect(clippy::cast_possible_truncation, reason = "sections have 32-bit lengths")]
        let len = (self.bytes.len() / R::SIZE) as u32;
        len
    }

    /// Whether the table has no record.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.bytes.len() < R::SIZE
    }

    /// Record number `index`.
    #[inline]
    pub fn get(&self, index: u32) -> Option<R> {
        let start = (index as usize).checked_mul(R::SIZE)?;
        R::read(self.order, self.bytes.get(start..)?)
    }

    /// The records from first to last.
    #[inline]
    pub fn iter(&self) -> Records<'a, R, O> {
        Records { rest: self.bytes, order: self.order, record: PhantomData }
    }

    /// The records from number `first` on: none if there are not so many.
    #[inline]
    pub fn iter_from(&self, first: u32) -> Records<'a, R, O> {
        let rest = self.bytes.get((first as usize).saturating_mul(R::SIZE)..).unwrap_or_default();
        Records { rest, order: self.order, record: PhantomData }
    }

    /// The records `start .. start + len`, or `None` if the table has not so many.
    pub fn slice(&self, start: u32, len: u32) -> Option<Self> {
        let from = (start as usize).checked_mul(R::SIZE)?;
        let size = (len as usize).checked_mul(R::SIZE)?;
        let bytes = self.bytes.get(from..)?.get(..size)?;
        Some(Table { bytes, order: self.order, record: PhantomData })
    }

    /// The bytes of the table, with whatever follows the last whole record.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Iterator of [`Table::iter`].
#[derive(Clone, Debug)]
pub struct Records<'a, R, O> {
    rest: &'a [u8],
    order: O,
    record: PhantomData<R>,
}

impl<R: Field, O: ByteOrder> Iterator for Records<'_, R, O> {
    type Item = R;
    #[inline]
    fn next(&mut self) -> Option<R> {
        let (record, rest) = self.rest.split_at_checked(R::SIZE)?;
        self.rest = rest;
        R::read(self.order, record)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.rest.len() / R::SIZE;
        (len, Some(len))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::order::Endian;

    #[test]
    fn records_from_a_number_on() {
        let table = Table::<u16, _>::new(&[0, 1, 0, 2, 0, 3, 9], Endian::Big);
        for first in 0..5 {
            assert!(table.iter_from(first).eq(table.iter().skip(first as usize)), "{first}");
        }
        assert_eq!(table.iter_from(1).next(), Some(2));
        assert_eq!(table.iter_from(u32::MAX).next(), None);
    }
}
