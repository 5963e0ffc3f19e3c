//! Guests on this kernel: two programs that run, one that goes wrong, one that never ends, one in an interrupt, and images that do not
//! belong here. Each guest four ways: native code on guard pages, loaded at run time; native code with explicit checks, where it lies in
//! the kernel; native code on guard pages that the linker has made a part of the kernel; bytecode. Two of them once more as code that touches no
//! float register, with these switched off.
#![no_std]
#![no_main]

#[path = "programs/guests.rs"]
mod guests;
#[path = "programs/interrupt.rs"]
mod interrupt;
#[path = "programs/refusals.rs"]
mod refusals;
#[path = "programs/second_core.rs"]
mod second_core;

use guests::{Ground, SOFT, Way, ways};
use stilt::{Error, Result, Trap, format_err};
use stilt_example_kernel::{arch, cores, describe_memory, hardware_traps, heap, locks_taken, println, timer};

#[unsafe(no_mangle)]
fn kernel_main() -> bool {
    let (before, _) = describe_memory();
    let outcome = all();
    if let Err(error) = &outcome {
        println!("error: {error:?}");
    }
    let (after, frames) = describe_memory();
    println!("frames: {after} of {frames} left, {before} before; {} allocations", heap::allocations());
    println!("the runtime took the kernel's locks: {}", locks_taken() > 0);
    outcome.is_ok() && after == before
}

fn all() -> Result<()> {
    let ground = Ground::new()?;
    for way in ways() {
        println!("-- {}", way.name);
        greet(&ground, way)?;
        measure(&ground, way)?;
        go_wrong(&ground, way)?;
        greet(&ground, way)?;
        never_end(&ground, way)?;
    }
    println!("-- with float registers switched off");
    arch::switch_float_registers(false);
    let outcome = measure(&ground, SOFT).and_then(|()| go_wrong(&ground, SOFT));
    let were_on = arch::float_registers_are_on();
    arch::switch_float_registers(true);
    outcome?;
    if were_on {
        return Err(format_err!("the float registers were on"));
    }
    println!("-- a guest in an interrupt, above another");
    for way in ways() {
        interrupt::above(&ground, way)?;
    }
    println!("-- two cores");
    if cores::start() {
        second_core::runs_what_is_published_here(&ground)?;
    } else {
        println!("this machine has one");
    }
    println!("-- images that do not belong here");
    refusals::all(&ground)
}

/// The first program.
fn greet(ground: &Ground, way: Way) -> Result<()> {
    let mut guest = ground.guest("greet", way)?;
    guest.call::<(), ()>("greet", ())
}

/// Terms of the series, and its sum as the bits of a float, as any other machine finds it.
pub(crate) const TERMS: i32 = 20_000;
pub(crate) const SUM: i64 = 0x4024_f622_0246_8754;

/// The second: as long as it takes until the timer has interrupted it often.
fn measure(ground: &Ground, way: Way) -> Result<()> {
    let mut guest = ground.guest("measure", way)?;
    let start = timer::ticks();
    let mut rounds = 0;
    while timer::ticks() < start + 20 {
        let sum: i64 = guest.call("harmonic", TERMS)?;
        if sum != SUM {
            return Err(format_err!("the sum is {sum:#x}, and not {SUM:#x}"));
        }
        rounds += 1;
    }
    println!("measured {rounds} times over {} ticks of the timer: {SUM:#x} each time", timer::ticks() - start);
    Ok(())
}

/// One that traps, in four ways; after each the kernel goes on.
fn go_wrong(ground: &Ground, way: Way) -> Result<()> {
    let mut guest = ground.guest("fault", way)?;
    let before = hardware_traps();
    let error = expect(guest.call::<i32, i32>("parse", 65_529), Trap::MemoryOutOfBounds)?;
    println!("trapped: {error}");
    let _ = expect(guest.call::<i32, i32>("parse", -9), Trap::MemoryOutOfBounds)?;
    let _ = expect(guest.call::<(i32, i32), i32>("divide", (7, 0)), Trap::IntegerDivisionByZero)?;
    let error = expect(guest.call::<(), i32>("recurse", ()), Trap::StackOverflow)?;
    println!("trapped: {}", error.root_cause());
    let exceptions = hardware_traps() - before;
    println!("{}: {exceptions} of 4 traps were exceptions of the processor", way.name);
    if exceptions != if way.hardware { 4 } else { 0 } {
        return Err(format_err!("traps were found in another way than the guest was compiled for"));
    }
    let whole: i32 = guest.call("parse", 65_524)?;
    println!("after that: {whole}, and {}", guest.call::<(i32, i32), i32>("divide", (7, 2))?);
    Ok(())
}

/// One that spins, until the timer sets its interrupt word.
fn never_end(ground: &Ground, way: Way) -> Result<()> {
    let mut guest = ground.guest("spin", way)?;
    let start = timer::ticks();
    timer::stop_in(10, guest.store.interrupt_handle()?);
    let outcome = guest.call::<(), ()>("spin", ());
    timer::stop_nobody();
    let error = expect(outcome, Trap::Interrupt)?;
    println!("stopped after {} ticks: {}", timer::ticks() - start, error.root_cause());
    if timer::ticks() < start + 9 {
        return Err(format_err!("the guest was stopped too early"));
    }
    Ok(())
}

/// The error of a call that must trap in this way.
pub(crate) fn expect<T>(outcome: Result<T>, trap: Trap) -> Result<Error> {
    match outcome {
        Ok(_) => Err(format_err!("nothing trapped on {}", arch::NAME)),
        Err(error) if error.downcast_ref::<Trap>() == Some(&trap) => Ok(error),
        Err(error) => Err(error),
    }
}
