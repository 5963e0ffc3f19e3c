//! [`WasmBacktrace`]: where the guest was when it was stopped, innermost frame first.
//!
//! The runtime attaches one to every error that leaves a guest, as far as there is memory for it and
//! [`Config::wasm_backtrace_max_frames`](crate::Config::wasm_backtrace_max_frames) allows. A frame keeps its module alive and
//! looks its names up in the image when asked.

use core::fmt;

use stilt_collections::TryVec;

use crate::Module;

/// The frames of a guest. An [`Error`](crate::Error) holds it: `error.downcast_ref::<WasmBacktrace>()`.
#[derive(Default)]
pub struct WasmBacktrace {
    frames: TryVec<FrameInfo>,
}

impl WasmBacktrace {
    /// Innermost frame first.
    pub(crate) const fn new(frames: TryVec<FrameInfo>) -> Self {
        WasmBacktrace { frames }
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }
}

/// One frame of a [`WasmBacktrace`].
pub struct FrameInfo {
    module: Module,
    func_index: u32,
    module_offset: Option<u32>,
}

impl FrameInfo {
    pub(crate) const fn new(module: Module, func_index: u32, module_offset: Option<u32>) -> Self {
        FrameInfo { module, func_index, module_offset }
    }

    /// The module whose function this is.
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// The function's index in its module.
    pub const fn func_index(&self) -> u32 {
        self.func_index
    }

    /// The function's name, if the image has names.
    pub fn func_name(&self) -> Option<&str> {
        self.module.image().func_name(self.func_index)
    }

    /// Where in its function the instruction lies, counted in the wasm file from the start of the function's body.
    pub fn func_offset(&self) -> Option<usize> {
        let image = self.module.image();
        let own = self.func_index.checked_sub(image.fields().imported_funcs())?;
        self.module_offset?.checked_sub(image.funcs().get(own)?.wasm).map(|offset| offset as usize)
    }

    /// Where in the wasm file the instruction lies: the one that trapped, or the call that had not returned.
    pub const fn module_offset(&self) -> Option<usize> {
        match self.module_offset {
            Some(offset) => Some(offset as usize),
            None => None,
        }
    }
}

impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        for (index, frame) in self.frames.iter().enumerate() {
            write!(f, "\n  {index:>3}: ")?;
            fmt::Display::fmt(frame, f)?;
        }
        Ok(())
    }
}

/// `0x1c7 - module!name`, with what is known of it.
impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.module_offset {
            Some(offset) => write!(f, "{offset:#6x} - ")?,
            None => f.write_str("     ? - ")?,
        }
        f.write_str(self.module.name().unwrap_or("<unknown>"))?;
        match self.func_name() {
            Some(name) => write!(f, "!{name}"),
            None => write!(f, "!<wasm function {}>", self.func_index),
        }
    }
}

impl fmt::Debug for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.frames).finish()
    }
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<WasmBacktrace>();
};
