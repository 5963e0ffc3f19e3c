//! Draws loops, so that they come to the ends of memory and of numbers.

use super::model::{COMPARISONS, Cond, Expr, Func, LOADS, LOCALS, Loop, Reached, STORES, Step};

pub(super) struct Draw {
    state: u64,
    /// Bytes of the memory.
    size: u32,
}

impl Draw {
    /// For a memory of so many bytes.
    pub(super) const fn new(seed: u64, size: u32) -> Draw {
        Draw { state: seed, size }
    }

    pub(super) fn below(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % below
    }

    pub(super) fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    pub(super) fn step(&mut self) -> u32 {
        let step = self.of(&[1_i32, 1, 2, 3, 4, 8, 8, 12, 16, 24, 768, 4096, 1 << 30, i32::MIN]);
        if self.below(3) == 0 { step.wrapping_neg().cast_unsigned() } else { step.cast_unsigned() }
    }

    fn operator(&mut self) -> (&'static str, usize) {
        if self.below(2) == 0 { self.of(&STORES) } else { self.of(&LOADS) }
    }

    fn index(&mut self) -> Expr {
        let local = |local| Box::new(Expr::Local(local));
        if self.below(16) == 0 {
            return Expr::Pick(self.of(&[1, 2, 8]), Box::new(self.index()), local(0));
        }
        match self.below(10) {
            0..=3 => Expr::Local(0),
            4 => Expr::Local(self.below(LOCALS as u64) as usize),
            5 => Expr::Add(
                local(0),
                Box::new(Expr::Const(self.of(&[1, 8, 24, u32::MAX, 0xffff_fff8, 1 << 31, self.size - 8]))),
            ),
            6 => Expr::Add(local(1), Box::new(Expr::Shl(local(2), self.of(&[0, 1, 3, 31, 32, 35])))),
            7 => Expr::Add(Box::new(Expr::Mul(local(2), self.of(&[1, 8, 24, u32::MAX, 1 << 16]))), local(1)),
            8 => Expr::Sub(local(0), local(2)),
            _ => Expr::Add(local(0), local(2)),
        }
    }

    fn cond(&mut self) -> Cond {
        let counter = match self.below(6) {
            0 => Expr::Local(0),
            1 => Expr::Local(4),
            2 => Expr::Shl(Box::new(Expr::Local(2)), 3),
            _ => Expr::Local(2),
        };
        let limit = match self.below(8) {
            0 | 1 => Expr::Const(self.of(&[0, 1, 24, 40, 0x7fff_ffff, u32::MAX, self.size, 1 << 31])),
            2 => Expr::Local(self.below(3) as usize),
            _ => Expr::Local(3),
        };
        match self.below(8) {
            0 => Cond("any", counter, limit),
            1 => Cond("eqz", counter, limit),
            2 => Cond("not", counter, limit),
            3 => Cond(self.of(&COMPARISONS), limit, counter),
            _ => Cond(self.of(&COMPARISONS), counter, limit),
        }
    }

    fn now_and_then(&mut self) -> Cond {
        Cond("any", Expr::And(Box::new(Expr::Local(2)), self.of(&[1, 2, 7, 8])), Expr::Const(0))
    }

