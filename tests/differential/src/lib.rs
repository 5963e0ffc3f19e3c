//! Fuzzing harnesses. Each takes bytes or a seed and panics, or returns an error, where something is wrong. The tests of this
//! crate run a fixed number of seeds; `fuzz/` runs as many as there is time for.
//!
//! | module | subject |
//! |---|---|
//! | `load` | bytes that are no image, or one with bytes changed: an error, or no harm |
//! | `compile` | bytes that are no module, or one with bytes changed: an error, or an image that loads |
//! | `differential` | what a module does, on this runtime in every configuration and on an engine that shares no code |
//! | `small` | the same for memories of which only the first bytes are there |
//! | `smith`, `hot_spots` | where modules come from: wasm-smith, and a generator that knows what our compiler does |
//! | `drive` | what is done with a module, and asked of an engine that `ours` and `theirs` put behind it; `protocol` is what they answer |
//! | `random` | the generator of pseudo-random numbers that all of them use |

pub mod compile;
pub mod differential;
pub mod drive;
pub mod hot_spots;
pub mod load;
mod ours;
pub mod protocol;
pub mod random;
pub mod small;
pub mod smith;
mod theirs;
