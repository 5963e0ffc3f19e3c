//! The kernels of `kernels/`: what each stands for, and how long it is to work.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/native.rs"));

/// A kernel.
pub(crate) struct Kernel {
    pub(crate) name: &'static str,
    /// What it stands for.
    pub(crate) kind: &'static str,
    /// Its argument: some milliseconds natively, and about as much when interpreted.
    pub(crate) n: i32,
    pub(crate) interpreted_n: i32,
}

impl Kernel {
    /// Name and kind.
    pub(crate) fn title(&self) -> String {
        format!("{} ({})", self.name, self.kind)
    }
}

const fn kernel(name: &'static str, kind: &'static str, n: i32, interpreted_n: i32) -> Kernel {
    Kernel { name, kind, n, interpreted_n }
}

pub(crate) const KERNELS: [Kernel; 28] = [
    kernel("base64", "strings", 60, 4),
    kernel("chacha", "integer", 30_000, 1500),
    kernel("chase", "memory-bound", 1_000_000, 50_000),
    kernel("copies", "memory-bound", 100_000, 5000),
    kernel("crc32", "memory-bound", 40, 2),
    kernel("ctype", "strings", 50, 2),
    kernel("dispatch", "indirect calls", 100_000, 5000),
    kernel("distance", "branches", 15, 1),
    kernel("fannkuch", "branches", 9, 7),
    kernel("fib", "recursion", 30, 22),
    kernel("hashing", "memory-bound", 500_000, 20_000),
    kernel("interpreter", "branches", 200_000, 10_000),
    kernel("life", "integer", 50, 3),
    kernel("mandelbrot", "float", 200, 40),
    kernel("matrix", "float", 6, 1),
    kernel("nbody", "float", 30_000, 1500),
    kernel("queens", "recursion", 11, 8),
    kernel("sha256", "integer", 20_000, 1000),
    kernel("sieve", "memory-bound", 10, 1),
    kernel("simd-bytes", "SIMD", 800, 20),
    kernel("simd-floats", "SIMD", 500, 20),
    kernel("simd-integers", "SIMD", 2000, 50),
    kernel("sort", "indirect calls", 10, 1),
    kernel("spectral", "float", 20, 1),
    kernel("strings", "strings", 100, 5),
    kernel("tak", "recursion", 24, 18),
    kernel("tree", "branches", 2, 1),
    kernel("wide", "integer", 20_000, 1000),
];

/// The committed wasm of a kernel.
pub(crate) fn wasm(name: &str) -> Result<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/wasm").join(name).with_extension("wasm");
    fs::read(&path).with_context(|| path.display().to_string())
}
