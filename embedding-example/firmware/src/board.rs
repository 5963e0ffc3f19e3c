//! The boards. Each has the same names: `NAME`, `GUEST_MEMORY`, `write_serial`, `set_lights`, `start_timer`, `chip`, `exit`.

#[cfg(target_arch = "arm")]
#[path = "board/mps2_an386.rs"]
mod this;

#[cfg(target_arch = "riscv32")]
#[path = "board/virt_rv32.rs"]
mod this;

pub use this::*;

/// A device's register.
fn register(address: usize) -> *mut u32 {
    core::ptr::with_exposed_provenance_mut(address)
}
