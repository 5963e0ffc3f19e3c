//! The calls that take a path, and directories: what the host is asked, and what is refused before it is.

use crate::mock::{Guest, SIZE};
use crate::shelf::guest;
use stilt_wasi::Errno;
use stilt_wasi::abi::rights;
use stilt_wasi::calls::*;

const PATH: u32 = 64;
const OTHER: u32 = 128;
const AT: u32 = 256;
const ALL: u64 = rights::FILE | rights::DIRECTORY;

/// `open` below `fd` of the path "p/q", with lookup flags, open flags, rights, and descriptor flags.
fn open(guest: &mut Guest, fd: u32, lookup: u32, flags: u32, rights: u64, fd_flags: u32) -> Result<u32, Errno> {
    guest.put(PATH, b"p/q");
    guest.call(|ctx, memory| path_open(ctx, memory, fd, lookup, PATH, 3, flags, rights, ALL, fd_flags, AT))?;
    Ok(guest.u32(AT))
}

/// Every call that takes a path, by the descriptor and the place of the path; which of them change something.
type Call = fn(&mut Guest, u32, u32, u32) -> Result<(), Errno>;
const CALLS: &[(&str, bool, Call)] = &[
    ("open", false, |g, fd, at, len| g.call(|c, m| path_open(c, m, fd, 0, at, len, 0, rights::FD_READ, 0, 0, AT))),
    ("create", true, |g, fd, at, len| g.call(|c, m| path_open(c, m, fd, 0, at, len, 1, rights::FD_READ, 0, 0, AT))),
    ("truncate", true, |g, fd, at, len| g.call(|c, m| path_open(c, m, fd, 0, at, len, 8, rights::FD_READ, 0, 0, AT))),
    ("write", true, |g, fd, at, len| g.call(|c, m| path_open(c, m, fd, 0, at, len, 0, rights::FD_WRITE, 0, 0, AT))),
    ("status", false, |g, fd, at, len| g.call(|c, m| path_filestat_get(c, m, fd, 1, at, len, AT))),
    ("times", true, |g, fd, at, len| g.call(|c, m| path_filestat_set_times(c, m, fd, 1, at, len, 1, 2, 5))),
    ("readlink", false, |g, fd, at, len| g.call(|c, m| path_readlink(c, m, fd, at, len, AT, 100, AT + 200))),
    ("mkdir", true, |g, fd, at, len| g.call(|c, m| path_create_directory(c, m, fd, at, len))),
    ("rmdir", true, |g, fd, at, len| g.call(|c, m| path_remove_directory(c, m, fd, at, len))),
    ("unlink", true, |g, fd, at, len| g.call(|c, m| path_unlink_file(c, m, fd, at, len))),
    ("rename from", true, |g, fd, at, len| g.call(|c, m| path_rename(c, m, fd, at, len, 3, OTHER, 1))),
    ("rename to", true, |g, fd, at, len| g.call(|c, m| path_rename(c, m, 3, OTHER, 1, fd, at, len))),
    ("link from", true, |g, fd, at, len| g.call(|c, m| path_link(c, m, fd, 0, at, len, 3, OTHER, 1))),
    ("link to", true, |g, fd, at, len| g.call(|c, m| path_link(c, m, 3, 0, OTHER, 1, fd, at, len))),
    ("symlink", true, |g, fd, at, len| g.call(|c, m| path_symlink(c, m, OTHER, 1, fd, at, len))),
];

fn with_paths() -> Guest {
    let mut guest = guest();
    guest.put(PATH, b"p/q");
    guest.put(OTHER, b"o");
    guest
}

