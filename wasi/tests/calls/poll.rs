//! `poll_oneoff`: which subscriptions occur, what the host is asked to sleep for, what the events say.

use crate::mock::{Guest, Mock, SIZE, Sleep};
use stilt_wasi::{Clock, Errno, calls};

const IN: u32 = 64;
const OUT: u32 = 2048;
const COUNT: u32 = 8;

/// A subscription: its userdata is its place in the list plus 100.
#[derive(Clone, Copy)]
enum On {
    Clock { id: u32, timeout: u64, flags: u16 },
    Fd { tag: u8, fd: u32 },
}

fn relative(id: u32, timeout: u64) -> On {
    On::Clock { id, timeout, flags: 0 }
}

fn absolute(id: u32, timeout: u64) -> On {
    On::Clock { id, timeout, flags: 1 }
}

/// An event: userdata, error, tag, number of bytes.
type Event = (u64, u16, u8, u64);

fn poll(guest: &mut Guest, list: &[On]) -> Result<Vec<Event>, Errno> {
    for ((at, on), userdata) in (IN..).step_by(48).zip(list).zip(100..) {
        guest.put_u64(at, userdata);
        match *on {
            On::Clock { id, timeout, flags } => {
                guest.put(at + 8, &[0]);
                guest.put_u32(at + 16, id);
                guest.put_u64(at + 24, timeout);
                guest.put_u64(at + 32, 0);
                guest.put_u16(at + 40, flags);
            }
            On::Fd { tag, fd } => {
                guest.put(at + 8, &[tag]);
                guest.put_u32(at + 16, fd);
            }
        }
    }
    let len = u32::try_from(list.len()).expect("short");
    guest.call(|ctx, memory| calls::poll_oneoff(ctx, memory, IN, OUT, len, COUNT))?;
    let count = guest.u32(COUNT);
    assert!(count >= 1 && count <= len);
    guest.assert_untouched(OUT + 32 * count, 32);
    Ok((OUT..)
        .step_by(32)
        .take(count as usize)
        .map(|at| {
            assert_eq!(guest.slice(at + 11, 5), [0; 5]);
            assert_eq!(guest.slice(at + 24, 8), [0; 8]);
            (guest.u64(at), guest.u16(at + 8), guest.slice(at + 10, 1)[0], guest.u64(at + 16))
        })
        .collect())
}

fn clocks() -> Guest {
    Guest::new(Mock { now: [Some(1_000_000), Some(500), None, None], ..Mock::default() })
}

#[test]
fn one_relative_clock_sleeps() {
    let mut guest = clocks();
    assert_eq!(poll(&mut guest, &[relative(1, 40)]), Ok(vec![(100, 0, 0, 0)]));
    assert_eq!(guest.host().sleeps, [Sleep { clock: Clock::Monotonic, deadline: 540 }]);
}

#[test]
fn one_absolute_clock_sleeps() {
    let mut guest = clocks();
    assert_eq!(poll(&mut guest, &[absolute(0, 1_000_100)]), Ok(vec![(100, 0, 0, 0)]));
    assert_eq!(guest.host().sleeps, [Sleep { clock: Clock::Realtime, deadline: 1_000_100 }]);
}

#[test]
fn the_past_and_nothing_do_not_sleep() {
    let mut guest = clocks();
    for on in [relative(1, 0), absolute(1, 500), absolute(1, 0)] {
        assert_eq!(poll(&mut guest, &[on]), Ok(vec![(100, 0, 0, 0)]));
    }
    assert!(guest.host().sleeps.is_empty());
}

#[test]
fn the_first_of_several_clocks_wins_whatever_its_kind() {
    let mut guest = clocks();
    let list = [relative(1, 50), absolute(0, 1_000_030), relative(0, 90), absolute(1, 535)];
    assert_eq!(poll(&mut guest, &list), Ok(vec![(101, 0, 0, 0)]));
    assert_eq!(guest.host().sleeps, [Sleep { clock: Clock::Realtime, deadline: 1_000_030 }]);
}

#[test]
fn all_that_are_due_after_the_sleep_are_reported() {
    let mut guest = clocks();
    let list = [relative(1, 30), relative(1, 31), relative(0, 30), absolute(1, 530)];
    assert_eq!(poll(&mut guest, &list), Ok(vec![(100, 0, 0, 0), (102, 0, 0, 0), (103, 0, 0, 0)]));
    assert_eq!(guest.host().sleeps.len(), 1);
}

#[test]
fn a_host_that_wakes_early_is_believed() {
    let mut guest = Guest::new(Mock { now: [None, Some(500), None, None], wakes_early: 10, ..Mock::default() });
    assert_eq!(poll(&mut guest, &[relative(1, 30), relative(1, 25)]), Ok(vec![(101, 0, 0, 0)]));
}

#[test]
fn with_something_ready_nobody_sleeps() {
    let mut guest = clocks();
    let list = [relative(1, 30), On::Fd { tag: 2, fd: 1 }, relative(1, 0)];
    assert_eq!(poll(&mut guest, &list), Ok(vec![(101, 0, 2, 1), (102, 0, 0, 0)]));
    assert!(guest.host().sleeps.is_empty());
}

