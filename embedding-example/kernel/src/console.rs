//! Text to the serial line: `println!`.

use crate::arch;
use crate::lock::Lock;
use core::fmt::{self, Write as _};

/// The serial line; lines of two cores do not mix.
static SERIAL: Lock<Serial> = Lock::new(Serial);

struct Serial;

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(arch::write_serial);
        Ok(())
    }
}

/// Writes formatted text; what `print!` and `println!` come to.
pub fn print(text: fmt::Arguments<'_>) {
    // The serial line takes everything.
    let _ = SERIAL.with(|serial| serial.write_fmt(text));
}

/// Writes text to the serial line.
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => { $crate::console::print(format_args!($($text)*)) };
}

/// Writes a line to the serial line.
#[macro_export]
macro_rules! println {
    () => { $crate::console::print(format_args!("\n")) };
    ($($text:tt)*) => { $crate::console::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// A panic of the kernel ends the machine, with a message.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("kernel panic: {info}");
    arch::exit(false)
}
