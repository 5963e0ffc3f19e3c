//! `compile --emit obj`: which files it writes, and what it refuses.

use crate::support::Folder;

const MODULE: &str = r#"(module $m (func $twice (export "twice") (param i32) (result i32)
  (i32.mul (local.get 0) (i32.const 2))))"#;

#[test]
fn an_object_and_its_header() {
    let folder = Folder::new();
    folder.file("two-times.wat", MODULE);
    folder.stilt(&["compile", "two-times.wat", "--emit", "obj"]).succeeds();
    assert_eq!(folder.names(), ["two-times.h", "two-times.o", "two-times.wat"]);
    let header = std::fs::read_to_string(folder.path("two-times.h")).expect("text");
    for words in [
        "extern const struct stilt_linked_image two_times;",
        "typedef int32_t two_times_export_twice(int32_t p0);",
        "#define TWO_TIMES_EXPORT_twice \"twice\"",
        "#define TWO_TIMES_IMPORTS_COUNT 0",
    ] {
        assert!(header.contains(words), "{words}: {header}");
    }
    let object = std::fs::read(folder.path("two-times.o")).expect("bytes");
    assert!(object.starts_with(b"\x7fELF\x02\x01"));

    folder.file("m.wat", MODULE);
    folder
        .stilt(&["compile", "m.wat", "--emit", "obj", "--name", "two_times", "-o", "a.o", "--header", "b.h"])
        .succeeds();
    assert_eq!(std::fs::read(folder.path("a.o")).expect("bytes"), object, "the file's name is nowhere in it");

    // Names take nothing of the program's memory then, but debuggers have them.
    folder.stilt(&["compile", "m.wat", "--emit", "obj", "--strip", "-o", "small.o"]).succeeds();
    let stripped = std::fs::read(folder.path("small.o")).expect("bytes");
    let count = |bytes: &[u8], name: &[u8]| bytes.windows(name.len()).filter(|found| *found == name).count();
    assert_eq!(count(&stripped, b"m::twice"), 1, "the symbol");
    assert!(stripped.len() < object.len());
}

#[test]
fn keys_tell_objects_apart() {
    let folder = Folder::new();
    folder.file("m.wat", MODULE);
    let key = |more: &[&str]| folder.stilt(&[&["compile", "m.wat", "--print-key"], more].concat()).succeeds().stdout;
    let keys = [
        key(&[]),
        key(&["--emit", "obj"]),
        key(&["--emit", "obj", "--name", "other"]),
        key(&["--emit", "obj", "--code-section", ".text.fast"]),
        key(&["--emit", "obj", "--unwind", "none"]),
    ];
    for (number, one) in keys.iter().enumerate() {
        assert!(keys.iter().skip(number + 1).all(|other| other != one), "{keys:?}");
    }
}

#[test]
fn what_makes_no_object() {
    let folder = Folder::new();
    folder.file("m.wat", MODULE);
    folder.file("2.wat", MODULE);
    let fails = |more: &[&str], words: &[&str]| {
        folder.stilt(&[&["compile", "m.wat", "--emit", "obj"], more].concat()).fails(words);
    };
    fails(&["--name", "2fast"], &["`2fast`", "identifier of C"]);
    fails(&["--name", ""], &["identifier of C"]);
    fails(&["--name", "a-b"], &["`a-b`"]);
    fails(&["--name", "int"], &["`int`", "C or C++"]);
    fails(&["--name", "Stilt_call"], &["`Stilt_call`", "stilt.h"]);
    fails(&["--name", "_Bool"], &["C or C++"]);
    fails(&["--name", "a__b"], &["C or C++"]);
    fails(&["--code-section", ""], &["section for the code", "empty"]);
    fails(&["--code-section", "a b"], &["`a b`", "space"]);
    fails(&["--table-section", ".data.flash"], &["`.data.flash`", "writable"]);
    fails(&["--code-section", "x", "--table-section", "x"], &["section for the code", "the tables are in it"]);
    fails(&["--machine", "z80"], &["unknown machine `z80`: known are x86_64, aarch64"]);
    fails(&["--machine", "arm"], &["x86_64 cannot be linked for arm", "possible are x86_64"]);
    fails(&["--float-abi", "soft"], &["x86_64", "leave out"]);
    fails(&["--target", "pulley32"], &["pulley32", "--machine", "arm, riscv32, i686"]);
    fails(&["--target", "pulley32", "--machine", "riscv64"], &["pulley32 cannot be linked for riscv64"]);
    fails(&["-o", "-"], &["--header"]);
    fails(&["-o", "m.h"], &["m.h", "same name"]);
    fails(&["--header", "m.wat"], &["m.wat", "replace the module"]);
    fails(&["2.wat", "--name", "two"], &["--name names one module"]);
    folder.stilt(&["compile", "2.wat", "--emit", "obj"]).fails(&["`2`", "identifier of C"]);
    folder.stilt(&["compile", "m.wat", "--name", "m"]).fails(&["--name", "--emit obj"]);
    assert_eq!(folder.names(), ["2.wat", "m.wat"], "nothing was written");
}
