//! What the system's errors are called in preview 1.

use rustix::io::Errno as Os;
use std::io::{Error, ErrorKind};
use stilt_wasi::Errno;

/// The number a program gets for an error of the system, or of `cap-std`.
pub(crate) fn errno(error: &Error) -> Errno {
    match Os::from_io_error(error) {
        Some(os) => from_os(os),
        None => match error.kind() {
            // What `cap-std` says of a path that leads out of its directory: it has no number of the system's.
            ErrorKind::PermissionDenied => Errno::Perm,
            ErrorKind::InvalidInput => Errno::Inval,
            ErrorKind::NotFound => Errno::Noent,
            ErrorKind::OutOfMemory => Errno::Nomem,
            ErrorKind::Unsupported => Errno::Notsup,
            _ => Errno::Io,
        },
    }
}

/// The same for an error of the system's own.
pub(crate) fn from_os(os: Os) -> Errno {
    match os {
        Os::ACCESS => Errno::Acces,
        Os::AGAIN => Errno::Again,
        Os::BADF => Errno::Badf,
        Os::BUSY => Errno::Busy,
        Os::DQUOT => Errno::Dquot,
        Os::EXIST => Errno::Exist,
        Os::FBIG => Errno::Fbig,
        Os::ILSEQ => Errno::Ilseq,
        Os::INTR => Errno::Intr,
        Os::INVAL => Errno::Inval,
        Os::ISDIR => Errno::Isdir,
        Os::LOOP => Errno::Loop,
        Os::MFILE => Errno::Mfile,
        Os::MLINK => Errno::Mlink,
        Os::NAMETOOLONG => Errno::Nametoolong,
        Os::NFILE => Errno::Nfile,
        Os::NODEV => Errno::Nodev,
        Os::NOENT => Errno::Noent,
        Os::NOMEM => Errno::Nomem,
        Os::NOSPC => Errno::Nospc,
        Os::NOSYS => Errno::Nosys,
        Os::NOTDIR => Errno::Notdir,
        Os::NOTEMPTY => Errno::Notempty,
        Os::NOTSUP => Errno::Notsup,
        Os::NXIO => Errno::Nxio,
        Os::OVERFLOW => Errno::Overflow,
        Os::PERM => Errno::Perm,
        Os::PIPE => Errno::Pipe,
        Os::ROFS => Errno::Rofs,
        Os::SPIPE => Errno::Spipe,
        Os::STALE => Errno::Stale,
        Os::TIMEDOUT => Errno::Timedout,
        Os::TXTBSY => Errno::Txtbsy,
        Os::XDEV => Errno::Xdev,
        _ => Errno::Io,
    }
}