#[test]
fn what_is_no_directory_is_told_apart_from_what_is_not_open() {
    for (name, _, call) in CALLS {
        let mut guest = with_paths();
        let file = open(&mut guest, 3, 0, 0, ALL, 0).expect("it opens");
        guest.log();
        for fd in [0, 1, 2, file] {
            assert_eq!(call(&mut guest, fd, PATH, 3), Err(Errno::Notdir), "{name} {fd}");
        }
        for fd in [6, 1023, 1024, u32::MAX] {
            assert_eq!(call(&mut guest, fd, PATH, 3), Err(Errno::Badf), "{name} {fd}");
        }
        assert!(guest.log().is_empty(), "{name}");
    }
}

#[test]
fn paths_are_text_of_a_sensible_length() {
    for (name, _, call) in CALLS {
        let mut guest = with_paths();
        guest.bytes.resize(3 * SIZE as usize, b'a');
        guest.put(SIZE, b"\xff\xfe");
        for (at, len, errno) in [
            (3 * SIZE - 2, 3, Errno::Fault),
            (u32::MAX, 1, Errno::Fault),
            (PATH, u32::MAX, Errno::Fault),
            (PATH, 0, Errno::Noent),
            (2 * SIZE - 1, 4097, Errno::Nametoolong),
            (SIZE, 2, Errno::Ilseq),
        ] {
            assert_eq!(call(&mut guest, 3, at, len), Err(errno), "{name} {at} {len}");
        }
        guest.put(SIZE, b"a\0b");
        assert_eq!(call(&mut guest, 3, SIZE, 3), Err(Errno::Inval), "{name}");
        assert!(guest.log().is_empty(), "{name}");
        assert_eq!(call(&mut guest, 3, 2 * SIZE - 1, 4096), Ok(()), "{name}");
    }
}

#[test]
fn below_a_directory_for_reading_only_nothing_changes() {
    for (name, changes, call) in CALLS {
        let mut guest = with_paths();
        let expected = if *changes { Err(Errno::Rofs) } else { Ok(()) };
        assert_eq!(call(&mut guest, 4, PATH, 3), expected, "{name}");
        assert_eq!(guest.log().is_empty(), *changes, "{name}");
        assert_eq!(call(&mut guest, 3, PATH, 3), Ok(()), "{name}");
    }
}

#[test]
fn each_call_has_its_right() {
    for (name, _, call) in CALLS {
        let mut guest = with_paths();
        let needed: Vec<u32> = (0..30)
            .filter(|bit| {
                let mut guest = with_paths();
                let rights = rights::DIRECTORY & !(1 << bit);
                assert_eq!(guest.call(|c, m| fd_fdstat_set_rights(c, m, 3, rights, ALL)), Ok(()));
                match call(&mut guest, 3, PATH, 3) {
                    Ok(()) => false,
                    Err(errno) => {
                        assert_eq!(errno, Errno::Notcapable, "{name}");
                        assert!(guest.log().is_empty());
                        true
                    }
                }
            })
            .collect();
        let expected: &[u32] = match *name {
            "open" | "write" => &[13],
            "create" => &[10, 13],
            "truncate" => &[13, 19],
            "status" => &[18],
            "times" => &[20],
            "readlink" => &[15],
            "mkdir" => &[9],
            "rmdir" => &[25],
            "unlink" => &[26],
            // The other of the two directories is the same one.
            "rename from" | "rename to" => &[16, 17],
            "link from" | "link to" => &[11, 12],
            "symlink" => &[24],
            _ => unreachable!("{name}"),
        };
        assert_eq!(needed, expected, "{name}");
        guest.shelf().fails = Some(Errno::Nospc);
        assert_eq!(call(&mut guest, 3, PATH, 3), Err(Errno::Nospc), "the host's word is handed on: {name}");
    }
}

#[test]
fn a_host_without_files_says_so() {
    for (name, _, call) in CALLS {
        let mut guest = with_paths();
        guest.host().shelf = None;
        assert_eq!(call(&mut guest, 3, PATH, 3), Err(Errno::Notsup), "{name}");
    }
}

