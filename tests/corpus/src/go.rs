//! Programs in Go: its compiler and library come from PyPI, the programs' main files are ours.

use crate::builds::{Ground, built_once};
use crate::folder;
use crate::packages::go_tools;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler, and where what it makes lies.
#[derive(Debug)]
pub struct Go {
    tools: PathBuf,
    into: PathBuf,
}

impl Go {
    /// Fetches the compiler into a folder, if it is not there yet.
    ///
    /// # Errors
    /// If pip cannot: it is not installed, no network, or a checksum that is not `sources/requirements.txt`'s.
    pub fn fetch(into: &Path) -> io::Result<Self> {
        Ok(Self { tools: go_tools(into)?, into: into.into() })
    }

    /// Builds a program of `programs/`, or takes the last build that was made by the same command from the same file.
    ///
    /// # Errors
    /// If the compiler refuses it.
    pub fn build(&self, name: &str, ground: Ground) -> io::Result<PathBuf> {
        let main = folder().join("programs").join(name).with_extension("go");
        let mut command = Command::new(self.tools.join("bin/go"));
        // Nothing of the user's has a say, and nothing is asked from the network.
        command.env_clear().env("HOME", &self.into).env("GOCACHE", self.into.join("go-cache"));
        command.envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("CGO_ENABLED", "0")]);
        if ground == Ground::Wasm {
            command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
        }
        command.args(["build", "-trimpath", "-ldflags=-s -w"]);
        built_once(command, name, &main, ground, &self.into)
    }
}