    fn steps(&mut self, count: u64, depth: u32, offset: &mut u32) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..count {
            steps.push(match self.below(20) {
                0..=9 => {
                    *offset += 1 + self.below(3) as u32;
                    let (operator, kept) = (self.operator(), self.below(10) == 0);
                    Step::Access { index: self.index(), kept, offset: *offset, operator }
                }
                10..=12 if depth == 0 => {
                    let local = self.below(2) as usize;
                    Step::Set(local, Expr::Add(Box::new(Expr::Local(local)), Box::new(Expr::Const(self.step()))))
                }
                13 => Step::Set(4, self.index()),
                14 => Step::Set(self.of(&[0, 2]), Expr::Local(4)),
                15 if depth < 2 => {
                    let yes = self.steps(2, depth + 1, offset);
                    let no = if self.below(2) == 0 { self.steps(1, depth + 1, offset) } else { Vec::new() };
                    Step::If(self.now_and_then(), yes, no)
                }
                16 if depth < 2 => Step::Block(self.now_and_then(), self.steps(2, depth + 1, offset)),
                17 if depth > 0 => {
                    Step::Set(0, Expr::Add(Box::new(Expr::Local(0)), Box::new(Expr::Const(self.step()))))
                }
                18 if depth > 0 && self.below(2) == 0 => Step::Jump { back: self.below(2) == 0 },
                18 => Step::Leave(self.cond()),
                19 if self.below(3) == 0 => Step::GoOn(self.now_and_then()),
                _ => {
                    *offset += 1;
                    let operator = if depth > 0 { STORES[0] } else { LOADS[0] };
                    Step::Access { index: Expr::Local(0), kept: false, offset: *offset, operator }
                }
            });
        }
        steps
    }

    /// By how much to move an address so that one access ends, or begins, right at an end of the memory, or one byte beyond.
    pub(super) fn aim(&mut self, reached: &[Reached]) -> u32 {
        let one = |place: u64| reached.get(place as usize).copied();
        let ends = reached.iter().copied();
        let Some(at) = (match self.below(8) {
            0..=2 => ends.max_by_key(|at| at.end),
            3 => ends.min_by_key(|at| at.index),
            4 | 5 => reached.last().copied(),
            _ => one(self.below(reached.len().max(1) as u64)),
        }) else {
            return 0;
        };
        let beyond = self.below(2);
        match self.below(4) {
            0 => 0_u32.wrapping_sub(at.index).wrapping_sub(beyond as u32),
            _ => (u64::from(self.size) + beyond).wrapping_sub(at.end) as u32,
        }
    }

    /// A loop that walks through an array, with something in it that makes it hard to follow.
    fn walk(&mut self) -> Vec<Step> {
        let plus = |local, by| Expr::Add(Box::new(Expr::Local(local)), Box::new(Expr::Const(by)));
        let moved = |local, by| Step::Set(local, plus(local, by));
        let mut offset = self.of(&[0, 0, 0, 0, 8, 0x7fff_fff0, 0xffff_fff0]);
        let mut access = |draw: &mut Draw, index| {
            offset += 1 + draw.below(2) as u32;
            Step::Access { index, kept: draw.below(6) == 0, offset, operator: draw.operator() }
        };
        let (step, way) = (self.step(), self.step());
        let counter = self.of(&[0, 2, 2, 2]);
        let compared = Cond(self.of(&COMPARISONS), Expr::Local(counter), Expr::Local(self.of(&[3, 3, 3, 3, 0])));
        let mut steps = Vec::new();
        if self.below(4) == 0 {
            steps.push(Step::Leave(compared.clone()));
        }
        if self.below(2) == 0 {
            steps.push(access(self, Expr::Local(0)));
        }
        match self.below(12) {
            0 => steps.push(Step::GoOn(self.now_and_then())),
            1 => steps.push(Step::If(self.now_and_then(), vec![Step::Leave(compared.clone())], Vec::new())),
            2 => {
                let (yes, no) = (vec![moved(1, self.step())], vec![moved(1, self.step())]);
                steps.push(Step::If(self.now_and_then(), yes, if self.below(2) == 0 { no } else { Vec::new() }));
            }
            3 => {
                let no = vec![access(self, Expr::Local(4))];
                steps.push(Step::If(self.now_and_then(), vec![Step::Set(4, plus(0, 8))], no));
                steps.push(Step::Set(4, Expr::Local(1)));
            }
            4 => {
                let dead = Step::If(self.now_and_then(), vec![moved(0, way)], vec![Step::Leave(compared.clone())]);
                let yes = vec![moved(0, way), moved(2, step), Step::Jump { back: true }, dead, moved(1, way)];
                steps.push(Step::If(self.now_and_then(), yes, Vec::new()));
            }
            5 => {
                let yes = vec![moved(0, self.step()), moved(2, step), Step::Jump { back: self.below(4) > 0 }];
                steps.push(Step::If(self.now_and_then(), yes, Vec::new()));
            }
            6 => steps.push(Step::Set(4, self.index())),
            _ => {}
        }
        for _ in 0..1 + self.below(3) {
            let index = match self.below(6) {
                0 => self.index(),
                1 => Expr::Local(1),
                2 => Expr::Local(4),
                _ => Expr::Local(0),
            };
            steps.push(access(self, index));
        }
        steps.push(moved(0, way));
        match self.below(12) {
            0 => steps.push(Step::If(self.now_and_then(), vec![moved(2, self.step())], Vec::new())),
            1 => steps.push(Step::Block(self.now_and_then(), vec![Step::GoOn(compared.clone()), moved(2, 1)])),
            2 => steps.push(Step::Set(1, Expr::Local(0))),
            _ => {}
        }
        steps.push(moved(2, step));
        if self.below(5) == 0 {
            steps.push(Step::GoOn(self.now_and_then()));
        }
        let last = if self.below(6) == 0 { self.now_and_then() } else { compared };
        steps.push(if self.below(3) == 0 { Step::Leave(last) } else { Step::GoOn(last) });
        steps
    }

    /// The body of a loop; it goes on if its end is reached.
    fn body(&mut self) -> Vec<Step> {
        let size = self.size;
        let mut offset = self.of(&[0, 0, 0, 100, 100, size - 5536, size - 8, size, 0x7fff_fff0, 0xffff_ff00]);
        let mut steps = Vec::new();
        if self.below(3) == 0 {
            steps.push(Step::Leave(self.cond()));
        }
        let count = 1 + self.below(5);
        steps.extend(self.steps(count, 0, &mut offset));
        let moved = |local, by| Step::Set(local, Expr::Add(Box::new(Expr::Local(local)), Box::new(Expr::Const(by))));
        if self.below(6) > 0 {
            steps.push(moved(0, self.step()));
        }
        steps.push(moved(2, self.step()));
        let last = self.cond();
        steps.push(if self.below(4) == 0 { Step::Leave(last) } else { Step::GoOn(last) });
        steps
    }

    fn one_loop(&mut self) -> Loop {
        let body = if self.below(2) == 0 { self.walk() } else { self.body() };
        let goes_on = matches!(body.last(), Some(Step::Leave(_)));
        Loop { body, goes_on }
    }

    pub(super) fn func(&mut self) -> Func {
        let count = 1 + self.below(3) / 2;
        let loops = (0..count).map(|_| self.one_loop()).collect();
        Func { loops, times: 1 + self.below(4) as u32 / 3 }
    }
}
