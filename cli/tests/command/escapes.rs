//! No path, link or rename leads out of a directory that a program was given.
//!
//! Each folder of these tests has a directory `in`, which the program gets, and beside it `out` with a secret that it must
//! neither read nor change.

use crate::files::{answers, calls};
use crate::support::Folder;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const IN: &[&str] = &["--dir", "in::/"];

/// `in` with a file and a directory, and links that the host put there to everywhere.
fn trap() -> Folder {
    let folder = Folder::new();
    for directory in ["in", "in/d", "in/d/e", "out"] {
        fs::create_dir(folder.path(directory)).expect("a directory");
    }
    folder.file("out/secret", "secret");
    folder.file("in/f", "inside");
    for (target, name) in [
        ("/etc/passwd", "absolute"),
        ("/", "root"),
        ("../out/secret", "relative"),
        ("../out", "directory"),
        ("d/../../out/secret", "through"),
        ("..", "up"),
        ("d/e", "chain-1"),
        ("chain-1/../../../out/secret", "chain-2"),
        ("/proc/self/cwd/out/secret", "magic"),
        ("/proc/self/root", "magic-root"),
    ] {
        symlink(target, folder.path("in").join(name)).expect("a link");
    }
    folder
}

impl Folder {
    /// Nothing outside has changed.
    #[track_caller]
    fn is_intact(&self) {
        assert_eq!(self.names(), ["in", "out"]);
        let out: Vec<_> = fs::read_dir(self.path("out")).expect("it is there").collect();
        assert_eq!(out.len(), 1, "{out:?}");
        assert_eq!(fs::read(self.path("out/secret")).expect("it is there"), b"secret");
        let links = std::os::unix::fs::MetadataExt::nlink(&fs::metadata(self.path("out/secret")).expect("it is there"));
        assert_eq!(links, 1);
    }
}

/// Each of these calls is answered with `Perm`.
#[track_caller]
fn all_refused(folder: &Folder, script: &[String]) {
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    for (call, answer) in script.iter().zip(calls(folder, IN, &script)) {
        assert_eq!(answer, "Perm", "{call}");
    }
}

/// Paths that lead out, all the way to something that is there.
const TO_A_FILE: &[&str] = &[
    "/etc/passwd",
    "../out/secret",
    "d/../../out/secret",
    "d/e/../../../out/secret",
    "./.././out/secret",
    "../in/../out/secret",
    "absolute",
    "relative",
    "through",
    "chain-2",
    "magic",
    "directory/secret",
    "up/out/secret",
    "root/etc/passwd",
    "magic-root/etc/passwd",
    "d/../relative",
];

#[test]
fn nothing_outside_is_opened_or_looked_at() {
    let folder = trap();
    let mut script = Vec::new();
    for path in TO_A_FILE {
        for call in ["open 3 1 PATH 0 2 0 0", "open 3 1 PATH 1 64 0 0", "open 3 1 PATH 8 64 0 0", "stat-at 3 1 PATH"] {
            script.push(call.replace("PATH", path));
        }
    }
    for path in ["..", "/", "up", "root", "directory", "d/../..", "../in", "magic-root", "up/in"] {
        for call in ["open 3 1 PATH 2 ALL ALL 0", "stat-at 3 1 PATH", "open 3 1 PATH/. 2 ALL ALL 0"] {
            script.push(call.replace("PATH", path));
        }
    }
    all_refused(&folder, &script);
    folder.is_intact();
}

#[test]
fn nothing_outside_is_changed() {
    let folder = trap();
    let mut script = Vec::new();
    for path in TO_A_FILE.iter().filter(|path| path.contains('/')) {
        for call in [
            "open 3 1 PATH-new 13 64 0 0",
            "mkdir 3 PATH-new",
            "unlink 3 PATH",
            "rmdir 3 PATH",
            "rename 3 PATH 3 stolen",
            "rename 3 f 3 PATH",
            "rename 3 d 3 PATH-new",
            "link 3 0 PATH 3 stolen",
            "link 3 0 f 3 PATH-new",
            "symlink f 3 PATH-new",
            "readlink 3 PATH 100",
            "set-times-at 3 1 PATH 0 0 10",
            "set-times-at 3 0 PATH 0 0 10",
        ] {
            script.push(call.replace("PATH", path));
        }
    }
    // The links themselves are inside; these calls would touch them, not what they lead to.
    let inside = |call: &str| {
        let path = "d/../relative";
        call.contains(path) && !call.starts_with("set-times-at 3 1")
    };
    script.retain(|call| !inside(call));
    all_refused(&folder, &script);
    folder.is_intact();
    assert_eq!(fs::read(folder.path("in/f")).expect("it is there"), b"inside");
}

