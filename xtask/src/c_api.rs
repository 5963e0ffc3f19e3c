//! `stilt.h`, as C uses it: `embedding-example/c` with every compiler here, as C99, C11 and C++, with GNU's under the sanitizers, the library's own
//! code included; and whether the library can reach a panic.

use crate::tool;
use anyhow::{Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const EXAMPLE: &str = "embedding-example/c";
const LIBRARY: &str = "c-api";

/// What the example prints.
const PRINTED: &str = "guest: sensor ready\nmean 30\ntrap 8 (integer divide by zero) in function 6 at 0x165\n";

/// Modules that are linked.
const MODULES: [&str; 5] = ["sensor", "relay", "odd", "beyond", "late"];

/// Compilers, with the standard that they are to keep to.
const COMPILERS: [(&str, &[&str]); 7] = [
    ("gcc", &["-std=c99"]),
    ("gcc", &["-std=c11"]),
    ("clang", &["-std=c99"]),
    ("clang", &["-std=c11"]),
    ("g++", &["-std=c++11"]),
    ("g++", &["-std=c++20"]),
    ("clang++", &["-std=c++17"]),
];

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// GNU's compilers come with these; clang's are another package.
const SANITIZERS: [&str; 3] = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"];

/// Images that the tests are given, each with its module and how that is compiled.
const IMAGES: [(&str, &str, &[&str]); 8] = [
    ("native.cwasm", "sensor", &["--traps", "explicit", "--interrupt", "epoch"]),
    ("bytecode.cwasm", "sensor", &["--target", "pulley64", "--interrupt", "epoch"]),
    ("stripped.cwasm", "sensor", &["--target", "pulley64", "--interrupt", "epoch", "--strip"]),
    ("aarch64.cwasm", "sensor", &["--target", "aarch64", "--traps", "explicit"]),
    ("hardware.cwasm", "sensor", &[]),
    ("narrow.cwasm", "sensor", &["--target", "pulley32"]),
    ("big-endian.cwasm", "sensor", &["--target", "pulley64be"]),
    ("soft.cwasm", "soft", &["--traps", "explicit", "--float", "soft"]),
];

/// All but what the platform would have to offer, and the interpreter.
const FEATURES: &str = "backtraces,bulk-memory,image-checks,messages,tables";
/// A group of builtins that one of the libraries does not have.
const GROUP: &str = "soft-float";

/// The name of a program, and its sources.
type Program<'p> = (&'p str, &'p [PathBuf]);

struct Work {
    folder: PathBuf,
    library: PathBuf,
    /// The same without one group of builtins, with AddressSanitizer in it, and what is checked in debug builds.
    sanitized: PathBuf,
}

pub(crate) fn run() -> Result<()> {
    let root = tool::root();
    let stilt = tool::stilt()?;
    let work = Work { folder: root.join("target/c-example"), library: library("pulley")?, sanitized: sanitized()? };
    if work.folder.exists() {
        fs::remove_dir_all(&work.folder)?;
    }
    fs::create_dir_all(&work.folder)?;
    let stilt = || Command::new(&stilt);
    let text = |module: &str| root.join(EXAMPLE).join(format!("{module}.wat"));
    let mut objects = stilt();
    objects.args(["compile", "--emit", "obj", "--traps", "explicit", "--interrupt", "epoch", "--out-dir"]);
    tool::run(objects.arg(&work.folder).args(MODULES.map(text)))?;
    let eager = ["compile", "--emit", "obj", "--name", "eager", "-o"];
    tool::run(stilt().args(eager).arg(work.folder.join("eager.o")).arg(text("beyond")))?;
    for (image, module, options) in IMAGES {
        tool::run(stilt().args(["compile", "-o"]).arg(work.folder.join(image)).args(options).arg(text(module)))?;
    }

    let tests = tests()?;
    for (compiler, flags) in COMPILERS {
        let how = format!("{compiler} {}", flags.join(" "));
        let printed =
            work.run_program(&work.build(("main", &[PathBuf::from("main.c")]), compiler, flags, &[])?, &[])?;
        ensure!(printed == PRINTED, "{how}: the example printed {printed:?}, expected {PRINTED:?}");
        let program = if compiler.starts_with('g') {
            let missing = format!("-DWITHOUT=\"{GROUP}\"");
            let more = [&SANITIZERS[..], &[&missing]].concat();
            work.build_with(&work.sanitized, ("tests", &tests), compiler, flags, &more)?
        } else {
            work.build(("tests", &tests), compiler, flags, &["-g"])?
        };
        let printed = work.run_program(&program, &IMAGES.map(|(image, ..)| work.folder.join(image)))?;
        ensure!(printed == "stilt.h does what it says\n", "{how}: the tests printed {printed:?}");
    }
    no_panic_is_reachable(&work)?;
    rust(&work)?;
    println!("stilt.h does what it says, with {} compilers and standards", COMPILERS.len());
    Ok(())
}

/// Builds the library; where it is.
fn library(more: &str) -> Result<PathBuf> {
    let target = tool::root().join("target/c-api").join(more);
    tool::run(build_library(&format!("{GROUP},{more}"), &target).arg("--release"))?;
    Ok(target.join("release/libstilt.a"))
}

fn build_library(more: &str, target: &Path) -> Command {
    let mut cargo = tool::cargo();
    cargo.args(["build", "--quiet", "--locked", "--package", "stilt-c-library", "--no-default-features"]);
    cargo.args(["--features", &format!("{FEATURES},{more}"), "--manifest-path"]);
    cargo.arg(tool::root().join(LIBRARY).join("Cargo.toml")).arg("--target-dir").arg(target);
    cargo
}

/// Builds the library for programs with GNU's sanitizer. Rust's is not stable yet, so that is lifted; with a target's name, build
/// scripts have none of it.
fn sanitized() -> Result<PathBuf> {
    const MACHINE: &str = "x86_64-unknown-linux-gnu";
    let target = tool::root().join("target/c-api/sanitized");
    let mut cargo = build_library("pulley", &target);
    cargo.args(["--target", MACHINE]).env("RUSTC_BOOTSTRAP", "1");
    tool::run(cargo.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-Zsanitizer=address"))?;
    Ok(target.join(MACHINE).join("debug/libstilt.a"))
}

/// The sources of the tests.
fn tests() -> Result<Vec<PathBuf>> {
    let folder = fs::read_dir(tool::root().join(EXAMPLE).join("tests"))?;
    let files = folder.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "c")).collect())
}

