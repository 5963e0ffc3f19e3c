//! What is measured, one file for each kind of figure.

pub(crate) mod calls;
pub(crate) mod code;
pub(crate) mod compilation;
pub(crate) mod heap;
pub(crate) mod instances;
pub(crate) mod loading;
pub(crate) mod traps;
