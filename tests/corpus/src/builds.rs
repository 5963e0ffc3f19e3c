//! Programs built from packages' C and C++ sources, for wasm and for this machine alike.

use crate::folder;
use crate::packages::Crates;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program: a small main file of ours in `programs/`, and a package's sources.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The main file, without its extension; also the program's name.
    pub name: &'static str,
    /// The crate that carries the sources.
    pub package: &'static str,
    /// The sources' folder within it, which is searched for headers, too.
    pub root: &'static str,
    /// The sources; a folder stands for all that end like the main file in it.
    pub sources: &'static [&'static str],
    /// Is it C++?
    pub cpp: bool,
    /// What the compiler is told in both builds.
    pub flags: &'static [&'static str],
    /// What is linked for wasm in addition.
    pub wasm_libraries: &'static [&'static str],
}

/// Every program that is built from a package's sources.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "bzip2",
        package: "bzip2-sys",
        root: "bzip2-1.0.8",
        sources: &["blocksort.c", "bzlib.c", "compress.c", "crctable.c", "decompress.c", "huffman.c", "randtable.c"],
        cpp: false,
        flags: &["-DBZ_NO_STDIO"],
        wasm_libraries: &[],
    },
    Program {
        name: "zstd",
        package: "zstd-sys",
        root: "zstd/lib",
        sources: &["common", "compress", "decompress"],
        cpp: false,
        flags: &["-DZSTD_DISABLE_ASM=1"],
        wasm_libraries: &[],
    },
    Program {
        name: "webp",
        package: "libwebp-sys",
        root: "vendor",
        sources: &["sharpyuv", "src/dec", "src/dsp", "src/enc", "src/utils"],
        cpp: false,
        flags: &[],
        wasm_libraries: &[],
    },
    Program {
        name: "mesh",
        package: "meshopt",
        root: "vendor/src",
        sources: &[
            "allocator.cpp",
            "indexcodec.cpp",
            "indexgenerator.cpp",
            "quantization.cpp",
            "simplifier.cpp",
            "vcacheoptimizer.cpp",
            "vertexcodec.cpp",
            "vfetchoptimizer.cpp",
        ],
        cpp: true,
        flags: &["-std=c++11", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"],
        wasm_libraries: &[],
    },
    Program {
        name: "sqlite",
        package: "libsqlite3-sys",
        root: "sqlite3",
        sources: &["sqlite3.c"],
        cpp: false,
        flags: &[
            "-DSQLITE_THREADSAFE=0",
            "-DSQLITE_OMIT_LOAD_EXTENSION",
            "-DSQLITE_OMIT_WAL",
            "-DSQLITE_MAX_MMAP_SIZE=0",
            "-D_WASI_EMULATED_GETPID",
            "-D_WASI_EMULATED_MMAN",
        ],
        wasm_libraries: &["-lwasi-emulated-getpid", "-lwasi-emulated-mman"],
    },
    Program {
        name: "javascript",
        package: "rquickjs-sys",
        root: "quickjs",
        sources: &["dtoa.c", "libregexp.c", "libunicode.c", "quickjs.c"],
        cpp: false,
        flags: &["-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD", "-D_WASI_EMULATED_PROCESS_CLOCKS", "-D_WASI_EMULATED_SIGNAL"],
        wasm_libraries: &["-lwasi-emulated-process-clocks", "-lwasi-emulated-signal"],
    },
];

/// What a program is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// wasm32 with WASI, by `CLANG` or else `clang`.
    Wasm,
    /// This machine, by `CC` or `CXX`, or else `cc` or `c++`.
    Native,
}

impl Program {
    /// Builds it at an optimisation level (`-O1`), or takes the last build that was made by the same command from the same main
    /// file, and gives the file.
    ///
    /// # Errors
    /// If there is no such compiler, or it refuses.
    pub fn build(&self, ground: Ground, level: &str, crates: &Crates, into: &Path) -> io::Result<PathBuf> {
        let extension = if self.cpp { "cpp" } else { "c" };
        let main = folder().join("programs").join(self.name).with_extension(extension);
        let root = crates.folder(self.package)?.join(self.root);
        let mut command = Command::new(compiler(ground, self.cpp));
        if ground == Ground::Wasm {
            command.args(["--target=wasm32-wasi", "-msign-ext", "-mnontrapping-fptoint"]);
        }
        command.args([level, "-w", "-I"]).arg(&root).args(self.flags).arg(&main);
        for source in self.sources {
            command.args(files(&root.join(source), extension)?);
        }
        if ground == Ground::Wasm {
            // A stack as large as programs are used to (the linker's own is 64 KiB), where an overflow meets no data.
            command.args(self.wasm_libraries).args(["-Wl,-z,stack-size=4194304", "-Wl,--stack-first"]);
            command.arg("-Wl,--strip-debug");
        }
        command.arg("-lm");

        built_once(command, self.name, &main, ground, into)
    }
}

/// Gives the file that a compiler makes, or made before by the same command from the same main file. The command is complete
/// but for the output and, if it is Go's, which wants it last, the main file.
pub(crate) fn built_once(
    mut command: Command,
    name: &str,
    main: &Path,
    ground: Ground,
    into: &Path,
) -> io::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (format!("{command:?}"), fs::read(main)?).hash(&mut hasher);
    let suffix = if ground == Ground::Wasm { "wasm" } else { "native" };
    let built = into.join(format!("{name}-{:016x}.{suffix}", hasher.finish()));
    if built.exists() {
        return Ok(built);
    }
    fs::create_dir_all(into)?;
    let unfinished = built.with_extension(format!("{suffix}.{}.unfinished", std::process::id()));
    command.arg("-o").arg(&unfinished);
    if main.extension().is_some_and(|extension| extension == "go") {
        command.arg(main);
    }
    let output = command.output().map_err(|error| {
        io::Error::other(format!("{}: {error}; `cargo xtask setup` installs it", command.get_program().display()))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("cannot build {name} for {ground:?}:\n{said}")));
    }
    fs::rename(&unfinished, &built)?;
    Ok(built)
}

fn compiler(ground: Ground, cpp: bool) -> std::ffi::OsString {
    let (variable, otherwise) = match (ground, cpp) {
        // The C compiler's driver compiles C++, too, and does not link C++'s library, which Debian has not by default.
        (Ground::Wasm, _) => ("CLANG", "clang"),
        (Ground::Native, false) => ("CC", "cc"),
        (Ground::Native, true) => ("CXX", "c++"),
    };
    std::env::var_os(variable).unwrap_or_else(|| otherwise.into())
}

/// The file itself, or all with this extension in the folder.
fn files(path: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
