//! What firmware needs around the runtime, on two boards: the platform's one pointer, a small heap, a serial line, a timer, and flash with
//! two slots for images. `src/bin/` has the programs; README.md says how they are built and booted.
//!
//! | module | subject |
//! |---|---|
//! | `board` | all that differs between the boards |
//! | `console`, `memory`, `timer` | text; heap and stack, and how much of them was used; ticks |
//! | `platform` | `wasmtime-platform.h`: a TLS pointer, and no more |
//! | `flash`, `slots` | flash as all flash is; images in two slots, one of which is always valid |
//! | `guest` | engine, host functions, and a guest that runs |
//! | `images` | what came with the firmware |
#![no_std]

pub mod board;
pub mod console;
pub mod flash;
pub mod guest;
pub mod images;
pub mod memory;
mod platform;
// A small `fmod`, which the library for C has, too.
#[cfg(not(stilt_disable_interp_floats))]
#[path = "../../../c-api/library/src/remainder.rs"]
mod remainder;
// So have these.
#[cfg(target_arch = "riscv32")]
#[path = "../../../c-api/library/src/saving.rs"]
mod saving;
pub mod slots;
pub mod timer;
