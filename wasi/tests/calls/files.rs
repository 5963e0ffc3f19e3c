//! Open files: reading, writing, positions, status.

use crate::mock::{Guest, SIZE};
use crate::shelf::guest;
use stilt_wasi::Errno;
use stilt_wasi::abi::rights;
use stilt_wasi::calls::*;
use stilt_wasi::host::FileType;

const PATH: u32 = 64;
const IOVS: u32 = 128;
const AT: u32 = 256;

/// A file, opened below `parent` with these rights.
fn file(guest: &mut Guest, parent: u32, rights: u64) -> u32 {
    guest.put(PATH, b"p");
    guest.call(|c, m| path_open(c, m, parent, 0, PATH, 1, 0, rights, 0, 0, AT)).expect("it opens");
    guest.log();
    guest.u32(AT)
}

/// Every call on an open file, by its descriptor.
type Call = fn(&mut Guest, u32) -> Result<(), Errno>;
const CALLS: &[(&str, Call)] = &[
    ("read 100 4 at 0", |g, fd| g.call(|c, m| fd_read(c, m, fd, IOVS, 1, AT))),
    ("read 100 4 at 6", |g, fd| g.call(|c, m| fd_pread(c, m, fd, IOVS, 1, 6, AT))),
    ("write 100 wxyz at 0", |g, fd| g.call(|c, m| fd_write(c, m, fd, IOVS, 1, AT))),
    ("write 100 wxyz at 6", |g, fd| g.call(|c, m| fd_pwrite(c, m, fd, IOVS, 1, 6, AT))),
    ("seek 100 -5 End", |g, fd| g.call(|c, m| fd_seek(c, m, fd, (-5_i64).cast_unsigned(), 2, AT))),
    ("seek 100 0 Current", |g, fd| g.call(|c, m| fd_seek(c, m, fd, 0, 1, AT))),
    ("seek 100 0 Current", |g, fd| g.call(|c, m| fd_tell(c, m, fd, AT))),
    ("status 100", |g, fd| g.call(|c, m| fd_filestat_get(c, m, fd, AT))),
    ("flags 100 0 4", |g, fd| g.call(|c, m| fd_fdstat_set_flags(c, m, fd, 4))),
    ("size 100 9", |g, fd| g.call(|c, m| fd_filestat_set_size(c, m, fd, 9))),
    ("times 100 Keep At(8)", |g, fd| g.call(|c, m| fd_filestat_set_times(c, m, fd, 7, 8, 4))),
    ("advise 100 1 2 WillNeed", |g, fd| g.call(|c, m| fd_advise(c, m, fd, 1, 2, 3))),
    ("allocate 100 1 2", |g, fd| g.call(|c, m| fd_allocate(c, m, fd, 1, 2))),
    ("sync 100 true", |g, fd| g.call(|c, m| fd_datasync(c, m, fd))),
    ("sync 100 false", |g, fd| g.call(|c, m| fd_sync(c, m, fd))),
];

fn with_file(rights: u64) -> (Guest, u32) {
    let mut guest = guest();
    guest.put(AT + 64, b"wxyz");
    guest.put_iovs(IOVS, &[(AT + 64, 4)]);
    let fd = file(&mut guest, 3, rights);
    (guest, fd)
}

#[test]
fn each_call_reaches_the_host_and_hands_its_errors_on() {
    for (asked, call) in CALLS {
        let (mut guest, fd) = with_file(rights::FILE);
        assert_eq!(call(&mut guest, fd), Ok(()), "{asked}");
        assert_eq!(guest.log(), [*asked]);
        let (mut guest, fd) = with_file(rights::FILE);
        guest.shelf().fails = Some(Errno::Nospc);
        assert_eq!(call(&mut guest, fd), Err(Errno::Nospc), "{asked}");
        assert_eq!(call(&mut guest, fd + 1), Err(Errno::Badf), "{asked}");
    }
}

#[test]
fn each_call_has_its_right() {
    let expected: &[&[u32]] =
        &[&[1], &[1, 2], &[6], &[2, 6], &[2], &[], &[], &[21], &[3], &[22], &[23], &[7], &[8], &[0], &[4]];
    for ((asked, call), expected) in CALLS.iter().zip(expected) {
        let needed: Vec<u32> = (0..30)
            .filter(|bit| {
                let (mut guest, fd) = with_file(rights::FILE & !(1 << bit));
                match call(&mut guest, fd) {
                    Ok(()) => false,
                    // POSIX has a word of its own for what is not open for reading or writing.
                    Err(errno) => {
                        let expected = if [1, 6].contains(bit) { Errno::Badf } else { Errno::Notcapable };
                        assert_eq!(errno, expected, "{asked}");
                        assert!(guest.log().is_empty(), "{asked}");
                        true
                    }
                }
            })
            .collect();
        assert_eq!(needed, *expected, "{asked}");
    }
    // The position may be told with either of two rights.
    for (rights, expected) in [(rights::FD_TELL, Ok(())), (rights::FD_SEEK, Ok(())), (0, Err(Errno::Notcapable))] {
        let (mut guest, fd) = with_file(rights);
        assert_eq!(guest.call(|c, m| fd_tell(c, m, fd, AT)), expected);
        assert_eq!(guest.call(|c, m| fd_seek(c, m, fd, 0, 1, AT)), expected);
    }
}

