//! `fmod` and `fmodf` for microcontrollers: exact, and small. The interpreter asks whether a number is even by them, where there is no `std`;
//! those that come with Rust's library are made for speed, and are ten times as large.
//!
//! The remainder is that of dividing by hand, one binary digit of the quotient at a time.

/// What floats of two sizes have in common.
macro_rules! remainder {
    ($name:ident, $float:ty, $bits:ty, $mantissa:literal) => {
        /// C's function of this name.
        #[cfg_attr(target_os = "none", unsafe(no_mangle))]
        pub(crate) extern "C" fn $name(x: $float, y: $float) -> $float {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            const HIDDEN: $bits = 1 << $mantissa;
            const INFINITE: $bits = (SIGN - 1) & !(HIDDEN - 1);
            let (sign, mut rest, divisor) = (x.to_bits() & SIGN, x.to_bits() & !SIGN, y.to_bits() & !SIGN);
            if rest >= INFINITE || divisor > INFINITE || divisor == 0 {
                return <$float>::from_bits(INFINITE | HIDDEN >> 1);
            }
            // A number is its digits, shifted by its exponent; the least exponent has two ranges of numbers.
            let exponent = |bits: $bits| (bits >> $mantissa).max(1);
            let digits = |bits: $bits| if bits < HIDDEN { bits } else { bits & (HIDDEN - 1) | HIDDEN };
            let (mut above, least, small) = (exponent(rest), exponent(divisor), digits(divisor));
            if above < least || divisor == INFINITE {
                return x;
            }
            rest = digits(rest) % small;
            while above > least && rest != 0 {
                rest <<= 1;
                if rest >= small {
                    rest -= small;
                }
                above -= 1;
            }
            // Back to a float: as many digits as fit above the least exponent.
            let mut exponent = least;
            while rest < HIDDEN && exponent > 1 && rest != 0 {
                rest <<= 1;
                exponent -= 1;
            }
            let number = if rest < HIDDEN { rest } else { rest & (HIDDEN - 1) | exponent << $mantissa };
            <$float>::from_bits(sign | number)
        }
    };
}

remainder!(fmod, f64, u64, 52);
remainder!(fmodf, f32, u32, 23);
