//! Tests under AddressSanitizer and its search for leaks: the sweeps in which everything fails once, the embedder's API, the containers,
//! WASI, and the C of the Linux platform below them. Compiled code itself is not instrumented; what it hands to the runtime is.
//!
//! They run with `resumable-traps`, where the tests of the workspace have a handler that is left by a jump: so both ways are tested.
//!
//! Only our own crates are built for it, so that Cranelift and its like are built once for all tests. Rust's sanitizers are not
//! stable yet: the wrapper lifts that for these crates alone.

use crate::tool;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Test programs, of whatever package; with the features of the whole workspace, as for other tests.
const TESTS: [&str; 12] = [
    "allocations",
    "calls",
    "containers",
    "embedding",
    "failing_allocator",
    "footprint",
    "growth",
    "handler",
    "heap",
    "linked",
    "platform",
    "pools",
];

/// Counts the pages of the process: among which are those that the sanitizer keeps freed bytes in, unless it is told not to.
const COUNTS_PAGES: &str = "nothing_is_left_behind";
const KEEPS_NOTHING: &str = ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0";

/// Faults belong to the platform's handler, on the stack that it has for them. Locals stay on the stack, whose bounds the runtime
/// watches. An allocation that is too large fails, as anywhere.
const OPTIONS: &str = "detect_leaks=1:handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:use_sigaltstack=0:\
                       detect_stack_use_after_return=0:allocator_may_return_null=1";

/// C is compiled for it too.
const FLAGS_OF_C: &str = "-fsanitize=address -fno-omit-frame-pointer";

pub(crate) fn run() -> Result<()> {
    let sysroot = tool::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let folder = format!("{}/lib/rustlib/x86_64-unknown-linux-gnu/lib", String::from_utf8(sysroot)?.trim());
    if !Path::new(&folder).join("librustc-stable_rt.asan.a").exists() {
        bail!("there is no AddressSanitizer in {folder}: this needs rustup's toolchain for x86_64 Linux");
    }
    test(&TESTS, &["--skip", COUNTS_PAGES], OPTIONS)?;
    test(&["footprint"], &[COUNTS_PAGES], &format!("{OPTIONS}{KEEPS_NOTHING}"))
}

fn test(programs: &[&str], args: &[&str], options: &str) -> Result<()> {
    let mut command = tool::cargo();
    command.args(["test", "--workspace", "--features", "stilt/resumable-traps", "--no-fail-fast"]);
    for program in programs {
        command.args(["--test", program]);
    }
    command.arg("--").args(args);
    command.env("RUSTC_WORKSPACE_WRAPPER", tool::root().join("xtask/sanitized-rustc.sh"));
    command.env("CFLAGS_x86_64_unknown_linux_gnu", FLAGS_OF_C).env("ASAN_OPTIONS", options);
    tool::run(&mut command)
}