#[test]
fn the_end_of_time_does_not_wrap() {
    let mut guest = clocks();
    assert_eq!(poll(&mut guest, &[relative(1, u64::MAX), relative(1, 9)]), Ok(vec![(101, 0, 0, 0)]));
    assert_eq!(poll(&mut guest, &[absolute(1, u64::MAX), relative(1, 9)]), Ok(vec![(101, 0, 0, 0)]));
}

#[test]
fn clocks_that_are_not_there_occur_with_an_error() {
    let mut guest = clocks();
    let inval = Errno::Inval.number();
    let list = [relative(2, 5), relative(4, 5), relative(u32::MAX, 5), relative(1, 5)];
    assert_eq!(poll(&mut guest, &list), Ok(vec![(100, inval, 0, 0), (101, inval, 0, 0), (102, inval, 0, 0)]));
    assert!(guest.host().sleeps.is_empty());
}

#[test]
fn streams() {
    let mut guest = clocks();
    let (badf, notsup) = (Errno::Badf.number(), Errno::Notsup.number());
    let list = [(1, 0), (2, 0), (1, 1), (2, 1), (2, 2), (1, 3), (2, u32::MAX)].map(|(tag, fd)| On::Fd { tag, fd });
    let events = vec![
        (100, notsup, 1, 0),
        (101, badf, 2, 0),
        (102, badf, 1, 0),
        (103, 0, 2, 1),
        (104, 0, 2, 1),
        (105, badf, 1, 0),
        (106, badf, 2, 0),
    ];
    assert_eq!(poll(&mut guest, &list), Ok(events));
    guest.bytes.fill(crate::mock::UNTOUCHED);
    guest.host().ready = Some(77);
    assert_eq!(poll(&mut guest, &list[..1]), Ok(vec![(100, 0, 1, 77)]));
}

#[test]
fn input_is_waited_for_with_the_first_clock_as_the_limit() {
    let mut guest = clocks();
    (guest.host().silent, guest.host().ready) = (true, Some(3));
    let list = [relative(1, 90), On::Fd { tag: 1, fd: 0 }, relative(1, 40)];
    assert_eq!(poll(&mut guest, &list), Ok(vec![(101, 0, 1, 3)]));
    assert_eq!(guest.host().waits, [Some(Sleep { clock: Clock::Monotonic, deadline: 540 })]);
    guest.bytes.fill(crate::mock::UNTOUCHED);
    guest.host().silent = true;
    assert_eq!(poll(&mut guest, &list[1..2]), Ok(vec![(101 - 1, 0, 1, 3)]));
    assert_eq!(guest.host().waits.last(), Some(&None));
    assert!(guest.host().sleeps.is_empty());
    guest.bytes.fill(crate::mock::UNTOUCHED);
    guest.host().silent = true;
    let list = [On::Fd { tag: 1, fd: 0 }, On::Fd { tag: 2, fd: 1 }];
    assert_eq!(poll(&mut guest, &list), Ok(vec![(101, 0, 2, 1)]), "nothing waits while something is ready");
    assert_eq!(guest.host().waits.len(), 2);
}

#[test]
fn a_host_that_cannot_sleep_says_so() {
    let mut guest = clocks();
    guest.host().sleep_fails = Some(Errno::Notsup);
    assert_eq!(poll(&mut guest, &[relative(1, 5)]), Err(Errno::Notsup));
    assert_eq!(poll(&mut guest, &[relative(1, 0)]), Ok(vec![(100, 0, 0, 0)]));
}

#[test]
fn malformed_subscriptions() {
    let mut guest = clocks();
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, &[On::Fd { tag: 3, fd: 0 }]), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, &[On::Clock { id: 1, timeout: 5, flags: 2 }]), Err(Errno::Inval));
    assert!(guest.host().sleeps.is_empty());
}

#[test]
fn addresses_are_checked_before_sleeping() {
    let bad = [
        (SIZE - 47, OUT, 1, COUNT),
        (IN, SIZE - 31, 1, COUNT),
        (IN, OUT, 1, SIZE - 3),
        (u32::MAX, OUT, 1, COUNT),
        (IN, u32::MAX, 1, COUNT),
        (IN, OUT, 1, u32::MAX),
        (IN, OUT, u32::MAX, COUNT),
        (IN, OUT, 0x0800_0000, COUNT),
        (IN, OUT, 65, COUNT),
    ];
    for (subscriptions, events, count, occurred) in bad {
        let mut guest = clocks();
        guest.bytes.fill(0);
        let outcome = guest.call(|ctx, memory| calls::poll_oneoff(ctx, memory, subscriptions, events, count, occurred));
        assert_eq!(outcome, Err(Errno::Fault), "{subscriptions} {events} {count} {occurred}");
        assert!(guest.host().sleeps.is_empty());
    }
}

#[test]
fn events_may_replace_their_subscriptions() {
    let mut guest = clocks();
    for (index, at) in (IN..).step_by(48).take(20).enumerate() {
        guest.put(at, &[0; 48]);
        guest.put_u64(at, index as u64);
        guest.put_u32(at + 16, 1);
    }
    assert_eq!(guest.call(|ctx, memory| calls::poll_oneoff(ctx, memory, IN, IN, 20, COUNT)), Ok(()));
    assert_eq!(guest.u32(COUNT), 20);
    for (index, at) in (IN..).step_by(32).take(20).enumerate() {
        assert_eq!((guest.u64(at), guest.u16(at + 8)), (index as u64, 0));
    }
}
