//! Installs what suites and checks need beyond Rust and a C compiler, as Debian packages.

use crate::tool;
use anyhow::{Result, bail};
use std::process::Command;

/// A Debian package, and the file that shows it is there.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) shown_by: &'static str,
}

/// Every package, each with what needs it.
pub(crate) const PACKAGES: &[Package] = &[
    // The C programs of the corpus, built for wasm; libclang for bindgen.
    Package { name: "clang", shown_by: "/usr/bin/clang" },
    Package { name: "libclang-14-dev", shown_by: "/usr/lib/llvm-14/lib/libclang.so" },
    Package { name: "lld", shown_by: "/usr/bin/wasm-ld" },
    Package { name: "wasi-libc", shown_by: "/usr/include/wasm32-wasi/stdio.h" },
    Package { name: "libclang-rt-14-dev-wasm32", shown_by: "/usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi" },
    // A build with the CMake function.
    Package { name: "cmake", shown_by: "/usr/bin/cmake" },
    Package { name: "make", shown_by: "/usr/bin/make" },
    // Backtraces through modules that are linked into a program.
    Package { name: "gdb", shown_by: "/usr/bin/gdb" },
    Package { name: "gdb-multiarch", shown_by: "/usr/bin/gdb-multiarch" },
    // Programs for boards, without any Rust.
    Package { name: "gcc-arm-none-eabi", shown_by: "/usr/bin/arm-none-eabi-gcc" },
    Package { name: "libnewlib-arm-none-eabi", shown_by: "/usr/lib/arm-none-eabi/newlib/libc.a" },
    Package { name: "pkg-config", shown_by: "/usr/bin/pkg-config" },
    // C++ reads the platform header.
    Package { name: "g++", shown_by: "/usr/bin/g++" },
    // Sizes of images for other machines.
    Package { name: "llvm", shown_by: "/usr/bin/llvm-size" },
    // Packages of the npm registry that carry wasm.
    Package { name: "npm", shown_by: "/usr/bin/npm" },
    // Machines to boot.
    Package { name: "qemu-system-x86", shown_by: "/usr/bin/qemu-system-x86_64" },
    Package { name: "qemu-system-arm", shown_by: "/usr/bin/qemu-system-aarch64" },
    Package { name: "qemu-system-misc", shown_by: "/usr/bin/qemu-system-riscv64" },
    // Firmware in C for one of them.
    Package { name: "gcc-riscv64-unknown-elf", shown_by: "/usr/bin/riscv64-unknown-elf-gcc" },
    // Packages of PyPI that carry compilers.
    Package { name: "python3-pip", shown_by: "/usr/bin/pip3" },
    // Rust's library as source, for targets that have no built one.
    Package { name: "rustc-web", shown_by: "/usr/bin/rustc" },
    Package { name: "cargo-web", shown_by: "/usr/bin/cargo" },
    Package { name: "rust-web-src", shown_by: "/usr/lib/rustlib/src" },
    // Other machines: emulators, C compilers and libraries.
    Package { name: "qemu-user", shown_by: "/usr/bin/qemu-aarch64" },
    Package { name: "gcc-aarch64-linux-gnu", shown_by: "/usr/bin/aarch64-linux-gnu-gcc" },
    Package { name: "libc6-dev-arm64-cross", shown_by: "/usr/aarch64-linux-gnu/lib/libc.so.6" },
    Package { name: "gcc-riscv64-linux-gnu", shown_by: "/usr/bin/riscv64-linux-gnu-gcc" },
    Package { name: "libc6-dev-riscv64-cross", shown_by: "/usr/riscv64-linux-gnu/lib/libc.so.6" },
    Package { name: "gcc-s390x-linux-gnu", shown_by: "/usr/bin/s390x-linux-gnu-gcc" },
    Package { name: "libc6-dev-s390x-cross", shown_by: "/usr/s390x-linux-gnu/lib/libc.so.6" },
    Package { name: "gcc-arm-linux-gnueabihf", shown_by: "/usr/bin/arm-linux-gnueabihf-gcc" },
    Package { name: "libc6-dev-armhf-cross", shown_by: "/usr/arm-linux-gnueabihf/lib/libc.so.6" },
];

/// The names of the packages that are missing here.
pub(crate) fn missing() -> Vec<&'static str> {
    let absent = PACKAGES.iter().filter(|package| !std::path::Path::new(package.shown_by).exists());
    absent.map(|package| package.name).collect()
}

/// The one command that installs everything.
pub(crate) const INSTALL: &str = "cargo xtask setup";

pub(crate) fn run() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        eprintln!("nothing to install");
        return Ok(());
    }
    if tool::find("apt-get").is_none() {
        bail!("this needs apt-get (Debian); install by hand what corresponds to: {}", missing.join(" "));
    }
    tool::run(Command::new("apt-get").args(["-q", "update"]))?;
    let mut install = Command::new("apt-get");
    install.args(["-q", "install", "-y", "--no-install-recommends"]).args(missing);
    tool::run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}
