//! What is supported, and the names of what is not: turns an error of the validator into one that says what the module needs.

use crate::error::{CompileError, FunctionLabel};
use wasmparser::{Error, Validator, WasmFeatures};

/// WebAssembly 2.0.
pub(super) const SUPPORTED: WasmFeatures = WasmFeatures::WASM2;

/// Proposals, by the names that people know them by.
const PROPOSALS: &[(&str, WasmFeatures)] = &[
    ("the tail call proposal", WasmFeatures::TAIL_CALL),
    ("the threads proposal (atomics and shared memories)", WasmFeatures::THREADS),
    ("the exception handling proposal", WasmFeatures::EXCEPTIONS),
    ("the legacy exception handling proposal", WasmFeatures::LEGACY_EXCEPTIONS),
    ("the memory64 proposal", WasmFeatures::MEMORY64),
    ("the multi-memory proposal", WasmFeatures::MULTI_MEMORY),
    ("the extended constant expressions proposal", WasmFeatures::EXTENDED_CONST),
    ("the relaxed SIMD proposal", WasmFeatures::RELAXED_SIMD),
    ("the function references proposal", WasmFeatures::FUNCTION_REFERENCES),
    ("the garbage collection proposal", WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES)),
    ("the custom page sizes proposal", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("the wide arithmetic proposal", WasmFeatures::WIDE_ARITHMETIC),
    ("the memory control proposal", WasmFeatures::MEMORY_CONTROL),
    ("the stack switching proposal", WasmFeatures::STACK_SWITCHING.union(WasmFeatures::EXCEPTIONS)),
    ("the shared-everything-threads proposal", WasmFeatures::SHARED_EVERYTHING_THREADS.union(WasmFeatures::THREADS)),
];

/// The error to report for what the validator found.
pub(super) fn error(wasm: &[u8], error: &Error, function: Option<FunctionLabel>) -> CompileError {
    let offset = error.offset();
    match missing(wasm, error) {
        Some(feature) => CompileError::Unsupported { feature, offset, function },
        None => CompileError::Invalid { offset, function, message: error.message().to_owned() },
    }
}

fn missing(wasm: &[u8], error: &Error) -> Option<&'static str> {
    let named = error.missing_wasm_feature().filter(|features| !SUPPORTED.contains(*features));
    if let Some(named) = named {
        let exact = PROPOSALS.iter().find(|(_, features)| *features == named);
        return exact.or_else(|| PROPOSALS.iter().find(|(_, f)| f.intersects(named))).map(|(name, _)| *name);
    }
    // Most encodings of a proposal are plain errors without it: see whether the error goes away, or further back, with it.
    let goes = |features: WasmFeatures| match Validator::new_with_features(SUPPORTED | features).validate_all(wasm) {
        Ok(_) => true,
        Err(next) => next.offset() > error.offset(),
    };
    PROPOSALS.iter().find(|(_, features)| goes(*features)).map(|(name, _)| *name)
}