#[test]
fn a_directory_is_no_file() {
    for (asked, call) in CALLS {
        let (mut guest, _) = with_file(rights::FILE);
        let outcome = call(&mut guest, 3);
        match asked.split(' ').next() {
            Some("status" | "sync" | "times") => assert_eq!(outcome, Ok(()), "{asked}"),
            Some("flags") => assert_eq!(outcome, Err(Errno::Notsup), "{asked}"),
            _ => assert_eq!(outcome, Err(Errno::Isdir), "{asked}"),
        }
    }
}

#[test]
fn what_has_no_positions_is_read_one_buffer_at_a_time() {
    let (mut guest, _) = with_file(rights::FILE);
    guest.shelf().found = FileType::CharacterDevice;
    let fd = file(&mut guest, 3, rights::FILE);
    guest.shelf().content = b"abcdefgh".to_vec();
    guest.put_iovs(IOVS, &[(AT, 0), (AT, 2), (AT + 2, 2)]);
    assert_eq!(guest.call(|c, m| fd_read(c, m, fd, IOVS, 3, 8)), Ok(()));
    assert_eq!(guest.u32(8), 2);
    assert_eq!(guest.call(|c, m| fd_pread(c, m, fd, IOVS, 3, 0, 8)), Err(Errno::Spipe));
    assert_eq!(guest.call(|c, m| fd_pwrite(c, m, fd, IOVS, 3, 0, 8)), Err(Errno::Spipe));
    assert_eq!(guest.call(|c, m| fd_seek(c, m, fd, 0, 0, 8)), Err(Errno::Spipe));
    assert_eq!(guest.call(|c, m| fd_tell(c, m, fd, 8)), Err(Errno::Spipe));
}

#[test]
fn reading_fills_buffer_after_buffer_until_the_end() {
    let (mut guest, fd) = with_file(rights::FILE);
    guest.shelf().content = b"abcdefgh".to_vec();
    guest.put_iovs(IOVS, &[(AT, 3), (AT + 10, 0), (AT + 20, 2), (AT + 30, 9), (AT + 50, 9)]);
    assert_eq!(guest.call(|c, m| fd_read(c, m, fd, IOVS, 5, 8)), Ok(()));
    assert_eq!((guest.u32(8), guest.slice(AT, 3), guest.slice(AT + 20, 2)), (8, &b"abc"[..], &b"de"[..]));
    assert_eq!(guest.slice(AT + 30, 3), b"fgh");
    guest.assert_untouched(AT + 50, 9);
    assert_eq!(guest.log().len(), 3, "a short read ends the call");
    assert_eq!(guest.call(|c, m| fd_read(c, m, fd, IOVS, 5, 8)), Ok(()));
    assert_eq!(guest.u32(8), 0);
    guest.log();
    assert_eq!(guest.call(|c, m| fd_pread(c, m, fd, IOVS, 3, 2, 8)), Ok(()));
    assert_eq!(guest.log(), ["read 100 3 at 2", "read 100 2 at 5"], "the place moves on within a call");
    assert_eq!((guest.u32(8), guest.slice(AT, 3)), (5, &b"cde"[..]));
}

#[test]
fn bad_addresses_change_nothing() {
    let (mut guest, fd) = with_file(rights::FILE);
    guest.put_iovs(IOVS, &[(AT, 4), (SIZE - 3, 4)]);
    for (iovs, len, count) in
        [(IOVS, 2, 8), (SIZE - 7, 1, 8), (IOVS, u32::MAX, 8), (IOVS, 1, SIZE - 3), (IOVS, 1, u32::MAX)]
    {
        assert_eq!(guest.call(|c, m| fd_read(c, m, fd, iovs, len, count)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| fd_pread(c, m, fd, iovs, len, 0, count)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| fd_write(c, m, fd, iovs, len, count)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| fd_pwrite(c, m, fd, iovs, len, 0, count)), Err(Errno::Fault));
    }
    for at in [SIZE - 7, u32::MAX] {
        assert_eq!(guest.call(|c, m| fd_seek(c, m, fd, 1, 0, at)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| fd_tell(c, m, fd, at)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| fd_fdstat_get(c, m, fd, at)), Err(Errno::Fault));
    }
    assert!(guest.log().is_empty());
}

