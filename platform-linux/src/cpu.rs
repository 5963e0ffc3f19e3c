//! CPU features that only the kernel can tell.

use core::ffi::c_char;

unsafe extern "C" {
    fn stilt_linux_cpu_feature(name: *const c_char, len: usize) -> i32;
}

/// Whether the CPU has the feature with this name, as far as Linux tells programs: for `Config::detect_host_feature` of the runtime,
/// on aarch64 and riscv64. `None`: it does not say. On x86_64 and s390x the runtime asks the CPU itself, and this knows nothing.
///
/// ```
/// # use stilt_platform_linux::cpu_feature;
/// assert_eq!(cpu_feature("no such thing"), None);
/// ```
pub fn cpu_feature(name: &str) -> Option<bool> {
    // SAFETY: the name is readable for its length.
    match unsafe { stilt_linux_cpu_feature(name.as_ptr().cast(), name.len()) } {
        -1 => None,
        present => Some(present != 0),
    }
}
