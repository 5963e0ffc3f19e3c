//! What the fuzz targets share: Wasmtime as another engine to compare with, and what they begin with.

pub mod corpus;
pub mod wasmtime;
