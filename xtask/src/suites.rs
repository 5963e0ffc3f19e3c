//! The test command: every suite that this machine can run.

use crate::build_script;
use crate::c_api;
use crate::cmake;
use crate::demo;
use crate::dist;
use crate::emulated;
use crate::firmware;
use crate::kernels;
use crate::linked;
use crate::matrix;
use crate::sanitize;
use crate::setup;
use crate::size;
use crate::tool;
use crate::watchdog::watch;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// A suite, and the files that must be on the machine for it.
struct Suite {
    name: &'static str,
    needs: &'static [&'static str],
    run: fn() -> Result<()>,
}

const SUITES: &[Suite] = &[
    Suite { name: "workspace tests, the official suite among them", needs: &["/usr/bin/cc"], run: workspace },
    Suite { name: "no panic reachable in the smallest image", needs: &["/usr/bin/cc"], run: size::run },
    Suite {
        name: "sweeps and the embedder's tests under AddressSanitizer",
        needs: &["/usr/bin/cc"],
        run: sanitize::run,
    },
    Suite { name: "the demonstration", needs: &[], run: demo::run },
    Suite { name: "the example with a build script", needs: &["/usr/bin/cc"], run: build_script::run },
    Suite {
        name: "modules linked into programs",
        needs: &["/usr/bin/cc", "/usr/bin/c++", "/usr/bin/gdb", "/usr/bin/ld.lld", "/usr/bin/readelf"],
        run: linked::run,
    },
    Suite {
        name: "stilt.h from C and C++, under the sanitizers",
        needs: &["/usr/bin/gcc", "/usr/bin/g++", "/usr/bin/clang", "/usr/bin/clang++"],
        run: c_api::run,
    },
    Suite {
        name: "aarch64: modules linked into programs, emulated",
        needs: &[
            emulated::RUSTC,
            "/usr/bin/qemu-aarch64",
            "/usr/bin/aarch64-linux-gnu-gcc",
            "/usr/bin/ld.lld",
            "/usr/bin/gdb-multiarch",
        ],
        run: linked::elsewhere::aarch64,
    },
    Suite {
        name: "riscv64: modules linked into programs, emulated",
        needs: &[
            emulated::RUSTC,
            "/usr/bin/qemu-riscv64",
            "/usr/bin/riscv64-linux-gnu-gcc",
            "/usr/bin/ld.lld",
            "/usr/bin/gdb-multiarch",
        ],
        run: linked::elsewhere::riscv64,
    },
    Suite {
        name: "s390x: modules linked into programs, emulated",
        needs: &[emulated::RUSTC, "/usr/bin/qemu-s390x", "/usr/bin/s390x-linux-gnu-gcc", "/usr/bin/gdb-multiarch"],
        run: linked::elsewhere::s390x,
    },
    Suite {
        name: "the CMake function, as its user would use it",
        needs: &["/usr/bin/cmake", "/usr/bin/make"],
        run: cmake::run,
    },
    Suite {
        name: "a C project with the packages and no Rust, booted",
        needs: dist::suite::NEEDS,
        run: dist::suite::run,
    },
    Suite {
        name: "a C project for a machine without compare-and-swap, booted",
        needs: dist::suite::NEEDS,
        run: dist::suite::without_compare_and_swap,
    },
    Suite { name: "a C project for a Cortex-M33, booted", needs: dist::suite::NEEDS, run: dist::suite::cortex_m33 },
    Suite {
        name: "the kernel on x86_64, booted",
        needs: &["/usr/bin/qemu-system-x86_64", "/usr/bin/rustc", "/usr/bin/ld.lld", "/usr/bin/gdb-multiarch"],
        run: kernels::x86_64,
    },
    Suite {
        name: "the kernel on aarch64, booted",
        needs: &["/usr/bin/qemu-system-aarch64", "/usr/bin/rustc", "/usr/bin/ld.lld", "/usr/bin/gdb-multiarch"],
        run: kernels::aarch64,
    },
    Suite {
        name: "the kernel on riscv64, booted",
        needs: &["/usr/bin/qemu-system-riscv64", "/usr/bin/rustc", "/usr/bin/ld.lld", "/usr/bin/gdb-multiarch"],
        run: kernels::riscv64,
    },
    Suite {
        name: "the firmware on a Cortex-M4, booted",
        needs: &["/usr/bin/qemu-system-arm", "/usr/bin/rustc", "/usr/bin/ld.lld", "/usr/bin/clang", "/usr/bin/llvm-nm"],
        run: firmware::cortex_m,
    },
    Suite {
        name: "a part of the official suite on a Cortex-M4, booted",
        needs: &["/usr/bin/qemu-system-arm", "/usr/bin/rustc", "/usr/bin/ld.lld"],
        run: firmware::suite::run,
    },
    Suite {
        name: "the firmware on RV32, booted",
        needs: &[
            "/usr/bin/qemu-system-riscv32",
            "/usr/bin/rustc",
            "/usr/bin/riscv64-unknown-elf-ld",
            "/usr/bin/clang",
            "/usr/bin/llvm-nm",
        ],
        run: firmware::rv32,
    },
    Suite {
        name: "the firmware in C on a Cortex-M4, booted",
        needs: &[
            emulated::RUSTC,
            "/usr/bin/qemu-system-arm",
            "/usr/bin/arm-none-eabi-gcc",
            "/usr/bin/clang",
            "/usr/bin/ld.lld",
            "/usr/bin/llvm-nm",
            "/usr/bin/make",
        ],
        run: firmware::in_c::cortex_m,
    },
    Suite {
        name: "the firmware in C on RV32, booted",
        needs: &[
            emulated::RUSTC,
            "/usr/bin/qemu-system-riscv32",
            "/usr/bin/riscv64-unknown-elf-gcc",
            "/usr/bin/clang",
            "/usr/bin/ld.lld",
            "/usr/bin/llvm-nm",
            "/usr/bin/make",
        ],
        run: firmware::in_c::rv32,
    },
    Suite {
        name: "docs/firmware.md, as its reader would follow it",
        needs: &[
            emulated::RUSTC,
            "/usr/bin/qemu-system-arm",
            "/usr/bin/arm-none-eabi-gcc",
            "/usr/bin/clang",
            "/usr/bin/wasm-ld",
            "/usr/bin/ld.lld",
        ],
        run: firmware::guide::run,
    },
    Suite {
        name: "the corpus' wasm is what its sources give",
        needs: &["/usr/bin/clang", "/usr/bin/wasm-ld", "/usr/include/wasm32-wasi/stdio.h"],
        run: corpus,
    },
    Suite {
        name: "real programs from the package registries",
        needs: &[
            "/usr/bin/cc",
            "/usr/bin/c++",
            "/usr/bin/clang",
            "/usr/bin/wasm-ld",
            "/usr/include/wasm32-wasi/stdio.h",
            "/usr/bin/npm",
            "/usr/bin/pip3",
        ],
        run: packages,
    },
    Suite {
        name: "aarch64: conformance kit and official suite, emulated",
        needs: emulated::AARCH64_NEEDS,
        run: emulated::aarch64,
    },
    Suite {
        name: "riscv64: conformance kit and official suite, emulated",
        needs: emulated::RISCV64_NEEDS,
        run: emulated::riscv64,
    },
    Suite {
        name: "s390x: conformance kit and official suite, emulated",
        needs: emulated::S390X_NEEDS,
        run: emulated::s390x,
    },
    Suite { name: "s390x: the embedding's tests, emulated", needs: emulated::S390X_NEEDS, run: emulated::embedding },
    Suite {
        name: "32-bit arm: conformance kit and official suite, emulated",
        needs: emulated::ARM_NEEDS,
        run: emulated::arm,
    },
];

