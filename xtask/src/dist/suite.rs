//! The packages, as their user has them: unpacked in a folder that has nothing else, beside a project in C, with compilers, CMake, make and
//! the command `stilt` in reach, and no Rust. Built, booted, run; and what goes wrong is told.

use super::{command, package, tarball};
use crate::{boot, c_api, tool};
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const PROJECT: &str = "embedding-example/packaged";
const BOARD: &str = "thumbv7em-none-eabihf";
const HOST: &str = "x86_64-unknown-linux-gnu";

const SMALL_BOARD: &str = "thumbv6m-none-eabi";
const M33_BOARD: &str = "thumbv8m.main-none-eabi";

/// How make is told.
const ON_THE_BOARD: [&str; 2] = ["CC=arm-none-eabi-gcc", "BOARD=mps2"];
const ON_THE_M33: [&str; 2] = ["CC=arm-none-eabi-gcc", "BOARD=an505"];

/// As QEMU names the boards.
const MPS2: &str = "mps2-an386";
const AN505: &str = "mps2-an505";

/// What the program writes, wherever it runs.
const WRITTEN: &str = "blinked 5\nlit 5\nmean 42\nquotient 1000000\ninteger divide by zero in function 3\nstopped\n";

/// All that can be reached.
const TOOLS: [&str; 13] = [
    "ar",
    "arm-none-eabi-ar",
    "arm-none-eabi-gcc",
    "arm-none-eabi-nm",
    "arm-none-eabi-ranlib",
    "as",
    "cc",
    "cmake",
    "ld",
    "make",
    "pkg-config",
    "ranlib",
    "sh",
];

/// What the suite needs beside what builds packages.
pub(crate) const NEEDS: &[&str] = &[
    crate::emulated::RUSTC,
    "/usr/bin/ld.lld",
    "/usr/bin/llvm-objcopy",
    "/usr/bin/arm-none-eabi-gcc",
    "/usr/lib/arm-none-eabi/newlib/libc.a",
    "/usr/bin/cmake",
    "/usr/bin/make",
    "/usr/bin/pkg-config",
    "/usr/bin/qemu-system-arm",
];

/// No boot takes longer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(400);

/// The folder that has nothing else.
struct Desk(PathBuf);

pub(crate) fn run() -> Result<()> {
    let desk = Desk::new(&tool::stilt()?)?;
    for target in [BOARD, HOST] {
        desk.unpack(target)?;
    }
    desk.symbols()?;
    desk.with_cmake()?;
    desk.with_make()?;
    desk.beside_others()?;
    desk.mistakes()?;
    fs::remove_dir_all(&desk.0)?;
    println!("a project in C has been built with the packages, without Rust, with CMake and with make, and booted");
    Ok(())
}

/// The same with make on a machine without compare-and-swap: a Cortex-M0's program, which a Cortex-M4 runs.
pub(crate) fn without_compare_and_swap() -> Result<()> {
    made_and_booted(SMALL_BOARD, &ON_THE_BOARD, "v6S-M", MPS2)
}

/// The same for a Cortex-M33, with floats passed in general registers.
pub(crate) fn cortex_m33() -> Result<()> {
    made_and_booted(M33_BOARD, &ON_THE_M33, "v8-M.mainline", AN505)
}

fn made_and_booted(target: &str, how: &[&str], architecture: &str, board: &str) -> Result<()> {
    let desk = Desk::new(&tool::stilt()?)?;
    desk.unpack(target)?;
    desk.make("make", target, how)?;
    let program = desk.0.join("make/firmware");
    let attributes = text(Command::new("/usr/bin/arm-none-eabi-readelf").arg("-A").arg(&program))?;
    let expected = format!("Tag_CPU_arch: {architecture}\n");
    ensure!(attributes.contains(&expected), "the program is not one of {architecture}: {attributes}");
    boots_on(board, &program)?;
    fs::remove_dir_all(&desk.0)?;
    println!("a project in C has been built for {target} and booted");
    Ok(())
}

impl Desk {
    fn new(stilt: &Path) -> Result<Desk> {
        let desk = Desk(std::env::temp_dir().join(format!("stilt-packages-{}", std::process::id())));
        if desk.0.exists() {
            fs::remove_dir_all(&desk.0)?;
        }
        fs::create_dir_all(desk.tools())?;
        for name in TOOLS {
            let found = Path::new("/usr/bin").join(name);
            std::os::unix::fs::symlink(&found, desk.tools().join(name))?;
        }
        // The command, too, is what is given away, though built faster.
        tool::run(
            Command::new("tar")
                .arg("-xzf")
                .arg(tarball::write(&command::write(stilt)?, &desk.0)?)
                .arg("-C")
                .arg(&desk.0),
        )?;
        let unpacked = desk.0.join(command::name()?);
        std::os::unix::fs::symlink(unpacked.join("bin/stilt"), desk.tools().join("stilt"))?;
        let notices = fs::read_to_string(unpacked.join("NOTICES"))?;
        for told in ["cranelift-codegen v", "Copyright (C) 2018-present iced project", "Rust's library"] {
            ensure!(notices.contains(told), "`{told}` is not among the notices of the command");
        }
        for name in ["cargo", "rustc", "rustup"] {
            let said = desk.command("sh", "").args(["-c", &format!("command -v {name}")]).output()?;
            ensure!(!said.status.success(), "{name} can be reached from there");
        }
        Ok(desk)
    }

