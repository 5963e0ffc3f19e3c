//! [`Config`]: what an embedder chooses once for an engine.
//!
//! What shapes compiled code (target, trap mode, memory reservations, fuel, …) was chosen when the image was made, and is not
//! here.

use core::num::NonZeroUsize;

use stilt_artifact::target::Architecture;

use crate::pooling::Strategy;
use crate::{Error, Result, compatibility};

/// How large the stack of a guest may become, unless said otherwise. On bare 32-bit machines no guess is safe.
const DEFAULT_STACK: Option<NonZeroUsize> =
    if cfg!(all(target_os = "none", target_pointer_width = "32")) { None } else { NonZeroUsize::new(512 * 1024) };

/// Options of an [`Engine`](crate::Engine).
#[derive(Clone, Debug)]
pub struct Config {
    stack: Option<NonZeroUsize>,
    backtrace: bool,
    backtrace_frames: Option<NonZeroUsize>,
    copy_on_write: bool,
    signals: bool,
    function_types: u32,
    target: Option<Architecture>,
    detect: Option<fn(&str) -> Option<bool>>,
    /// In its place.
    features: Features,
    x86_floats: bool,
    reservation: u64,
    /// Whether `reservation` was given.
    reserves: bool,
    /// Whether there was no memory for `strategy`.
    pub(crate) lost: bool,
    guard: u64,
    may_move: bool,
    strategy: Strategy,
}

/// Features that a CPU has: 0 if nobody said, else a bit for each and the highest. (An `Option` would make an engine larger.)
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features(u32);

impl Features {
    const UNSAID: Features = Features(0);
    const SAID: u32 = 1 << 31;

    /// Those of `all` that are among the words, in the order of their bits.
    fn named(all: &[&str], words: &str) -> Features {
        let mut bits = Features::SAID;
        for (bit, name) in (0..31u32).zip(all) {
            if words.as_bytes().split(|byte| *byte == b' ').any(|word| word == name.as_bytes()) {
                bits |= 1u32.wrapping_shl(bit);
            }
        }
        Features(bits)
    }

    /// Whether one is there, if anybody said.
    pub(crate) const fn has(self, bit: u32) -> Option<bool> {
        if self.0 == 0 { None } else { Some(bit < 31 && self.0.wrapping_shr(bit) & 1 != 0) }
    }
}

impl Config {
    /// All that a 32-bit address reaches, in bytes.
    pub(crate) const WHOLE: u64 = 1 << 32;

    /// The defaults.
    pub const fn new() -> Config {
        Config {
            stack: DEFAULT_STACK,
            backtrace: true,
            backtrace_frames: NonZeroUsize::new(20),
            copy_on_write: true,
            signals: true,
            function_types: 100_000,
            target: None,
            detect: None,
            features: Features::UNSAID,
            x86_floats: false,
            reservation: 0,
            reserves: false,
            lost: false,
            guard: 32 << 20,
            may_move: true,
            strategy: Strategy::ON_DEMAND,
        }
    }

    /// How many bytes of the calling thread's stack a guest may use, at most; a call that needs more traps. The thread's stack
    /// must have them, and as much more as host functions need. For interpreted images it is the size of the interpreter's
    /// own stack. Default: 512 KiB, but none on bare 32-bit machines, where it must be set; 0 is none, too.
    pub const fn max_wasm_stack(&mut self, size: usize) -> &mut Self {
        self.stack = NonZeroUsize::new(size);
        self
    }

    /// Whether errors carry a [`WasmBacktrace`](crate::WasmBacktrace). Default: yes.
    pub const fn wasm_backtrace(&mut self, enable: bool) -> &mut Self {
        self.backtrace = enable;
        self
    }

    /// The most frames that a backtrace holds; `None` for none at all. Default: 20.
    pub const fn wasm_backtrace_max_frames(&mut self, limit: Option<NonZeroUsize>) -> &mut Self {
        self.backtrace_frames = limit;
        self
    }

    /// Whether memories start as copy-on-write mappings of the image where the platform can do that; else their data is
    /// copied. Default: yes.
    pub const fn memory_init_cow(&mut self, enable: bool) -> &mut Self {
        self.copy_on_write = enable;
        self
    }

    /// How many bytes of address space a memory that the embedder makes ([`Memory::new`](crate::Memory::new)) reserves; a module
    /// can only import it if that is at least what the module was compiled for (`stilt compile --memory-reservation`). Less than
    /// 4 GiB means none: the memory is plain storage, for images that test every access. Memories that modules define are as
    /// their images say. Without virtual memory it has no meaning. Default: 4 GiB where images may rely on hardware traps, else none.
    pub const fn memory_reservation(&mut self, bytes: u64) -> &mut Self {
        self.reservation = bytes;
        self.reserves = true;
        self
    }

    /// How many bytes fault on both sides of such a reservation, at least what modules that import it were compiled for
    /// (`stilt compile --memory-guard`). Default: 32 MiB.
    pub const fn memory_guard_size(&mut self, bytes: u64) -> &mut Self {
        self.guard = bytes;
        self
    }

    /// Whether the bytes of a memory that the embedder makes may move when it grows, where nothing is reserved for it. If not,
    /// it takes the storage of its maximum at once. Default: yes.
    pub const fn memory_may_move(&mut self, enable: bool) -> &mut Self {
        self.may_move = enable;
        self
    }

    /// Whether images may rely on hardware traps, for which the platform's handler is installed. If not, such images are
    /// refused. Default: yes.
    pub const fn signals_based_traps(&mut self, enable: bool) -> &mut Self {
        self.signals = enable;
        self
    }

