//! `stilt run --dir`: files of the system as a program sees them. The program makes the calls that a script asks for, one
//! a line, and prints what each answers.

use crate::support::{Folder, STILT};
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use stilt_wasi::Errno;
use stilt_wasi::abi::rights;

/// It makes the calls.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/calls/calls.wasm");

/// Rights of files and directories: everything.
pub(crate) const ALL: u64 = rights::FILE | rights::DIRECTORY;

/// Runs the calls and gives what they answered, one line each, with errors by their names.
pub(crate) fn calls(folder: &Folder, options: &[&str], script: &[&str]) -> Vec<String> {
    let input = folder.path(".calls");
    fs::write(&input, script.join("\n").replace("ALL", &ALL.to_string())).expect("a script");
    let mut command = Command::new(STILT);
    command.arg("run").args(options).arg(PROGRAM);
    command.stdin(fs::File::open(&input).expect("the script"));
    fs::remove_file(&input).expect("it is open");
    let ran = folder.run(command).succeeds();
    assert_eq!(ran.stderr, "");
    let named = |line: &str| {
        let (words, number) = line.rsplit_once(' ').unwrap_or(("", line));
        let number: u16 = number.parse().expect("an error number");
        match Errno::ALL.iter().find(|errno| errno.number() == number) {
            Some(errno) => format!("{errno:?}"),
            None => words.to_owned(),
        }
    };
    ran.stdout.lines().map(named).collect()
}

/// Checks each call's answer.
#[track_caller]
pub(crate) fn answers(folder: &Folder, options: &[&str], expected: &[(&str, &str)]) {
    let script: Vec<&str> = expected.iter().map(|(call, _)| *call).collect();
    let found = calls(folder, options, &script);
    let found: Vec<(&str, &str)> = script.iter().copied().zip(found.iter().map(String::as_str)).collect();
    assert_eq!(found, expected);
}

const HERE: &[&str] = &["--dir", ".::/"];

#[test]
fn a_file_is_made_written_and_read() {
    let folder = Folder::new();
    answers(
        &folder,
        HERE,
        &[
            ("open 3 1 f 5 ALL ALL 0", "4"),
            ("write 4 abcdef", "6"),
            ("tell 4", "6"),
            ("seek 4 -4 1", "2"),
            ("read 4 3", "3 <cde>"),
            ("seek 4 -7 2", "Inval"),
            ("seek 4 -1 0", "Inval"),
            ("seek 4 9 0", "9"),
            ("write 4 z", "1"),
            ("pwrite 4 BC 1", "2"),
            ("pread 4 4 0", "4 <aBCd>"),
            ("tell 4", "10"),
            ("set-size 4 3", ""),
            ("pread 4 9 0", "3 <aBC>"),
            ("read 4 9", "0 <>"),
            ("allocate 4 0 20", ""),
            ("advise 4 0 0 1", ""),
            ("set-times 4 1000000001 2000000002 5", ""),
            ("stat 4", "type 4 size 20 links 1 mtime 2000000002"),
            ("stat-at 3 0 f", "type 4 size 20 links 1 mtime 2000000002"),
            ("set-times-at 3 1 f 0 3000000003 4", ""),
            ("stat 4", "type 4 size 20 links 1 mtime 3000000003"),
            ("sync 4", ""),
            ("datasync 4", ""),
            ("close 4", ""),
            ("close 4", "Badf"),
            ("open 3 1 f 5 ALL ALL 0", "Exist"),
            ("open 3 1 f 8 ALL ALL 0", "4"),
        ],
    );
    assert_eq!(fs::read(folder.path("f")).expect("the file"), b"");
}

#[test]
fn appending_and_its_flags() {
    let folder = Folder::new();
    folder.file("f", "abc");
    answers(
        &folder,
        HERE,
        &[
            ("open 3 1 f 0 ALL ALL 1", "4"),
            ("write 4 de", "2"),
            ("seek 4 0 0", "0"),
            ("write 4 f", "1"),
            ("set-flags 4 0", ""),
            ("seek 4 0 0", "0"),
            ("write 4 A", "1"),
            ("set-flags 4 5", ""),
            ("fdstat 4", "type 4 flags 5 rights 8e001ff inheriting 0"),
            ("set-flags 4 16", "Notsup"),
            ("set-flags 4 32", "Inval"),
            ("open 3 1 f 8 ALL ALL 1", "5"),
            ("open 3 1 f 0 ALL ALL 30", "6"),
            ("write 6 durable", "7"),
        ],
    );
    assert_eq!(fs::read(folder.path("f")).expect("the file"), b"durable");
}

#[test]
fn directories_are_made_listed_and_removed() {
    let folder = Folder::new();
    folder.file("b", "");
    answers(
        &folder,
        HERE,
        &[
            ("mkdir 3 d", ""),
            ("mkdir 3 d", "Exist"),
            ("mkdir 3 no/d", "Noent"),
            ("open 3 1 d 2 ALL ALL 0", "4"),
            ("open 4 1 x 1 ALL ALL 0", "5"),
            ("rmdir 3 d", "Notempty"),
            ("unlink 3 d", "Isdir"),
            ("rmdir 3 b", "Notdir"),
            ("rmdir 3 no", "Noent"),
            ("stat-at 3 1 d/../b/", "Notdir"),
            ("open 3 1 b/ 0 ALL ALL 0", "Notdir"),
            ("open 3 1 b 2 ALL ALL 0", "Notdir"),
            ("open 3 1 d 0 64 0 0", "Isdir"),
            ("open 3 1 d 1 64 0 0", "Isdir"),
            ("read 4 1", "Isdir"),
            ("sync 4", ""),
            ("set-times 4 0 5000000005 4", ""),
            ("rename 4 x 3 y", ""),
            ("unlink 4 x", "Noent"),
            ("set-times 4 0 5000000005 4", ""),
            ("stat 4", "type 3 size 4096 links 2 mtime 5000000005"),
            ("rmdir 3 d", ""),
            ("open 4 1 x 1 ALL ALL 0", "Noent"),
        ],
    );
    assert_eq!(folder.names(), ["b", "y"]);
}

