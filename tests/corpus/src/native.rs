//! The programs built for this machine, and what they answer.

use crate::folder;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a program did.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit status.
    pub status: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl core::fmt::Debug for Output {
    /// Lengths, and the beginnings as text: outputs are long.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let beginning = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(400).collect::<String>();
        f.debug_struct("Output")
            .field("status", &self.status)
            .field("stdout.len", &self.stdout.len())
            .field("stdout", &beginning(&self.stdout))
            .field("stderr.len", &self.stderr.len())
            .field("stderr", &beginning(&self.stderr))
            .finish()
    }
}

/// The native builds, in a folder of the caller's.
#[derive(Debug)]
pub struct Native {
    folder: PathBuf,
}

impl Native {
    /// Builds every program with the system's C compiler (`CC`, or else `cc`) into `into`.
    ///
    /// # Errors
    /// If there is no C compiler, or it refuses a program.
    pub fn build(into: &Path) -> io::Result<Self> {
        fs::create_dir_all(into)?;
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        for source in sources()? {
            let built = Command::new(&compiler)
                .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"])
                .arg(folder().join(&source).with_extension("c"))
                .args(["-lm", "-o"])
                .arg(into.join(&source))
                .status()?;
            if !built.success() {
                return Err(io::Error::other(format!("{} refuses {source}.c", compiler.display())));
            }
        }
        Ok(Self { folder: into.into() })
    }

    /// Runs a program with this input and nothing in its environment but `env`.
    ///
    /// # Errors
    /// If it cannot be started, or ends without an exit status.
    pub fn run(&self, program: &str, args: &[String], env: &[(String, String)], stdin: &[u8]) -> io::Result<Output> {
        let input = self.folder.join(format!("{:?}.stdin", std::thread::current().id()));
        fs::write(&input, stdin)?;
        let output = Command::new(self.folder.join(source_of(program)))
            .args(args)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::from(File::open(&input)?))
            .output()?;
        fs::remove_file(&input)?;
        let status = output.status.code().ok_or_else(|| io::Error::other(format!("{program}: {}", output.status)))?;
        Ok(Output { status, stdout: output.stdout, stderr: output.stderr })
    }
}

/// `digest-simd` is `digest` with other options for wasm.
fn source_of(program: &str) -> &str {
    program.split_once('-').map_or(program, |(source, _)| source)
}

fn sources() -> io::Result<BTreeSet<String>> {
    Ok(crate::wasm_files()?.iter().map(|(name, _)| source_of(name).to_owned()).collect())
}