#[test]
fn opening_asks_the_host_for_what_the_flags_say() {
    let mut guest = guest();
    for (lookup, flags, rights, fd_flags, asked) in [
        (0, 0, rights::FD_READ, 0, "open 0 p/q read 0"),
        (1, 0, rights::FD_WRITE, 1, "open 0 p/q follow+write 1"),
        (0, 0, rights::FD_READ | rights::FD_WRITE, 31, "open 0 p/q read+write 31"),
        (0, 1, rights::FD_READDIR, 0, "open 0 p/q read+create 0"),
        (0, 5, rights::FD_ALLOCATE, 0, "open 0 p/q write+create+exclusive 0"),
        (0, 8, rights::FD_FILESTAT_SET_SIZE, 0, "open 0 p/q write+truncate 0"),
        (1, 2, ALL, 0, "open 0 p/q follow+read+directory 0"),
        (0, 0, 0, 0, "open 0 p/q  0"),
    ] {
        open(&mut guest, 3, lookup, flags, rights, fd_flags).expect("it opens");
        assert_eq!(guest.log(), [asked]);
    }
    for (lookup, flags, fd_flags) in
        [(2, 0, 0), (0, 16, 0), (0, 0, 32), (0, 0, 0x1_0000), (0, 3, 0), (0, 10, 0), (0, 6, 0)]
    {
        assert_eq!(open(&mut guest, 3, lookup, flags, ALL, fd_flags), Err(Errno::Inval));
    }
    assert!(guest.log().is_empty());
}

#[test]
fn an_opened_descriptor_has_the_rights_that_were_asked_for_and_make_sense() {
    use stilt_wasi::host::FileType;
    let mut guest = guest();
    for (found, rights, inheriting) in [
        (FileType::RegularFile, rights::FILE, 0),
        (FileType::Directory, rights::DIRECTORY, ALL),
        (FileType::CharacterDevice, rights::FILE & !(rights::FD_SEEK | rights::FD_TELL), 0),
    ] {
        guest.shelf().found = found;
        let fd = open(&mut guest, 3, 0, 0, u64::MAX, 0).expect("it opens");
        assert_eq!(guest.call(|c, m| fd_fdstat_get(c, m, fd, AT)), Ok(()));
        assert_eq!(guest.slice(AT, 1), [found as u8]);
        assert_eq!((guest.u64(AT + 8), guest.u64(AT + 16)), (rights, inheriting));
    }
    // Through a directory that hands only reading on, nothing is opened for writing.
    assert_eq!(guest.call(|c, m| fd_fdstat_set_rights(c, m, 3, rights::PATH_OPEN, rights::FD_READ)), Ok(()));
    assert_eq!(open(&mut guest, 3, 0, 0, rights::FD_WRITE, 0), Err(Errno::Notcapable));
    guest.put(PATH, b"p");
    let read = guest.call(|c, m| path_open(c, m, 3, 0, PATH, 1, 0, rights::FD_READ, 0, 0, AT));
    assert_eq!(read, Ok(()));
}

#[test]
fn descriptors_are_the_lowest_free_numbers_up_to_a_limit() {
    let mut guest = guest();
    for expected in 5..1024 {
        assert_eq!(open(&mut guest, 3, 0, 0, ALL, 0), Ok(expected));
    }
    guest.log();
    assert_eq!(open(&mut guest, 3, 0, 0, ALL, 0), Err(Errno::Mfile));
    assert!(guest.log().is_empty(), "nothing is opened that has no number");
    assert_eq!(guest.call(|c, m| fd_close(c, m, 0)), Ok(()));
    assert_eq!(guest.call(|c, m| fd_close(c, m, 700)), Ok(()));
    assert_eq!(guest.log(), ["close 795"]);
    assert_eq!(open(&mut guest, 3, 0, 0, ALL, 0), Ok(0));
    assert_eq!(open(&mut guest, 3, 0, 0, ALL, 0), Ok(700));
}