#[test]
fn numbers_out_of_range() {
    let (mut guest, fd) = with_file(rights::FILE);
    let most = i64::MAX.cast_unsigned();
    assert_eq!(guest.call(|c, m| fd_seek(c, m, fd, 0, 3, AT)), Err(Errno::Inval));
    assert_eq!(guest.call(|c, m| fd_pread(c, m, fd, IOVS, 1, most + 1, AT)), Err(Errno::Inval));
    assert_eq!(guest.call(|c, m| fd_pwrite(c, m, fd, IOVS, 1, u64::MAX, AT)), Err(Errno::Inval));
    assert_eq!(guest.call(|c, m| fd_filestat_set_size(c, m, fd, most + 1)), Err(Errno::Fbig));
    assert_eq!(guest.call(|c, m| fd_allocate(c, m, fd, 5, 0)), Err(Errno::Inval));
    assert_eq!(guest.call(|c, m| fd_allocate(c, m, fd, u64::MAX, 1)), Err(Errno::Fbig));
    assert_eq!(guest.call(|c, m| fd_allocate(c, m, fd, most, 1)), Err(Errno::Fbig));
    assert_eq!(guest.call(|c, m| fd_advise(c, m, fd, 0, 0, 6)), Err(Errno::Inval));
    for flags in [3, 12, 16, u32::MAX] {
        assert_eq!(guest.call(|c, m| fd_filestat_set_times(c, m, fd, 0, 0, flags)), Err(Errno::Inval));
    }
    assert!(guest.log().is_empty());
}

#[test]
fn below_a_directory_for_reading_only_nothing_changes() {
    let (mut guest, _) = with_file(rights::FILE);
    let fd = file(&mut guest, 4, rights::FD_READ | rights::FD_FILESTAT_SET_TIMES);
    assert_eq!(guest.call(|c, m| fd_filestat_set_times(c, m, fd, 0, 0, 1)), Err(Errno::Rofs));
    assert_eq!(guest.call(|c, m| fd_filestat_set_times(c, m, 4, 0, 0, 1)), Err(Errno::Rofs));
    assert_eq!(guest.call(|c, m| fd_filestat_set_size(c, m, fd, 0)), Err(Errno::Notcapable));
    assert_eq!(guest.call(|c, m| fd_write(c, m, fd, IOVS, 1, AT)), Err(Errno::Badf));
    assert!(guest.log().is_empty());
}

#[test]
fn flags_are_remembered() {
    let (mut guest, fd) = with_file(rights::FILE);
    let mut set = |flags| guest.call(|c, m| fd_fdstat_set_flags(c, m, fd, flags));
    assert_eq!(set(5), Ok(()));
    assert_eq!(set(5), Ok(()), "the host is not asked for what is so already");
    assert_eq!(set(32), Err(Errno::Inval));
    assert_eq!(guest.log(), ["flags 100 0 5"]);
    assert_eq!(guest.call(|c, m| fd_fdstat_get(c, m, fd, AT)), Ok(()));
    assert_eq!((guest.slice(AT, 1), guest.u16(AT + 2)), (&[4][..], 5));
}

#[test]
fn status_is_laid_out_for_c() {
    let (mut guest, fd) = with_file(rights::FILE);
    assert_eq!(guest.call(|c, m| fd_filestat_get(c, m, fd, AT)), Ok(()));
    let numbers: Vec<u64> = (0..8).map(|index| guest.u64(AT + 8 * index)).collect();
    assert_eq!(numbers, [1, 2, 4, 4, 5, 6, 7, 8]);
    guest.assert_untouched(AT + 80, 8);
}

#[test]
fn files_are_always_ready() {
    let (mut guest, fd) = with_file(rights::FD_READ | rights::POLL_FD_READWRITE);
    for (tag, error, bytes) in [(1, 0, 9), (2, Errno::Badf.number(), 0)] {
        guest.put(AT, &[0; 48]);
        guest.put(AT + 8, &[tag]);
        guest.put_u32(AT + 16, fd);
        assert_eq!(guest.call(|c, m| poll_oneoff(c, m, AT, AT + 512, 1, 8)), Ok(()));
        assert_eq!((guest.u32(8), guest.u16(AT + 520), guest.u64(AT + 528)), (1, error, bytes));
    }
    // A host that says of a file what only standard input may say does not make the program wait for that.
    guest.shelf().fails = Some(Errno::Again);
    guest.put(AT + 8, &[1]);
    assert_eq!(guest.call(|c, m| poll_oneoff(c, m, AT, AT + 512, 1, 8)), Ok(()));
    assert_eq!(guest.u16(AT + 520), Errno::Notsup.number());
}

#[test]
fn sockets_are_not_among_them() {
    let (mut guest, fd) = with_file(rights::FILE);
    for fd in [3, fd] {
        assert_eq!(guest.call(|c, m| sock_shutdown(c, m, fd, 1)), Err(Errno::Notsock));
        assert_eq!(guest.call(|c, m| sock_recv(c, m, fd, IOVS, 1, 0, AT, AT)), Err(Errno::Notsock));
        assert_eq!(guest.call(|c, m| sock_send(c, m, fd, IOVS, 1, 0, AT)), Err(Errno::Notsock));
        assert_eq!(guest.call(|c, m| sock_accept(c, m, fd, 0, AT)), Err(Errno::Notsock));
    }
}
