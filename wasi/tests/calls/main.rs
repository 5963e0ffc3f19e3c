//! Every call of preview 1 against a host whose answers the tests decide.

mod descriptors;
mod mock;
mod poll;
mod process;
mod streams;
