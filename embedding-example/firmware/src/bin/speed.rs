//! How many of the processor's instructions the interpreter takes: calls every export of the image `speed`, which `cargo xtask
//! firmware-speed` makes, and tells the count of each. QEMU counts the instructions: the clock runs by them (`-icount shift=0`).
#![no_std]
#![no_main]

use stilt::{Result, format_err};
use stilt_example_firmware::guest::Ground;
use stilt_example_firmware::{board, images, memory, println};

/// Rounds of each loop.
const ROUNDS: i32 = 2000;

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    memory::prepare();
    board::prepare();
    let outcome = all();
    if let Err(error) = &outcome {
        println!("error: {error}");
    }
    board::exit(outcome.is_ok())
}

fn all() -> Result<()> {
    let image = images::image("speed").ok_or_else(|| format_err!("no image is named speed"))?;
    let ground = Ground::new(64 << 10)?;
    // SAFETY: `stilt compile` has made it, and it is part of the firmware.
    let mut guest = unsafe { ground.guest(image) }?;
    board::count_instructions();
    println!("rounds {ROUNDS}");
    for index in 0.. {
        let mut name = [0; 32];
        let Some(length) = guest.export_name(index, &mut name) else { return Ok(()) };
        let name = name.get(..length).and_then(|name| core::str::from_utf8(name).ok()).unwrap_or_default();
        if name == "memory" {
            continue;
        }
        let before = board::instructions();
        guest.call::<i32, i32>(name, ROUNDS)?;
        println!("took {name} {}", board::instructions().wrapping_sub(before));
    }
    Ok(())
}
