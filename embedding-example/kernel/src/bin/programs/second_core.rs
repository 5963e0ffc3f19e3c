//! Code that one core publishes and the other runs, while the first runs guests of its own.

use crate::guests::{Ground, Guest, HARDWARE, find};
use crate::{SUM, TERMS, expect};
use stilt::{Module, Result, Trap, format_err};
use stilt_example_kernel::lock::Lock;
use stilt_example_kernel::{cores, println};

/// What the second core is to run, and which function of it.
static GIVEN: Lock<Option<(Module, &'static str)>> = Lock::new(None);
/// What that came to.
static CAME_TO: Lock<Option<Result<i64>>> = Lock::new(None);

/// On the second core.
fn run() {
    let outcome = GIVEN.with(Option::take).map(|(module, name)| call(&module, name));
    CAME_TO.with(|place| *place = outcome);
}

fn call(module: &Module, name: &str) -> Result<i64> {
    let mut guest = Guest::alone(module)?;
    if name == "measure" {
        return guest.call("harmonic", TERMS);
    }
    // A trap here is caught here.
    expect(guest.call::<i32, i32>("parse", -9), Trap::MemoryOutOfBounds)?;
    guest.call::<(i32, i32), i32>("divide", (84, 2)).map(i64::from)
}

pub(crate) fn runs_what_is_published_here(ground: &Ground) -> Result<()> {
    const ROUNDS: usize = 20;
    let way = HARDWARE;
    for round in 0..ROUNDS {
        // Other code at the same addresses, in turn.
        let (name, expected) = if round % 2 == 0 { ("measure", SUM) } else { ("fault", 42) };
        let image = find(name, way.name)?;
        // SAFETY: `stilt compile` made the image, and nobody has changed it.
        let module = unsafe { Module::deserialize(&ground.engine, image) }?;
        GIVEN.with(|given| *given = Some((module, name)));
        if !cores::call_on_second(run) {
            return Err(format_err!("the second core is busy"));
        }
        let mut mine = ground.guest("measure", way)?;
        let here: i64 = mine.call("harmonic", TERMS)?;
        cores::wait_for_second();
        let there = CAME_TO.with(Option::take).unwrap_or_else(|| Err(format_err!("nothing came back")))?;
        if here != SUM || there != expected {
            return Err(format_err!("found {here:#x} here and {there:#x} there"));
        }
    }
    println!("{ROUNDS} modules of native code published here and run there");
    Ok(())
}
