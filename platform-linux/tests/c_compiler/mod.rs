//! The C and C++ compilers, for tests that need them.

use std::process::Command;

/// Which compiler.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CompilerKind {
    /// `$CC`, or `cc`.
    C,
    /// `$CXX`, or `c++`.
    #[allow(dead_code, reason = "not every test program that includes this needs it")]
    Cxx,
}

/// The compiler's command. Panics with its name if it is not there: these tests need it.
pub(crate) fn compiler(kind: CompilerKind) -> String {
    let (variable, default) = match kind {
        CompilerKind::C => ("CC", "cc"),
        CompilerKind::Cxx => ("CXX", "c++"),
    };
    let command = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    let there = Command::new(&command).arg("--version").output().is_ok();
    assert!(there, "this test needs a {kind:?} compiler: `{command}` was not found (install one, or set {variable})");
    command
}