    /// The most different function types that loaded modules may have together. Default: 100,000.
    pub const fn max_function_types(&mut self, limit: u32) -> &mut Self {
        self.function_types = limit;
        self
    }

    /// Accepts images of this target only: `pulley64`, or any triple that starts with the name of an architecture. Default:
    /// whatever this runtime can run, native or interpreted.
    ///
    /// # Errors
    /// It cannot run images of such a target.
    pub fn target(&mut self, target: &str) -> Result<&mut Self> {
        let name = target.split('-').next().unwrap_or(target);
        let endian = if cfg!(target_endian = "big") { "be" } else { "" };
        self.target = match (Architecture::NATIVE, name.strip_prefix("pulley")) {
            (native @ Some(_), None) if native == Architecture::of_triple(name) => native,
            (_, Some(rest)) => match rest.strip_suffix(endian) {
                Some("64") if size_of::<usize>() == 8 => Some(Architecture::Pulley),
                Some("32") if size_of::<usize>() == 4 => Some(Architecture::Pulley),
                _ => {
                    return Err(Error::fixed(
                        &"the interpreter runs images of the machine's own pointer width and byte order",
                    ));
                }
            },
            _ => return Err(Error::fixed(&"images of this target cannot run here")),
        };
        Ok(self)
    }

    /// How to find out whether the CPU has a feature (`"sse4.1"`, `"lse"`, `"v"`, …): `None` from `detect` means that it does not
    /// know. Without it the CPU is asked where a program may ask it: on x86_64 under an operating system, and on s390x. On aarch64
    /// and riscv64 only the operating system can tell, or a kernel itself; for Linux there is `stilt_platform_linux::cpu_feature`.
    /// What this runtime itself was compiled to use is taken to be there in any case.
    ///
    /// # Safety
    /// `detect` says yes only to features that the CPU has and whose registers the operating system keeps.
    #[expect(unsafe_code, reason = "a promise of the embedder")]
    pub const unsafe fn detect_host_feature(&mut self, detect: fn(&str) -> Option<bool>) -> &mut Self {
        self.detect = Some(detect);
        self.features = Features::UNSAID;
        self
    }

    /// The features that the CPU has, by the names that [`Config::detect_host_feature`] knows, separated by spaces. None but these, and those
    /// that this runtime itself was compiled to use, are taken to be there; other words mean nothing. In place of a function.
    ///
    /// # Safety
    /// The CPU has them, and the operating system keeps their registers.
    #[expect(unsafe_code, reason = "a promise of the embedder")]
    pub unsafe fn host_features(&mut self, names: &str) -> &mut Self {
        self.detect = None;
        self.features = Features::named(compatibility::FEATURES, names);
        self
    }

    /// Whether images may use float registers although the runtime itself was compiled without them, as kernels are: on x86_64, and
    /// likewise on aarch64, riscv64 and s390x. Values cross between guest and host as integers in any case.
    ///
    /// # Safety
    /// If so, the float registers are enabled, and whatever interrupts a guest keeps them.
    #[expect(unsafe_code, reason = "a promise of the embedder")]
    pub const unsafe fn x86_float_abi_ok(&mut self, enable: bool) -> &mut Self {
        self.x86_floats = enable;
        self
    }

    /// The bound of a guest's stack, if there is one.
    pub(crate) fn stack(&self) -> Option<usize> {
        self.stack.map(NonZeroUsize::get)
    }

    /// The most frames of a backtrace; 0 for no backtraces.
    pub(crate) fn backtrace_frames(&self) -> usize {
        if cfg!(feature = "backtraces") && self.backtrace {
            self.backtrace_frames.map_or(0, NonZeroUsize::get)
        } else {
            0
        }
    }

    pub(crate) const fn copy_on_write(&self) -> bool {
        self.copy_on_write
    }

    /// Bytes to reserve for a memory of the embedder's, if there is virtual memory, and to guard on both sides of that; 0 and 0
    /// for plain storage.
    pub(crate) fn host_memory(&self) -> (u64, u64) {
        let by_default =
            if stilt_vm::HARDWARE_TRAPS && self.signals && self.strategy.has_pages() { Config::WHOLE } else { 0 };
        match if self.reserves { self.reservation } else { by_default } {
            bytes @ Config::WHOLE.. if self.strategy.has_pages() => (bytes, self.guard),
            _ => (0, 0),
        }
    }

    pub(crate) const fn may_move(&self) -> bool {
        self.may_move
    }

    #[cfg_attr(not(feature = "pooling-allocator"), expect(dead_code, reason = "there are no pools"))]
    pub(crate) const fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    #[cfg_attr(not(feature = "pooling-allocator"), expect(dead_code, reason = "there are no pools"))]
    pub(crate) fn set_strategy(&mut self, strategy: Strategy, lost: bool) {
        self.strategy = strategy;
        self.lost = lost;
    }

    pub(crate) const fn signals(&self) -> bool {
        self.signals
    }

    pub(crate) const fn function_types(&self) -> u32 {
        self.function_types
    }

    /// The architecture that images must have.
    pub(crate) const fn required_target(&self) -> Option<Architecture> {
        self.target
    }

    pub(crate) const fn x86_floats(&self) -> bool {
        self.x86_floats
    }

    pub(crate) const fn detect(&self) -> Option<fn(&str) -> Option<bool>> {
        self.detect
    }

    pub(crate) const fn features(&self) -> Features {
        self.features
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}
