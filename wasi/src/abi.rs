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

/// One entry of a directory, as `fd_readdir` writes it; the name follows.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Dirent {
    /// The cookie of the entry that follows.
    pub next: U64,
    /// The serial number of what it names.
    pub inode: U64,
    /// The length of the name in bytes, without a terminator.
    pub name_len: U32,
    /// A [`FileType`](crate::host::FileType).
    pub file_type: u8,
    /// Padding, zero.
    pub pad21: [u8; 3],
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

/// Rights of a descriptor. (Preview 1 has two more, for sockets.)
pub mod rights {
    /// `fd_datasync`.
    pub const FD_DATASYNC: u64 = 1 << 0;
    /// `fd_read`.
    pub const FD_READ: u64 = 1 << 1;
    /// `fd_seek`.
    pub const FD_SEEK: u64 = 1 << 2;
    /// `fd_fdstat_set_flags`.
    pub const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    /// `fd_sync`.
    pub const FD_SYNC: u64 = 1 << 4;
    /// `fd_tell`.
    pub const FD_TELL: u64 = 1 << 5;
    /// `fd_write`.
    pub const FD_WRITE: u64 = 1 << 6;
    /// `fd_advise`.
    pub const FD_ADVISE: u64 = 1 << 7;
    /// `fd_allocate`.
    pub const FD_ALLOCATE: u64 = 1 << 8;
    /// `path_create_directory`.
    pub const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    /// `path_open` that makes a file.
    pub const PATH_CREATE_FILE: u64 = 1 << 10;
    /// `path_link` from there.
    pub const PATH_LINK_SOURCE: u64 = 1 << 11;
    /// `path_link` to there.
    pub const PATH_LINK_TARGET: u64 = 1 << 12;
    /// `path_open`.
    pub const PATH_OPEN: u64 = 1 << 13;
    /// `fd_readdir`.
    pub const FD_READDIR: u64 = 1 << 14;
    /// `path_readlink`.
    pub const PATH_READLINK: u64 = 1 << 15;
    /// `path_rename` from there.
    pub const PATH_RENAME_SOURCE: u64 = 1 << 16;
    /// `path_rename` to there.
    pub const PATH_RENAME_TARGET: u64 = 1 << 17;
    /// `path_filestat_get`.
    pub const PATH_FILESTAT_GET: u64 = 1 << 18;
    /// `path_open` that cuts a file.
    pub const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    /// `path_filestat_set_times`.
    pub const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    /// `fd_filestat_get`.
    pub const FD_FILESTAT_GET: u64 = 1 << 21;
    /// `fd_filestat_set_size`.
    pub const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    /// `fd_filestat_set_times`.
    pub const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    /// `path_symlink`.
    pub const PATH_SYMLINK: u64 = 1 << 24;
    /// `path_remove_directory`.
    pub const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    /// `path_unlink_file`.
    pub const PATH_UNLINK_FILE: u64 = 1 << 26;
    /// `poll_oneoff` on the descriptor.
    pub const POLL_FD_READWRITE: u64 = 1 << 27;

    /// What a standard stream has beside reading or writing.
    pub const STREAM: u64 = FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;

    /// What makes sense for a file that is no directory.
    pub const FILE: u64 = FD_DATASYNC
        | FD_READ
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_WRITE
        | FD_ADVISE
        | FD_ALLOCATE
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES
        | POLL_FD_READWRITE;

    /// What makes sense for a directory.
    pub const DIRECTORY: u64 = FD_DATASYNC
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_OPEN
        | FD_READDIR
        | PATH_READLINK
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_GET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE;
}

/// Flags of a path's lookup: follow a symbolic link in its last place.
pub const LOOKUP_SYMLINK_FOLLOW: u32 = 1;

/// Flags of `path_open`.
pub mod oflags {
    /// Make the file if it is not there.
    pub const CREAT: u32 = 1 << 0;
    /// Fail unless it is a directory.
    pub const DIRECTORY: u32 = 1 << 1;
    /// With `CREAT`: fail if it is there.
    pub const EXCL: u32 = 1 << 2;
    /// Cut it to no bytes.
    pub const TRUNC: u32 = 1 << 3;
    /// Every flag there is.
    pub const ALL: u32 = CREAT | DIRECTORY | EXCL | TRUNC;
}

/// Flags of the calls that set times.
pub mod fstflags {
    /// Set the last access as given.
    pub const ATIM: u32 = 1 << 0;
    /// Set the last access to the present.
    pub const ATIM_NOW: u32 = 1 << 1;
    /// Set the last change of the data as given.
    pub const MTIM: u32 = 1 << 2;
    /// Set the last change of the data to the present.
    pub const MTIM_NOW: u32 = 1 << 3;
    /// Every flag there is.
    pub const ALL: u32 = ATIM | ATIM_NOW | MTIM | MTIM_NOW;
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
layout!(Dirent: 24 { next @ 0, inode @ 8, name_len @ 16, file_type @ 20 });
layout!(Subscription: 48 {
    userdata @ 0, tag @ 8, clock_or_fd @ 16, timeout @ 24, precision @ 32, clock_flags @ 40,
});
layout!(Event: 32 { userdata @ 0, error @ 8, tag @ 10, nbytes @ 16, rw_flags @ 24 });
