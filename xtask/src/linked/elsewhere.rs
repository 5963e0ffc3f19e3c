//! The same two modules in programs of other machines, which are emulated: cross linkers, what objects say about their ABI, and
//! backtraces.

use super::{EXPLICIT, Work, gdb, nothing_is_relocated, text};
use crate::debugger::Emulator;
use crate::emulated::{AARCH64, Machine, RISCV64, S390X};
use crate::tool;
use anyhow::{Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How programs are linked. Debian's lld does not know s390x, nor what the C library of riscv64 asks of linkers (relaxation).
const LINKS: [(&str, &[&str]); 2] = [
    ("ld, anywhere", &["-fuse-ld=bfd", "-pie"]),
    ("ld, at fixed addresses, static", &["-fuse-ld=bfd", "-no-pie", "-static"]),
];
const LLD: (&str, &[&str]) = ("lld, anywhere", &["-fuse-ld=lld", "-pie"]);

/// Code further away than any branch or short distance reaches.
const FAR: [&str; 4] = ["-fuse-ld=bfd", "-no-pie", "-static", "-Wl,--section-start=wasm_code=0x2000000000"];

pub(crate) fn aarch64() -> Result<()> {
    let work = Work::new(Some(&AARCH64))?;
    let library = all(&work, &AARCH64, &[LINKS.as_slice(), &[LLD]].concat())?;
    // From every instruction: Cranelift tells where its epilogues are.
    with_gdb(&work, &AARCH64, &library, gdb::check)?;
    protected_branches(&work)
}

/// A linker that wants every branch to be protected takes modules that are compiled so, and no others.
fn protected_branches(work: &Work) -> Result<()> {
    let link = || {
        let mut link = Command::new("/usr/bin/ld.lld");
        link.args(["--fatal-warnings", "-z", "force-bti", "-shared", "-o"]).arg(work.folder.join("protected.so"));
        link.arg(work.folder.join("pulse.o"));
        link
    };
    let unprotected = link().output()?;
    let said = String::from_utf8_lossy(&unprotected.stderr);
    ensure!(!unprotected.status.success() && said.contains("BTI"), "lld takes any module for protected: {said}");
    work.objects(&[EXPLICIT.as_slice(), &["--target", "aarch64", "--bti", "--pac"]].concat())?;
    tool::run(&mut link())
}

pub(crate) fn riscv64() -> Result<()> {
    let work = Work::new(Some(&RISCV64))?;
    let library = all(&work, &RISCV64, &LINKS)?;
    flags(&work, "double-float ABI")?;
    with_gdb(&work, &RISCV64, &library, gdb::check_backtrace)?;

    // As kernels have it, which no program for Linux can be linked with.
    work.objects(&[EXPLICIT.as_slice(), &["--target", "riscv64", "--float-abi", "soft"]].concat())?;
    flags(&work, "soft-float ABI")?;
    let refused = work.linker(&library, &[])?.output()?;
    let said = String::from_utf8_lossy(&refused.stderr);
    ensure!(
        !refused.status.success() && said.contains("soft-float"),
        "a module for a kernel was linked with a program for Linux: {said}"
    );
    Ok(())
}

pub(crate) fn s390x() -> Result<()> {
    let work = Work::new(Some(&S390X))?;
    let library = all(&work, &S390X, &LINKS)?;
    with_gdb(&work, &S390X, &library, gdb::check_backtrace)
}

/// Both trap modes, however the program is linked. The runtime for C comes out.
fn all(work: &Work, machine: &Machine, links: &[(&str, &[&str])]) -> Result<PathBuf> {
    let library = work.library("hardware")?;
    for traps in ["explicit", "hardware"] {
        work.objects(&["--target", machine.isa, "--traps", traps, "--inline", "off"])?;
        for (how, flags) in links {
            let program = work.link(&library, flags)?;
            work.check(&program, &format!("{}, {traps} traps, {how}", machine.isa))?;
            nothing_is_relocated(work, &program)?;
        }
    }
    let far = ["--target", machine.isa, "--code-section", "wasm_code", "--code-model", "large"];
    work.objects(&[EXPLICIT.as_slice(), &far].concat())?;
    work.check(&work.link(&library, &FAR)?, "code 128 GiB away")?;
    work.objects(&[EXPLICIT.as_slice(), &["--target", machine.isa]].concat())?;
    println!("{}: modules in programs run, with both kinds of traps", machine.isa);
    Ok(library)
}

/// What the header of an object says.
fn flags(work: &Work, expected: &str) -> Result<()> {
    let header = text(work.binary_tool("readelf").arg("-h").arg(work.folder.join("pulse.o")))?;
    let flags = header.lines().find(|line| line.contains("Flags:")).unwrap_or_default();
    ensure!(flags.contains(expected) && flags.contains("RVC"), "expected {expected} in: {flags}");
    Ok(())
}

fn with_gdb(
    work: &Work,
    machine: &Machine,
    library: &Path,
    check: fn(&Path, Option<&Emulator<'_>>) -> Result<()>,
) -> Result<()> {
    // At fixed addresses, so that gdb knows them before the program runs.
    let program = work.link(library, &["-no-pie", "-static"])?;
    let start = |socket: &Path| {
        let mut emulator = machine.emulator();
        emulator.arg("-g").arg(socket).arg(&program);
        emulator
    };
    check(&program, Some(&Emulator { start: &start }))
}

/// What a library without link-time optimisation refers to: panics that no input reaches.
pub(super) fn panics(work: &Work) -> Result<PathBuf> {
    let source = work.folder.join("panics.c");
    fs::write(
        &source,
        "#include <stdlib.h>\nvoid stilt_a_panic_is_reachable(void) { abort(); }\nvoid rust_eh_personality(void) {}\n",
    )?;
    Ok(source)
}

/// Cross compilers look for linkers with their own prefix; lld is one for all machines.
pub(super) fn offer_lld(folder: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink("/usr/bin/ld.lld", folder.join("ld.lld"))?)
}
