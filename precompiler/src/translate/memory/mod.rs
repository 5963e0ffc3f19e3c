//! Linear memories.

mod access;
mod bounds;
mod brief;
mod bulk;
mod facts;
mod field;
mod forecast;
mod linear;
#[cfg(test)]
mod masks;
mod merge;
mod operand;
mod place;
mod version;

pub(super) use merge::Row;
pub(super) use place::Place;
pub(super) use version::Covered;
