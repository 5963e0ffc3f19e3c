//! The program in `tests/embedding/src/minimal.rs`, compiled and run against Wasmtime under Stilt's name.

#[path = "../../../tests/embedding/src/minimal.rs"]
pub mod minimal;
