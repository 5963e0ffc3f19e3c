//! `fd_read` and `fd_write` against a host that does as the test says.

use crate::mock::{Guest, Mock, SIZE, UNTOUCHED};
use stilt_wasi::Errno;
use stilt_wasi::calls::{fd_close, fd_pread, fd_pwrite, fd_read, fd_renumber, fd_seek, fd_tell, fd_write};

const IOVS: u32 = 16;
const COUNT: u32 = 8;

fn write(guest: &mut Guest, fd: u32, buffers: &[(u32, u32)]) -> Result<u32, Errno> {
    guest.put_iovs(IOVS, buffers);
    let len = u32::try_from(buffers.len()).expect("short");
    guest.call(|ctx, memory| fd_write(ctx, memory, fd, IOVS, len, COUNT))?;
    Ok(guest.u32(COUNT))
}

fn read(guest: &mut Guest, fd: u32, buffers: &[(u32, u32)]) -> Result<u32, Errno> {
    guest.put_iovs(IOVS, buffers);
    let len = u32::try_from(buffers.len()).expect("short");
    guest.call(|ctx, memory| fd_read(ctx, memory, fd, IOVS, len, COUNT))?;
    Ok(guest.u32(COUNT))
}

fn input(pieces: &[&[u8]]) -> Guest {
    Guest::new(Mock { input: pieces.iter().map(|piece| Ok(piece.to_vec())).collect(), ..Mock::default() })
}

#[test]
fn write_gathers_in_order() {
    let mut guest = Guest::new(Mock::default());
    guest.put(1000, b"hello world");
    assert_eq!(write(&mut guest, 1, &[(1000, 5), (0, 0), (1005, 1), (1006, 5)]), Ok(11));
    assert_eq!(write(&mut guest, 2, &[(1006, 5)]), Ok(5));
    assert_eq!(guest.host().output, b"hello world");
    assert_eq!(guest.host().errors, b"world");
}

#[test]
fn write_of_nothing_does_not_reach_the_host() {
    let mut guest = Guest::new(Mock::default());
    assert_eq!(write(&mut guest, 1, &[]), Ok(0));
    assert_eq!(write(&mut guest, 1, &[(0, 0), (SIZE, 0)]), Ok(0));
    assert_eq!(guest.host().writes, 0);
}

#[test]
fn buffers_may_overlap_each_other_and_the_list() {
    let mut guest = Guest::new(Mock::default());
    guest.put(1000, b"abcd");
    assert_eq!(write(&mut guest, 1, &[(1000, 4), (1001, 3), (1000, 4)]), Ok(11));
    assert_eq!(guest.host().output, b"abcdbcdabcd");
    assert_eq!(write(&mut guest, 2, &[(IOVS, 8)]), Ok(8));
    assert_eq!(guest.host().errors, [16, 0, 0, 0, 8, 0, 0, 0]);
}

#[test]
fn many_buffers() {
    let mut guest = Guest::new(Mock::default());
    guest.put(0, b"x");
    let buffers = vec![(0, 1); 500];
    assert_eq!(write(&mut guest, 1, &buffers), Ok(500));
    assert_eq!(guest.host().output, vec![b'x'; 500].as_slice().to_vec().as_slice());
}

#[test]
fn partial_writes_stop_and_tell() {
    let mut guest = Guest::new(Mock { takes: [Ok(4), Ok(2)].into(), ..Mock::default() });
    guest.put(1000, b"abcdefgh");
    assert_eq!(write(&mut guest, 1, &[(1000, 4), (1004, 3), (1007, 1)]), Ok(6));
    assert_eq!(guest.host().output, b"abcdef");
    assert_eq!(guest.host().writes, 2);
}

#[test]
fn an_error_counts_only_if_nothing_went_out() {
    let mut guest = Guest::new(Mock { takes: [Ok(4), Err(Errno::Nospc)].into(), ..Mock::default() });
    guest.put(1000, b"abcdefgh");
    assert_eq!(write(&mut guest, 1, &[(1000, 4), (1004, 4)]), Ok(4));
    guest.host().takes = [Err(Errno::Pipe)].into();
    assert_eq!(write(&mut guest, 1, &[(1004, 4)]), Err(Errno::Pipe));
}

#[test]
fn a_host_that_claims_too_much_is_not_believed() {
    let mut guest = Guest::new(Mock { takes: [Ok(usize::MAX), Ok(5)].into(), ..Mock::default() });
    assert_eq!(write(&mut guest, 1, &[(1000, 4), (1000, 4)]), Ok(8));
}

