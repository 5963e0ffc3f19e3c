//! What differs between the machines. Each module has the same items:
//!
//! | | |
//! |---|---|
//! | `NAME`, `feature` | the machine's name, and what its CPU can do |
//! | `Frame` | the registers that an exception has saved: `pc`, `sp`, `fp`, and `resume` |
//! | `LEVELS`, `leaf`, `table`, `address`, `executes`, `SHARED`, `WRITABLE` | entries of page tables |
//! | `DEVICES`, `activate`, `flush` | what is mapped beside memory, and telling the processor |
//! | `prepare_core`, `core_number`, `start_second_core` | cores |
//! | `mask_interrupts`, `restore_interrupts`, `enable_interrupts`, `wait_for_interrupt` | interrupts |
//! | `start_timer`, `nanoseconds` | time |
//! | `with_float_registers_kept` | for a guest that runs in an interrupt |
//! | `switch_float_registers`, `float_registers_are_on` | off: what touches one is an exception, on this core |
//! | `synchronize_other_cores` | publication of code |
//! | `probe_byte`, `probe_failed` (symbols) | a read that may fault, see [`crate::probe`] |
//! | `write_serial`, `exit` | the outside world |

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub use aarch64::*;

#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "riscv64")]
pub use riscv64::*;
