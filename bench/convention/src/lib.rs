//! Hand-made variants of the VM context convention, compiled with Cranelift and measured; and, in the tests, proofs of
//! the mechanisms the runtime rests on: entry trampoline, raise, fault, on x86_64 and on Pulley.

pub mod codegen;
pub mod context;
pub mod entry;
pub mod fib;
pub mod image;
pub mod measure;
pub mod pressure;
pub mod raise;
pub mod step;
