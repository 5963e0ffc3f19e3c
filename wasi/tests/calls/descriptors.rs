//! What descriptors say of themselves, and everything that no descriptor of this host can do.

use crate::mock::{Guest, Mock, SIZE};
use stilt_wasi::abi::rights;
use stilt_wasi::{Errno, GuestMemory, NoHost, WasiCtx, calls};

const AT: u32 = 64;

#[test]
fn fdstat_of_the_standard_streams() {
    let mut guest = Guest::new(Mock { terminal: true, ..Mock::default() });
    for (fd, file_type, may, may_not) in
        [(0, 4, rights::FD_READ, rights::FD_WRITE), (1, 2, rights::FD_WRITE, rights::FD_READ)]
    {
        assert_eq!(guest.call(|ctx, memory| calls::fd_fdstat_get(ctx, memory, fd, AT)), Ok(()));
        assert_eq!(guest.slice(AT, 2), [file_type, 0]);
        assert_eq!(guest.u16(AT + 2), 0);
        assert_eq!(guest.u64(AT + 8) & (may | may_not), may);
        assert_eq!(guest.u64(AT + 8) & (1 << 2 | 1 << 5), 0, "no seek, no tell: how C libraries know a terminal");
        assert_eq!(guest.u64(AT + 16), 0);
        guest.assert_untouched(AT + 24, 8);
    }
}

#[test]
fn filestat_of_the_standard_streams() {
    let mut guest = Guest::new(Mock::default());
    assert_eq!(guest.call(|ctx, memory| calls::fd_filestat_get(ctx, memory, 0, AT)), Ok(()));
    let mut expected = [0; 64];
    expected[16] = 4;
    assert_eq!(guest.slice(AT, 64), expected);
    guest.assert_untouched(AT + 64, 8);
}

#[test]
fn records_must_fit() {
    let mut guest = Guest::new(Mock::default());
    for at in [SIZE - 23, SIZE, u32::MAX, u32::MAX - 23] {
        assert_eq!(guest.call(|ctx, memory| calls::fd_fdstat_get(ctx, memory, 0, at)), Err(Errno::Fault));
        assert_eq!(guest.call(|ctx, memory| calls::fd_filestat_get(ctx, memory, 0, at)), Err(Errno::Fault));
    }
    assert_eq!(guest.call(|ctx, memory| calls::fd_fdstat_get(ctx, memory, 0, SIZE - 24)), Ok(()));
    assert_eq!(guest.call(|ctx, memory| calls::fd_filestat_get(ctx, memory, 0, SIZE - 64)), Ok(()));
}

#[test]
fn flags_of_a_stream_stay_none() {
    let mut guest = Guest::new(Mock::default());
    let mut set = |fd, flags| guest.call(|ctx, memory| calls::fd_fdstat_set_flags(ctx, memory, fd, flags));
    assert_eq!(set(1, 0), Ok(()));
    assert_eq!(set(1, 1 << 2), Err(Errno::Notsup));
    assert_eq!(set(1, 1 << 5), Err(Errno::Inval));
    assert_eq!(set(1, 0x1_0000), Err(Errno::Inval));
    assert_eq!(set(3, 0), Err(Errno::Badf));
}

#[test]
fn rights_can_be_given_up_and_not_taken() {
    let mut guest = Guest::new(Mock::default());
    assert_eq!(guest.call(|ctx, memory| calls::fd_fdstat_get(ctx, memory, 1, AT)), Ok(()));
    let held = guest.u64(AT + 8);
    let mut set =
        |fd, base, inheriting| guest.call(|ctx, memory| calls::fd_fdstat_set_rights(ctx, memory, fd, base, inheriting));
    assert_eq!(set(1, held, 0), Ok(()));
    assert_eq!(set(1, held | rights::FD_READ, 0), Err(Errno::Notcapable));
    assert_eq!(set(1, held, 1), Err(Errno::Notcapable));
    assert_eq!(set(9, held, 0), Err(Errno::Badf));
    assert_eq!(set(1, held & !rights::FD_WRITE, 0), Ok(()));
    assert_eq!(set(1, held, 0), Err(Errno::Notcapable), "what is gone is gone");
    let write = guest.call(|ctx, memory| calls::fd_write(ctx, memory, 1, AT, 0, AT));
    assert_eq!(write, Err(Errno::Badf));
}