    fn tools(&self) -> PathBuf {
        self.0.join("tools")
    }

    /// Where a package lies once it is unpacked.
    fn package(&self, target: &str) -> PathBuf {
        self.0.join(format!("stilt-{}-{target}", super::VERSION))
    }

    /// A command that reaches those tools and knows nothing of this environment.
    fn command(&self, name: &str, folder: &str) -> Command {
        let mut command = Command::new(self.tools().join(name));
        command.env_clear().env("PATH", self.tools()).env("TMPDIR", &self.0).current_dir(self.0.join(folder));
        command
    }

    /// Makes a package, writes its tarball twice, and unpacks it.
    fn unpack(&self, target: &str) -> Result<()> {
        let made = package(target)?;
        let (one, two) = (self.0.join("one"), self.0.join("two"));
        let files = [&one, &two].map(|folder| {
            fs::create_dir_all(folder)?;
            tarball::write(&made, folder)
        });
        let [first, second] = files;
        let (first, second) = (first?, second?);
        ensure!(fs::read(&first)? == fs::read(&second)?, "{} is another when it is written again", first.display());
        tool::run(Command::new("tar").arg("-xzf").arg(&first).arg("-C").arg(&self.0))?;
        let notices = fs::read_to_string(self.package(target).join("NOTICES"))?;
        for told in ["pulley-interpreter v", ": MIT", "Permission is hereby granted", "Rust's core"] {
            ensure!(notices.contains(told), "`{told}` is not among the notices in {}", first.display());
        }
        for file in ["LICENSE", "README.md", "include/stilt.h", "include/wasmtime-platform.h", "lib/libstilt.a"] {
            ensure!(self.package(target).join(file).is_file(), "{file} is not in {}", first.display());
        }
        Ok(())
    }

    /// A copy of the project.
    fn project(&self, name: &str) -> Result<()> {
        let copy = self.0.join(name);
        fs::create_dir_all(&copy)?;
        for entry in fs::read_dir(tool::root().join(PROJECT))? {
            let path = entry?.path();
            fs::copy(&path, copy.join(path.file_name().context("a file has a name")?))?;
        }
        Ok(())
    }

    /// What GNU's `nm` says of a library.
    fn symbols(&self) -> Result<()> {
        let library = self.package(BOARD).join("lib/libstilt.a");
        let listed = text(self.command("arm-none-eabi-nm", "").args(["--extern-only", "--format=posix"]).arg(library))?;
        let header = fs::read_to_string(self.package(BOARD).join("include/stilt.h"))?;
        let mut expected: BTreeSet<String> = c_api::declared(&header).map(|name| format!("{name} T")).collect();
        expected.extend(["wasmtime_tls_get U", "wasmtime_tls_set U"].map(str::to_owned));
        let symbols = listed.lines().filter_map(|line| Some((line.split_once(' ')?.0, line.split(' ').nth(1)?)));
        let symbols: BTreeSet<String> =
            symbols.filter(|(name, _)| !name.ends_with(':')).map(|(name, kind)| format!("{name} {kind}")).collect();
        let other: Vec<_> = symbols.symmetric_difference(&expected).collect();
        ensure!(other.is_empty(), "symbols of the library that it should not have, or should have: {other:?}");
        Ok(())
    }

    fn configure(&self, build: &str, target: &str, more: &[&str]) -> Command {
        let mut cmake = self.command("cmake", "");
        cmake.args(["-S", "cmake-project", "-B", build]).args(more);
        cmake.arg(format!("-DStilt_DIR={}", self.package(target).join("lib/cmake/stilt").display()));
        cmake
    }

