//! Linear memories.

mod access;
mod bounds;
mod bulk;
mod facts;
mod field;
mod merge;
mod operand;
mod place;

pub(super) use merge::Row;
pub(super) use place::Place;
