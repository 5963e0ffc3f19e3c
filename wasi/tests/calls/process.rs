//! Arguments, environment, clocks, randomness, exit.

use crate::mock::{Guest, Mock, SIZE};
use stilt_wasi::{Errno, I32Exit, WasiCtx, WasiHost, calls};

fn with_strings(strings: &[&[u8]]) -> Guest {
    let list: Vec<Vec<u8>> = strings.iter().map(|s| s.to_vec()).collect();
    Guest::new(Mock { args: list.clone(), env: list, ..Mock::default() })
}

#[test]
fn strings_are_laid_out_for_c() {
    let mut guest = with_strings(&[b"prog", b"", "grün".as_bytes()]);
    assert_eq!(guest.call(|ctx, memory| calls::args_sizes_get(ctx, memory, 0, 4)), Ok(()));
    assert_eq!((guest.u32(0), guest.u32(4)), (3, 12));
    assert_eq!(guest.call(|ctx, memory| calls::args_get(ctx, memory, 16, 100)), Ok(()));
    assert_eq!((guest.u32(16), guest.u32(20), guest.u32(24)), (100, 105, 106));
    assert_eq!(guest.slice(100, 12), b"prog\0\0gr\xc3\xbcn\0");
    guest.assert_untouched(28, 8);
    guest.assert_untouched(112, 8);

    assert_eq!(guest.call(|ctx, memory| calls::environ_sizes_get(ctx, memory, 0, 4)), Ok(()));
    assert_eq!((guest.u32(0), guest.u32(4)), (3, 12));
    assert_eq!(guest.call(|ctx, memory| calls::environ_get(ctx, memory, 200, 301)), Ok(()));
    assert_eq!(guest.slice(301, 5), b"prog\0");
}

#[test]
fn no_strings_need_no_room() {
    let mut guest = with_strings(&[]);
    assert_eq!(guest.call(|ctx, memory| calls::args_sizes_get(ctx, memory, 0, 4)), Ok(()));
    assert_eq!((guest.u32(0), guest.u32(4)), (0, 0));
    assert_eq!(guest.call(|ctx, memory| calls::args_get(ctx, memory, u32::MAX, u32::MAX)), Ok(()));
}

#[test]
fn strings_fit_exactly_or_not_at_all() {
    let mut guest = with_strings(&[b"abc", b"de"]);
    let mut args = |pointers, strings| guest.call(|ctx, memory| calls::args_get(ctx, memory, pointers, strings));
    assert_eq!(args(SIZE - 8, SIZE - 15), Ok(()));
    assert_eq!(args(0, SIZE - 7), Ok(()));
    assert_eq!(args(0, SIZE - 6), Err(Errno::Fault));
    assert_eq!(args(SIZE - 7, 0), Err(Errno::Fault));
    assert_eq!(args(u32::MAX, 0), Err(Errno::Fault));
    assert_eq!(args(0, u32::MAX), Err(Errno::Fault));
    let mut sizes = |count, size| guest.call(|ctx, memory| calls::args_sizes_get(ctx, memory, count, size));
    assert_eq!(sizes(SIZE - 3, 0), Err(Errno::Fault));
    assert_eq!(sizes(0, SIZE - 3), Err(Errno::Fault));
    assert_eq!(sizes(SIZE - 4, SIZE - 4), Ok(()));
}

#[test]
fn clocks() {
    let mut guest = Guest::new(Mock {
        now: [Some(0x1122_3344_5566_7788), Some(5), None, Some(7)],
        resolution: 1000,
        ..Mock::default()
    });
    let mut time = |clock, at| guest.call(|ctx, memory| calls::clock_time_get(ctx, memory, clock, 0, at));
    assert_eq!(time(0, 0), Ok(()));
    assert_eq!(time(1, 8), Ok(()));
    assert_eq!(time(3, SIZE - 8), Ok(()));
    assert_eq!(time(2, 0), Err(Errno::Inval), "a clock the host does not have");
    assert_eq!(time(4, 0), Err(Errno::Inval), "a clock there is not");
    assert_eq!(time(u32::MAX, 0), Err(Errno::Inval));
    assert_eq!(time(0, SIZE - 7), Err(Errno::Fault));
    assert_eq!((guest.u64(0), guest.u64(8), guest.u64(SIZE - 8)), (0x1122_3344_5566_7788, 5, 7));

    assert_eq!(guest.call(|ctx, memory| calls::clock_res_get(ctx, memory, 1, 16)), Ok(()));
    assert_eq!(guest.u64(16), 1000);
    guest.host().resolution = 0;
    assert_eq!(guest.call(|ctx, memory| calls::clock_res_get(ctx, memory, 1, 16)), Ok(()));
    assert_eq!(guest.u64(16), 1, "never zero");
    assert_eq!(guest.call(|ctx, memory| calls::clock_res_get(ctx, memory, 2, 16)), Err(Errno::Inval));
    assert_eq!(guest.call(|ctx, memory| calls::clock_res_get(ctx, memory, 9, 16)), Err(Errno::Inval));
    assert_eq!(guest.call(|ctx, memory| calls::clock_res_get(ctx, memory, 1, SIZE - 7)), Err(Errno::Fault));
}

#[test]
fn randomness_fills_exactly_what_was_asked() {
    let mut guest = Guest::new(Mock::default());
    let mut random = |at, len| guest.call(|ctx, memory| calls::random_get(ctx, memory, at, len));
    assert_eq!(random(100, 5), Ok(()));
    assert_eq!(random(SIZE - 1, 1), Ok(()));
    assert_eq!(random(SIZE, 0), Ok(()), "nothing asked, nothing done");
    assert_eq!(random(SIZE - 1, 2), Err(Errno::Fault));
    assert_eq!(random(0, SIZE + 1), Err(Errno::Fault));
    assert_eq!(random(1, u32::MAX), Err(Errno::Fault));
    assert_eq!(guest.slice(100, 5), [0xa5; 5]);
    guest.assert_untouched(0, 100);
    guest.assert_untouched(105, 100);
    guest.host().random_fails = Some(Errno::Io);
    assert_eq!(guest.call(|ctx, memory| calls::random_get(ctx, memory, 0, 1)), Err(Errno::Io));
}

#[test]
fn yielding_and_raising() {
    let mut guest = Guest::new(Mock::default());
    assert_eq!(guest.call(calls::sched_yield), Ok(()));
    assert_eq!(guest.host().yields, 1);
    assert_eq!(guest.call(|ctx, memory| calls::proc_raise(ctx, memory, 6)), Err(Errno::Nosys));
}

#[test]
fn an_exit_is_an_error_with_its_code() {
    let exit: Box<dyn core::error::Error + Send + Sync> = Box::new(I32Exit(3));
    assert_eq!(exit.downcast_ref::<I32Exit>(), Some(&I32Exit(3)));
    assert_eq!(exit.to_string(), "exited with status 3");
}

#[test]
fn a_host_may_be_borrowed_and_of_any_type() {
    let mut mock = Mock { args: vec![b"a".to_vec()], ..Mock::default() };
    let host: &mut dyn WasiHost = &mut mock;
    let mut ctx = WasiCtx::new(host);
    let mut bytes = [0; 16];
    let mut memory = stilt_wasi::GuestMemory::new(&mut bytes);
    assert_eq!(calls::args_sizes_get(&mut ctx, &mut memory, 0, 4), Ok(()));
    assert_eq!(calls::sched_yield(&mut ctx, &mut memory), Ok(()));
    assert_eq!(bytes[..8], [1, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(mock.yields, 1);
}
