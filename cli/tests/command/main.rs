//! The command from outside: what it answers to good and bad input, in words and exit codes.

mod compile;
mod devices;
mod escapes;
mod files;
mod floats;
mod inspect;
mod many;
mod objdump;
mod objects;
mod run;
mod small_memories;
mod support;
mod wast;

use support::Folder;

#[test]
fn help_teaches() {
    let folder = Folder::new();
    let help = folder.stilt(&["--help"]).succeeds().stdout;
    for word in ["compile", "check", "targets", "run", "inspect", "objdump", "wast", "Examples:", "--traps explicit"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    for command in ["compile", "check", "targets", "run", "inspect", "objdump", "wast"] {
        assert!(folder.stilt(&[command, "--help"]).succeeds().stdout.contains("Usage:"), "{command}");
    }
    assert!(folder.stilt(&["--version"]).succeeds().stdout.starts_with("stilt "));
}

#[test]
fn a_wrong_command_line_is_told_apart_from_a_failure() {
    let folder = Folder::new();
    for args in [&[][..], &["build"], &["compile"], &["compile", "a.wat", "--traps", "soft"]] {
        folder.stilt(args).ends(2);
    }
}
