//! Many parameters and results of all types, over every kind of call.
//!
//! Whoever calls (the host, the same module, another one, a table) and whatever does not fit into registers, each value
//! has to arrive.

use core::fmt::Write as _;

const TYPES: [&str; 7] = ["i32", "i64", "f32", "f64", "v128", "funcref", "externref"];
const COUNTS: [usize; 8] = [1, 2, 3, 7, 8, 15, 30, 100];

/// For each count, a function that gives its arguments back in reverse, and ways to reach it.
pub(super) fn script() -> String {
    let mut text = String::from("(module $far\n");
    for count in COUNTS {
        let _ = writeln!(text, "  (func (export \"{count}\") {}\n   {})", signature(count), reversed(count));
    }
    text.push_str(")\n(register \"far\")\n(module $near (table funcref (elem");
    for count in COUNTS {
        let _ = write!(text, " $own{count} $far{count}");
    }
    text.push_str("))\n");
    // Imports come first in a module.
    text = text.replace("(module $near ", &format!("(module $near {}", imports()));
    for (index, count) in COUNTS.into_iter().enumerate() {
        let signature = signature(count);
        let arguments = arguments(count);
        let _ = writeln!(text, "  (func $own{count} {signature}\n   {})", reversed(count));
        let _ = writeln!(text, "  (func (export \"own {count}\") {signature}\n   {arguments} call $own{count})");
        let _ = writeln!(text, "  (func (export \"far {count}\") {signature}\n   {arguments} call $far{count})");
        for (which, at) in [("own", index * 2), ("far", index * 2 + 1)] {
            let _ = writeln!(
                text,
                "  (func (export \"{which} indirect {count}\") {signature}\n   {arguments} i32.const {at} call_indirect {signature})"
            );
        }
        let _ = writeln!(text, "  (export \"again {count}\" (func $far{count}))");
    }
    text.push_str(")\n");
    for count in COUNTS {
        let values: Vec<String> = (0..count).map(value).collect();
        let backwards: Vec<&str> = values.iter().rev().map(String::as_str).collect();
        let (arguments, results) = (values.join(" "), backwards.join(" "));
        for way in ["own", "far", "own indirect", "far indirect", "again"] {
            let _ = writeln!(text, "(assert_return (invoke $near \"{way} {count}\" {arguments}) {results})");
        }
        let _ = writeln!(text, "(assert_return (invoke $far \"{count}\" {arguments}) {results})");
    }
    text
}

fn imports() -> String {
    let mut text = String::new();
    for count in COUNTS {
        let _ = writeln!(text, "  (import \"far\" \"{count}\" (func $far{count} {}))", signature(count));
    }
    text
}

fn ty(index: usize) -> &'static str {
    TYPES[index % TYPES.len()]
}

fn signature(count: usize) -> String {
    let params: Vec<_> = (0..count).map(ty).collect();
    let results: Vec<_> = (0..count).rev().map(ty).collect();
    format!("(param {}) (result {})", params.join(" "), results.join(" "))
}

fn arguments(count: usize) -> String {
    (0..count).map(|index| format!("local.get {index} ")).collect()
}

fn reversed(count: usize) -> String {
    (0..count).rev().map(|index| format!("local.get {index} ")).collect()
}

/// A value that tells its index, with high bits that a narrow move would lose.
fn value(index: usize) -> String {
    match ty(index) {
        "i32" => format!("(i32.const {})", 0x8000_0000 + index),
        "i64" => format!("(i64.const {})", 0x8000_0001_0000_0000 + index),
        "f32" => format!("(f32.const {index}.5)"),
        "f64" => format!("(f64.const -{index}.25)"),
        "v128" => format!("(v128.const i32x4 {index} -1 {} 0x80000000)", index + 1),
        "funcref" => "(ref.null func)".to_string(),
        _ => format!("(ref.extern {index})"),
    }
}
