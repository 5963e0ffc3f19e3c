//! Trap codes: what can stop a guest. The numbers are part of the ABI and only grow at the end.

macro_rules! traps {
    ($( $(#[$meta:meta])* $name:ident = $number:literal, $message:literal; )*) => {
        /// Why a guest was stopped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum TrapCode { $( $(#[$meta])* $name = $number, )* }

        impl TrapCode {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [TrapCode] = &[$( TrapCode::$name, )*];

            /// Their declarations, as [`crate::contract::FINGERPRINT`] reads them.
            pub(crate) const SHAPE: &'static str = concat!($( stringify!($name), "=", stringify!($number), " ", )*);

            /// The code with this number.
            pub const fn from_u8(number: u8) -> Option<TrapCode> {
                match number {
                    $( $number => Some(TrapCode::$name), )*
                    _ => None,
                }
            }

            /// What happened, in the words of the official test suite where it has words for it.
            pub const fn message(self) -> &'static str {
                match self { $( TrapCode::$name => $message, )* }
            }
        }
    };
}

traps! {
    /// The `unreachable` instruction.
    Unreachable = 1, "unreachable";
    /// An access of linear memory beyond its end.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// An access of a table beyond its end, other than by an indirect call.
    TableOutOfBounds = 3, "out of bounds table access";
    /// An indirect call beyond the end of its table.
    UndefinedElement = 4, "undefined element";
    /// An indirect call of a null reference.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call of a function of another type.
    BadSignature = 6, "indirect call type mismatch";
    /// A signed division or a float-to-integer conversion whose result does not fit.
    IntegerOverflow = 7, "integer overflow";
    /// An integer division by zero.
    IntegerDivisionByZero = 8, "integer divide by zero";
    /// A conversion of NaN to an integer.
    BadConversionToInteger = 9, "invalid conversion to integer";
    /// The stack bound was reached.
    StackOverflow = 10, "call stack exhausted";
    /// The interrupt word was set.
    Interrupt = 11, "interrupted";
    /// The fuel ran out.
    OutOfFuel = 12, "all fuel consumed";
    /// A null reference where a value is needed.
    NullReference = 13, "null reference";
    /// An atomic access at an unaligned address.
    HeapMisaligned = 14, "unaligned atomic";
    /// A place that the compiler has proved unreachable was reached: a bug of the compiler or a damaged image.
    Internal = 15, "internal error: unreachable code was reached";
}

impl core::fmt::Display for TrapCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}