#[test]
fn renumbering_closes_what_was_there() {
    let mut guest = guest();
    let file = open(&mut guest, 3, 0, 0, ALL, 0).expect("it opens");
    let other = open(&mut guest, 3, 0, 0, ALL, 0).expect("it opens");
    guest.log();
    assert_eq!(guest.call(|c, m| fd_renumber(c, m, file, 1)), Ok(()));
    assert!(guest.log().is_empty(), "a stream stays the host's");
    assert_eq!(guest.call(|c, m| fd_renumber(c, m, other, 1)), Ok(()));
    assert_eq!(guest.log(), ["close 100"]);
    assert_eq!(guest.call(|c, m| fd_renumber(c, m, 1, 1)), Ok(()));
    assert!(guest.log().is_empty());
    for (from, to) in [(file, 1), (1, file), (9, 1), (1, u32::MAX)] {
        assert_eq!(guest.call(|c, m| fd_renumber(c, m, from, to)), Err(Errno::Badf));
    }
    guest.put(PATH, b"x");
    guest.put_iovs(AT, &[(PATH, 1)]);
    assert_eq!(guest.call(|c, m| fd_write(c, m, 1, AT, 1, AT + 8)), Ok(()));
    assert_eq!(guest.log(), ["write 101 x at 0"]);
}

