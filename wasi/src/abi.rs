//! The records that guest and host exchange through linear memory, byte for byte.
//!
//! Every field is little-endian and byte-aligned, whatever the host, and padding is spelled out; so a record is read
//! and written as it lies. Offsets and sizes are those of the interface's documents, asserted below.

use core::mem::{offset_of, size_of};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// One piece of guest memory in a scattered read or a gathered write (`iovec` and `ciovec` are laid out alike).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Iovec {
    /// Where it begins.
    pub buf: U32,
    /// Its length in bytes.
    pub len: U32,
}

/// What `fd_fdstat_get` tells of a descriptor.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Fdstat {
    /// A [`FileType`](crate::host::FileType).
    pub file_type: u8,
    /// Padding, zero.
    pub pad1: u8,
    /// Flags in force, [`fdflags`].
    pub flags: U16,
    /// Padding, zero.
    pub pad4: U32,
    /// What may be done with the descriptor, [`rights`].
    pub rights_base: U64,
    /// What may be done with descriptors opened through it.
    pub rights_inheriting: U64,
}

/// What `fd_filestat_get` and `path_filestat_get` tell of a file.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Filestat {
    /// The device that holds the file.
    pub device: U64,
    /// The file's serial number there.
    pub inode: U64,
    /// A [`FileType`](crate::host::FileType).
    pub file_type: u8,
    /// Padding, zero.
    pub pad17: [u8; 7],
    /// The number of hard links.
    pub links: U64,
    /// The size in bytes.
    pub size: U64,
    /// Last access, nanoseconds since 1970.
    pub accessed: U64,
    /// Last change of the data, nanoseconds since 1970.
    pub modified: U64,
    /// Last change of the status, nanoseconds since 1970.
    pub changed: U64,
}

/// What `fd_prestat_get` tells of a preopened directory.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Prestat {
    /// 0: a directory; there is nothing else.
    pub tag: u8,
    /// Padding, zero.
    pub pad1: [u8; 3],
    /// The length of its name in bytes, without a terminator.
    pub name_len: U32,
}

/// What `poll_oneoff` is to wait for. The fields after `tag` are a union, read as the tag says.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Subscription {
    /// Given back in the event.
    pub userdata: U64,
    /// One of [`event`].
    pub tag: u8,
    /// Padding.
    pub pad9: [u8; 7],
    /// The clock's number, or the descriptor.
    pub clock_or_fd: U32,
    /// Padding.
    pub pad20: U32,
    /// Clock: nanoseconds, absolute or from now on.
    pub timeout: U64,
    /// Clock: how much later than asked the event may come, in nanoseconds.
    pub precision: U64,
    /// Clock: [`SUBSCRIPTION_CLOCK_ABSTIME`] or nothing.
    pub clock_flags: U16,
    /// Padding.
    pub pad42: [u8; 6],
}

/// Something that `poll_oneoff` saw.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Event {
    /// From the subscription.
    pub userdata: U64,
    /// 0, or the [`Errno`](crate::Errno) that became of the subscription.
    pub error: U16,
    /// One of [`event`].
    pub tag: u8,
    /// Padding, zero.
    pub pad11: [u8; 5],
    /// Descriptor: bytes that can be read or written.
    pub nbytes: U64,
    /// Descriptor: flags; 1 for the other side having hung up.
    pub rw_flags: U16,
    /// Padding, zero.
    pub pad26: [u8; 6],
}

/// Tags of [`Subscription`] and [`Event`].
pub mod event {
    /// A clock reached a time.
    pub const CLOCK: u8 = 0;
    /// A descriptor has data to read.
    pub const FD_READ: u8 = 1;
    /// A descriptor has room to write.
    pub const FD_WRITE: u8 = 2;
}

/// The timeout of a clock subscription is a time of that clock, not a duration.
pub const SUBSCRIPTION_CLOCK_ABSTIME: u16 = 1;

/// Flags of a descriptor.
pub mod fdflags {
    /// Writes go to the end.
    pub const APPEND: u16 = 1 << 0;
    /// Writes reach the medium's data before they return.
    pub const DSYNC: u16 = 1 << 1;
    /// Calls do not wait.
    pub const NONBLOCK: u16 = 1 << 2;
    /// Reads are synchronised as writes are.
    pub const RSYNC: u16 = 1 << 3;
    /// Writes reach the medium's data and metadata before they return.
    pub const SYNC: u16 = 1 << 4;
    /// Every flag there is.
    pub const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// Rights of a descriptor: those that standard streams have. (Preview 1 counts 30; the rest are for files.)
pub mod rights {
    /// `fd_read`.
    pub const FD_READ: u64 = 1 << 1;
    /// `fd_fdstat_set_flags`.
    pub const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    /// `fd_write`.
    pub const FD_WRITE: u64 = 1 << 6;
    /// `fd_filestat_get`.
    pub const FD_FILESTAT_GET: u64 = 1 << 21;
    /// `poll_oneoff` on the descriptor.
    pub const POLL_FD_READWRITE: u64 = 1 << 27;
}

/// Asserts a record's size and the offsets of its named fields.
macro_rules! layout {
    ($record:ident: $size:literal { $($field:ident @ $offset:literal),* $(,)? }) => {
        const _: () = {
            assert!(size_of::<$record>() == $size);
            $(assert!(offset_of!($record, $field) == $offset);)*
        };
    };
}

layout!(Iovec: 8 { buf @ 0, len @ 4 });
layout!(Fdstat: 24 { file_type @ 0, flags @ 2, rights_base @ 8, rights_inheriting @ 16 });
layout!(Filestat: 64 {
    device @ 0, inode @ 8, file_type @ 16, links @ 24, size @ 32, accessed @ 40, modified @ 48, changed @ 56,
});
layout!(Prestat: 8 { tag @ 0, name_len @ 4 });
layout!(Subscription: 48 {
    userdata @ 0, tag @ 8, clock_or_fd @ 16, timeout @ 24, precision @ 32, clock_flags @ 40,
});
layout!(Event: 32 { userdata @ 0, error @ 8, tag @ 10, nbytes @ 16, rw_flags @ 24 });
