//! [`TableType`], and the rule for limits.

use core::fmt;

use stilt_artifact::tables::{FLAG_HAS_MAX, FLAG_INDEX64, TableEntry};
use stilt_vm::TableShape;

use super::RefType;

/// The type of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    element: RefType,
    index64: bool,
    minimum: u64,
    maximum: Option<u64>,
}

impl TableType {
    /// A table of `min` elements at first and `max` at most.
    pub const fn new(element: RefType, min: u32, max: Option<u32>) -> TableType {
        let maximum = match max {
            Some(max) => Some(max as u64),
            None => None,
        };
        TableType { element, index64: false, minimum: min as u64, maximum }
    }

    /// A table with 64-bit indexes.
    pub const fn new64(element: RefType, min: u64, max: Option<u64>) -> TableType {
        TableType { element, index64: true, minimum: min, maximum: max }
    }

    /// Whether its indexes are 64 bits wide.
    pub const fn is_64(&self) -> bool {
        self.index64
    }

    /// The type of its elements.
    pub const fn element(&self) -> &RefType {
        &self.element
    }

    /// Elements at first.
    pub const fn minimum(&self) -> u64 {
        self.minimum
    }

    /// Elements at most.
    pub const fn maximum(&self) -> Option<u64> {
        self.maximum
    }

    /// Whether a table of this type that has `size` elements now can be given where one of `expected` is imported.
    pub(crate) fn matches(&self, size: u64, expected: &TableType) -> bool {
        self.element == expected.element
            && self.index64 == expected.index64
            && limits_match(size, self.maximum, expected.minimum, expected.maximum)
    }

    /// The type of a table of so many elements.
    pub(crate) fn of_shape(shape: &TableShape, elements: u64) -> TableType {
        let element = RefType::from_byte(shape.element as u8).unwrap_or(RefType::FUNCREF);
        TableType { element, index64: shape.index64, minimum: elements, maximum: shape.max }
    }

    pub(crate) fn of_image(entry: &TableEntry) -> Option<TableType> {
        Some(TableType {
            element: RefType::from_byte(entry.element)?,
            index64: entry.flags & FLAG_INDEX64 != 0,
            minimum: entry.min,
            maximum: if entry.flags & FLAG_HAS_MAX != 0 { Some(entry.max) } else { None },
        })
    }
}

/// Whether something of this size and maximum fits these limits of an import.
pub(super) const fn limits_match(size: u64, maximum: Option<u64>, min: u64, max: Option<u64>) -> bool {
    size >= min
        && match (maximum, max) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(maximum), Some(max)) => maximum <= max,
        }
}

/// As the text format writes it: `(table 1 10 funcref)`.
impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.index64 { "(table i64 " } else { "(table " })?;
        write!(f, "{} ", self.minimum)?;
        if let Some(maximum) = self.maximum {
            write!(f, "{maximum} ")?;
        }
        write!(f, "{})", self.element)
    }
}
