//! The conformance kit: does a platform keep the contract of `wasmtime-platform.h`?
//!
//! C programs call [`stilt_platform_selftest`] (declared in `stilt-platform-conformance.h`, linked from the static library
//! that `platform-abi/conformance-kit` builds). One module per subject, one report per clause. Everything goes through the
//! wrappers of this crate, so that what they check is a part of each clause.
//!
//! Invariant: no allocation, no panic, no state outside of `probe` and `traps` (which the trap handler needs).

mod alias;
#[expect(missing_docs, reason = "generated; the header has the documentation")]
pub mod bindings;
mod bytes;
mod fiber;
mod image;
mod kit;
mod memory;
mod parking;
mod probe;
mod publication;
mod resumable;
mod sync;
mod tls;
mod traps;

use bindings::stilt_conformance;
use kit::Kit;

/// Runs every clause of the gates that this build has, and returns how many of them failed.
///
/// # Safety
/// `conformance` points to a valid structure, whose functions may be called with its `user`. The calling thread has not used
/// the platform before, and nobody has installed a trap handler of the runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stilt_platform_selftest(conformance: *const stilt_conformance) -> i32 {
    // SAFETY: a valid pointer, as the caller promises; the structure is `Copy`.
    let conformance = unsafe { *conformance };
    let kit = Kit::new(conformance);
    // First: its first clause is that nothing was stored yet.
    tls::run(&kit);
    // Then the trap handler, by which the clauses about protection see what happens.
    traps::install(&kit);
    memory::run(&kit);
    image::run(&kit);
    traps::run(&kit);
    resumable::run(&kit);
    publication::run(&kit);
    alias::run(&kit);
    sync::run(&kit);
    parking::run(&kit);
    fiber::run(&kit);
    kit.failures()
}

/// The Rust function is what the C header declares.
const _: unsafe extern "C" fn(*const stilt_conformance) -> i32 = stilt_platform_selftest;
