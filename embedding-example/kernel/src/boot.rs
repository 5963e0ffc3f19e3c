//! From the first instruction in Rust to a program: page tables, the heap, exceptions, the timer.

use crate::paging::{EXECUTE, READ, WRITE};
use crate::window::SPACE;
use crate::{arch, heap, println};
use core::ops::Range;

macro_rules! symbols {
    ($($name:ident)*) => {
        unsafe extern "C" { $( static $name: u8; )* }
        /// Addresses that the linker script names.
        mod address {
            $( pub(super) fn $name() -> usize { (&raw const super::$name).addr() } )*
        }
    };
}

symbols! { text_start text_end rodata_end data_start stack_guard stack_lowest stack_top second_stack_lowest memory_end kernel_end }

unsafe extern "Rust" {
    /// What a program of `bin/` defines: its name and whether it went well.
    safe fn kernel_main() -> bool;
}

/// The first core comes here, on the kernel's stack.
pub(crate) fn boot() -> ! {
    arch::prepare_core(0);
    heap::prepare();
    let free = address::kernel_end()..address::memory_end();
    let memory: [(Range<usize>, u8); 6] = [
        (address::text_start()..address::text_end(), READ | EXECUTE),
        (address::text_end()..address::rodata_end(), READ),
        (address::data_start()..address::stack_guard(), READ | WRITE),
        // The pages in between fault: a stack that is exhausted is noticed.
        (address::stack_lowest()..address::stack_top(), READ | WRITE),
        (address::second_stack_lowest()..address::kernel_end(), READ | WRITE),
        (free.clone(), READ | WRITE),
    ];
    match SPACE.with(|space| space.prepare(free, &memory)) {
        Ok(root) => arch::activate(root),
        Err(error) => panic!("no memory for the kernel's page tables: {error:?}"),
    }
    arch::start_timer();
    arch::enable_interrupts();
    println!("kernel: {}, {} cores at most", arch::NAME, crate::cores::CORES);
    let success = kernel_main();
    println!("kernel: {}", if success { "all went well" } else { "something went wrong" });
    arch::exit(success)
}

/// The lowest address of the stack that this core's programs run on.
#[must_use]
pub fn lowest_of_stack() -> usize {
    if arch::core_number() == 0 { address::stack_lowest() } else { address::second_stack_lowest() }
}
