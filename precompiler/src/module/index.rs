//! Indexes of a module's things, a type each.

use cranelift_codegen::entity::entity_impl;

macro_rules! indexes {
    ($( $(#[$meta:meta])* $name:ident, $prefix:literal; )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct $name(u32);
            entity_impl!($name, $prefix);
        )*
    };
}

indexes! {
    /// A function type.
    TypeIndex, "type";
    /// A function, imported ones first.
    FuncIndex, "func";
    /// A function of the module's own, counted without the imported ones.
    DefinedFuncIndex, "own";
    /// A table, imported ones first.
    TableIndex, "table";
    /// A linear memory, imported ones first.
    MemoryIndex, "memory";
    /// A global, imported ones first.
    GlobalIndex, "global";
    /// An element segment.
    ElemIndex, "elem";
    /// A data segment.
    DataIndex, "data";
}
