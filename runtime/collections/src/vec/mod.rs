//! `TryVec` and what it is made of.

mod buffer;
mod into_iter;
mod list;

pub use into_iter::IntoIter;
pub use list::TryVec;
