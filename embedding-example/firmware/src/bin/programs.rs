//! Guests on a microcontroller: a filter over samples; a state machine that switches lights; one that goes wrong; one that never ends; an
//! update of the state machine, with everything that can be wrong with one.
#![no_std]
#![no_main]

#[path = "programs/update.rs"]
mod update;

use stilt::{Error, Result, Trap, WasmBacktrace, format_err};
use stilt_example_firmware::guest::{Ground, Guest};
use stilt_example_firmware::{board, images, memory, println, timer};

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    memory::prepare();
    board::prepare();
    timer::start();
    println!("firmware on {}", board::NAME);
    let outcome = all();
    match &outcome {
        Ok(()) => println!("firmware: all went well"),
        Err(error) => println!("error: {error}"),
    }
    let (heap, stack) = memory::most_used();
    println!("most of the heap in use: {heap} bytes; of the stack: {stack} bytes");
    board::exit(outcome.is_ok())
}

/// Bytes of a guest's memory: of a page of 64 KiB as WebAssembly has it, the guests are compiled to have no more (`--memory-bytes`).
const GUEST: usize = 4096;

fn all() -> Result<()> {
    let ground = Ground::new(GUEST)?;
    if update::boot_again(&ground)? {
        return Ok(());
    }
    println!("-- a filter");
    filter(&ground)?;
    println!("-- one that goes wrong");
    go_wrong(&ground)?;
    println!("-- one that never ends");
    never_end(&ground)?;
    println!("-- an update");
    update::all(&ground)
}

/// The image that came with the firmware under this name.
fn image(name: &str) -> Result<&'static [u8]> {
    images::image(name).ok_or_else(|| format_err!("no image is named {name}"))
}

fn guest(ground: &Ground, name: &str) -> Result<Guest> {
    // SAFETY: `stilt compile` has made it, and it is part of the firmware.
    unsafe { ground.guest(image(name)?) }
}

/// Samples of a block.
const BLOCK: usize = 128;
const BLOCKS: usize = 8;

/// A triangle with noise, low-pass filtered by the guest; its outcome as one number, which the same C gives on any machine.
fn filter(ground: &Ground) -> Result<()> {
    let mut guest = guest(ground, "filter")?;
    let place = guest.call::<(), u32>("block", ())?;
    let (mut noise, mut hash, mut peak) = (1_u32, 0x811c_9dc5_u32, 0);
    for block in 0..BLOCKS {
        for (index, sample) in guest.memory(place, 2 * BLOCK)?.chunks_exact_mut(2).enumerate() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // A period of 64 samples, and noise of a quarter of its height.
            let phase = i32::try_from((block * BLOCK + index) % 64)?;
            let triangle = (if phase < 32 { phase } else { 64 - phase } - 16) * 1500;
            let value = triangle + (noise >> 19).cast_signed() - 4096;
            sample.copy_from_slice(&i16::try_from(value)?.to_le_bytes());
        }
        peak = guest.call::<i32, i32>("filter", i32::try_from(BLOCK)?)?.max(peak);
        for byte in guest.memory(place, 2 * BLOCK)? {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
    println!("filter: peak {peak}, hash {hash:#010x}");
    Ok(())
}

/// What trapped, and where: the code, and the offset in the wasm file.
fn report(error: &Error) {
    let trap = error.downcast_ref::<Trap>();
    let frames = error.downcast_ref::<WasmBacktrace>().map_or(&[][..], WasmBacktrace::frames);
    let offset = frames.first().and_then(|frame| frame.module_offset()).unwrap_or(0);
    match trap {
        Some(trap) => println!("trap {} at offset {offset:#x}: {}", *trap as u8, trap.message()),
        None => println!("no trap: {error}"),
    }
    for frame in frames {
        println!("  in {frame}");
    }
}

/// The error of a call that must trap in this way.
fn expect<T>(outcome: Result<T>, trap: Trap) -> Result<Error> {
    match outcome {
        Ok(_) => Err(format_err!("nothing trapped")),
        Err(error) if error.downcast_ref::<Trap>() == Some(&trap) => Ok(error),
        Err(error) => Err(error),
    }
}

fn go_wrong(ground: &Ground) -> Result<()> {
    let mut guest = guest(ground, "faulty")?;
    guest.memory(2000, 1)?.fill(200);
    report(&expect(guest.call::<i32, i32>("parse", 2000), Trap::MemoryOutOfBounds)?);
    report(&expect(guest.call::<(i32, i32), i32>("divide", (7, 0)), Trap::IntegerDivisionByZero)?);
    let deep = expect(guest.call::<i32, i32>("deep", 1_000), Trap::StackOverflow)?;
    println!("trap {}: {}", Trap::StackOverflow as u8, deep.root_cause());
    println!("after that: {}", guest.call::<(i32, i32), i32>("divide", (42, 2))?);
    Ok(())
}

fn never_end(ground: &Ground) -> Result<()> {
    let mut guest = guest(ground, "faulty")?;
    let start = timer::ticks();
    timer::stop_in(5, guest.store.interrupt_handle()?);
    let outcome = guest.call::<(), ()>("spin", ());
    timer::stop_nobody();
    let took = timer::ticks().wrapping_sub(start);
    report(&expect(outcome, Trap::Interrupt)?);
    if !(5..50).contains(&took) {
        return Err(format_err!("stopped after {took} ticks, and not after 5"));
    }
    println!("after that: {}", guest.call::<(i32, i32), i32>("divide", (42, 2))?);
    Ok(())
}