#[test]
fn bad_addresses_are_found_before_anything_is_written() {
    let bad = [(SIZE - 3, 4), (SIZE, 1), (SIZE + 1, 0), (u32::MAX, 1), (u32::MAX, u32::MAX), (1, u32::MAX), (8, SIZE)];
    for buffer in bad {
        let mut guest = Guest::new(Mock::default());
        assert_eq!(write(&mut guest, 1, &[(1000, 4), buffer]), Err(Errno::Fault), "{buffer:?}");
        assert_eq!(read(&mut guest, 0, &[(1000, 4), buffer]), Err(Errno::Fault), "{buffer:?}");
        assert_eq!(guest.host().writes, 0);
        guest.assert_untouched(COUNT, 4);
    }
}

#[test]
fn bad_lists_and_results_are_found_before_anything_is_written() {
    // The list, its length, where the count goes.
    let bad = [
        (SIZE, 1, COUNT),
        (SIZE - 7, 1, COUNT),
        (u32::MAX, 1, COUNT),
        (u32::MAX - 6, 1, COUNT),
        (SIZE + 1, 0, COUNT),
        (IOVS, 0x2000_0000, COUNT),
        (IOVS, u32::MAX, COUNT),
        (IOVS, SIZE / 8, COUNT),
        (IOVS, 1, SIZE),
        (IOVS, 1, SIZE - 3),
        (IOVS, 1, u32::MAX),
    ];
    for (list, len, count) in bad {
        let mut guest = input(&[b"abc"]);
        guest.put_iovs(IOVS, &[(1000, 4)]);
        let outcome = guest.call(|ctx, memory| fd_write(ctx, memory, 1, list, len, count));
        assert_eq!(outcome, Err(Errno::Fault), "{list} {len} {count}");
        let outcome = guest.call(|ctx, memory| fd_read(ctx, memory, 0, list, len, count));
        assert_eq!(outcome, Err(Errno::Fault), "{list} {len} {count}");
        assert_eq!(guest.host().writes, 0);
        assert_eq!(guest.host().input.len(), 1, "no input was lost");
    }
}

#[test]
fn lengths_that_sum_past_four_gigabytes_are_invalid() {
    let mut guest = Guest::new(Mock::default());
    guest.bytes.resize(8 << 20, 0);
    guest.put_iovs(SIZE, &[(0, 8 << 20); 512]);
    assert_eq!(guest.call(|ctx, memory| fd_write(ctx, memory, 1, SIZE, 512, COUNT)), Err(Errno::Inval));
    assert_eq!(guest.host().writes, 0);
}

#[test]
fn of_a_long_list_the_first_buffers_are_taken() {
    let mut guest = Guest::new(Mock::default());
    guest.bytes.resize((SIZE as usize) + (8 << 20), 0);
    guest.put_iovs(SIZE, &vec![(0, 1); 1 << 20]);
    assert_eq!(guest.call(|ctx, memory| fd_write(ctx, memory, 1, SIZE, 1 << 20, COUNT)), Ok(()));
    assert_eq!((guest.u32(COUNT), guest.host().writes), (1024, 1024));
    let past_the_end = guest.call(|ctx, memory| fd_write(ctx, memory, 1, SIZE, (1 << 20) + 1, COUNT));
    assert_eq!(past_the_end, Err(Errno::Fault), "the whole list must be there");
}

#[test]
fn the_last_bytes_of_memory_count() {
    let mut guest = input(&[b"wxyz"]);
    assert_eq!(read(&mut guest, 0, &[(SIZE - 4, 4)]), Ok(4));
    assert_eq!(write(&mut guest, 1, &[(SIZE - 4, 4), (SIZE, 0)]), Ok(4));
    assert_eq!(guest.host().output, b"wxyz");
    guest.put_iovs(SIZE - 8, &[(0, 0)]);
    assert_eq!(guest.call(|ctx, memory| fd_write(ctx, memory, 1, SIZE - 8, 1, COUNT)), Ok(()));
    assert_eq!(guest.call(|ctx, memory| fd_write(ctx, memory, 1, IOVS, 0, SIZE - 4)), Ok(()));
}

#[test]
fn read_fills_the_first_buffer_that_is_not_empty() {
    let mut guest = input(&[b"abcdef"]);
    assert_eq!(read(&mut guest, 0, &[(0, 0), (1000, 4), (1100, 4)]), Ok(4));
    assert_eq!(guest.slice(1000, 5), [b'a', b'b', b'c', b'd', UNTOUCHED]);
    guest.assert_untouched(1100, 4);
    assert_eq!(read(&mut guest, 0, &[(1000, 4), (1100, 4)]), Ok(2));
    assert_eq!(guest.slice(1000, 4), b"efcd");
    assert_eq!(read(&mut guest, 0, &[(1000, 4)]), Ok(0), "the end of the input");
}

