//! Running the command in a folder of its own.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The built command.
pub(crate) const STILT: &str = env!("CARGO_BIN_EXE_stilt");

/// A folder that goes away with the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder for the test"))
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file for the test");
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The names of all files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).expect("the test's folder");
        let mut names: Vec<_> =
            files.map(|file| file.expect("its files").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs the command in the folder, without input.
    pub(crate) fn stilt<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut command = Command::new(STILT);
        command.args(args).stdin(Stdio::null());
        self.run(command)
    }

    /// Runs a command in the folder.
    pub(crate) fn run(&self, mut command: Command) -> Ran {
        Ran::new(command.current_dir(self.0.path()).output().expect("the command starts"))
    }
}

/// What the command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn new(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub(crate) fn ends(self, status: i32) -> Ran {
        assert_eq!(self.status, Some(status), "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Ran {
        self.ends(0)
    }

    /// It failed with code 1, nothing on standard output, and an error of one line that contains these words.
    #[track_caller]
    pub(crate) fn fails(self, words: &[&str]) {
        let lines = self.stderr.lines().count();
        assert!(self.stderr.starts_with("error: ") && lines == 1 && self.stdout.is_empty(), "{self:?}");
        let mut parts: Vec<_> = self.stderr.trim_end().split(": ").filter(|part| part.len() > 16).collect();
        parts.sort_unstable();
        assert!(parts.windows(2).all(|two| two[0] != two[1]), "something is said twice: {self:?}");
        self.fails_at_length(words);
    }

    /// Likewise, with an error of any length.
    #[track_caller]
    pub(crate) fn fails_at_length(self, words: &[&str]) {
        let ran = self.ends(1);
        for word in words {
            assert!(ran.stderr.contains(word), "{word}: {ran:?}");
        }
    }
}