/// Reads a directory with little room at a time, as a C library does: on from the cookie of the last whole entry.
#[test]
fn entries_come_in_pieces_and_each_once() {
    let folder = Folder::new();
    let mut expected: Vec<String> = (0..40).map(|index| format!("4/file-{index:02}")).collect();
    for name in &expected {
        folder.file(&name[2..], "");
    }
    expected.extend(["3/.".into(), "3/..".into()]);
    expected.sort();
    // One whole entry, and a part of the next, at a time.
    let script: Vec<String> = (0..=42).map(|cookie| format!("entries 3 40 {cookie}")).collect();
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    let answers = calls(&folder, HERE, &script);
    assert_eq!(answers.last().map(String::as_str), Some("used 0:"));
    let mut found: Vec<String> =
        answers.iter().filter_map(|line| line.split(' ').nth(2)).map(ToOwned::to_owned).collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn links_are_made_read_and_followed() {
    let folder = Folder::new();
    folder.file("f", "abc");
    answers(
        &folder,
        HERE,
        &[
            ("set-times-at 3 0 f 0 9000000009 4", ""),
            ("symlink f 3 s", ""),
            ("symlink f 3 s", "Exist"),
            ("symlink nothing 3 dangling", ""),
            ("symlink loop 3 loop", ""),
            ("readlink 3 s 100", "<f>"),
            ("readlink 3 dangling 3", "<not>"),
            ("readlink 3 f 9", "Inval"),
            ("open 3 1 s 0 2 0 0", "4"),
            ("read 4 9", "3 <abc>"),
            ("open 3 0 s 0 2 0 0", "Loop"),
            ("open 3 1 loop 0 2 0 0", "Loop"),
            ("open 3 1 dangling 0 2 0 0", "Noent"),
            ("stat-at 3 1 s", "type 4 size 3 links 1 mtime 9000000009"),
            ("link 3 0 f 3 g", ""),
            ("link 3 1 f 3 h", "Inval"),
            ("link 3 0 f 3 g", "Exist"),
            ("stat-at 3 1 g", "type 4 size 3 links 2 mtime 9000000009"),
            ("rename 3 g 3 s", ""),
            ("stat-at 3 0 s", "type 4 size 3 links 2 mtime 9000000009"),
            ("unlink 3 loop", ""),
            ("unlink 3 dangling", ""),
        ],
    );
    assert_eq!(folder.names(), ["f", "s"]);
}

#[test]
fn descriptors_begin_with_the_directories_in_order() {
    let folder = Folder::new();
    for name in ["a", "b", "c"] {
        fs::create_dir(folder.path(name)).expect("a directory");
    }
    let options = ["--dir", "a", "--dir-read-only", "c::/data", "--dir", "b::/b c"];
    answers(
        &folder,
        &options,
        &[
            ("prestat 3", "<a>"),
            ("prestat 4", "</b c>"),
            ("prestat 5", "</data>"),
            ("prestat 6", "Badf"),
            ("open 5 1 f 1 ALL ALL 0", "Rofs"),
            ("mkdir 5 d", "Rofs"),
            ("open 4 1 f 1 ALL ALL 0", "6"),
            ("rename 4 f 5 f", "Rofs"),
            ("link 4 0 f 5 f", "Rofs"),
            ("rename 4 f 3 f", ""),
            ("renumber 6 4", ""),
            ("prestat 4", "Badf"),
            ("write 4 x", "1"),
            ("write 6 x", "Badf"),
        ],
    );
    assert_eq!(fs::read(folder.path("a/f")).expect("the file"), b"x");
}

#[test]
fn input_is_polled() {
    let folder = Folder::new();
    folder.file("f", "abc");
    answers(
        &folder,
        HERE,
        &[
            ("open 3 1 f 0 ALL ALL 0", "4"),
            ("poll-read 4 1000000000000", "7:0:3"),
            ("poll-write 4 1000000000000", "7:0:1"),
            ("poll-write 1 1000000000000", "7:0:1"),
            ("poll-read 0 1000000000000", "7:0:0"),
            ("poll-read 9 1000000000000", "7:8:0"),
        ],
    );
    // A pipe that stays silent, but open: the clock ends the wait.
    let mut child = Command::new(STILT)
        .args(["run", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"poll-read 0 1000000\nquit\n").expect("it reads");
    let mut output = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut output).expect("an answer");
    assert_eq!(output, "8:0:0 0\n");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn directories_that_cannot_be_given_are_named_before_the_program_starts() {
    let folder = Folder::new();
    folder.file("file", "");
    folder.file(
        "exit.wat",
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const 9))))"#,
    );
    let run = |option: &str, value: &str| folder.stilt(&["run", "exit.wat", option, value]);
    run("--dir", ".").ends(9);
    run("--dir", "missing").fails(&["--dir missing", "missing: there is no such directory"]);
    run("--dir-read-only", "no/such::/").fails(&["--dir-read-only no/such::/", "no/such: there is no such directory"]);
    run("--dir", "file::x").fails(&["--dir file::x", "file: this is not a directory"]);
    for wrong in ["", "::", "::x", "x::"] {
        run("--dir", wrong).fails(&["HOST or HOST::GUEST is expected"]);
    }
}
