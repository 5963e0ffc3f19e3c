//! Waiting: `poll_oneoff`, on clocks and descriptors. Files are always ready, output too; standard input is waited for.
//!
//! There is no storage to remember the subscriptions in, so the list is gone through twice: first to see whether
//! something is ready already and which clock is due first, then, after the wait, to report all that is ready.

use crate::abi::{Event, SUBSCRIPTION_CLOCK_ABSTIME, Subscription, event, rights};
use crate::fd::Target;
use crate::{Clock, Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::little_endian::{U16, U64};

/// Waits until at least one of `count` subscriptions occurs, writes an event for each that did, and their number to
/// `occurred`. A subscription that cannot be served occurs at once, with its error in the event.
///
/// # Errors
/// [`Errno::Inval`] for no subscriptions or one that is malformed, [`Errno::Fault`], or what the host says when it is
/// asked to sleep.
pub fn poll_oneoff<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    occurred: u32,
) -> Result<(), Errno> {
    if count == 0 {
        return Err(Errno::Inval);
    }
    memory.check::<u32>(occurred)?;
    let subscriptions = memory.array::<Subscription>(subscriptions, count)?;
    let events = memory.array::<Event>(events, count)?;

    let mut start = StartTimes::default();
    let mut ready = false;
    let mut first: Option<Due> = None;
    let mut input = false;
    for at in subscriptions.addresses() {
        match examine(ctx, &mut start, &memory.read(at)?)? {
            Examined::Occurred(_) => ready = true,
            Examined::WaitsForInput => input = true,
            Examined::Waits(due) => {
                if first.is_none_or(|other| due.remaining < other.remaining) {
                    first = Some(Due { subscription: at, ..due });
                }
            }
        }
    }

    // With nothing ready, every subscription waits for input or a clock.
    let slept_for = first.filter(|_| !ready && !input);
    if let Some(due) = slept_for {
        ctx.host.sleep_until(due.clock, due.deadline)?;
    } else if input && !ready {
        ctx.host.wait_for_stdin(first.map(|due| (due.clock, due.deadline)))?;
    }

    let mut reported: u32 = 0;
    let mut places = events.addresses();
    for at in subscriptions.addresses() {
        let subscription: Subscription = memory.read(at)?;
        let outcome = match examine(ctx, &mut start, &subscription)? {
            Examined::Occurred(outcome) => outcome,
            // The host slept for this one: it is due whatever the clock's reading says.
            Examined::Waits(_) if slept_for.is_some_and(|due| due.subscription == at) => Ok(0),
            Examined::Waits(_) | Examined::WaitsForInput => continue,
        };
        let Some(place) = places.next() else { break };
        memory.write(place, &event_of(&subscription, outcome))?;
        reported = reported.saturating_add(1);
    }
    memory.write_u32(occurred, reported)
}

/// How a subscription stands now.
enum Examined {
    /// It occurred, with a number of bytes if it is about a descriptor, or it failed.
    Occurred(Result<u64, Errno>),
    /// It waits for a clock.
    Waits(Due),
    /// It waits for standard input.
    WaitsForInput,
}

/// A clock subscription that is not due yet.
#[derive(Clone, Copy)]
struct Due {
    clock: Clock,
    deadline: u64,
    remaining: u64,
    /// The subscription's address; filled in by the caller of [`examine`].
    subscription: u32,
}

/// What each clock showed when it was first looked at in this call: relative timeouts count from there.
#[derive(Default)]
struct StartTimes {
    realtime: Option<u64>,
    monotonic: Option<u64>,
    process_cpu: Option<u64>,
    thread_cpu: Option<u64>,
}

impl StartTimes {
    fn of(&mut self, clock: Clock, now: u64) -> u64 {
        let slot = match clock {
            Clock::Realtime => &mut self.realtime,
            Clock::Monotonic => &mut self.monotonic,
            Clock::ProcessCpu => &mut self.process_cpu,
            Clock::ThreadCpu => &mut self.thread_cpu,
        };
        *slot.get_or_insert(now)
    }
}

fn examine<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    start: &mut StartTimes,
    subscription: &Subscription,
) -> Result<Examined, Errno> {
    match subscription.tag {
        event::CLOCK => clock(ctx, start, subscription),
        event::FD_READ | event::FD_WRITE => Ok(match descriptor(ctx, subscription) {
            Err(Errno::Again) => Examined::WaitsForInput,
            outcome => Examined::Occurred(outcome),
        }),
        _ => Err(Errno::Inval),
    }
}

fn clock<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    start: &mut StartTimes,
    subscription: &Subscription,
) -> Result<Examined, Errno> {
    let flags = subscription.clock_flags.get();
    if flags & !SUBSCRIPTION_CLOCK_ABSTIME != 0 {
        return Err(Errno::Inval);
    }
    let clock = match Clock::from_id(subscription.clock_or_fd.get()) {
        Ok(clock) => clock,
        Err(errno) => return Ok(Examined::Occurred(Err(errno))),
    };
    let now = match ctx.host.clock_time(clock, subscription.precision.get()) {
        Ok(now) => now,
        Err(errno) => return Ok(Examined::Occurred(Err(errno))),
    };
    let timeout = subscription.timeout.get();
    let deadline =
        if flags & SUBSCRIPTION_CLOCK_ABSTIME != 0 { timeout } else { start.of(clock, now).saturating_add(timeout) };
    let remaining = deadline.saturating_sub(now);
    Ok(if remaining == 0 {
        Examined::Occurred(Ok(0))
    } else {
        Examined::Waits(Due { clock, deadline, remaining, subscription: 0 })
    })
}

/// How many bytes a descriptor takes or gives without waiting. `Again` is standard input's alone.
fn descriptor<H: WasiHost>(ctx: &mut WasiCtx<H>, subscription: &Subscription) -> Result<u64, Errno> {
    let wants_read = subscription.tag == event::FD_READ;
    let descriptor = ctx.fds.descriptor(subscription.clock_or_fd.get())?;
    descriptor.allow(if wants_read { rights::FD_READ } else { rights::FD_WRITE }).map_err(|_| Errno::Badf)?;
    descriptor.allow(rights::POLL_FD_READWRITE)?;
    match descriptor.target {
        Target::Stream(_) if wants_read => ctx.host.stdin_ready(),
        Target::Stream(_) => Ok(1),
        Target::File(file) | Target::Directory(file) => ctx
            .files()?
            .ready(file, !wants_read)
            .map_err(|errno| if errno == Errno::Again { Errno::Notsup } else { errno }),
    }
}

fn event_of(subscription: &Subscription, outcome: Result<u64, Errno>) -> Event {
    let (error, nbytes) = match outcome {
        Ok(nbytes) => (0, nbytes),
        Err(errno) => (errno.number(), 0),
    };
    Event {
        userdata: subscription.userdata,
        error: U16::new(error),
        tag: subscription.tag,
        pad11: [0; 5],
        nbytes: U64::new(nbytes),
        rw_flags: U16::ZERO,
        pad26: [0; 6],
    }
}
