//! Every call of preview 1 against a host whose answers the tests decide.

mod descriptors;
mod files;
mod mock;
mod paths;
mod poll;
mod process;
mod shelf;
mod streams;
