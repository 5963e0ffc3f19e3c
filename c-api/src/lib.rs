//! The runtime from C: what `include/stilt.h` declares, where each function is documented.
//!
//! Nothing is allocated: objects lie at the start of the storage that C gives, and what belongs to them behind. The functions
//! check what they are given as far as that can be checked, and hand the rest to `stilt`. `library/` makes `libstilt.a` of this.
//!
//! | module | subject |
//! |---|---|
//! | `status`, `failure`, `texts` | outcomes, and how they are told |
//! | `object`, `handle` | what C has of the runtime's, and how it is recognised |
//! | `pointer` | what C hands over: memory to read and to write |
//! | `header`, `sizes` | numbers of the header, compared at compile time |
//! | `engine`, `module`, `store`, `instance` | one noun each |
//! | `func`, `host`, `value` | calls in both directions |
//! | `memory`, `table`, `global` | the other things of an instance |
//!
//! INV-C-CALLER: what stilt.h asks of a caller holds: pointers that are not null lead to memory of the size that the header says, which
//! nobody else uses during the call; storage is left alone while its object is alive; a store is used by one thread at a time.
#![no_std]
#![deny(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::unreachable
)]

mod engine;
mod failure;
mod func;
mod global;
mod handle;
mod header;
mod host;
mod instance;
mod memory;
mod module;
mod object;
mod pointer;
mod sizes;
mod status;
mod store;
mod table;
mod texts;
mod value;

use handle::{FuncHandle, GlobalHandle, InstanceHandle, MemoryHandle, TableHandle};
use pointer::Text;
use status::Status;

pub use stilt::NoHeap;
