//! Words for numbers.

use core::ffi::c_char;

use crate::Status;
use crate::header::number;

/// See stilt.h.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn stilt_status_text(status: Status) -> *const c_char {
    status.text().as_ptr()
}

/// See stilt.h.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn stilt_version() -> u32 {
    const VERSION: usize = number("define STILT_VERSION ");
    const { assert!(VERSION == 1, "the interface that this library has") };
    1
}

macro_rules! traps {
    ($( $trap:ident = $name:ident, $text:literal; )*) => {
        /// See stilt.h.
        #[unsafe(no_mangle)]
        pub(crate) extern "C" fn stilt_trap_text(trap: u32) -> *const c_char {
            let text = match trap {
                0 => c"no trap",
                $( number if number == stilt::Trap::$trap as u32 => $text, )*
                _ => c"an unknown trap",
            };
            text.as_ptr()
        }

        $( const _: () = assert!(
            number(concat!("STILT_TRAP_", stringify!($name), " =")) == stilt::Trap::$trap as usize,
            "as the header has it"
        ); )*
    };
}

traps! {
    UnreachableCodeReached = UNREACHABLE, c"wasm `unreachable` instruction executed";
    MemoryOutOfBounds = MEMORY_OUT_OF_BOUNDS, c"out of bounds memory access";
    TableOutOfBounds = TABLE_OUT_OF_BOUNDS, c"out of bounds table access";
    UndefinedElement = UNDEFINED_ELEMENT, c"undefined element";
    IndirectCallToNull = UNINITIALIZED_ELEMENT, c"uninitialized element";
    BadSignature = BAD_SIGNATURE, c"indirect call type mismatch";
    IntegerOverflow = INTEGER_OVERFLOW, c"integer overflow";
    IntegerDivisionByZero = INTEGER_DIVISION_BY_ZERO, c"integer divide by zero";
    BadConversionToInteger = BAD_CONVERSION_TO_INTEGER, c"invalid conversion to integer";
    StackOverflow = STACK_OVERFLOW, c"call stack exhausted";
    Interrupt = INTERRUPT, c"interrupted";
    OutOfFuel = OUT_OF_FUEL, c"all fuel consumed";
    NullReference = NULL_REFERENCE, c"null reference";
    HeapMisaligned = HEAP_MISALIGNED, c"unaligned atomic";
    Internal = INTERNAL, c"internal error: unreachable code was reached";
}
