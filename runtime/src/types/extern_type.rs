//! Types of what modules import and export.

use core::fmt;

use super::{FuncType, GlobalType, MemoryType, TableType};

/// The type of an import or an export.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExternType {
    /// Of a function.
    Func(FuncType),
    /// Of a global.
    Global(GlobalType),
    /// Of a table.
    Table(TableType),
    /// Of a memory.
    Memory(MemoryType),
}

macro_rules! variants {
    ($( $(#[$meta:meta])* $name:ident, $variant:ident($ty:ty); )*) => {
        impl ExternType {
            $( $(#[$meta])* pub const fn $name(&self) -> Option<&$ty> {
                match self {
                    ExternType::$variant(ty) => Some(ty),
                    _ => None,
                }
            } )*
        }

        $( impl From<$ty> for ExternType {
            fn from(ty: $ty) -> ExternType {
                ExternType::$variant(ty)
            }
        } )*
    };
}

variants! {
    /// The type of the function, if it is one.
    func, Func(FuncType);
    /// The type of the global, if it is one.
    global, Global(GlobalType);
    /// The type of the table, if it is one.
    table, Table(TableType);
    /// The type of the memory, if it is one.
    memory, Memory(MemoryType);
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => fmt::Display::fmt(ty, f),
            ExternType::Global(ty) => fmt::Display::fmt(ty, f),
            ExternType::Table(ty) => fmt::Display::fmt(ty, f),
            ExternType::Memory(ty) => fmt::Display::fmt(ty, f),
        }
    }
}

/// An import of a module.
#[derive(Clone, Debug)]
pub struct ImportType<'module> {
    module: &'module str,
    name: &'module str,
    ty: ExternType,
}

impl<'module> ImportType<'module> {
    pub(crate) const fn new(module: &'module str, name: &'module str, ty: ExternType) -> Self {
        ImportType { module, name, ty }
    }

    /// The name of the module it is to come from.
    pub const fn module(&self) -> &'module str {
        self.module
    }

    /// Its name there.
    pub const fn name(&self) -> &'module str {
        self.name
    }

    /// The type it must have.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

/// An export of a module.
#[derive(Clone, Debug)]
pub struct ExportType<'module> {
    name: &'module str,
    ty: ExternType,
}

impl<'module> ExportType<'module> {
    pub(crate) const fn new(name: &'module str, ty: ExternType) -> Self {
        ExportType { name, ty }
    }

    /// Its name.
    pub const fn name(&self) -> &'module str {
        self.name
    }

    /// Its type.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}
