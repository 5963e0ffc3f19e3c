//! What the system knows of a file, in preview 1's terms, and times in the system's.

use cap_fs_ext::SystemTimeSpec;
use cap_std::fs::{Metadata, MetadataExt as _};
use cap_std::time::SystemTime;
use core::time::Duration;
use rustix::fs::{Timespec, UTIME_NOW, UTIME_OMIT};
use stilt_wasi::Errno;
use stilt_wasi::files::{SetTime, Status};
use stilt_wasi::host::FileType;

pub(crate) fn status(metadata: &Metadata) -> Status {
    Status {
        device: metadata.dev(),
        inode: metadata.ino(),
        file_type: file_type(rustix::fs::FileType::from_raw_mode(metadata.mode())),
        links: metadata.nlink(),
        size: metadata.size(),
        accessed: nanoseconds(metadata.atime(), metadata.atime_nsec()),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Preview 1 has no pipes, and cannot tell a listening socket's kind.
pub(crate) fn file_type(file_type: rustix::fs::FileType) -> FileType {
    use rustix::fs::FileType as Os;
    match file_type {
        Os::RegularFile => FileType::RegularFile,
        Os::Directory => FileType::Directory,
        Os::Symlink => FileType::SymbolicLink,
        Os::CharacterDevice => FileType::CharacterDevice,
        Os::BlockDevice => FileType::BlockDevice,
        Os::Socket => FileType::SocketStream,
        _ => FileType::Unknown,
    }
}

/// Times before 1970 become 1970: preview 1 has no others.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(nanoseconds).unwrap_or(0))
}

/// For a file that is open.
pub(crate) fn timespec(time: SetTime) -> Result<Timespec, Errno> {
    Ok(match time {
        SetTime::Keep => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        SetTime::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        SetTime::At(at) => {
            let time = Duration::from_nanos(at);
            Timespec {
                tv_sec: time.as_secs().try_into().map_err(|_| Errno::Overflow)?,
                tv_nsec: time.subsec_nanos().into(),
            }
        }
    })
}

/// For a path.
pub(crate) fn time_spec(time: SetTime) -> Result<Option<SystemTimeSpec>, Errno> {
    Ok(match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::At(at) => {
            let epoch = SystemTime::from_std(std::time::UNIX_EPOCH);
            let time = epoch.checked_add(Duration::from_nanos(at)).ok_or(Errno::Overflow)?;
            Some(SystemTimeSpec::Absolute(time))
        }
    })
}
