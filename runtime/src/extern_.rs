//! [`Extern`]: what can be imported and exported.

use stilt_artifact::types::ExternKind;
use stilt_vm::Entity;

use crate::store::StoreOpaque;
use crate::{AsContext, ExternType, Func, Global, GlobalType, Memory, Table};

/// Something of a store that can be imported and exported.
#[derive(Clone, Copy, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
}

macro_rules! variants {
    ($( $(#[$meta:meta])* $name:ident, $variant:ident($ty:ty); )*) => {
        impl Extern {
            $( $(#[$meta])* pub const fn $name(self) -> Option<$ty> {
                match self {
                    Extern::$variant(item) => Some(item),
                    _ => None,
                }
            } )*
        }

        impl Export<'_> {
            $( $(#[$meta])* pub const fn $name(self) -> Option<$ty> {
                self.definition.$name()
            } )*
        }

        $( impl From<$ty> for Extern {
            fn from(item: $ty) -> Extern {
                Extern::$variant(item)
            }
        } )*
    };
}

variants! {
    /// The function, if it is one.
    into_func, Func(Func);
    /// The global, if it is one.
    into_global, Global(Global);
    /// The table, if it is one.
    into_table, Table(Table);
    /// The memory, if it is one.
    into_memory, Memory(Memory);
}

impl Extern {
    /// Its type. For something of another store, an empty one of its kind.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Extern::Func(func) => func.ty(store).into(),
            Extern::Global(global) => global.ty(store).into(),
            Extern::Table(table) => table.ty(store).into(),
            Extern::Memory(memory) => memory.ty(store).into(),
        }
    }

    /// Whether it may be used with this store.
    pub(crate) fn comes_from(&self, store: &StoreOpaque) -> bool {
        match self {
            Extern::Func(func) => func.comes_from(store),
            Extern::Global(global) => store.owns(global.ptr().store()),
            Extern::Table(table) => store.owns(table.ptr().store()),
            Extern::Memory(memory) => store.owns(memory.ptr().store()),
        }
    }

    pub(crate) const fn of(entity: Entity, global: Option<GlobalType>) -> Option<Extern> {
        Some(match entity {
            Entity::Func(func) => Extern::Func(Func::from_ptr(func)),
            Entity::Table(table) => Extern::Table(Table::from_ptr(table)),
            Entity::Memory(memory) => Extern::Memory(Memory::from_ptr(memory)),
            Entity::Global(ptr) => match global {
                Some(ty) => match Global::from_ptr(ptr, &ty) {
                    Some(global) => Extern::Global(global),
                    None => return None,
                },
                None => return None,
            },
        })
    }

    pub(crate) const fn kind(&self) -> ExternKind {
        match self {
            Extern::Func(_) => ExternKind::Func,
            Extern::Global(_) => ExternKind::Global,
            Extern::Table(_) => ExternKind::Table,
            Extern::Memory(_) => ExternKind::Memory,
        }
    }
}

/// An export of an instance: what it is, and its name.
#[derive(Clone, Debug)]
pub struct Export<'instance> {
    name: &'instance str,
    definition: Extern,
}

impl<'instance> Export<'instance> {
    pub(crate) const fn new(name: &'instance str, definition: Extern) -> Self {
        Export { name, definition }
    }

    /// Its name.
    pub const fn name(&self) -> &'instance str {
        self.name
    }

    /// Its type.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        self.definition.ty(store)
    }

    /// What it is.
    pub const fn into_extern(self) -> Extern {
        self.definition
    }
}
