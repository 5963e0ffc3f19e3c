//! `stilt targets`, `--target-file` and `stilt check`.

use crate::support::Folder;
use std::fs;

const MODULE: &str = r#"(module (memory 1) (func (export "f") (param i32)
    (memory.fill (i32.const 0) (local.get 0) (local.get 0))))"#;

#[test]
fn every_target_is_listed_with_features_and_defaults() {
    let folder = Folder::new();
    let text = folder.stilt(&["targets"]).succeeds().stdout;
    for words in ["x86_64: 64-bit, little-endian", "x86-64-v2 by default", "pulley32be: 32-bit, big-endian", "avx512f"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    folder.file("f.wat", MODULE);
    for line in folder.stilt(&["targets", "--format", "json"]).succeeds().stdout.lines() {
        let target: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let name = target["target"].as_str().expect("a name");
        folder.stilt(&["compile", "f.wat", "--target", name]).succeeds();
    }
}

#[test]
fn what_is_compiled_for_this_machine_runs_here() {
    let folder = Folder::new();
    folder.file("f.wat", MODULE);
    let device = folder.stilt(&["targets", "--describe"]).succeeds().stdout;
    folder.file("here.toml", &device);
    folder.stilt(&["compile", "f.wat", "--target-file", "here.toml"]).succeeds();
    let said = folder.stilt(&["check", "f.cwasm", "--for", "here.toml"]).succeeds().stdout;
    assert_eq!(said, "f.cwasm: will load on here.toml\n");
    folder.stilt(&["run", "f.cwasm", "--invoke", "f", "1"]).succeeds();
    folder.stilt(&["run", "f.wat", "--target-file", "here.toml", "--invoke", "f", "1"]).succeeds();
    folder
        .stilt(&["run", "f.wat", "--target", "x86_64", "--target", "pulley64", "--invoke", "f", "1"])
        .fails(&["one target is enough here: 2 were given"]);
}

#[test]
fn a_device_is_told_what_it_cannot_load_and_why() {
    let folder = Folder::new();
    folder.file("f.wat", MODULE);
    folder.stilt(&["compile", "f.wat", "--target", "x86_64", "--target", "pulley64"]).succeeds();
    let here = folder.stilt(&["targets", "--describe"]).succeeds().stdout;
    let device = |name: &str, changes: &[(&str, &str)]| {
        let text = changes.iter().fold(here.clone(), |text, (from, to)| {
            assert!(text.contains(from), "{from}: {text}");
            text.replace(from, to)
        });
        folder.file(name, text);
    };
    let no_os =
        [("hardware-traps = true", "hardware-traps = false"), ("virtual-memory = true", "virtual-memory = false")];
    device("no-os.toml", &no_os);
    device("no-bulk.toml", &[("\"bulk-memory\", ", "")]);
    device("other.toml", &[("architecture = \"x86_64\"", "architecture = \"aarch64\""), ("\"sse3\", ", "")]);
    let cases: [(&str, &str, &str); 4] = [
        (
            "f.x86_64.cwasm",
            "no-os.toml",
            "the image needs `virtual-memory`, which this runtime was built without, for guard pages",
        ),
        ("f.x86_64.cwasm", "no-bulk.toml", "the image needs the builtins `bulk-memory`"),
        ("f.wat", "no-os.toml", "not a Stilt image"),
        ("f.x86_64.cwasm", "f.wat", ""),
    ];
    for (image, device, words) in cases {
        let ran = folder.stilt(&["check", image, "--for", device]).ends(1);
        assert!(
            ran.stdout.contains(words) && (ran.stdout.is_empty() || ran.stdout.contains("will not load")),
            "{ran:?}"
        );
    }
    folder.stilt(&["check", "f.x86_64.cwasm", "--for", "other.toml"]).fails(&["other.toml", "unknown CPU feature"]);
    // Explicit checks, movable memory, and in place: as the device needs it.
    folder.stilt(&["compile", "f.wat", "--target-file", "no-os.toml", "-o", "fits"]).succeeds();
    let said = folder.stilt(&["check", "fits", "f.pulley64.cwasm", "--for", "no-os.toml"]).succeeds().stdout;
    assert!(said.contains("fits: will run in place on") && said.contains("pulley64.cwasm: will load on"), "{said}");
    let said =
        folder.stilt(&["check", "fits", "f.x86_64.cwasm", "--for", "no-os.toml", "--format", "json"]).ends(1).stdout;
    let loads = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["loads"].clone();
    assert_eq!(said.lines().map(loads).collect::<Vec<_>>(), [true, false]);
    // Damage where a loader does not look.
    folder.stilt(&["compile", "f.wat", "--target", "pulley64", "--strip", "-o", "damaged"]).succeeds();
    let mut image = fs::read(folder.path("damaged")).expect("the image");
    if let Some(byte) = image.last_mut() {
        *byte ^= 1;
    }
    folder.file("damaged", image);
    let said = folder.stilt(&["check", "damaged", "--for", "no-os.toml"]).ends(1).stdout;
    assert!(said.contains("its code or data are damaged"), "{said}");
}
