//! Modules to embed, made ready for each configuration. The tests are in `tests/`.

#[cfg_attr(feature = "in-process", path = "compiler/in_process.rs")]
#[cfg_attr(not(feature = "in-process"), path = "compiler/command.rs")]
mod compiler;
#[cfg(feature = "in-process")]
pub mod linked;
pub mod minimal;

use core::ptr::NonNull;
use std::env;
use std::process::Command;
use std::sync::Mutex;

use stilt::{Config, Engine, Module, Result};
use stilt_artifact::target::TrapMode;
use stilt_platform_linux as _;

pub use compiler::{FloatMode, MemoryBytes, MemoryStyle, Options, compile};

/// A configuration in which images run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Native code, hardware traps, memories with guards.
    Hardware,
    /// Native code, explicit checks, memories that move.
    Explicit,
    /// Bytecode.
    Pulley,
}

/// Bytecode for a machine of 64 bits with this one's byte order.
const PULLEY: &str = if cfg!(target_endian = "big") { "pulley64be" } else { "pulley64" };

impl Ground {
    /// All of them.
    pub const ALL: [Ground; 3] = [Ground::Hardware, Ground::Explicit, Ground::Pulley];

    /// How to compile for it.
    #[must_use]
    pub fn options(self) -> Options {
        match self {
            Ground::Hardware => Options::default(),
            Ground::Explicit => {
                let mut options = Options::default();
                options.traps = Some(TrapMode::Explicit);
                options
            }
            Ground::Pulley => Options::for_target(PULLEY),
        }
    }

    /// The image of a module in text form.
    ///
    /// # Errors
    /// The text is no module, or cannot be compiled.
    pub fn image(self, wat: &str) -> Result<Vec<u8>> {
        compile(wat, self.options())
    }

    /// An engine that needs no more than this configuration has.
    ///
    /// # Errors
    /// Out of memory.
    pub fn engine(self) -> Result<Engine> {
        Engine::new(Config::new().signals_based_traps(self == Ground::Hardware))
    }

    /// A module in text form, compiled and loaded.
    ///
    /// # Errors
    /// It cannot be compiled or loaded.
    pub fn module(self, engine: &Engine, wat: &str) -> Result<Module> {
        load(engine, &self.image(wat)?)
    }
}

/// This program once more; in an emulator again, if `STILT_EMULATOR` says how it is started.
///
/// # Panics
/// Nobody knows where this program is.
#[must_use]
pub fn this_program() -> Command {
    let program = env::current_exe().expect("a program knows where it is");
    let emulator = env::var("STILT_EMULATOR").unwrap_or_default();
    let mut words = emulator.split_whitespace();
    let Some(first) = words.next() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    command
}

/// Loads an image that was just made.
///
/// # Errors
/// It cannot be loaded.
pub fn load(engine: &Engine, image: &[u8]) -> Result<Module> {
    // SAFETY: all images here come from the precompiler.
    unsafe { Module::deserialize(engine, image) }
}

/// Bytes that stay for the rest of the process: not lost, but kept.
///
/// # Panics
/// Another thread has panicked here.
#[must_use]
pub fn for_ever(bytes: Vec<u8>) -> &'static mut [u8] {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let bytes = bytes.leak();
    KEPT.lock().expect("nobody panics with it").push(bytes.as_ptr().addr());
    bytes
}

/// Bytes at a page of their own, executable and never changed again: as an image lies in flash. Kept for the rest of the
/// process.
///
/// # Panics
/// There is no memory.
#[must_use]
pub fn in_flash(bytes: &[u8]) -> NonNull<[u8]> {
    use stilt_platform_abi::memory::{Protection, map, page_size, protect};
    let page = page_size().expect("the platform has pages");
    // What is aligned in a wrapped image is aligned from the image on.
    let front = (page - stilt_artifact::image::image_start(bytes)) % page;
    let size = (front + bytes.len()).next_multiple_of(page);
    let start = map(size, Protection::ReadWrite).expect("there is memory");
    // SAFETY: the mapping is larger.
    let place = unsafe { start.add(front) };
    // SAFETY: the mapping is new and long enough.
    unsafe { place.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    // SAFETY: it is ours, and nobody writes to it again.
    unsafe { protect(start, size, Protection::ReadExecute) }.expect("it can be executed");
    NonNull::slice_from_raw_parts(place, bytes.len())
}
