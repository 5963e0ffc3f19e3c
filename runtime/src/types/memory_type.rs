//! [`MemoryType`] and its builder.

use core::fmt;

use stilt_artifact::tables::{FLAG_HAS_MAX, FLAG_INDEX64, FLAG_SHARED, MemoryEntry};
use stilt_vm::MemoryShape;

use super::table_type::limits_match;
use crate::{Error, Result};

const DEFAULT_PAGE_LOG2: u8 = 16;

/// The type of a linear memory. Sizes are in its pages, which are of 64 KiB unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    index64: bool,
    shared: bool,
    page_log2: u8,
    minimum: u64,
    maximum: Option<u64>,
}

impl MemoryType {
    /// A memory of `minimum` pages at first and `maximum` at most.
    pub const fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        let maximum = match maximum {
            Some(maximum) => Some(maximum as u64),
            None => None,
        };
        let minimum = minimum as u64;
        MemoryType { index64: false, shared: false, page_log2: DEFAULT_PAGE_LOG2, minimum, maximum }
    }

    /// A memory with 64-bit addresses.
    pub const fn new64(minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType { index64: true, shared: false, page_log2: DEFAULT_PAGE_LOG2, minimum, maximum }
    }

    /// A memory shared between threads.
    pub const fn shared(minimum: u32, maximum: u32) -> MemoryType {
        MemoryType { shared: true, ..MemoryType::new(minimum, Some(maximum)) }
    }

    /// A builder.
    pub const fn builder() -> MemoryTypeBuilder {
        MemoryTypeBuilder::new()
    }

    /// Whether its addresses are 64 bits wide.
    pub const fn is_64(&self) -> bool {
        self.index64
    }

    /// Whether it is shared between threads.
    pub const fn is_shared(&self) -> bool {
        self.shared
    }

    /// Pages at first.
    pub const fn minimum(&self) -> u64 {
        self.minimum
    }

    /// Pages at most.
    pub const fn maximum(&self) -> Option<u64> {
        self.maximum
    }

    /// Bytes of a page.
    pub const fn page_size(&self) -> u64 {
        1 << (self.page_log2 & 63)
    }

    /// Base-2 logarithm of [`MemoryType::page_size`].
    pub const fn page_size_log2(&self) -> u8 {
        self.page_log2
    }

    /// Whether there can be such a memory.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn validate(&self) -> Result<()> {
        if self.page_log2 != 0 && self.page_log2 != DEFAULT_PAGE_LOG2 {
            return Err(Error::fixed(&"a memory's page size is neither 1 byte nor 64 KiB"));
        }
        let most_bytes: u128 = if self.index64 { 1 << 64 } else { 1 << 32 };
        let fits = |pages: u64| u128::from(pages) << self.page_log2 <= most_bytes;
        if !fits(self.minimum) {
            return Err(Error::fixed(&"a memory's minimum is larger than its address space"));
        }
        if self.maximum.is_some_and(|maximum| !fits(maximum)) {
            return Err(Error::fixed(&"a memory's maximum is larger than its address space"));
        }
        if self.maximum.is_some_and(|maximum| maximum < self.minimum) {
            return Err(Error::fixed(&"a memory's maximum is below its minimum"));
        }
        if self.shared && self.maximum.is_none() {
            return Err(Error::fixed(&"a shared memory needs a maximum"));
        }
        Ok(())
    }

    /// Whether a memory of this type that has `size` pages now can be given where one of `expected` is imported.
    pub(crate) fn matches(&self, size: u64, expected: &MemoryType) -> bool {
        self.index64 == expected.index64
            && self.shared == expected.shared
            && self.page_log2 == expected.page_log2
            && limits_match(size, self.maximum, expected.minimum, expected.maximum)
    }

    /// The type of a memory of so many bytes.
    pub(crate) fn of_shape(shape: &MemoryShape, bytes: usize) -> MemoryType {
        MemoryType {
            index64: shape.index64,
            shared: shape.shared,
            page_log2: shape.page_log2,
            minimum: shape.pages(bytes).unwrap_or(0),
            maximum: shape.max,
        }
    }

    pub(crate) const fn of_image(entry: &MemoryEntry) -> MemoryType {
        MemoryType {
            index64: entry.flags & FLAG_INDEX64 != 0,
            shared: entry.flags & FLAG_SHARED != 0,
            page_log2: entry.page_log2,
            minimum: entry.min,
            maximum: if entry.flags & FLAG_HAS_MAX != 0 { Some(entry.max) } else { None },
        }
    }
}

/// As the text format writes it: `(memory 1 2)`.
impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.index64 { "(memory i64 " } else { "(memory " })?;
        write!(f, "{}", self.minimum)?;
        if let Some(maximum) = self.maximum {
            write!(f, " {maximum}")?;
        }
        if self.page_log2 != DEFAULT_PAGE_LOG2 {
            write!(f, " (pagesize {})", self.page_size())?;
        }
        f.write_str(if self.shared { " shared)" } else { ")" })
    }
}

/// Builds a [`MemoryType`] step by step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemoryTypeBuilder {
    ty: MemoryType,
}

impl MemoryTypeBuilder {
    /// A memory of no pages, without maximum, with 32-bit addresses.
    pub const fn new() -> MemoryTypeBuilder {
        MemoryTypeBuilder { ty: MemoryType::new(0, None) }
    }

    /// Pages at first.
    pub const fn min(&mut self, minimum: u64) -> &mut Self {
        self.ty.minimum = minimum;
        self
    }

    /// Pages at most.
    pub const fn max(&mut self, maximum: Option<u64>) -> &mut Self {
        self.ty.maximum = maximum;
        self
    }

    /// Whether addresses are 64 bits wide.
    pub const fn memory64(&mut self, memory64: bool) -> &mut Self {
        self.ty.index64 = memory64;
        self
    }

    /// Whether it is shared between threads.
    pub const fn shared(&mut self, shared: bool) -> &mut Self {
        self.ty.shared = shared;
        self
    }

    /// Base-2 logarithm of the page size: 16, or 0.
    pub const fn page_size_log2(&mut self, page_size_log2: u8) -> &mut Self {
        self.ty.page_log2 = page_size_log2;
        self
    }

    /// The type.
    ///
    /// # Errors
    /// There can be no such memory.
    pub fn build(&self) -> Result<MemoryType> {
        self.ty.validate()?;
        Ok(self.ty.clone())
    }
}

impl Default for MemoryTypeBuilder {
    fn default() -> Self {
        MemoryTypeBuilder::new()
    }
}
