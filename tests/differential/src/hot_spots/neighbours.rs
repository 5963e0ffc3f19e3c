//! Loops, and rows of accesses without one, whose indexes differ by constants: what has one test in front, and one mask. They begin near the
//! memory's end, or near its start, so that most are in bounds to the last byte or out of them by a few.

use super::Writer;

/// What an access does at an index, with an offset, and how many bytes it has.
const ACCESSES: [(&str, i64); 13] = [
    ("(local.set $s (i32.add (local.get $s) (i32.load OFFSETINDEX)))", 4),
    ("(local.set $s (i32.xor (local.get $s) (i32.load8_u OFFSETINDEX)))", 1),
    ("(local.set $s (i32.sub (local.get $s) (i32.load16_s OFFSETINDEX)))", 2),
    ("(local.set $l (i64.add (local.get $l) (i64.load OFFSETINDEX)))", 8),
    ("(local.set $v (i32x4.add (local.get $v) (v128.load OFFSETINDEX)))", 16),
    ("(local.set $v (i8x16.add (local.get $v) (v128.load32_splat OFFSETINDEX)))", 4),
    ("(i32.store OFFSETINDEX (i32.add (local.get $s) (i32.const 77)))", 4),
    ("(i32.store8 OFFSETINDEX (i32.add (local.get $s) (i32.const 5)))", 1),
    ("(i64.store OFFSETINDEX (i64.add (local.get $l) (i64.const 0x123456789)))", 8),
    ("(i64.store16 OFFSETINDEX (i64.sub (local.get $l) (i64.const 3)))", 2),
    ("(v128.store OFFSETINDEX (v128.not (local.get $v)))", 16),
    ("(memory.fill INDEX (local.get $s) (i32.const 9))", 9),
    ("(memory.copy INDEX (global.get $start) (i32.const 13))", 13),
];

impl Writer {
    /// Functions `$n0`, …: for memories that end at `$end` and have `$start`, which is 0, as changeable globals.
    pub(super) fn neighbours(&mut self, count: usize) {
        for number in 0..count {
            self.line(&format!(
                "(func $n{number} (export \"n{number}\") (param $a i32) (param $l i64) (result i32 i64) (local $p i32) (local $q i32) \
                 (local $n i32) (local $s i32) (local $v v128)"
            ));
            if self.random.one_in(4) {
                self.row_of_neighbours();
            } else {
                self.loop_over_neighbours();
            }
            self.line("(i32.add (local.get $s) (i32x4.extract_lane 1 (local.get $v))) (local.get $l))");
        }
    }

    /// Accesses about so many bytes above `$p` as text, and the lowest and the highest byte of them, seen from there.
    fn accesses_of_neighbours(&mut self, above: i64) -> (Vec<String>, i64, i64) {
        let (mut texts, mut low, mut high) = (Vec::new(), i64::MAX, i64::MIN);
        let near = self.random.pick(&[8, 40, 40, 400, 5000]);
        for _ in 0..1 + self.random.below(6) {
            let (text, size) = self.random.pick(&ACCESSES);
            let distance = self.random.below(2 * near + 1) as i64 - near as i64;
            let distance = above + if self.random.one_in(3) { 0 } else { distance };
            let takes_offset = text.contains("OFFSET");
            let mut offset = if takes_offset { self.random.pick(&[0, 0, 0, 1, 4, 7, 60, 300]) } else { 0 };
            let index = match distance {
                0 => "(local.get $p)".to_owned(),
                _ if self.random.one_in(8) => format!("(i32.sub (local.get $p) (i32.const {}))", -distance),
                _ => format!("(i32.add (local.get $p) (i32.const {distance}))"),
            };
            low = low.min(distance + offset);
            high = high.max(distance + offset + size);
            // So far that 32 bits do not hold the sum: always out of bounds.
            if takes_offset && self.random.one_in(60) {
                offset = self.random.pick(&[0xffff_ffff, 0xffff_fff8, 0x7fff_fff0, 65_536]);
            }
            let offset = if offset == 0 { String::new() } else { format!("offset={offset} ") };
            texts.push(text.replace("OFFSET", &offset).replace("INDEX", &index));
        }
        (texts, low, high)
    }