impl Work {
    /// Builds one of the two programs.
    fn build(&self, program: Program<'_>, compiler: &str, flags: &[&str], more: &[&str]) -> Result<PathBuf> {
        self.build_with(&self.library, program, compiler, flags, more)
    }

    /// The same with another library.
    fn build_with(
        &self,
        library: &Path,
        (name, sources): Program<'_>,
        compiler: &str,
        flags: &[&str],
        more: &[&str],
    ) -> Result<PathBuf> {
        let root = tool::root();
        let program = self.folder.join(name);
        let mut build = Command::new(compiler);
        // Programs of C are C++, too.
        if compiler.ends_with("++") {
            build.args(["-x", "c++"]);
        }
        build.args(flags).args(STRICT).args(more).args(["-D_GNU_SOURCE", "-pthread"]);
        build.arg("-I").arg(root).arg("-I").arg(root.join(LIBRARY).join("include")).arg("-I").arg(&self.folder);
        let ground = Path::new("ground.c");
        build.args(sources.iter().map(Path::new).chain([ground]).map(|file| root.join(EXAMPLE).join(file)));
        build
            .args(["-x", "none"])
            .args(MODULES.iter().chain([&"eager"]).map(|module| self.folder.join(format!("{module}.o"))))
            .arg(library);
        tool::run(build.arg("-o").arg(&program))?;
        Ok(program)
    }

    fn run_program(&self, program: &Path, arguments: &[PathBuf]) -> Result<String> {
        Ok(String::from_utf8(tool::output(Command::new(program).args(arguments))?)?)
    }
}

/// Links all functions of the header into a program in which a panic is a symbol that nobody defines.
fn no_panic_is_reachable(work: &Work) -> Result<()> {
    let root = tool::root();
    let library = library("no-panic")?;
    let header = fs::read_to_string(root.join(LIBRARY).join("include/stilt.h"))?;
    let functions: Vec<&str> = declared(&header).collect();
    ensure!(functions.len() > 40, "the header declares only {} functions", functions.len());
    let main = work.folder.join("every.c");
    let list: String = functions.iter().map(|name| format!("  (void (*)(void)){name},\n")).collect();
    fs::write(
        &main,
        format!(
            "#include \"stilt.h\"\nvoid (*const volatile every[])(void) = {{\n{list}}};\nint main(void) {{ return every[0] == 0; }}\n"
        ),
    )?;
    let mut link = Command::new("cc");
    link.args(["-Os", "-Wall", "-Wextra", "-Werror", "-Wl,--gc-sections", "-I"])
        .arg(root.join(LIBRARY).join("include"));
    link.arg("-I").arg(root).arg(&main).arg(root.join(EXAMPLE).join("ground.c")).arg(&library);
    tool::run(link.arg("-o").arg(work.folder.join("every")))?;
    println!("no panic is reachable from the {} functions of stilt.h", functions.len());
    Ok(())
}

/// The functions that the header declares, and does not define.
pub(crate) fn declared(header: &str) -> impl Iterator<Item = &str> {
    let starts = |line: &&str| {
        !line.starts_with([' ', '/', '#', '}']) && !line.starts_with("static") && !line.starts_with("typedef")
    };
    header.lines().filter(starts).filter_map(|line| {
        let name = line.split('(').next()?.rsplit([' ', '*']).next()?;
        (line.contains('(') && name.starts_with("stilt_")).then_some(name)
    })
}

/// The same from Rust: storage that is given, under an allocator that refuses.
fn rust(work: &Work) -> Result<()> {
    let mut test = tool::cargo();
    test.args(["test", "--quiet", "--locked", "--package", "stilt-c", "--features", "pulley", "--manifest-path"]);
    test.arg(tool::root().join(LIBRARY).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(tool::root().join("target/c-api/tests"));
    let tested = tool::output(test.env("STILT_IMAGES", &work.folder))?;
    if !String::from_utf8_lossy(&tested).contains("test result: ok") {
        bail!("the tests of given storage did not run");
    }
    Ok(())
}
