//! The strings section. It doubles as the string table of the ELF wrapping, so that names are stored once: then every string ends
//! with a zero byte, and the empty one comes first.

use crate::error::CompileError;
use std::collections::HashMap;
use stilt_artifact::tables::StringRef;

/// Strings, each stored once.
#[derive(Debug, Default)]
pub(super) struct Strings {
    bytes: Vec<u8>,
    known: HashMap<String, StringRef>,
    terminated: bool,
}

impl Strings {
    /// No strings; `terminated` if they are to serve as an ELF string table.
    pub(super) fn new(terminated: bool) -> Strings {
        let bytes = if terminated { vec![0] } else { Vec::new() };
        Strings { bytes, known: HashMap::new(), terminated }
    }

    /// The place of `text`.
    pub(super) fn add(&mut self, text: &str) -> Result<StringRef, CompileError> {
        if text.is_empty() {
            return Ok(StringRef { offset: 0, len: 0 });
        }
        if let Some(known) = self.known.get(text) {
            return Ok(*known);
        }
        let place = StringRef { offset: super::length(self.bytes.len())?, len: super::length(text.len())? };
        self.bytes.extend_from_slice(text.as_bytes());
        if self.terminated {
            self.bytes.push(0);
        }
        self.known.insert(text.to_owned(), place);
        Ok(place)
    }

    /// The section.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