#[test]
fn read_into_nothing_does_not_consume() {
    let mut guest = input(&[b"a"]);
    assert_eq!(read(&mut guest, 0, &[]), Ok(0));
    assert_eq!(read(&mut guest, 0, &[(0, 0), (SIZE, 0)]), Ok(0));
    assert_eq!(guest.host().input.len(), 1);
}

#[test]
fn read_may_overwrite_its_own_list_and_result() {
    let mut guest = input(&[&[0xff; 64]]);
    assert_eq!(read(&mut guest, 0, &[(0, 64), (u32::MAX, 0)]), Err(Errno::Fault));
    assert_eq!(read(&mut guest, 0, &[(0, 64), (1000, 4)]), Ok(64), "the count goes over the data");
    assert_eq!(guest.slice(IOVS, 16), [0xff; 16]);
}

#[test]
fn read_errors_reach_the_guest() {
    let mut guest = Guest::new(Mock { input: [Err(Errno::Io)].into(), ..Mock::default() });
    assert_eq!(read(&mut guest, 0, &[(1000, 4)]), Err(Errno::Io));
}

#[test]
fn wrong_way_closed_and_unknown_descriptors() {
    let mut guest = input(&[b"abc"]);
    assert_eq!(write(&mut guest, 0, &[(1000, 1)]), Err(Errno::Badf));
    assert_eq!(read(&mut guest, 1, &[(1000, 1)]), Err(Errno::Badf));
    assert_eq!(read(&mut guest, 2, &[(1000, 1)]), Err(Errno::Badf));
    for fd in [3, 4, 0x8000_0000, u32::MAX] {
        assert_eq!(write(&mut guest, fd, &[(1000, 1)]), Err(Errno::Badf));
        assert_eq!(read(&mut guest, fd, &[(1000, 1)]), Err(Errno::Badf));
    }
    assert_eq!(guest.call(|ctx, memory| fd_close(ctx, memory, 1)), Ok(()));
    assert_eq!(guest.call(|ctx, memory| fd_close(ctx, memory, 1)), Err(Errno::Badf));
    assert_eq!(write(&mut guest, 1, &[(1000, 1)]), Err(Errno::Badf));
    assert_eq!(write(&mut guest, 2, &[(1000, 1)]), Ok(1));
    // A closed descriptor is named before a bad address.
    assert_eq!(write(&mut guest, 1, &[(u32::MAX, 1)]), Err(Errno::Badf));
}

#[test]
fn renumbering_moves_a_stream() {
    let mut guest = Guest::new(Mock::default());
    guest.put(1000, b"x");
    assert_eq!(guest.call(|ctx, memory| fd_renumber(ctx, memory, 2, 1)), Ok(()));
    assert_eq!(write(&mut guest, 1, &[(1000, 1)]), Ok(1));
    assert_eq!(guest.host().errors, b"x");
    assert_eq!(write(&mut guest, 2, &[(1000, 1)]), Err(Errno::Badf));
    for (from, to) in [(2, 1), (1, 2), (1, 3), (3, 1), (u32::MAX, 1)] {
        assert_eq!(guest.call(|ctx, memory| fd_renumber(ctx, memory, from, to)), Err(Errno::Badf));
    }
    assert_eq!(guest.call(|ctx, memory| fd_renumber(ctx, memory, 1, 1)), Ok(()));
    assert_eq!(write(&mut guest, 1, &[(1000, 1)]), Ok(1));
}

#[test]
fn streams_have_no_positions() {
    let mut guest = Guest::new(Mock::default());
    for (fd, errno) in [(0, Errno::Spipe), (1, Errno::Spipe), (2, Errno::Spipe), (3, Errno::Badf)] {
        assert_eq!(guest.call(|ctx, memory| fd_seek(ctx, memory, fd, 0, 1, COUNT)), Err(errno));
        assert_eq!(guest.call(|ctx, memory| fd_tell(ctx, memory, fd, COUNT)), Err(errno));
        assert_eq!(guest.call(|ctx, memory| fd_pread(ctx, memory, fd, IOVS, 0, 0, COUNT)), Err(errno));
        assert_eq!(guest.call(|ctx, memory| fd_pwrite(ctx, memory, fd, IOVS, 0, 0, COUNT)), Err(errno));
    }
}
