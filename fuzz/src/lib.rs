//! What the fuzz targets share: Wasmtime as another engine to compare with.

pub mod wasmtime;
