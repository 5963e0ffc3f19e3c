//! Makes `filter.wat` a part of the program, twice: as native code that the linker places, and as bytecode that is included.

use stilt_build::{Build, Error};

fn main() -> Result<(), Error> {
    // For the program's own machine, with hardware traps, as the platform for Linux offers them.
    Build::new()?.link("filter", "filter.wat")?;

    // For any machine. Names are left out, for size.
    let mut bytecode = Build::bytecode()?;
    bytecode.options().strip = true;
    bytecode.image("filter", "filter.wat")?;
    Ok(())
}
