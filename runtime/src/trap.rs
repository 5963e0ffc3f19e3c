//! [`Trap`]: why a guest was stopped.

use core::fmt;

use stilt_artifact::trap::TrapCode;

macro_rules! traps {
    ($( $(#[$meta:meta])* $name:ident = $code:ident, $text:literal; )*) => {
        /// Why a guest was stopped. An [`Error`](crate::Error) of a call that trapped holds it:
        /// `error.downcast_ref::<Trap>()`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Trap { $( $(#[$meta])* $name = TrapCode::$code as isize, )* }

        impl Trap {
            const fn code(self) -> TrapCode {
                match self { $( Trap::$name => TrapCode::$code, )* }
            }

            const fn text(self) -> &'static str {
                match self { $( Trap::$name => $text, )* }
            }
        }

        impl From<TrapCode> for Trap {
            fn from(code: TrapCode) -> Trap {
                match code {
                    $( TrapCode::$code => Trap::$name, )*
                    _ => Trap::Internal,
                }
            }
        }
    };
}

traps! {
    /// The stack bound was reached.
    StackOverflow = StackOverflow, "call stack exhausted";
    /// An access of linear memory beyond its end.
    MemoryOutOfBounds = MemoryOutOfBounds, "out of bounds memory access";
    /// An atomic access at an unaligned address.
    HeapMisaligned = HeapMisaligned, "unaligned atomic";
    /// An access of a table beyond its end, other than by an indirect call.
    TableOutOfBounds = TableOutOfBounds, "out of bounds table access";
    /// An indirect call beyond the end of its table. (Wasmtime has no name of its own for it.)
    UndefinedElement = UndefinedElement, "undefined element: out of bounds table access";
    /// An indirect call of a null reference.
    IndirectCallToNull = UninitializedElement, "uninitialized element";
    /// An indirect call of a function of another type.
    BadSignature = BadSignature, "indirect call type mismatch";
    /// A signed division or a conversion of a float whose result does not fit.
    IntegerOverflow = IntegerOverflow, "integer overflow";
    /// An integer division by zero.
    IntegerDivisionByZero = IntegerDivisionByZero, "integer divide by zero";
    /// A conversion of NaN to an integer.
    BadConversionToInteger = BadConversionToInteger, "invalid conversion to integer";
    /// The `unreachable` instruction.
    UnreachableCodeReached = Unreachable, "wasm `unreachable` instruction executed";
    /// The host asked the guest to stop.
    Interrupt = Interrupt, "interrupt";
    /// The fuel ran out.
    OutOfFuel = OutOfFuel, "all fuel consumed by WebAssembly";
    /// A null reference where a value is needed.
    NullReference = NullReference, "null reference";
    /// Code that must not be reached was reached: a bug of the compiler, or a damaged image.
    Internal = Internal, "internal error: unreachable code was reached";
}

impl Trap {
    /// What happened in the words of the official test suite, where it has words for it.
    pub const fn message(self) -> &'static str {
        self.code().message()
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm trap: ")?;
        f.write_str(self.text())
    }
}

impl core::error::Error for Trap {}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn every_code_is_a_trap_of_its_own() {
        for code in TrapCode::ALL {
            assert_eq!(Trap::from(*code).code(), *code);
            assert_eq!(Trap::from(*code).message(), code.message());
        }
    }

    #[test]
    fn the_words_start_as_the_suite_expects() {
        for code in TrapCode::ALL {
            let text = Trap::from(*code).to_string();
            assert!(
                text.contains(code.message()) || matches!(code, TrapCode::Interrupt | TrapCode::OutOfFuel),
                "{text}"
            );
        }
    }
}
