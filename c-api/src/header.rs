//! Numbers of `stilt.h`, read from its text at compile time, so that the header and the library cannot differ.

const HEADER: &[u8] = include_bytes!("../include/stilt.h");

/// The number that follows `words`, where they stand for the first time; for `#define`s that depend on the pointer width see
/// [`sized`].
pub(crate) const fn number(words: &str) -> usize {
    parse(find(words.as_bytes(), 0))
}

/// The number that follows `words` in the branch for this pointer width: the first for 64 bits, the second for 32.
pub(crate) const fn sized(words: &str) -> usize {
    let first = find(words.as_bytes(), 0);
    if size_of::<usize>() == 8 { parse(first) } else { parse(find(words.as_bytes(), first)) }
}

/// Where the text goes on behind `words`.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, reason = "at compile time")]
const fn find(words: &[u8], from: usize) -> usize {
    let mut at = from;
    while at + words.len() <= HEADER.len() {
        let mut same = 0;
        while same < words.len() && HEADER[at + same] == words[same] {
            same += 1;
        }
        if same == words.len() {
            return at + same;
        }
        at += 1;
    }
    panic!("stilt.h does not have this")
}

/// The number there.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "at compile time")]
const fn parse(mut at: usize) -> usize {
    while HEADER[at] == b' ' {
        at += 1;
    }
    assert!(HEADER[at].is_ascii_digit(), "stilt.h has no number there");
    let mut value = 0;
    while HEADER[at].is_ascii_digit() {
        value = value * 10 + (HEADER[at] - b'0') as usize;
        at += 1;
    }
    value
}
