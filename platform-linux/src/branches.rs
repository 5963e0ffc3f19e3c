//! Guarded pages for code (aarch64).

unsafe extern "C" {
    fn stilt_linux_guard_branches(on: bool) -> bool;
}

/// Whether native code that is loaded from now on lies in guarded pages, where calls and jumps through registers must lead to instructions
/// that are marked for it: for programs whose images are all compiled with `--bti`, others stop at their first call. Off at first. `false`:
/// this CPU or kernel does not know of it, and nothing was changed.
///
/// ```
/// # use stilt_platform_linux::guard_branches;
/// assert!(!guard_branches(true) || cfg!(target_arch = "aarch64"));
/// ```
pub fn guard_branches(on: bool) -> bool {
    // SAFETY: it takes any value, on any thread.
    unsafe { stilt_linux_guard_branches(on) }
}