    fn with_cmake(&self) -> Result<()> {
        self.project("cmake-project")?;
        let build = || {
            let mut cmake = self.command("cmake", "");
            cmake.args(["--build", "board"]);
            text(&mut cmake)
        };
        text(&mut self.configure("board", BOARD, &["-DCMAKE_TOOLCHAIN_FILE=arm.cmake"]))?;
        let said = build()?;
        ensure!(said.contains(&format!("Compiling blink for {BOARD}")), "the module was not compiled: {said}");
        let program = self.0.join("board/firmware");
        boots(&program)?;
        let symbols = text(self.command("arm-none-eabi-nm", "").arg(&program))?;
        ensure!(symbols.contains(" T stilt_call_slots"), "the functions that are used are not there");
        ensure!(!symbols.contains(" T stilt_table_get"), "functions that are not used are in the program");

        let said = build()?;
        ensure!(!said.contains("Compiling"), "what is there was compiled again: {said}");
        let module = self.0.join("cmake-project/blink.wat");
        let changed = fs::read_to_string(&module)?.replace("(f32.const 2)", "(f32.const 4)");
        fs::write(&module, changed)?;
        build()?;
        let said = boot_program(MPS2, &program)?;
        ensure!(said.contains("mean 21\n"), "a changed module is not in the program, which said {said:?}");

        // As native code; in its place bytecode; and in a library of objects, by a program that is content with many versions.
        for (build, changes) in [
            ("here", [("OPTIONS", "OPTIONS"), ("", "")]),
            ("here-interpreted", [("OPTIONS", "OPTIONS --target=pulley64 --machine x86_64"), ("", "")]),
            ("here-objects", [("add_executable(firmware main.c)", OBJECTS), ("Stilt 0.1 ", "Stilt 0.0...0.1.0 ")]),
        ] {
            let lists = self.0.join("cmake-project/CMakeLists.txt");
            let original = fs::read_to_string(&lists)?;
            let mut changed = original.clone();
            for (from, to) in changes {
                ensure!(original.contains(from), "`{from}` is not in {}", lists.display());
                changed = if from.is_empty() { changed } else { changed.replace(from, to) };
            }
            fs::write(&lists, changed)?;
            text(&mut self.configure(build, HOST, &[]))?;
            text(self.command("cmake", "").args(["--build", build]))?;
            fs::write(&lists, original)?;
            let said = text(&mut Command::new(self.0.join(build).join("firmware")))?;
            ensure!(said == WRITTEN.replace("42", "21"), "{build}: the program on this machine wrote {said:?}");
        }
        Ok(())
    }

    fn with_make(&self) -> Result<()> {
        self.make("make-here", HOST, &[])?;
        let said = text(&mut Command::new(self.0.join("make-here/firmware")))?;
        ensure!(said == WRITTEN, "the program on this machine wrote {said:?}");
        self.make("make-board", BOARD, &ON_THE_BOARD)?;
        boots(&self.0.join("make-board/firmware"))
    }

    fn make(&self, folder: &str, target: &str, more: &[&str]) -> Result<()> {
        self.project(folder)?;
        let package = format!("STILT={}", self.package(target).display());
        text(self.command("make", folder).arg(package).args(more)).map(drop)
    }

    /// In a program that has no C library, and functions of its own for what Rust's compiler calls.
    fn beside_others(&self) -> Result<()> {
        let folder = "make-board";
        fs::write(self.0.join(folder).join("own.c"), OWN)?;
        let mut link = self.command("arm-none-eabi-gcc", folder);
        link.args(["-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-Os", "-ffreestanding"]);
        link.args([
            "-nostdlib",
            "-nostartfiles",
            "-Wl,--gc-sections",
            "-Wl,-z,noexecstack",
            "-T",
            "board_mps2.ld",
            "-o",
            "own",
        ]);
        link.args(["own.c", "main.o", "board_mps2.o", "blink.o"]).arg(self.package(BOARD).join("lib/libstilt.a"));
        text(link.arg("-lgcc"))?;
        boots(&self.0.join(folder).join("own"))
    }

