//! The tables by which the processor finds code segments, stacks and handlers. Exceptions and interrupts have stacks of their own, so
//! that an exhausted stack can be reported and a guest's stack needs no room for them.

use core::arch::asm;
use core::cell::UnsafeCell;

/// Which of its stacks the processor takes.
const EXCEPTION_STACK: u8 = 1;
const INTERRUPT_STACK: u8 = 2;
const STACK_SIZE: usize = 64 * 1024;
/// Vectors from here on are interrupts.
const FIRST_INTERRUPT: usize = 32;
/// As many stubs as there are.
pub(super) const VECTORS: usize = 48;

#[repr(C, align(4096))]
struct Stack([u8; STACK_SIZE]);

#[repr(C, packed(4))]
struct TaskState {
    _reserved: u32,
    _privilege_stacks: [u64; 3],
    _also_reserved: u64,
    stacks: [u64; 7],
    _still_reserved: u64,
    _more_reserved: u16,
    io_map: u16,
}

#[repr(C, align(16))]
struct Tables {
    segments: [u64; 5],
    gates: [[u64; 2]; VECTORS],
    task: TaskState,
    exceptions: Stack,
    interrupts: Stack,
}

struct Shared(UnsafeCell<Tables>);

// SAFETY: written once, at boot, by the one core; read by the processor alone after that.
unsafe impl Sync for Shared {}

static TABLES: Shared = Shared(UnsafeCell::new(Tables {
    // Nothing, code, data, and (in two) the task state.
    segments: [0, 0x00af_9a00_0000_ffff, 0x00cf_9200_0000_ffff, 0, 0],
    gates: [[0; 2]; VECTORS],
    task: TaskState {
        _reserved: 0,
        _privilege_stacks: [0; 3],
        _also_reserved: 0,
        stacks: [0; 7],
        _still_reserved: 0,
        _more_reserved: 0,
        io_map: 104,
    },
    exceptions: Stack([0; STACK_SIZE]),
    interrupts: Stack([0; STACK_SIZE]),
}));

#[repr(C, packed(2))]
struct Pointer {
    limit: u16,
    base: u64,
}

/// Loads the tables; `stubs` are the addresses that the vectors lead to.
pub(super) fn load(stubs: &[u64; VECTORS]) {
    // SAFETY: nobody else uses the tables yet: this is done once, at boot.
    let tables = unsafe { &mut *TABLES.0.get() };
    let top = |stack: &Stack| (&raw const *stack).addr() as u64 + STACK_SIZE as u64;
    tables.task.stacks[usize::from(EXCEPTION_STACK) - 1] = top(&tables.exceptions);
    tables.task.stacks[usize::from(INTERRUPT_STACK) - 1] = top(&tables.interrupts);
    let task = (&raw const tables.task).addr() as u64;
    let limit = size_of::<TaskState>() as u64 - 1;
    tables.segments[3] = limit | (task & 0xff_ffff) << 16 | 0x89 << 40 | (task >> 24 & 0xff) << 56;
    tables.segments[4] = task >> 32;
    for (vector, stub) in stubs.iter().enumerate() {
        let stack = if vector < FIRST_INTERRUPT { EXCEPTION_STACK } else { INTERRUPT_STACK };
        // An interrupt gate of the code segment: interrupts are masked on entry.
        let low = stub & 0xffff | 8 << 16 | u64::from(stack) << 32 | 0x8e << 40 | (stub >> 16 & 0xffff) << 48;
        tables.gates[vector] = [low, stub >> 32];
    }
    let segments = pointer(&tables.segments);
    // SAFETY: the segments in use are the same in the new table.
    unsafe { asm!("lgdt [{}]", in(reg) &raw const segments, options(nostack)) };
    let gates = pointer(&tables.gates);
    // SAFETY: each gate leads to a stub.
    unsafe { asm!("lidt [{}]", in(reg) &raw const gates, options(nostack)) };
    // SAFETY: the fourth segment is the task state.
    unsafe { asm!("ltr {:x}", in(reg) 0x18_u16, options(nostack)) };
}

/// The lowest address of the stack that interrupts are handled on.
pub fn lowest_of_interrupt_stack() -> usize {
    // SAFETY: the address only, of what lies in a static.
    unsafe { &raw const (*TABLES.0.get()).interrupts }.addr()
}

fn pointer<T>(table: &T) -> Pointer {
    let limit = u16::try_from(size_of::<T>() - 1).unwrap_or(u16::MAX);
    Pointer { limit, base: (&raw const *table).addr() as u64 }
}
