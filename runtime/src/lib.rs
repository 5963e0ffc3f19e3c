//! Stilt runs WebAssembly that was compiled ahead of time, without `std`, over a platform that is a C header.
//!
//! The names and shapes are those of Wasmtime's API, where both have the feature. What is below (compiled code, memory,
//! traps) is in `stilt-vm`; this crate is safe code. Nothing here panics, and every allocation can fail with an error.
//!
//! | module | subject |
//! |---|---|
//! | `engine`, `config`, `registry`, `compatibility` | what modules and stores share; what can run here |
//! | `pooling` | slots for memories |
//! | `given` | all of it in storage that the embedder gives, without an allocator |
//! | `raw` | what the C API needs beyond that |
//! | `module`, `linked` | a loaded image; one that is part of the program |
//! | `store`, `limits` | what instances live in, and how much of it there may be |
//! | `instance`, `linker`, `link_error` | linking and instantiating |
//! | `func`, `host_func`, `typed`, `wasm_ty`, `slots` | functions, in both directions |
//! | `memory`, `table`, `global`, `externref`, `extern_` | the other things of a store |
//! | `val`, `v128`, `types` | values and types |
//! | `error`, `trap`, `backtrace` | what can go wrong |
#![no_std]
#![deny(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::unreachable
)]
#![cfg_attr(test, expect(clippy::indexing_slicing, clippy::expect_used, reason = "tests may fail loudly"))]

#[cfg(test)]
extern crate stilt_platform_linux as _;

mod backtrace;
mod compatibility;
mod config;
mod engine;
mod error;
mod extern_;
mod externref;
mod func;
#[cfg(feature = "given-storage")]
mod given;
mod global;
mod host_func;
mod instance;
mod limits;
mod link_error;
mod linked;
mod linker;
mod memory;
mod module;
#[cfg_attr(not(feature = "pooling-allocator"), path = "pooling_disabled.rs")]
mod pooling;
#[cfg(feature = "given-storage")]
#[doc(hidden)]
pub mod raw;
mod refusal;
mod registry;
mod slots;
mod store;
mod table;
mod trap;
mod typed;
mod types;
mod v128;
mod val;
mod wasm_ty;

pub use backtrace::{FrameInfo, WasmBacktrace};
pub use compatibility::{GroundDescription, LoadError};
pub use config::Config;
pub use engine::Engine;
#[doc(hidden)]
pub use error::__construct as __error;
pub use error::{Chain, Context, Error, Result};
pub use extern_::{Export, Extern};
pub use externref::{ExternRef, Rooted};
pub use func::{Caller, Func};
#[cfg(feature = "given-storage")]
pub use given::GivenStorage;
pub use global::Global;
pub use host_func::IntoFunc;
pub use instance::Instance;
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use link_error::{ImportTypeError, UnknownImportError};
#[doc(hidden)]
pub use linked::Aligned as __Aligned;
pub use linked::LinkedImage;
pub use linker::{InstancePre, Linker};
pub use memory::{Memory, MemoryAccessError};
pub use module::Module;
#[cfg(feature = "pooling-allocator")]
pub use pooling::{InstanceAllocationStrategy, PoolConcurrencyLimitError, PoolingAllocationConfig};
pub use refusal::{ImageError, Refusal};
pub use stilt_collections::OutOfMemory;
pub use stilt_vm::{InterruptHandle, NoHeap};
pub use store::{AsContext, AsContextMut, Store, StoreContext, StoreContextMut};
pub use table::Table;
pub use trap::Trap;
pub use typed::TypedFunc;
pub use types::{
    ExportType, ExternType, FuncType, GlobalType, HeapType, ImportType, MemoryType, MemoryTypeBuilder, Mutability,
    RefType, TableType, ValType,
};
pub use v128::V128;
pub use val::{Ref, Val};
pub use wasm_ty::{WasmParams, WasmResults, WasmRet, WasmTy};
