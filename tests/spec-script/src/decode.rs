//! Reading numbers, text and ranges out of untrusted bytes, without a panic.
//!
//! Everything that reads a script goes through [`Cursor`]; every error says where.

use core::error::Error;
use core::fmt;

/// What is wrong with a script, and at which byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Offset in bytes from the start of the script, or of its commands.
    pub offset: usize,
    /// What was found there.
    pub kind: ScriptErrorKind,
}

/// The ways in which a script can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptErrorKind {
    /// It does not start as a script does.
    NotAScript,
    /// It is of another version.
    WrongVersion(u32),
    /// It ends too early, or a range in it lies outside of it.
    OutOfBounds,
    /// Text in it is not UTF-8.
    NotUtf8,
    /// A command, value or type has a number that is not one.
    UnknownTag(u8),
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ScriptErrorKind::NotAScript => f.write_str("not a spec-test script"),
            ScriptErrorKind::WrongVersion(version) => {
                write!(f, "script of version {version}")
            }
            ScriptErrorKind::OutOfBounds => f.write_str("range out of bounds"),
            ScriptErrorKind::NotUtf8 => f.write_str("text is not UTF-8"),
            ScriptErrorKind::UnknownTag(tag) => write!(f, "unknown tag {tag}"),
        }?;
        write!(f, " at offset {}", self.offset)
    }
}

impl Error for ScriptError {}

/// A place in some bytes, moving forward.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn error(&self, kind: ScriptErrorKind) -> ScriptError {
        ScriptError { offset: self.offset, kind }
    }

    /// The bytes between here and a later place of the same cursor.
    pub(crate) fn until(&self, later: &Self) -> &'a [u8] {
        let length = later.offset.saturating_sub(self.offset);
        self.rest.get(..length).unwrap_or_default()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ScriptError> {
        match self.rest.split_first_chunk::<N>() {
            Some((bytes, rest)) => {
                self.rest = rest;
                self.offset = self.offset.saturating_add(N);
                Ok(*bytes)
            }
            None => Err(self.error(ScriptErrorKind::OutOfBounds)),
        }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ScriptError> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ScriptError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ScriptError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128, ScriptError> {
        self.array().map(u128::from_le_bytes)
    }

    /// A length, and so many bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], ScriptError> {
        let length = self.u32()?;
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        match split {
            Some((bytes, rest)) => {
                self.rest = rest;
                self.offset = self.offset.saturating_add(bytes.len());
                Ok(bytes)
            }
            None => Err(self.error(ScriptErrorKind::OutOfBounds)),
        }
    }

    /// A length, and so many bytes of UTF-8.
    pub(crate) fn text(&mut self) -> Result<&'a str, ScriptError> {
        let start = *self;
        core::str::from_utf8(self.bytes()?).map_err(|_| start.error(ScriptErrorKind::NotUtf8))
    }
}
