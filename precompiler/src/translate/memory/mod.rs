//! Linear memories.

mod access;
mod bounds;
mod bulk;
mod field;
mod operand;
mod place;

pub(super) use place::Place;
