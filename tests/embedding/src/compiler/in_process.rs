//! The precompiler, in this process.

use stilt::Result;
use stilt_precompiler::Precompiler;

pub use stilt_precompiler::{FloatMode, MemoryBytes, MemoryStyle, Options};

/// The image of a module in text form.
///
/// # Errors
/// The text is no module, or cannot be compiled.
pub fn compile(wat: &str, options: Options) -> Result<Vec<u8>> {
    let wasm = wat::parse_str(wat)?;
    Ok(Precompiler::new(options)?.compile(&wasm)?)
}
