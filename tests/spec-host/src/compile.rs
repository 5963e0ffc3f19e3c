//! What the conversion asks of a compiler.

use core::fmt::Display;

use stilt_precompiler::{CompileError, Precompiler};

/// Turns modules into images. The precompiler does; tests of the conversion
/// itself use a stand-in.
pub trait Compile {
    /// Why a module was refused.
    type Error: Display;

    /// The image of a module.
    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Self::Error>;

    /// Whether a module is valid.
    fn validate(&self, wasm: &[u8]) -> Result<(), Self::Error>;
}

impl Compile for Precompiler {
    type Error = CompileError;

    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
        Precompiler::compile(self, wasm)
    }

    fn validate(&self, wasm: &[u8]) -> Result<(), CompileError> {
        Precompiler::validate(self, wasm)
    }
}
