//! Plays scripts of the official suite on a Cortex-M4, as `stilt-spec-replay` does on Linux: `cargo xtask` starts it in QEMU with the
//! pack in the board's RAM, behind its length (`xtask/src/firmware/suite.rs`), and hands its output on.
//!
//! A pack is scripts one after the other, each behind its length, 32 bits, little-endian.
#![no_std]
#![no_main]

use core::ptr::NonNull;

use stilt::{Config, Engine, Module, Result, format_err};
use stilt_example_firmware::{board, memory, println};
use stilt_spec_player::{Event, play};
use stilt_spec_script::Script;

/// The heap, for the modules of a script and all that they ask for.
const HEAP: usize = 9 << 20;
/// Where the emulator puts the pack's length, and behind that the pack, aligned as images are to be.
const LENGTH: usize = board::SPARE.0 + HEAP;
const PACK: usize = LENGTH + 64;

/// Bytes of the interpreter's stack.
const STACK: usize = 128 << 10;

#[cortex_m_rt::entry]
fn main() -> ! {
    let heap = core::ptr::with_exposed_provenance_mut(board::SPARE.0);
    // SAFETY: RAM that nothing else uses.
    unsafe { memory::prepare_heap(heap, HEAP) };
    board::prepare();
    let outcome = run();
    match &outcome {
        Ok(played) => println!("played {played}"),
        Err(error) => println!("error: {error}"),
    }
    board::exit(outcome.is_ok())
}

fn run() -> Result<usize> {
    let length: *const u32 = core::ptr::with_exposed_provenance(LENGTH);
    // SAFETY: the emulator has put it there.
    let length = unsafe { length.read_volatile() } as usize;
    // SAFETY: as above, so many bytes of the pack; nothing changes them.
    let mut pack = unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance::<u8>(PACK), length) };
    let mut config = Config::new();
    config.max_wasm_stack(STACK).target("pulley32")?;
    let engine = Engine::new(&config)?;
    let mut played = 0;
    while let Some((length, rest)) = pack.split_first_chunk() {
        let script = rest.split_at_checked(u32::from_le_bytes(*length) as usize);
        let (script, rest) = script.ok_or_else(|| format_err!("the pack is cut short"))?;
        let script = Script::parse(script).map_err(|error| format_err!("a script: {error}"))?;
        played += play_one(&script, &engine)?;
        pack = rest;
    }
    Ok(played)
}

/// How many assertions of a script hold.
fn play_one(script: &Script<'_>, engine: &Engine) -> Result<usize> {
    let name = script.name();
    // Where it lies, if that is aligned as images are to be; scripts follow each other at any address.
    let load = |engine: &Engine, image: &[u8]| {
        if image.as_ptr().addr().is_multiple_of(64) {
            // SAFETY: the suite has compiled it just before, and the pack stays where it is.
            return unsafe { Module::deserialize_raw(engine, NonNull::from(image)) };
        }
        // SAFETY: the suite has compiled it just before.
        unsafe { Module::deserialize(engine, image) }
    };
    let mut report = |event: Event<'_>| {
        if let Event::Failed { line, message } = event {
            println!("failed\t{name}\t{line}\t{message}");
        }
    };
    Ok(play(script, engine, &load, &mut report)?.passed)
}
