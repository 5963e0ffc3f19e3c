//! Types as embedders see them: of values, functions, tables, memories, globals, imports and exports.
//!
//! Made by embedders and from the tables of images; compared where modules are linked. All are plain data, and cloning one
//! takes no memory.

mod extern_type;
mod func_type;
mod global_type;
mod memory_type;
mod signature;
mod table_type;
mod val_type;

pub use extern_type::{ExportType, ExternType, ImportType};
pub use func_type::FuncType;
pub use global_type::{GlobalType, Mutability};
pub use memory_type::{MemoryType, MemoryTypeBuilder};
pub(crate) use signature::Signature;
pub use table_type::TableType;
pub use val_type::{HeapType, RefType, ValType};

#[cfg(test)]
mod tests;
