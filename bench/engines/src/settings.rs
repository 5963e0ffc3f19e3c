//! What is compared: the same settings for both engines, in words of neither.

/// How code is made and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Native code; 4 GiB reserved for each memory, guard pages, hardware traps.
    Guard,
    /// Native code; every access tested, memories move, no signals, no Spectre mitigations: without signals Wasmtime leaves
    /// them out, whatever its flags say (`bounds_checks.rs`, `translate/table.rs`).
    Explicit,
    /// The same with Spectre mitigations, which Stilt has by default there too. Wasmtime's code is that of `Explicit`.
    ExplicitSpectre,
    /// Interpreted.
    Pulley,
    /// `Guard`, and code tests whether it is to stop.
    GuardEpoch,
    /// `Explicit`, likewise.
    ExplicitEpoch,
    /// `Pulley`, likewise.
    PulleyEpoch,
}

impl Mode {
    /// Whether code tests if it is to stop.
    pub(crate) const fn epoch(self) -> bool {
        matches!(self, Mode::GuardEpoch | Mode::ExplicitEpoch | Mode::PulleyEpoch)
    }

    /// The mode without that.
    pub(crate) const fn base(self) -> Mode {
        match self {
            Mode::GuardEpoch => Mode::Guard,
            Mode::ExplicitEpoch => Mode::Explicit,
            Mode::PulleyEpoch => Mode::Pulley,
            mode => mode,
        }
    }
}

/// What the compiler puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// As each engine has it by default, at `-O speed`.
    Default,
    /// The same without Stilt's own passes: no inlining, no shorter code. Only Stilt.
    Plain,
    /// As by default, without what only backtraces and debuggers read.
    Stripped,
    /// Stripped, and compiled for size.
    Small,
}

/// How instances get their memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// As they are needed.
    OnDemand,
    /// From slots prepared beforehand.
    Pooled,
    /// From slots in storage that the embedder gives. Only Stilt.
    Given,
}