#[test]
fn preopened_directories_have_names() {
    let mut guest = guest();
    assert_eq!(guest.call(|c, m| fd_prestat_get(c, m, 4, AT)), Ok(()));
    assert_eq!(guest.slice(AT, 8), [0, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(guest.call(|c, m| fd_prestat_dir_name(c, m, 4, AT, 5)), Ok(()));
    assert_eq!(guest.slice(AT, 5), b"there");
    assert_eq!(guest.call(|c, m| fd_prestat_dir_name(c, m, 4, AT, 4)), Err(Errno::Nametoolong));
    assert_eq!(guest.call(|c, m| fd_prestat_dir_name(c, m, 4, SIZE - 4, 5)), Err(Errno::Fault));
    assert_eq!(guest.call(|c, m| fd_prestat_get(c, m, 4, SIZE - 7)), Err(Errno::Fault));
    guest.shelf().found = stilt_wasi::host::FileType::Directory;
    assert_eq!(open(&mut guest, 3, 0, 2, ALL, 0), Ok(5));
    for fd in [0, 5, 6] {
        assert_eq!(guest.call(|c, m| fd_prestat_get(c, m, fd, AT)), Err(Errno::Badf), "{fd}");
        assert_eq!(guest.call(|c, m| fd_prestat_dir_name(c, m, fd, AT, 5)), Err(Errno::Badf), "{fd}");
    }
}

#[test]
fn entries_fill_the_buffer_and_are_cut_off_at_its_end() {
    let mut guest = guest();
    let mut entries = |len, cookie| {
        guest.bytes.fill(crate::mock::UNTOUCHED);
        let outcome = guest.call(|c, m| fd_readdir(c, m, 3, AT, len, cookie, 8));
        guest.assert_untouched(AT + len, 16);
        outcome.map(|()| (guest.u32(8), guest.slice(AT, len).to_vec(), guest.log()))
    };
    let (used, bytes, log) = entries(200, 0).expect("they are read");
    assert_eq!((used, log), (25 + 27 + 26, vec!["entries 0 0".to_owned()]));
    assert_eq!(bytes[25..][..27], *b"\x02\0\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0\x03\0\0\0\x04\0\0\0bcd");
    let (used, _, log) = entries(26, 0).expect("the second is cut off");
    assert_eq!((used, log.len()), (26, 2));
    let (used, bytes, _) = entries(27, 1).expect("one fits exactly");
    assert_eq!((used, &bytes[24..]), (27, &b"bcd"[..]));
    assert_eq!(entries(100, 3).expect("the end").0, 0);
    assert_eq!(entries(100, u64::MAX).expect("past the end").0, 0);
    assert_eq!(entries(0, 0).expect("no room").0, 0);
    for (fd, errno) in [(0, Errno::Notdir), (9, Errno::Badf)] {
        assert_eq!(guest.call(|c, m| fd_readdir(c, m, fd, AT, 100, 0, 8)), Err(errno));
    }
    for (buf, len, used) in [(SIZE - 99, 100, 8), (u32::MAX, 1, 8), (AT, u32::MAX, 8), (AT, 100, SIZE - 3)] {
        guest.log();
        assert_eq!(guest.call(|c, m| fd_readdir(c, m, 3, buf, len, 0, used)), Err(Errno::Fault));
        assert!(guest.log().is_empty());
    }
    assert_eq!(guest.call(|c, m| fd_fdstat_set_rights(c, m, 3, rights::PATH_OPEN, 0)), Ok(()));
    assert_eq!(guest.call(|c, m| fd_readdir(c, m, 3, AT, 100, 0, 8)), Err(Errno::Notcapable));
}

#[test]
fn results_must_fit_before_the_host_is_asked() {
    let mut guest = with_paths();
    for at in [SIZE - 3, u32::MAX] {
        let opened = guest.call(|c, m| path_open(c, m, 3, 0, PATH, 3, 0, ALL, ALL, 0, at));
        assert_eq!(opened, Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| path_filestat_get(c, m, 3, 0, PATH, 3, at)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| path_readlink(c, m, 3, PATH, 3, AT, 1, at)), Err(Errno::Fault));
        assert_eq!(guest.call(|c, m| path_readlink(c, m, 3, PATH, 3, at, 5, AT)), Err(Errno::Fault));
    }
    assert!(guest.log().is_empty());
}

#[test]
fn a_link_is_cut_off_at_the_end_of_the_buffer() {
    let mut guest = with_paths();
    for (room, used) in [(0, 0), (3, 3), (6, 6), (50, 6)] {
        guest.put(AT, &[crate::mock::UNTOUCHED; 64]);
        assert_eq!(guest.call(|c, m| path_readlink(c, m, 3, PATH, 3, AT, room, AT + 100)), Ok(()));
        assert_eq!(guest.u32(AT + 100), used);
        assert_eq!(guest.slice(AT, used), &b"target"[..used as usize]);
        guest.assert_untouched(AT + used, 16);
    }
}

#[test]
fn two_paths_reach_the_host_in_their_order() {
    let mut guest = with_paths();
    assert_eq!(guest.call(|c, m| path_rename(c, m, 3, PATH, 3, 3, OTHER, 1)), Ok(()));
    assert_eq!(guest.call(|c, m| path_link(c, m, 3, 0, PATH, 3, 3, OTHER, 1)), Ok(()));
    assert_eq!(guest.call(|c, m| path_symlink(c, m, PATH, 3, 3, OTHER, 1)), Ok(()));
    assert_eq!(guest.log(), ["rename 0 p/q 0 o", "link 0 p/q 0 o", "symlink p/q 0 o"]);
    assert_eq!(guest.call(|c, m| path_link(c, m, 3, 1, PATH, 3, 3, OTHER, 1)), Err(Errno::Inval), "not followed");
    assert_eq!(guest.call(|c, m| path_symlink(c, m, PATH, 0, 3, OTHER, 1)), Err(Errno::Noent));
    assert_eq!(guest.call(|c, m| path_filestat_get(c, m, 3, 2, PATH, 3, AT)), Err(Errno::Inval));
    let mut times = |flags| guest.call(|c, m| path_filestat_set_times(c, m, 3, 0, PATH, 3, 1, 2, flags));
    for flags in [3, 12, 16, u32::MAX] {
        assert_eq!(times(flags), Err(Errno::Inval));
    }
    assert_eq!(times(9), Ok(()));
    assert_eq!(guest.log(), ["times 0 p/q false At(1) Now"]);
}