    /// Where the first of so many rounds begins, for the furthest access to be at an end of the memory, more or less.
    fn start_of_neighbours(&mut self, low: i64, high: i64, way: i64) -> String {
        let slack = self.random.pick(&[0, 0, 0, 1, 1, -1, 2, 3, -3, 4, 8, 15, -16, 300, -1000]);
        let (first, last) = (way.min(0), way.max(0));
        if self.random.one_in(3) {
            // The lowest byte is byte 0, or wraps.
            return format!("(i32.add (global.get $start) (i32.const {}))", -low - first - slack);
        }
        format!("(i32.add (global.get $end) (i32.const {}))", slack - high - last)
    }

    fn row_of_neighbours(&mut self) {
        let (texts, low, high) = self.accesses_of_neighbours(0);
        let start = self.start_of_neighbours(low, high, 0);
        self.line(&format!("(local.set $p {start})"));
        for text in texts {
            self.line(&text);
        }
    }

    fn loop_over_neighbours(&mut self) {
        if self.random.one_in(8) {
            return self.loop_past_zero();
        }
        let (texts, low, high) = self.accesses_of_neighbours(0);
        let step = self.random.pick(&[1i64, 2, 4, 4, 8, 16, 3, 12, 64, -1, -4, -4, -8, -12]);
        let rounds = self.random.pick(&[1i64, 2, 3, 5, 8, 16, 31]);
        let start = self.start_of_neighbours(low, high, step * (rounds - 1));
        // Known when it is compiled, or not.
        let number = |writer: &mut Writer, number: i64| match writer.random.one_in(2) {
            true => format!("(i32.const {number})"),
            false => format!("(i32.add (global.get $start) (i32.const {number}))"),
        };
        self.line(&format!("(local.set $p {start})"));
        let shape = self.random.below(6);
        // Where a loop goes on until it passes something, that need not be where a round ends.
        let within = usize::try_from(step.unsigned_abs()).unwrap_or(1);
        let short = if shape > 3 { self.random.below(within) as i64 * step.signum() } else { 0 };
        let (way, count) = (number(self, step * rounds - short), number(self, rounds));
        let goes_on = match shape {
            0 | 1 => {
                self.line(&format!("(local.set $n {count})"));
                "(local.tee $n (i32.sub (local.get $n) (i32.const 1)))".to_owned()
            }
            2 => format!("(i32.lt_{} (local.tee $n (i32.add (local.get $n) (i32.const 1))) {count})", self.sign()),
            3 => "(i32.ne (local.get $p) (local.get $q))".to_owned(),
            _ => {
                let test = match (step > 0, short != 0 && self.random.one_in(2)) {
                    (true, false) => "lt",
                    (true, true) => "le",
                    (false, false) => "gt",
                    (false, true) => "ge",
                };
                format!("(i32.{test}_{} (local.get $p) (local.get $q))", self.sign())
            }
        };
        self.line(&format!("(local.set $q (i32.add (local.get $p) {way}))"));
        self.open("(block $out (loop $again");
        let early = self.random.one_in(6).then(|| self.random.below(texts.len() + 1));
        for (place, text) in texts.iter().enumerate() {
            if early == Some(place) {
                self.line("(br_if $out (i32.eq (local.get $s) (local.get $a)))");
            }
            self.line(text);
        }
        self.line(&format!("(local.set $p (i32.add (local.get $p) (i32.const {step})))"));
        self.line(&format!("(br_if $again {goes_on})"));
        self.depth -= 1;
        self.line("))");
    }

    /// Goes on until a number that it may step over, as it wraps in front of it: then until an access traps.
    fn loop_past_zero(&mut self) {
        let step = self.random.pick(&[1, 2, 3, 4, 8, 12]);
        let rounds = self.random.pick(&[1, 2, 5, 8]);
        let (texts, ..) = self.accesses_of_neighbours(step * rounds + 60);
        let within = usize::try_from(step).unwrap_or(1);
        let last = 1 + self.random.below(within) as i64;
        let first = 1 + step * rounds + self.random.below(within) as i64;
        self.line(&format!("(local.set $p (i32.sub (global.get $start) (i32.const {first})))"));
        self.line(&format!("(local.set $q (i32.sub (global.get $start) (i32.const {last})))"));
        self.open("(loop $again");
        for text in texts {
            self.line(&text);
        }
        self.line(&format!("(local.set $p (i32.add (local.get $p) (i32.const {step})))"));
        let test = self.random.pick(&["lt_u", "lt_u", "le_u", "ne"]);
        self.line(&format!("(br_if $again (i32.{test} (local.get $p) (local.get $q)))"));
        self.close();
    }

    fn sign(&mut self) -> &'static str {
        self.random.pick(&["u", "u", "s"])
    }
}
