//! Modules as a whole: what they import, export and hold, and their functions.

use super::{PARAMS, PRELUDE, Ty, Writer};
use core::fmt::Write as _;

impl Writer {
    pub(super) fn first(&mut self, count: usize) -> String {
        self.text.clear();
        self.text.push_str("(module");
        self.text.push_str(PRELUDE);
        let (min, max) = (self.pages, self.pages + self.random.pick(&[0, 1, 3]));
        // Without a maximum, an empty memory could be asked to grow to four gigabytes, and would.
        let max = if self.pages > 0 && self.random.one_in(4) { String::new() } else { max.to_string() };
        self.line(&format!("(memory $m (export \"memory\") {min} {max})"));
        self.entities("");
        self.line("(table $t (export \"table\") 10 12 funcref)");
        self.line("(elem (table $t) (i32.const 0) func $inc $neg)");
        if self.pages > 0 {
            self.line("(data (i32.const 65500) \"the end of the first page is here...\")");
        }
        self.targets();
        self.functions(count);
        self.text.push_str(")\n");
        self.text.clone()
    }

    pub(super) fn second(&mut self, count: usize) -> String {
        let (min, own) = (self.pages, self.random.one_in(3));
        self.text.clear();
        self.text.push_str("(module");
        for number in 0..count {
            self.line(&format!("(import \"m0\" \"f{number}\" (func $i{number} {PARAMS} (result i32 i64)))"));
        }
        self.line("(import \"m0\" \"table\" (table $t 10 12 funcref))");
        self.line("(import \"m0\" \"g32\" (global $g32 (mut i32)))");
        self.line("(import \"m0\" \"gv\" (global $gv (mut v128)))");
        self.line("(import \"x\" \"host\" (func $host (param i32 i64 f32) (result i32)))");
        if !own {
            self.line(&format!("(import \"m0\" \"memory\" (memory $m {min}))"));
        }
        self.text.push_str(PRELUDE);
        if own {
            self.pages = 1;
            self.line("(memory $m (export \"memory\") 1 3)");
        }
        self.entities("g32 gv");
        self.imported = count;
        self.line("(elem (table $t) (i32.const 4) func $inc $f0 $neg $i0 $host)");
        let more = 1 + self.random.below(3);
        self.targets();
        self.functions(more);
        self.text.push_str(")\n");
        self.text.clone()
    }

    pub(super) fn entities(&mut self, except: &str) {
        for (name, ty) in [("g32", "i32"), ("g64", "i64"), ("gf", "f32"), ("gv", "v128")] {
            if except.split(' ').any(|known| known == name) {
                continue;
            }
            let zero = if ty == "v128" { "v128.const i64x2 5 6".to_owned() } else { format!("{ty}.const 3") };
            self.line(&format!("(global ${name} (export \"{name}\") (mut {ty}) ({zero}))"));
        }
        self.line("(global $k i32 (i32.const 65532))");
        self.line("(data $passive \"passive bytes, to be copied from\")");
        self.line("(elem $pieces funcref (ref.func $inc) (ref.null func) (ref.func $neg) (ref.func $f0))");
    }

    pub(super) fn functions(&mut self, count: usize) {
        self.callable = 0;
        for number in 0..count {
            self.budget = 12 + u32::try_from(self.random.below(30)).unwrap_or(0);
            self.loops = 0;
            self.labels = 0;
            let head = format!(
                "(func $f{number} (export \"f{number}\") {PARAMS} (result i32 i64) (local $x i32) (local $y i32) (local $m \
                 i64) (local $v v128) (local $n i32) (local $k i32) (local $p i32) (local $q i32) (local $n0 i32) (local $n1 i32) (local $n2 i32)"
            );
            self.line(&head);
            for local in ["a", "b"] {
                // Most addresses should lead somewhere.
                let mask = self.random.pick(&["0xffff", "0x1ffff", "0xfff8", "0xff", "-1", "-1"]);
                self.line(&format!("(local.set ${local} (i32.and (local.get ${local}) (i32.const {mask})))"));
            }
            self.line("(local.set $n (i32.const 40))");
            self.statements(0);
            while self.budget > 20 {
                self.statements(0);
            }
            let (x, y) = (self.expression(Ty::I32, 2), self.expression(Ty::I64, 2));
            self.line(&format!("{x} {y})"));
            self.callable = number + 1;
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        let indent = 2 + 2 * self.depth as usize;
        let _ = write!(self.text, "\n{:indent$}{text}", "");
    }

    pub(super) fn open(&mut self, head: &str) {
        self.line(head);
        self.depth += 1;
    }

    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.line(")");
    }
}
