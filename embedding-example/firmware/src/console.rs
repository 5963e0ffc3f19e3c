//! Text to the serial line: `println!`.

use crate::board;
use core::fmt::{self, Write as _};

struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(board::write_serial);
        Ok(())
    }
}

/// Writes formatted text; what `print!` and `println!` come to.
pub fn print(text: fmt::Arguments<'_>) {
    // The serial line takes everything.
    let _ = Serial.write_fmt(text);
}

/// Writes text to the serial line.
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => { $crate::console::print(format_args!($($text)*)) };
}

/// Writes a line to the serial line.
#[macro_export]
macro_rules! println {
    ($($text:tt)*) => { $crate::console::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// A panic ends the firmware. The runtime has none; the interpreter has some that no input reaches.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    board::write_serial(b'!');
    if let Some(place) = info.location() {
        println!("panic in line {}", place.line());
    }
    board::exit(false)
}
