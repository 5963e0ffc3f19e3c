//! A guest that the timer interrupt runs, above the guest that it has interrupted: neither notices the other.

use crate::guests::{Ground, Guest, Way};
use crate::{SUM, TERMS, expect};
use stilt::{Result, Trap, TypedFunc, format_err};
use stilt_example_kernel::lock::Lock;
use stilt_example_kernel::{arch, println, timer};

/// What the interrupt runs: one guest that counts, whose function was found before, which needs no lock; and one that traps, in a
/// function that is found in the interrupt, which this kernel's locks allow.
struct Running {
    counter: Guest,
    tick: TypedFunc<(), ()>,
    trapping: Guest,
    /// The first thing that was not as it should be.
    outcome: Result<()>,
}

static RUNNING: Lock<Option<Running>> = Lock::new(None);

/// In the interrupt.
extern "C" fn at_a_tick() {
    RUNNING.with(|running| {
        if let Some(running) = running
            && running.outcome.is_ok()
        {
            running.outcome = running.once();
        }
    });
}

impl Running {
    fn once(&mut self) -> Result<()> {
        self.tick.call(&mut self.counter.store, ())?;
        expect(self.trapping.call::<i32, i32>("parse", -9), Trap::MemoryOutOfBounds).map(drop)
    }
}

pub(crate) fn above(ground: &Ground, way: Way) -> Result<()> {
    let (mut counter, mut trapping) = (ground.guest("tick", way)?, ground.guest("fault", way)?);
    for guest in [&mut counter, &mut trapping] {
        guest.store.set_stack_limit(arch::lowest_of_interrupt_stack());
    }
    let tick = counter.function("tick")?;
    RUNNING.with(|running| *running = Some(Running { counter, tick, trapping, outcome: Ok(()) }));
    let mut guest = ground.guest("measure", way)?;
    let start = timer::ticks();
    timer::at_each_tick(Some(at_a_tick));
    let mut outcome = Ok(SUM);
    while timer::ticks() < start + 20 && matches!(outcome, Ok(SUM)) {
        outcome = guest.call("harmonic", TERMS);
    }
    timer::at_each_tick(None);
    let Some(mut running) = RUNNING.with(Option::take) else {
        return Err(format_err!("the interrupt's guests are gone"));
    };
    running.outcome?;
    let sum: i64 = outcome?;
    let count: i32 = running.counter.call("count", ())?;
    println!("{}: {count} calls in interrupts, as many traps; the guest below still finds {sum:#x}", way.name);
    if count >= 15 && sum == SUM { Ok(()) } else { Err(format_err!("too few calls, or a wrong sum")) }
}