#[test]
fn a_links_own_name_is_inside_and_what_it_holds_is_not_followed() {
    let folder = trap();
    answers(
        &folder,
        IN,
        &[
            ("link 3 0 relative 3 hard", ""),
            ("open 3 1 hard 0 2 0 0", "Perm"),
            ("rename 3 hard 3 d/e/deeper", ""),
            ("open 3 1 d/e/deeper 0 2 0 0", "Noent"),
            ("rename 3 d/e/deeper 3 d/hard", ""),
            ("open 3 1 d/hard 0 2 0 0", "Noent"),
            ("readlink 3 absolute 100", "Perm"),
            ("set-times-at 3 0 relative 0 5000000005 4", ""),
            ("unlink 3 relative", ""),
            ("unlink 3 directory", ""),
            ("rmdir 3 up", "Notdir"),
        ],
    );
    folder.is_intact();
}

#[test]
fn links_that_a_program_makes_do_not_lead_out_either() {
    let folder = trap();
    answers(
        &folder,
        IN,
        &[
            ("symlink /etc/passwd 3 own-absolute", "Perm"),
            ("symlink / 3 own-root", "Perm"),
            ("symlink ../out/secret 3 own", ""),
            ("open 3 1 own 0 2 0 0", "Perm"),
            ("symlink ../.. 3 d/own-up", ""),
            ("open 3 1 d/own-up/out/secret 0 2 0 0", "Perm"),
            ("mkdir 3 d/own-up/new", "Perm"),
            // A link that is inside where it lies, and not where it is moved to.
            ("symlink ../f 3 d/e/f", ""),
            ("symlink .. 3 d/back", ""),
            ("open 3 1 d/back/f 0 2 0 0", "4"),
            ("rename 3 d/back 3 back", ""),
            ("open 3 1 back/out/secret 0 2 0 0", "Perm"),
            // A directory opened below: what is above it is no longer reachable, though it is inside.
            ("open 3 1 d/e 2 ALL ALL 0", "5"),
            ("open 5 1 ../../f 0 2 0 0", "Perm"),
            ("open 5 1 .. 2 ALL ALL 0", "Perm"),
            // Moved away while open, it does not become a way out.
            ("rename 3 d/e 3 e", ""),
            ("open 5 1 ../../out/secret 0 2 0 0", "Perm"),
            ("open 5 1 new 1 64 0 0", "6"),
        ],
    );
    folder.is_intact();
    assert!(folder.path("in/e/new").exists());
}

#[test]
fn two_directories_stay_two() {
    let folder = trap();
    let options = ["--dir", "in::/in", "--dir-read-only", "out::/out"];
    answers(
        &folder,
        &options,
        &[
            ("open 4 1 secret 0 2 0 0", "5"),
            ("read 5 9", "6 <secret>"),
            ("open 4 1 secret 0 64 0 0", "Rofs"),
            ("rename 4 secret 3 s", "Rofs"),
            ("rename 3 f 4 f", "Rofs"),
            // Through another name it could be written.
            ("link 4 0 secret 3 s", "Rofs"),
            ("open 3 1 relative 0 2 0 0", "Perm"),
            ("set-times 5 0 0 10", "Notcapable"),
            ("set-size 5 0", "Notcapable"),
        ],
    );
    folder.is_intact();
}

/// A directory on the path turns into a link that leads out, and back, while the program opens what lies below.
#[test]
fn a_tree_that_changes_meanwhile_lets_nothing_out() {
    let folder = trap();
    fs::create_dir(folder.path("in/swap")).expect("a directory");
    folder.file("in/swap/secret", "inside");
    symlink("../out", folder.path("in/way-out")).expect("a link");
    let (swap, kept, way_out) = (folder.path("in/swap"), folder.path("in/kept"), folder.path("in/way-out"));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let swapped = fs::rename(&swap, &kept)
                    .and_then(|()| fs::rename(&way_out, &swap))
                    .and_then(|()| fs::rename(&swap, &way_out))
                    .and_then(|()| fs::rename(&kept, &swap));
                swapped.expect("nobody else renames them");
            }
        });
        let _stop = Stop(&over);
        let round = ["open 3 1 swap/secret 0 2 0 0", "read 4 9", "close 4", "open 3 1 swap/new 1 64 0 0", "close 4"];
        let script: Vec<&str> = round.iter().copied().cycle().take(5 * 1000).collect();
        let (mut met_the_file, mut met_the_link) = (false, false);
        for _ in 0..100 {
            let found = calls(&folder, IN, &script);
            assert!(found.iter().all(|answer| !answer.contains("secret")));
            for (call, answer) in script.iter().zip(&found).filter(|(call, _)| call.starts_with("open")) {
                assert!(["4", "Perm", "Noent", "Again"].contains(&answer.as_str()), "{call}: {answer}");
            }
            met_the_file |= found.iter().any(|answer| answer == "6 <inside>");
            met_the_link |= found.iter().any(|answer| answer == "Perm");
            if met_the_file && met_the_link {
                return;
            }
        }
        panic!("in all this time it was never the one or the other: file {met_the_file}, link {met_the_link}");
    });
    folder.is_intact();
}

/// Ends the other thread, also when an assertion fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
