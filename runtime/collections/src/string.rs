//! `TryString`: growable text. Error messages and names are built with it.

use core::fmt::{self, Write};
use core::ops::Deref;

use crate::{OutOfMemory, TryBox, TryVec};

/// Owned UTF-8 text; growing it may run out of memory.
///
/// INV-STRING: `bytes` is UTF-8, as only whole `str`s are appended.
#[derive(Default)]
pub struct TryString {
    bytes: TryVec<u8>,
}

impl TryString {
    /// Empty, without an allocation.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: TryVec::new() }
    }

    /// A copy of `text`.
    pub fn try_from_str(text: &str) -> Result<Self, OutOfMemory> {
        let mut string = Self::new();
        string.try_push_str(text)?;
        Ok(string)
    }

    /// Appends `text`, or nothing of it.
    pub fn try_push_str(&mut self, text: &str) -> Result<(), OutOfMemory> {
        self.bytes.try_extend_from_slice(text.as_bytes())
    }

    /// Appends one character.
    pub fn try_push(&mut self, character: char) -> Result<(), OutOfMemory> {
        self.try_push_str(character.encode_utf8(&mut [0; 4]))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // SAFETY: the bytes are UTF-8 (INV-STRING).
        unsafe { core::str::from_utf8_unchecked(self.bytes.as_slice()) }
    }

    /// Makes it empty and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The text in a block of exactly its length.
    pub fn try_into_boxed_str(self) -> Result<TryBox<str>, OutOfMemory> {
        let bytes = TryBox::into_raw(self.bytes.try_into_boxed_slice()?);
        // SAFETY: the pointer was just given up, a `str` has the layout of its
        // bytes, and these are UTF-8 (INV-STRING).
        Ok(unsafe { TryBox::from_raw(bytes as *mut str) })
    }
}

/// A copy of `text` in a block of exactly its length.
pub fn try_to_box_str(text: &str) -> Result<TryBox<str>, OutOfMemory> {
    TryString::try_from_str(text)?.try_into_boxed_str()
}

/// `format!` that may run out of memory: `try_format(format_args!("{n} pages"))`.
///
/// A `Display` that fails of its own accord ends the text where it failed.
pub fn try_format(arguments: fmt::Arguments<'_>) -> Result<TryString, OutOfMemory> {
    let mut sink = Sink { text: TryString::new(), failure: None };
    let written = sink.write_fmt(arguments);
    match (written, sink.failure) {
        (Err(fmt::Error), Some(failure)) => Err(failure),
        _ => Ok(sink.text),
    }
}

/// Remembers why writing failed, which `fmt::Error` cannot say.
struct Sink {
    text: TryString,
    failure: Option<OutOfMemory>,
}

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.try_push_str(text).map_err(|failure| {
            self.failure = Some(failure);
            fmt::Error
        })
    }
}

impl Write for TryString {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.try_push_str(text).map_err(|_| fmt::Error)
    }
}

impl Deref for TryString {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for TryString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for TryString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq for TryString {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for TryString {}
