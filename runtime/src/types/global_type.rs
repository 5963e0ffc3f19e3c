//! [`GlobalType`].

use core::fmt;

use stilt_artifact::tables::GlobalEntry;

use super::ValType;

/// Whether a global can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// No.
    Const,
    /// Yes.
    Var,
}

impl Mutability {
    /// Whether it is [`Mutability::Const`].
    pub const fn is_const(&self) -> bool {
        matches!(self, Mutability::Const)
    }

    /// Whether it is [`Mutability::Var`].
    pub const fn is_var(&self) -> bool {
        matches!(self, Mutability::Var)
    }
}

/// The type of a global.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    content: ValType,
    mutability: Mutability,
}

impl GlobalType {
    /// A global that holds a value of type `content`.
    pub const fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType { content, mutability }
    }

    /// The type of its value.
    pub const fn content(&self) -> &ValType {
        &self.content
    }

    /// Whether it can be changed.
    pub const fn mutability(&self) -> Mutability {
        self.mutability
    }

    /// Whether a global of this type can be given where one of `expected` is imported.
    pub(crate) fn matches(&self, expected: &GlobalType) -> bool {
        self == expected
    }

    pub(crate) fn of_image(entry: &GlobalEntry) -> Option<GlobalType> {
        let mutability = if entry.mutable == 0 { Mutability::Const } else { Mutability::Var };
        Some(GlobalType::new(ValType::from_byte(entry.ty)?, mutability))
    }
}

/// As the text format writes it: `(global (mut i32))`.
impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutability {
            Mutability::Const => write!(f, "(global {})", self.content),
            Mutability::Var => write!(f, "(global (mut {}))", self.content),
        }
    }
}
