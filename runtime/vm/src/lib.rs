//! Everything unsafe about running compiled WebAssembly: the structures that compiled code sees, how it is entered and
//! left, and what it may ask for. The crate above (`stilt`) is safe code.
//!
//! **Storage.** Nothing here allocates. Whatever lives in a store lies in blocks that the caller gives ([`Rooms`]), one per
//! store, instance, host function and so on; they are linked into the store and go when it goes.
//!
//! **Safety.** The functions here are safe to call from a crate that keeps one promise, which Rust's types do not express:
//! INV-TYPES in SAFETY.md, that values, type ids and imports have the wasm types they are given for. All else, foreign
//! stores included, is checked.
//!
//! | module | subject |
//! |---|---|
//! | `structs` | the `Vm*` structures, checked against the contract |
//! | `id` | stores' numbers, and pointers that know their store |
//! | `block` | the rooms of a store |
//! | `store` | what all instances of a store share |
//! | `module` | a loaded image: bytes, code range, publication |
//! | `instance`, `init` | contexts, and what instantiation does to them |
//! | `memory`, `table`, `global`, `func`, `host` | one noun each |
//! | `activation` | entering compiled code |
//! | `raise`, `backtrace`, `signals` | leaving it early |
//! | `interpreter` | the same for Pulley bytecode |
//! | `builtins` | what compiled code may ask for |
//! | `no_heap` | an allocator for programs without one |
#![no_std]
#![deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate stilt_platform_linux as _;

mod activation;
mod backtrace;
mod block;
mod builtins;
pub mod cpu;
mod error;
mod func;
mod global;
mod host;
mod id;
mod init;
mod instance;
#[cfg_attr(not(feature = "pulley"), path = "interpreter_disabled.rs")]
mod interpreter;
mod memory;
mod module;
mod no_heap;
#[cfg_attr(not(feature = "pooling-allocator"), path = "pool_disabled.rs")]
mod pool;
mod raise;
mod signals;
mod store;
mod structs;
mod table;

pub use activation::{Exit, Host, Stop, Words, call, call_in_registers};
pub use block::Rooms;
pub use error::VmError;
pub use func::Callee;
pub use host::{HostCode, host_layout};
pub use id::{FuncPtr, GlobalPtr, InstancePtr, MemoryPtr, StoreId, TablePtr};
pub use init::InitError;
pub use instance::{Entity, ModuleOwner};
pub use interpreter::{FLOATS as INTERPRETER_FLOATS, SIZE as INTERPRETER, VECTORS as INTERPRETER_VECTORS};
pub use memory::MemoryShape;
pub use module::Module;
pub use no_heap::NoHeap;
pub use pool::*;
pub use signals::SUPPORTED as HARDWARE_TRAPS;
pub use stilt_platform_abi::PlatformError;
pub use stilt_platform_abi::image::MemoryImage;
pub use store::{InterruptHandle, Limits, Store};
pub use table::TableShape;
