//! Memories of which only the first bytes are there ([`Options::memory_bytes`](crate::Options::memory_bytes)): how many these are, and
//! which modules cannot do with so few.
//!
//! Whatever asks a [`Memory`](super::Memory) how many bytes it has at any time is told that number. All that stands above is no different
//! from what lies beyond any memory that never grows; but for `memory.size`, which is what the type says.

use super::{ConstExpr, MemoryIndex, Module, SegmentMode};
use crate::options::MemoryBytes;
use core::fmt;
use core::num::NonZeroU32;
use stilt_artifact::types::{ExternKind, ValueType};

/// Where the heap of a program begins that `wasm-ld` has linked: behind its data and its stack, in either order.
const HEAP_BASE: &str = "__heap_base";
/// Where its data end. Its stack lies in front of them, or behind.
const DATA_END: &str = "__data_end";

/// Why a module cannot do with a part of its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SmallMemoryError {
    /// It has no memory.
    NoMemory,
    /// Its memory is another's.
    Imported,
    /// Its memory has no page at first, and could not get one.
    Empty,
    /// More is asked for than there is at first.
    TooMany {
        /// How many bytes were to be there.
        asked: u64,
        /// How many bytes it has at first.
        whole: u64,
    },
    /// Initial data lies beyond.
    Data {
        /// Number of the first such segment.
        segment: u32,
        /// Where it begins in memory.
        start: u64,
        /// Its bytes.
        len: u64,
        /// How many bytes were to be there.
        asked: u64,
        /// How many all initial data takes.
        needed: u64,
    },
    /// It does not tell where its data and its stack end.
    NoEnd,
}

impl fmt::Display for SmallMemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SmallMemoryError::NoMemory => f.write_str("`--memory-bytes` is about a module's memory, and this one has none"),
            SmallMemoryError::Imported => f.write_str(
                "`--memory-bytes` is about a module's own memory, and this one imports it: link it without `--import-memory`, or \
                 compile the module that exports the memory so",
            ),
            SmallMemoryError::Empty => f.write_str(
                "`--memory-bytes` gives a part of the pages that a memory has at first, and this one has none: declare it with one \
                 page (wasm-ld: `--initial-memory=65536`)",
            ),
            SmallMemoryError::TooMany { asked, whole } => write!(
                f,
                "`--memory-bytes {asked}` is more than the {whole} bytes that the memory has at first: give fewer, or leave it out"
            ),
            SmallMemoryError::Data { segment, start, len, asked, needed } => write!(
                f,
                "data segment {segment} fills {len} bytes of memory from {start} on, of which `--memory-bytes {asked}` leaves out some: \
                 initial data takes {needed} bytes; and a stack behind it takes more, where there is one"
            ),
            SmallMemoryError::NoEnd => write!(
                f,
                "`--memory-bytes auto` goes by where data and stack of a module end, and this one exports neither `{HEAP_BASE}` nor \
                 `{DATA_END}` as a constant i32: link it with `--export={HEAP_BASE}` (clang: `-Wl,--export={HEAP_BASE}`), or give the \
                 number of bytes"
            ),
        }
    }
}

impl core::error::Error for SmallMemoryError {}

impl Module<'_> {
    /// Has only a part of the module's own memory be there.
    pub(crate) fn back(&mut self, bytes: MemoryBytes) -> Result<(), SmallMemoryError> {
        let first = MemoryIndex::from_u32(0);
        let whole = match self.memories.get(first) {
            None => return Err(SmallMemoryError::NoMemory),
            Some(_) if self.imported_memories != 0 => return Err(SmallMemoryError::Imported),
            Some(memory) => memory.min_bytes(),
        };
        if whole == 0 {
            return Err(SmallMemoryError::Empty);
        }
        let asked = match bytes {
            MemoryBytes::Exactly(bytes) => u64::from(bytes.get()),
            MemoryBytes::Auto => self.end_of_statics(whole)?,
        };
        // What all of a memory of 4 GiB has does not fit; but that is no small one.
        let backed = u32::try_from(asked).ok().and_then(NonZeroU32::new);
        let Some(backed) = backed.filter(|_| asked <= whole) else {
            return Err(SmallMemoryError::TooMany { asked, whole });
        };
        if let Some((segment, start, len)) = self.initial_data().find(|(_, start, len)| start + len > asked) {
            return Err(SmallMemoryError::Data { segment, start, len, asked, needed: self.end_of_data() });
        }
        self.memories[first].backed = Some(backed);
        Ok(())
    }

    /// Active data segments whose places are known: number, place, bytes. Others are tested when they are applied.
    fn initial_data(&self) -> impl Iterator<Item = (u32, u64, u64)> {
        (0..).zip(self.data.values()).filter_map(|(number, data)| match data.mode {
            SegmentMode::Active { offset: ConstExpr::Value(start), .. } => {
                Some((number, u64::try_from(start).unwrap_or(u64::from(u32::MAX)), data.bytes.len() as u64))
            }
            _ => None,
        })
    }

    fn end_of_data(&self) -> u64 {
        self.initial_data().map(|(_, start, len)| start + len).max().unwrap_or(0)
    }

    /// Where data and stack end. The heap begins behind both. Where that is not told, the stack is behind the data unless it begins in
    /// front of their end: its pointer is one of the mutable globals, and its highest address what that one is at first.
    fn end_of_statics(&self, whole: u64) -> Result<u64, SmallMemoryError> {
        let value = |global: &super::Global| match global.init {
            Some(ConstExpr::Value(bits)) if global.ty == ValueType::I32 => u64::try_from(bits).ok(),
            _ => None,
        };
        let exported = |name: &str| {
            let mut exports = self.exports.iter();
            let export = exports.find(|export| export.kind == ExternKind::Global && export.name == name)?;
            value(&self.globals[super::GlobalIndex::from_u32(export.index)])
        };
        let end = match (exported(HEAP_BASE), exported(DATA_END)) {
            (Some(end), _) => end,
            (None, Some(end)) => {
                let pointers = self.globals.values().filter(|global| global.mutable).filter_map(value);
                pointers.filter(|pointer| *pointer <= whole).fold(end, u64::max)
            }
            (None, None) => return Err(SmallMemoryError::NoEnd),
        };
        Ok(end.max(self.end_of_data()).max(1))
    }
}
