//! `stilt compile` with several modules and targets, as CI calls it.

use crate::support::Folder;
use std::fs;

const ONE: &str = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
const TWO: &str = r#"(module (memory 1) (func (export "two") (result i32) (i32.load (i32.const 2))))"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("one.wat", ONE);
    folder.file("two.wat", TWO);
    folder
}

#[test]
fn every_module_for_every_target() {
    let folder = folder();
    let args =
        ["compile", "one.wat", "two.wat", "--target", "x86_64", "--target", "pulley32be", "--out-dir", "out/deep"];
    folder.stilt(&args).succeeds();
    let mut names: Vec<_> = fs::read_dir(folder.path("out/deep"))
        .expect("the folder")
        .map(|file| file.expect("a file").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["one.pulley32be.cwasm", "one.x86_64.cwasm", "two.pulley32be.cwasm", "two.x86_64.cwasm"]);
    // As if compiled alone, and with any number of threads.
    for jobs in ["1", "3", "64"] {
        folder.stilt(&["compile", "two.wat", "-o", "alone", "--target", "pulley32be", "-j", jobs]).succeeds();
        let together = fs::read(folder.path("out/deep/two.pulley32be.cwasm")).expect("the image");
        assert_eq!(fs::read(folder.path("alone")).expect("the image"), together);
    }
}

#[test]
fn images_that_would_meet_are_told_before_anything_is_made() {
    let folder = folder();
    fs::create_dir(folder.path("sub")).expect("a folder");
    folder.file("sub/one.wat", TWO);
    folder.file("three.cwasm", wat::parse_str(ONE).expect("the text is right"));
    let cases: [(&[&str], &[&str]); 5] = [
        (&["one.wat", "sub/one.wat", "--out-dir", "out"], &["one.wat and sub/one.wat", "same name"]),
        (&["one.wat", "--target", "x86_64", "--target", "x86_64"], &["same name"]),
        (&["one.wat", "two.wat", "-o", "image"], &["--output names one image, and 2", "--out-dir"]),
        (&["one.wat", "three.cwasm"], &["would replace the module"]),
        (&["one.wat", "--target", "x86_64", "--target", "pdp11"], &["unknown target `pdp11`"]),
    ];
    for (args, words) in cases {
        folder.stilt(&[&["compile"], args].concat()).fails(words);
    }
    assert_eq!(folder.names(), ["one.wat", "sub", "three.cwasm", "two.wat"]);
    folder.stilt(&["compile", "one.wat", "-o", "-", "--format", "json"]).fails(&["standard output"]);
    folder.stilt(&["compile", "one.wat", "--out-dir", "one.wat"]).fails(&["cannot make the folder one.wat"]);
}

#[test]
fn after_an_error_the_rest_is_made_only_if_asked() {
    let folder = folder();
    folder.file("bad.wat", "(module (func (result i32)))");
    let args = ["compile", "-j1", "bad.wat", "one.wat", "missing.wasm", "two.wat"];
    folder.stilt(&args).fails_at_length(&["error: cannot compile bad.wat", "error: 1 of 4 images"]);
    assert!(!folder.path("one.cwasm").exists());
    let ran = folder.stilt(&[&args[..], &["--keep-going"]].concat());
    ran.fails_at_length(&["cannot compile bad.wat", "cannot read missing.wasm", "error: 2 of 4 images"]);
    assert!(folder.path("one.cwasm").exists() && folder.path("two.cwasm").exists());
}

#[test]
fn programs_read_a_line_for_each_image() {
    let folder = folder();
    folder.file("bad.wat", "(module (func (result i32)))");
    let args = ["compile", "one.wat", "bad.wat", "two.wat", "--keep-going", "--format", "json"];
    let ran = folder.stilt(&args).ends(1);
    assert_eq!(ran.stderr, "");
    let mut lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.sort_by_key(|line| line["module"].to_string());
    let keys = folder.stilt(&["compile", "one.wat", "two.wat", "--print-key"]).succeeds().stdout;
    let [bad, one, two] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&bad["status"], &bad["target"]), (&"failed".into(), &"x86_64".into()));
    assert!(bad["error"].as_str().is_some_and(|error| error.contains("bad.wat")), "{bad}");
    for (line, key) in [one, two].into_iter().zip(keys.lines()) {
        assert_eq!(line["status"], "compiled");
        let (module, image) = (line["module"].as_str().expect("a path"), line["image"].as_str().expect("a path"));
        assert_eq!(key, format!("{}  {module}  x86_64", line["key"].as_str().expect("a key")));
        assert_eq!(line["bytes"], fs::metadata(folder.path(image)).expect("the image").len());
        let inspected = folder.stilt(&["inspect", image, "--format", "json"]).succeeds().stdout;
        let inspected: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
        assert_eq!(inspected["build_id"], line["key"]);
    }
}

#[test]
fn keys_differ_where_images_may() {
    let folder = folder();
    let key = |args: &[&str]| {
        let printed = folder.stilt(&[&["compile", "--print-key"], args].concat()).succeeds().stdout;
        printed.split(' ').next().expect("a key").to_owned()
    };
    let plain = key(&["one.wat"]);
    assert_eq!(plain.len(), 32);
    folder.file("same.wasm", wat::parse_str(ONE).expect("the text is right"));
    assert_eq!(key(&["same.wasm", "-j", "7"]), plain);
    assert_eq!(key(&["one.wat", "--target", "x86_64-unknown-none"]), plain);
    let others: [&[&str]; 9] = [
        &["two.wat"],
        &["one.wat", "--target", "pulley64"],
        &["one.wat", "--strip"],
        &["one.wat", "-O", "none"],
        &["one.wat", "--traps", "explicit"],
        &["one.wat", "--spectre", "off"],
        &["one.wat", "--cpu", "x86-64-v3"],
        &["one.wat", "--cpu-feature", "avx"],
        &["one.wat", "--interrupt", "epoch"],
    ];
    let mut keys: Vec<_> = others.iter().map(|args| key(args)).collect();
    keys.push(plain);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), others.len() + 1);
    assert_eq!(folder.names(), ["one.wat", "same.wasm", "two.wat"], "nothing was compiled");
    folder.stilt(&["compile", "missing.wasm", "--print-key"]).fails(&["cannot read missing.wasm"]);
}

#[test]
fn build_tools_learn_what_images_depend_on() {
    let folder = folder();
    folder.file("my app.wat", ONE);
    let device = folder.stilt(&["targets", "--describe"]).succeeds().stdout;
    folder.file("board.toml", device);
    let args = ["compile", "my app.wat", "two.wat", "--target", "pulley64", "--target-file", "board.toml"];
    folder.stilt(&[&args[..], &["--emit-depfile", "out.d", "--out-dir", "out"]].concat()).succeeds();
    let text = fs::read_to_string(folder.path("out.d")).expect("the file");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "out/my\\ app.pulley64.cwasm: my\\ app.wat",
            "out/my\\ app.board.cwasm: my\\ app.wat board.toml",
            "out/two.pulley64.cwasm: two.wat",
            "out/two.board.cwasm: two.wat board.toml",
        ]
    );
    folder.stilt(&["compile", "one.wat", "--emit-depfile", "nowhere/out.d"]).fails(&["no folder nowhere"]);
}