fn packages() -> Result<()> {
    tool::run(tool::cargo().args(["test", "--workspace", "--test", "packages", "--", "--ignored"]))
}

fn workspace() -> Result<()> {
    tool::run(tool::cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

fn corpus() -> Result<()> {
    tool::run(Command::new(tool::root().join("tests/corpus/build.sh")).arg("--check"))
}

pub(crate) fn run(all: bool, only: Option<&str>) -> Result<()> {
    let mut skipped = Vec::new();
    let mut ran = Vec::new();
    let mut failed = Vec::new();
    for suite in SUITES.iter().filter(|suite| only.is_none_or(|text| suite.name.contains(text))) {
        let absent: Vec<_> = suite.needs.iter().copied().filter(|file| !Path::new(file).exists()).collect();
        if absent.is_empty() {
            let start = Instant::now();
            // The others say something about it, too.
            if let Err(error) = watch(suite.name, suite.run) {
                eprintln!("error: {}: {error:#}", suite.name);
                failed.push(format!("{}: {error:#}", suite.name));
            }
            ran.push((suite.name, start.elapsed().as_secs()));
        } else {
            skipped.push(format!("{} (missing here: {})", suite.name, absent.join(", ")));
        }
    }
    println!("\nran, in seconds:");
    ran.iter().for_each(|(name, seconds)| println!("  {seconds:>5}  {name}"));
    if !failed.is_empty() {
        bail!("{} suite(s) failed:\n  {}", failed.len(), failed.join("\n  "));
    }
    if skipped.is_empty() {
        if only.is_none() {
            matrix::check()?;
        }
        return Ok(());
    }
    println!("did not run:");
    skipped.iter().for_each(|name| println!("  {name}"));
    println!("`{}` installs what is missing.", setup::INSTALL);
    if all {
        bail!("{} suite(s) could not run here", skipped.len());
    }
    Ok(())
}