/// Checks what a call answers for an open stream and for a descriptor that is not open.
macro_rules! answers {
    ($errno:ident: $($call:ident(fd $(, $arg:expr)*)),* $(,)?) => {{
        let mut guest = Guest::new(Mock::default());
        $(
            for fd in 0..3 {
                let outcome = guest.call(|ctx, memory| calls::$call(ctx, memory, fd $(, $arg)*));
                assert_eq!(outcome, Err(Errno::$errno), stringify!($call));
            }
            for fd in [3, u32::MAX] {
                let outcome = guest.call(|ctx, memory| calls::$call(ctx, memory, fd $(, $arg)*));
                assert_eq!(outcome, Err(Errno::Badf), stringify!($call));
            }
        )*
        guest.assert_untouched(0, SIZE);
    }};
}

#[test]
fn what_a_stream_cannot_do() {
    answers!(Spipe: fd_advise(fd, 0, 0, 0), fd_allocate(fd, 0, 1));
    answers!(Inval: fd_datasync(fd), fd_sync(fd), fd_filestat_set_size(fd, 0));
    answers!(Notsup: fd_filestat_set_times(fd, 0, 0, 0));
}

#[test]
fn there_are_no_directories() {
    answers!(Badf: fd_prestat_get(fd, AT), fd_prestat_dir_name(fd, AT, 4));
    answers!(Notdir:
        fd_readdir(fd, AT, 100, 0, AT),
        path_create_directory(fd, AT, 1),
        path_filestat_get(fd, 0, AT, 1, AT),
        path_filestat_set_times(fd, 0, AT, 1, 0, 0, 0),
        path_link(fd, 0, AT, 1, 0, AT, 1),
        path_open(fd, 0, AT, 1, 0, 0, 0, 0, AT),
        path_readlink(fd, AT, 1, AT, 1, AT),
        path_remove_directory(fd, AT, 1),
        path_rename(fd, AT, 1, 0, AT, 1),
        path_unlink_file(fd, AT, 1),
    );
    let mut guest = Guest::new(Mock::default());
    let mut link = |fd| guest.call(|ctx, memory| calls::path_symlink(ctx, memory, AT, 1, fd, AT, 1));
    assert_eq!(link(0), Err(Errno::Notdir));
    assert_eq!(link(3), Err(Errno::Badf));
}

#[test]
fn there_are_no_sockets() {
    answers!(Notsock:
        sock_accept(fd, 0, AT),
        sock_recv(fd, AT, 0, 0, AT, AT),
        sock_send(fd, AT, 0, 0, AT),
        sock_shutdown(fd, 3),
    );
}

#[test]
fn a_host_that_offers_nothing_says_so() {
    let mut ctx = WasiCtx::new(NoHost);
    let mut bytes = [0; 256];
    bytes[0] = 8;
    bytes[4] = 4;
    let memory = &mut GuestMemory::new(&mut bytes);
    assert_eq!(calls::fd_write(&mut ctx, memory, 1, 0, 1, 128), Err(Errno::Notsup));
    assert_eq!(calls::fd_write(&mut ctx, memory, 2, 0, 1, 128), Err(Errno::Notsup));
    assert_eq!(calls::fd_read(&mut ctx, memory, 0, 0, 1, 128), Err(Errno::Notsup));
    assert_eq!(calls::clock_time_get(&mut ctx, memory, 0, 0, 128), Err(Errno::Inval));
    assert_eq!(calls::clock_res_get(&mut ctx, memory, 1, 128), Err(Errno::Inval));
    assert_eq!(calls::random_get(&mut ctx, memory, 128, 4), Err(Errno::Nosys));
    assert_eq!(calls::args_sizes_get(&mut ctx, memory, 128, 132), Ok(()));
    assert_eq!(calls::args_get(&mut ctx, memory, 128, 132), Ok(()));
    assert_eq!(calls::environ_sizes_get(&mut ctx, memory, 128, 132), Ok(()));
    assert_eq!(calls::sched_yield(&mut ctx, memory), Ok(()));
    assert_eq!(calls::fd_fdstat_get(&mut ctx, memory, 1, 128), Ok(()));
}
