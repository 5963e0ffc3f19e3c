//! Modules that are linked into a program, as `embedding-example/linked` has them: with both linkers, at fixed addresses and
//! wherever a loader puts them, native code with and without hardware traps, bytecode, sections that are dropped, and gdb.

pub(crate) mod elsewhere;
mod gdb;
mod header;

use crate::emulated::Machine;
use crate::tool;
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const EXAMPLE: &str = "embedding-example/linked";
const MODULES: [&str; 2] = ["blinky", "pulse"];

/// What the program prints: blinks of 6, 4 and 2 and a letter; 1000 / fib(10); and a division by fib(0).
const PRINTED: &str = "blinky 110\npulse 18\npulse trap 8\n";

/// How programs are linked.
const LINKS: [(&str, &[&str]); 4] = [
    ("ld, anywhere", &["-fuse-ld=bfd", "-pie"]),
    ("ld, at fixed addresses, static", &["-fuse-ld=bfd", "-no-pie", "-static"]),
    ("lld, anywhere", &["-fuse-ld=lld", "-pie"]),
    ("lld, at fixed addresses", &["-fuse-ld=lld", "-no-pie"]),
];

/// Options of modules for a ground without an MMU; every function is there to be seen.
const EXPLICIT: [&str; 4] = ["--traps", "explicit", "--inline", "off"];

/// A folder to work in.
struct Work {
    folder: PathBuf,
    stilt: PathBuf,
    /// What the programs are for, if not for this one.
    machine: Option<&'static Machine>,
}

pub(crate) fn run() -> Result<()> {
    let work = Work::new(None)?;
    let library = work.library("")?;
    work.objects(&EXPLICIT)?;
    for (how, flags) in LINKS {
        let program = work.link(&library, flags)?;
        work.check(&program, how)?;
        nothing_is_relocated(&work, &program)?;
    }
    gdb::check(&work.link(&library, &["-pie"])?, None)?;
    header::check(&work.folder)?;
    work.unused_modules_are_dropped()?;
    work.again(&library)?;

    let hardware = work.library("hardware")?;
    work.objects(&["--traps", "hardware"])?;
    for (how, flags) in LINKS {
        work.check(&work.link(&hardware, flags)?, &format!("hardware traps, {how}"))?;
    }
    let interpreter = work.library("pulley")?;
    work.objects(&["--target", "pulley64", "--machine", "x86_64"])?;
    for (how, flags) in LINKS {
        work.check(&work.link(&interpreter, flags)?, &format!("bytecode, {how}"))?;
    }
    println!("modules in programs run, are named in gdb, and are dropped when nothing refers to them");
    Ok(())
}

impl Work {
    fn new(machine: Option<&'static Machine>) -> Result<Work> {
        let stilt = tool::stilt()?;
        let folder = tool::root().join("target/linked-example").join(machine.map_or("here", |machine| machine.isa));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        if machine.is_some() {
            elsewhere::offer_lld(&folder)?;
        }
        Ok(Work { folder, stilt, machine })
    }

    /// The runtime for C, with these features.
    fn library(&self, features: &str) -> Result<PathBuf> {
        if let Some(machine) = self.machine {
            let manifest = tool::root().join(EXAMPLE).join("Cargo.toml");
            let mut cargo = machine.cargo("build");
            // The standard library as other suites have built it, and our own crates with what gdb wants to know.
            cargo.args(["--config", "profile.release.debug=false"]);
            for name in ["stilt", "stilt-artifact", "stilt-collections", "stilt-example-linked", "stilt-vm"] {
                cargo.args(["--config", &format!("profile.release.package.{name}.debug=\"line-tables-only\"")]);
            }
            tool::run(cargo.args(["--locked", "--features", features, "--manifest-path"]).arg(manifest))?;
            return Ok(machine.built("libstilt_example_linked.a"));
        }
        let target = tool::root().join("target/linked").join(if features.is_empty() { "least" } else { features });
        let mut cargo = tool::cargo();
        cargo.args(["build", "--quiet", "--release", "--locked", "--features", features, "--manifest-path"]);
        tool::run(cargo.arg(tool::root().join(EXAMPLE).join("Cargo.toml")).arg("--target-dir").arg(&target))?;
        Ok(target.join("release/libstilt_example_linked.a"))
    }

    /// Compiles both modules to objects, in one call.
    fn objects(&self, options: &[&str]) -> Result<()> {
        let mut stilt = Command::new(&self.stilt);
        stilt.args(["compile", "--emit", "obj", "--out-dir"]).arg(&self.folder).args(options);
        tool::run(stilt.args(MODULES.map(|module| tool::root().join(EXAMPLE).join(format!("{module}.wat")))))
    }

    fn compiler(&self) -> Command {
        if self.machine.is_some() { self.binary_tool("gcc") } else { Command::new("cc") }
    }

    /// A tool for what compilers write.
    fn binary_tool(&self, name: &str) -> Command {
        Command::new(self.machine.map_or(name.to_owned(), |machine| format!("{}-{name}", machine.gnu)))
    }

    /// Links the program with both.
    fn link(&self, library: &Path, flags: &[&str]) -> Result<PathBuf> {
        tool::run(&mut self.linker(library, flags)?)?;
        Ok(self.folder.join("program"))
    }

