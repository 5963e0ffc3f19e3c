//! Images to damage, and ways to damage them. The tests are in `tests/`.

use stilt_artifact::header::{ImageHeader, flags};
use stilt_artifact::image::{image_start, tables_checksum};
use stilt_artifact::record::Field;
use stilt_artifact::target::TrapMode;
use stilt_platform_linux as _;
use stilt_precompiler::{Options, Precompiler};

/// A module with something in every section, and no start function: instantiating it runs no code.
pub const EVERYTHING: &str = r#"
(module $everything
  (type $unary (func (param i32) (result i32)))
  (import "env" "host" (func $host (param i32 f64) (result i64)))
  (import "env" "table" (table $imported 2 funcref))
  (import "env" "memory" (memory $memory 1))
  (import "env" "global" (global $base i32))
  (table $own 8 16 funcref)
  (table $refs 3 externref)
  (global $count (mut i64) (i64.const 7))
  (global $vector v128 (v128.const i32x4 1 2 3 4))
  (global $from i32 (global.get $base))
  (global $function funcref (ref.func $double))
  (elem (table $own) (i32.const 1) func $double $host $sum)
  (elem $passive funcref (ref.func $double) (ref.null func))
  (elem declare func $sum)
  (data (i32.const 16) "active data")
  (data $later "passive data")
  (func $double (export "double") (type $unary)
    (i32.mul (local.get 0) (i32.const 2)))
  (func $sum (param i64 i64) (result i64 i32)
    (i64.add (local.get 0) (local.get 1))
    (i32.load (i32.const 4)))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect $own (type $unary) (local.get 0) (local.get 0)))
  (func (export "copy")
    (memory.init $later (i32.const 0) (i32.const 0) (i32.const 4))
    (table.init $own $passive (i32.const 0) (i32.const 0) (i32.const 2))
    (drop (call $host (i32.const 1) (f64.const 2))))
  (export "memory" (memory $memory))
  (export "own" (table $own))
  (export "count" (global $count)))
"#;

/// A module with a memory of its own that has prepared content.
pub const MEMORY: &str = r#"
(module
  (memory (export "memory") 3 5)
  (data (i32.const 8) "one")
  (data (i32.const 131000) "two")
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
"#;

/// The configurations whose images can be loaded on this machine.
pub const CONFIGURATIONS: [(&str, TrapMode); 3] =
    [("x86_64", TrapMode::Hardware), ("x86_64", TrapMode::Explicit), ("pulley64", TrapMode::Explicit)];

/// Compiles text for one of them.
pub fn compile(wat: &str, target: &str, traps: TrapMode, strip: bool) -> Vec<u8> {
    let mut options = Options::for_target(target);
    options.traps = Some(traps);
    options.strip = strip;
    let module = wat::parse_str(wat).expect("the test's own text");
    Precompiler::new(options).expect("known options").compile(&module).expect("a valid module")
}

/// Writes the right checksum of the tables into a damaged image, so that the checks behind the checksum are reached.
/// `false` if the image is too damaged to have one.
pub fn repair_checksum(file: &mut [u8]) -> bool {
    let start = image_start(file);
    let Some(header) = file.get(start..).and_then(|image| ImageHeader::read(stilt_artifact::Native, image)) else {
        return false;
    };
    let Some(tables) = file.get(start..).and_then(|image| image.get(..header.tables_len as usize)) else {
        return false;
    };
    if tables.len() < ImageHeader::SIZE {
        return false;
    }
    let sum = tables_checksum(tables, header.flags & flags::LINKED != 0);
    let at = start + ImageHeader::SIZE - u64::SIZE;
    match file.get_mut(at..at + u64::SIZE) {
        Some(place) => place.copy_from_slice(&sum.to_ne_bytes()),
        None => return false,
    }
    true
}

/// A small generator of pseudo-random numbers, the same on every run.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.draw() % bound as u64).expect("below a usize")
    }
}
