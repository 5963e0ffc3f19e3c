//! The machine that this command runs on, for the runtime in it.

use stilt::Config;
use stilt_artifact::target::Architecture;

/// The default configuration, with what the kernel tells of CPU features where programs cannot ask the CPU itself.
pub(crate) fn config() -> Config {
    #[cfg_attr(
        not(any(target_arch = "aarch64", target_arch = "riscv64")),
        expect(unused_mut, reason = "the runtime asks the CPU itself")
    )]
    let mut config = Config::new();
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
    // SAFETY: the kernel tells of features that the CPU has and whose registers it keeps.
    unsafe {
        config.detect_host_feature(stilt_platform_linux::cpu_feature);
    }
    config
}

/// What runs here: native code where the precompiler can make it, else bytecode.
pub(crate) fn target() -> &'static str {
    match Architecture::NATIVE {
        Some(native) => native.name(),
        None if cfg!(all(target_pointer_width = "64", target_endian = "little")) => "pulley64",
        None if cfg!(target_pointer_width = "64") => "pulley64be",
        None if cfg!(target_endian = "little") => "pulley32",
        None => "pulley32be",
    }
}