    fn linker(&self, library: &Path, flags: &[&str]) -> Result<Command> {
        let program = self.folder.join("program");
        let mut link = self.compiler();
        link.args(["-std=gnu11", "-O1", "-g", "-fno-inline", "-Wall", "-Wextra", "-Werror", "-ffunction-sections"]);
        link.args(["-Wl,--gc-sections", "-Wl,--fatal-warnings"]).args(flags).arg("-I").arg(tool::root());
        link.arg("-I").arg(&self.folder).arg("-o").arg(&program).arg(tool::root().join(EXAMPLE).join("main.c"));
        link.args(MODULES.map(|module| self.folder.join(format!("{module}.o")))).arg(library);
        if self.machine.is_some() {
            link.arg(elsewhere::panics(self)?).arg("-B").arg(&self.folder);
        }
        if self.machine.is_some() || library.iter().any(|part| part == "hardware") {
            link.args(["-DWITH_PLATFORM", "-pthread"]);
        }
        if library.iter().any(|part| part == "pulley") {
            // The interpreter is another project's, and has panics that no input reaches, but that a linker sees.
            link.args(["-Wl,--defsym=stilt_a_panic_is_reachable=0", "-Wl,--defsym=rust_eh_personality=0"]);
        }
        Ok(link)
    }

    fn check(&self, program: &Path, how: &str) -> Result<()> {
        let mut command = match self.machine {
            Some(machine) => machine.emulator(),
            None => Command::new("/usr/bin/env"),
        };
        let printed = tool::output(command.arg(program))?;
        let printed = String::from_utf8_lossy(&printed);
        ensure!(printed == PRINTED, "{how}: the program printed {printed:?}, expected {PRINTED:?}");
        Ok(())
    }

    /// With `--gc-sections`, a module that is not referred to leaves nothing: no code, no tables, no unwind information.
    fn unused_modules_are_dropped(&self) -> Result<()> {
        let main = self.folder.join("unused.c");
        fs::write(
            &main,
            "#include \"blinky.h\"\nconst void *volatile used = &blinky;\nint main(void) { return used == 0; }\n",
        )?;
        for linker in ["bfd", "lld"] {
            let program = self.folder.join("unused");
            let mut link = Command::new("cc");
            link.args([&format!("-fuse-ld={linker}"), "-Wl,--gc-sections", "-I"]).arg(&self.folder);
            link.arg("-o").arg(&program).arg(&main);
            tool::run(link.args(MODULES.map(|module| self.folder.join(format!("{module}.o")))))?;
            let symbols = text(Command::new("nm").arg(&program))?;
            for kept in [" blinky", "blinky::run", "blinky::beat"] {
                ensure!(symbols.lines().any(|line| line.ends_with(kept)), "{linker}: {kept} was dropped: {symbols}");
            }
            ensure!(!symbols.contains("pulse"), "{linker}: a module that nothing refers to was kept: {symbols}");
            tool::run(&mut Command::new(&program))?;
        }
        Ok(())
    }

    /// The same bytes again; sections of one's own; unwind information that is not loaded; code far from everything.
    fn again(&self, library: &Path) -> Result<()> {
        let first = fs::read(self.folder.join("pulse.o"))?;
        self.objects(&[EXPLICIT.as_slice(), &["--jobs", "1"]].concat())?;
        ensure!(first == fs::read(self.folder.join("pulse.o"))?, "an object differs from one compilation to the next");

        let options = ["--code-section", ".text.fast", "--table-section", ".rodata.slow", "--unwind", "debug-frame"];
        self.objects(&[EXPLICIT.as_slice(), &options].concat())?;
        let sections = text(Command::new("readelf").arg("-SW").arg(self.folder.join("pulse.o")))?;
        for (section, flags) in [(".text.fast", "AX"), (".rodata.slow", "A")] {
            let line = sections.lines().find(|line| line.contains(section)).with_context(|| sections.clone())?;
            ensure!(line.split_whitespace().any(|word| word == flags), "{section} is not {flags}: {line}");
        }
        ensure!(!sections.contains(".eh_frame"), "unwind information is loaded in spite of what was asked for");
        let program = self.link(library, &["-pie"])?;
        self.check(&program, "named sections")?;
        gdb::check(&program, None)?;

        self.objects(&[EXPLICIT.as_slice(), &["--code-section", "wasm_code", "--code-model", "large"]].concat())?;
        let far = ["-fuse-ld=bfd", "-no-pie", "-static", "-Wl,--section-start=wasm_code=0x2000000000"];
        self.check(&self.link(library, &far)?, "code 128 GiB away")?;
        Ok(())
    }
}

/// Nothing in the sections of modules is touched when the program is loaded.
fn nothing_is_relocated(work: &Work, program: &Path) -> Result<()> {
    let number = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    let symbols = text(work.binary_tool("nm").arg("-S").arg(program))?;
    let mut ranges = Vec::new();
    for line in symbols.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if let [start, size, _, name, ..] = *words
            && MODULES.iter().any(|module| name == *module || name.starts_with(&format!("{module}::")))
            && let (Some(start), Some(size)) = (number(start), number(size))
        {
            ranges.push(start..start + size);
        }
    }
    if ranges.len() < 2 * MODULES.len() {
        bail!("nm does not list the modules: {symbols}");
    }
    let relocations = text(work.binary_tool("readelf").arg("-rW").arg(program))?;
    for line in relocations.lines() {
        let Some(place) = line.split_whitespace().next().and_then(number) else { continue };
        ensure!(!ranges.iter().any(|range| range.contains(&place)), "relocated when the program is loaded: {line}");
    }
    Ok(())
}

fn text(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(tool::output(command)?)?)
}