    /// Each is told, with what to do.
    fn mistakes(&self) -> Result<()> {
        let refuses = |what: &str, command: &mut Command, expected: &[&str]| {
            let output = command.output()?;
            // CMake breaks lines where it likes.
            let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
            ensure!(!output.status.success(), "{what} went well");
            for text in expected {
                ensure!(said.contains(text), "{what}: `{text}` was not said, but {said}");
            }
            Ok(())
        };
        let nothing = self.tools().join("nothing");
        let without = self.0.join("without");
        fs::create_dir_all(&without)?;
        for entry in fs::read_dir(self.tools())? {
            let path = entry?.path();
            let name = path.file_name().context("a tool has a name")?;
            if name != "stilt" {
                std::os::unix::fs::symlink(fs::read_link(&path)?, without.join(name))?;
            }
        }
        let mut absent = self.configure("absent", HOST, &[]);
        refuses("no command", absent.env("PATH", &without), &["no command `stilt` in PATH", "set STILT_COMMAND"])?;
        let other = self.0.join("other-stilt");
        fs::write(&other, "#!/bin/sh\necho stilt 9.9.9\n")?;
        fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let command = |path: &Path| format!("-DSTILT_COMMAND={}", path.display());
        let mut old = self.configure("old", HOST, &[&command(&other)]);
        refuses("another version's command", &mut old, &["is `stilt 9.9.9`", &format!("version {}", super::VERSION)])?;
        let replaced = self.0.join("replaced-stilt");
        fs::copy(&other, &replaced)?;
        fs::write(&replaced, format!("#!/bin/sh\necho stilt {}\n", super::VERSION))?;
        text(&mut self.configure("replaced", HOST, &[&command(&replaced)]))?;
        fs::copy(&other, &replaced)?;
        let mut stale = self.command("cmake", "");
        refuses("a command that was replaced", stale.args(["--build", "replaced"]), &["is `stilt 9.9.9`"])?;
        let mut unknown = self.configure("unknown", HOST, &[&command(&nothing)]);
        refuses("a command that is not there", &mut unknown, &["cannot be run"])?;
        refuses("a package for 32 bits", &mut self.configure("narrow", BOARD, &[]), &[BOARD])?;

        let mut turned = self.command("cc", "make-here");
        turned.arg("-I").arg(self.package(HOST).join("include")).args(["-include", "blink.h", "-include", "stilt.h"]);
        let first = "stilt.h is to be included before the headers of modules";
        refuses("a module's header before the library's", turned.args(["-fsyntax-only", "main.c"]), &[first])?;

        let lists = self.0.join("cmake-project/CMakeLists.txt");
        let good = fs::read_to_string(&lists)?;
        for (what, from, to, expected) in [
            ("no module", "blink.wat", "blonk.wat", "there is no file"),
            ("no target", "stilt_add_module(firmware", "stilt_add_module(firmwear", "there is no target firmwear"),
            ("a name twice", "stilt_add_module(", "stilt_add_module(firmware blink.wat)\nstilt_add_module(", "already"),
            ("an option of nobody", " OPTIONS", " OPTION", "unknown arguments: OPTION"),
            ("a later version", "Stilt 0.1", "Stilt 0.99", "0.99"),
            ("earlier versions", "Stilt 0.1", "Stilt 0.0...<0.1.0", "0.0...<0.1.0"),
        ] {
            fs::write(&lists, good.replace(from, to))?;
            refuses(what, &mut self.configure("wrong", HOST, &[]), &[expected])?;
        }
        fs::write(&lists, good)?;
        let Err(error) = package("z80-unknown-none") else { bail!("there is a package for a Z80") };
        ensure!(format!("{error:#}").contains(BOARD), "the targets are not told: {error:#}");
        Ok(())
    }
}

fn text(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(tool::output(command)?)?)
}

fn boot_program(board: &str, program: &Path) -> Result<String> {
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", board, "-semihosting", "-icount", "shift=5", "-display", "none", "-monitor", "none"]);
    let (said, status) = boot::to_its_end(qemu.args(["-serial", "stdio", "-kernel"]).arg(program), PATIENCE)?;
    let status = status.with_context(|| format!("{} did not end", program.display()))?;
    ensure!(status.success(), "{} ended with {status}", program.display());
    Ok(said)
}

fn boots(program: &Path) -> Result<()> {
    boots_on(MPS2, program)
}

fn boots_on(board: &str, program: &Path) -> Result<()> {
    let said = boot_program(board, program)?;
    ensure!(said == WRITTEN, "{} wrote {said:?}, expected {WRITTEN:?}", program.display());
    Ok(())
}

/// The program's code as a library of objects, and a program that links it.
const OBJECTS: &str = "add_library(firmware OBJECT main.c)
file(TOUCH ${CMAKE_BINARY_DIR}/empty.c)
add_executable(program ${CMAKE_BINARY_DIR}/empty.c)
set_target_properties(program PROPERTIES OUTPUT_NAME firmware)
target_link_libraries(program PRIVATE firmware)";

/// What clashes, or is called by mistake, if a library is not careful.
const OWN: &str = r"
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t n) {
  for (size_t at = 0; at < n; at++) ((volatile char *)to)[at] = ((const char *)from)[at];
  return to;
}
void *memset(void *to, int byte, size_t n) {
  for (size_t at = 0; at < n; at++) ((volatile char *)to)[at] = (char)byte;
  return to;
}
void *memmove(void *to, const void *from, size_t n) { for (;;) (void)to, (void)from, (void)n; }
int memcmp(const void *one, const void *two, size_t n) { for (;;) (void)one, (void)two, (void)n; }
double __aeabi_dadd(double one, double two) { for (;;) (void)one, (void)two; }
double fmod(double one, double two) { for (;;) (void)one, (void)two; }
void rust_eh_personality(void) { for (;;); }
void rust_begin_unwind(void) { for (;;); }
void *__rust_alloc(size_t size, size_t align) { for (;;) (void)size, (void)align; }
";
