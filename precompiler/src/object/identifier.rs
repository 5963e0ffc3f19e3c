//! Names of WebAssembly, which are any text, as parts of identifiers and as strings of C.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use super::options::is_free;

/// Makes identifiers of names, no two the same.
#[derive(Debug, Default)]
pub(super) struct Identifiers(BTreeSet<String>);

impl Identifiers {
    /// What is no letter, digit or underscore becomes an underscore; what has been given already gets a number.
    pub(super) fn give(&mut self, name: &str) -> String {
        let plain = plain(name);
        let mut identifier = plain.clone();
        let mut number = 1u32;
        while !self.0.insert(identifier.clone()) {
            number += 1;
            identifier = format!("{plain}_{number}");
        }
        identifier
    }

    /// The same for one that stands alone, where a digit cannot be first, and some words are no identifiers: `import_` is in front
    /// of those.
    pub(super) fn give_field(&mut self, name: &str) -> String {
        if is_free(&plain(name)) { self.give(name) } else { self.give(&format!("import_{name}")) }
    }
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A string literal.
pub(super) fn literal(text: &str) -> String {
    literal_bytes(text.as_bytes())
}

/// A string literal of any bytes.
pub(super) fn literal_bytes(bytes: &[u8]) -> String {
    let mut literal = "\"".to_owned();
    for byte in bytes.iter().copied() {
        match byte {
            b'"' | b'\\' => {
                literal.push('\\');
                literal.push(byte.into());
            }
            // Two question marks and a third character are one other character to C99.
            b'?' => literal.push_str("\\?"),
            b' '..=b'~' => literal.push(byte.into()),
            // Three digits always, as a digit may follow. Writing to a string does not fail.
            _ => drop(write!(literal, "\\{byte:03o}")),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::{Identifiers, literal};

    #[test]
    fn identifiers_differ() {
        let mut identifiers = Identifiers::default();
        assert_eq!(identifiers.give("a.b"), "a_b");
        assert_eq!(identifiers.give("a-b"), "a_b_2");
        assert_eq!(identifiers.give("a_b_2"), "a_b_2_2");
        assert_eq!(identifiers.give("ü1"), "_1");
        assert_eq!(identifiers.give(""), "");
        assert_eq!(identifiers.give(""), "_2");
    }

    #[test]
    fn fields_are_identifiers() {
        let mut identifiers = Identifiers::default();
        assert_eq!(identifiers.give_field("3d_line"), "import_3d_line");
        assert_eq!(identifiers.give_field("import.3d.line"), "import_3d_line_2");
        assert_eq!(identifiers.give_field("static_assert"), "import_static_assert");
        assert_eq!(identifiers.give_field("_Bool"), "import__Bool");
        assert_eq!(identifiers.give_field("env_log"), "env_log");
    }

    #[test]
    fn strings_are_what_they_were() {
        assert_eq!(literal("a\"b\\c??/"), r#""a\"b\\c\?\?/""#);
        assert_eq!(literal("\u{1}2\n"), r#""\0012\012""#);
        assert_eq!(literal("é"), r#""\303\251""#);
    }
}
