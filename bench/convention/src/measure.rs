//! Running the variants: interleaved, each at several placements, so that neither drift nor alignment favours one.

use crate::codegen::{Compiled, Target, compile, isa};
use crate::context::{Context, FuncRef, Store};
use crate::entry::entry;
use crate::fib::{Call, Check, Convention, Limit, Passing, fib, thunk};
use crate::image::Image;
use crate::pressure::pressure;
use crate::raise::raise;
use crate::step;
use cranelift_codegen::ir::types;
use std::error::Error;
use std::time::{Duration, Instant};

/// A variant by name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Short name, as in the table.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// How it is compiled.
    pub convention: Convention,
    /// What runs.
    pub work: Work,
}

/// What a variant runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Recursive Fibonacci; indirect calls stay in the instance.
    Fibonacci,
    /// The same, with two instances whose tables hold each other's function.
    Across,
    /// A loop with this many values in it and no use for the context: what a reserved register costs.
    Pressure(usize),
}

/// Rounds of the loop of [`Work::Pressure`].
const LOOPS: i32 = 4_000_000;

const fn direct(name: &'static str, about: &'static str, passing: Passing, check: Check) -> Variant {
    Variant { name, about, convention: Convention { passing, check, call: Call::Direct }, work: Work::Fibonacci }
}

const fn indirect(name: &'static str, about: &'static str, passing: Passing, call: Call, across: bool) -> Variant {
    let check = match passing {
        Passing::Two => Check::Prologue(Limit::Store),
        Passing::One | Passing::Pinned => Check::Trap(Limit::Context),
    };
    let work = if across { Work::Across } else { Work::Fibonacci };
    Variant { name, about, convention: Convention { passing, check, call }, work }
}

const fn pressed(name: &'static str, about: &'static str, passing: Passing, values: usize) -> Variant {
    let convention = Convention { passing, check: Check::None, call: Call::Direct };
    Variant { name, about, convention, work: Work::Pressure(values) }
}

/// All variants, in the table's order.
pub const VARIANTS: &[Variant] = &[
    direct("a", "two hidden, prologue check, two loads (Wasmtime)", Passing::Two, Check::Prologue(Limit::Store)),
    direct("b", "one hidden, prologue check, one load", Passing::One, Check::Prologue(Limit::Context)),
    direct("c", "one hidden, prologue check, two loads", Passing::One, Check::Prologue(Limit::Store)),
    direct("b-trap", "one hidden, check in the body, one load", Passing::One, Check::Trap(Limit::Context)),
    direct("c-trap", "one hidden, check in the body, two loads", Passing::One, Check::Trap(Limit::Store)),
    direct("b-call", "one hidden, cold call, one load", Passing::One, Check::Builtin(Limit::Context)),
    direct("b-none", "one hidden, no check", Passing::One, Check::None),
    direct("d", "pinned, check in the body, one load", Passing::Pinned, Check::Trap(Limit::Context)),
    direct("e", "pinned, check in the body, two loads", Passing::Pinned, Check::Trap(Limit::Store)),
    direct("d-call", "pinned, cold call, one load", Passing::Pinned, Check::Builtin(Limit::Context)),
    direct("e-call", "pinned, cold call, two loads", Passing::Pinned, Check::Builtin(Limit::Store)),
    direct("f", "pinned, no check", Passing::Pinned, Check::None),
    indirect("w", "indirect, two hidden (Wasmtime)", Passing::Two, Call::Indirect, false),
    indirect("p", "indirect, one hidden", Passing::One, Call::Indirect, false),
    indirect("p-cmp", "indirect, one hidden, compared first", Passing::One, Call::IndirectCompared, false),
    indirect("q", "indirect, pinned, always switched", Passing::Pinned, Call::Indirect, false),
    indirect("r", "indirect, pinned, compared first", Passing::Pinned, Call::IndirectCompared, false),
    indirect("s", "indirect, pinned, thunk selected", Passing::Pinned, Call::IndirectThunk, false),
    indirect("w-x", "indirect across instances, two hidden", Passing::Two, Call::Indirect, true),
    indirect("p-x", "indirect across instances, one hidden", Passing::One, Call::Indirect, true),
    indirect("p-cmp-x", "indirect across instances, one hidden, compared", Passing::One, Call::IndirectCompared, true),
    indirect("q-x", "indirect across instances, pinned, always switched", Passing::Pinned, Call::Indirect, true),
    indirect("r-x", "indirect across instances, pinned, compared", Passing::Pinned, Call::IndirectCompared, true),
    indirect("s-x", "indirect across instances, pinned, thunk", Passing::Pinned, Call::IndirectThunk, true),
    pressed("k10", "loop with 10 values, one hidden", Passing::One, 10),
    pressed("k10-pin", "loop with 10 values, pinned", Passing::Pinned, 10),
    pressed("k12", "loop with 12 values, one hidden", Passing::One, 12),
    pressed("k12-pin", "loop with 12 values, pinned", Passing::Pinned, 12),
    pressed("k14", "loop with 14 values, one hidden", Passing::One, 14),
    pressed("k14-pin", "loop with 14 values, pinned", Passing::Pinned, 14),
];

/// What came out for one variant.
#[derive(Debug)]
pub struct Row {
    /// Which.
    pub variant: Variant,
    /// Times at each placement, sorted.
    pub times: [Vec<Duration>; SKEWS.len()],
    /// Instructions executed per call of the function, on average over the recursion, or per round of the loop.
    pub instructions: f64,
    /// Bytes of code of the function.
    pub code_bytes: usize,
    /// Bytes of its frame, with saved frame pointer and return address.
    pub frame_bytes: u32,
}

impl Row {
    /// The median over all runs at all placements.
    pub fn median(&self) -> Duration {
        let mut all = self.times.concat();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    /// The lowest and the highest of the medians of the placements: how much alignment matters.
    pub fn placements(&self) -> (Duration, Duration) {
        let medians = || self.times.iter().filter_map(|times| times.get(times.len() / 2).copied());
        (medians().min().unwrap_or_default(), medians().max().unwrap_or_default())
    }

    /// The fastest run.
    pub fn best(&self) -> Duration {
        self.times.iter().flatten().min().copied().unwrap_or_default()
    }
}

/// Offsets within a cache line at which each variant's code is placed.
pub const SKEWS: [usize; 8] = [0, 8, 16, 24, 32, 40, 48, 56];

/// Measures the variants whose names pass `keep`: `fib(n)`, `rounds` times at each placement.
pub fn measure(n: i32, rounds: usize, keep: impl Fn(&str) -> bool) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut machines = Vec::new();
    let mut rows = Vec::new();
    for &variant in VARIANTS.iter().filter(|variant| keep(variant.name)) {
        let (functions, row) = prepare(variant)?;
        let placed = SKEWS.iter().map(|&skew| Machine::new(&functions, skew, variant.work));
        machines.push(placed.collect::<Result<Vec<_>, _>>()?);
        rows.push(row);
    }
    for round in 0..=rounds {
        for skew in 0..SKEWS.len() {
            for (row, machines) in rows.iter_mut().zip(&mut machines) {
                let work = row.variant.work;
                let n = if matches!(work, Work::Pressure(_)) { LOOPS } else { n };
                let begin = Instant::now();
                let value = machines[skew].run(n);
                let time = begin.elapsed();
                if value != Some(expected(work, n)) {
                    return Err(format!("variant {}: fib({n}) = {value:?}", row.variant.name).into());
                }
                // The first round warms up.
                if round > 0 {
                    row.times[skew].push(time);
                }
            }
        }
    }
    for row in &mut rows {
        row.times.iter_mut().for_each(|times| times.sort_unstable());
    }
    Ok(rows)
}

fn prepare(variant: Variant) -> Result<(Vec<Compiled>, Row), Box<dyn Error>> {
    let passing = variant.convention.passing;
    let target = if passing == Passing::Pinned { Target::X64Pinned } else { Target::X64 };
    let isa = isa(target)?;
    let function = match variant.work {
        Work::Fibonacci | Work::Across => fib(&*isa, variant.convention),
        Work::Pressure(values) => pressure(&*isa, passing, values),
    };
    let mut functions = vec![compile(&*isa, function)?];
    if passing == Passing::Pinned {
        functions.push(compile(&*isa, thunk(&*isa))?);
    }
    functions.push(compile(&*isa, entry(&*isa, passing, &[types::I32], &[types::I32]))?);
    let code = &functions[0].code;
    let frame = code.buffer.frame_layout().ok_or("no frame layout")?;
    let mut row = Row {
        variant,
        times: Default::default(),
        instructions: 0.0,
        code_bytes: code.code_buffer().len(),
        frame_bytes: frame.frame_to_fp_offset + 16,
    };
    row.instructions = instructions(&functions, variant.work)?;
    Ok((functions, row))
}

fn instructions(functions: &[Compiled], work: Work) -> Result<f64, Box<dyn Error>> {
    const N: i32 = 10;
    let mut machine = Machine::new(functions, 0, work)?;
    // The function and its thunk, not the trampoline behind them.
    let range = machine.image.function(0).addr()..machine.entry.addr();
    let mut value = None;
    let count = step::count(&range, || value = machine.run(N))?;
    if value != Some(expected(work, N)) {
        return Err(format!("{work:?}({N}) = {value:?} when stepped").into());
    }
    let units = match work {
        // fib(n) makes 2 fib(n + 1) - 1 calls in all.
        Work::Fibonacci | Work::Across => 2 * fibonacci(N + 1) - 1,
        Work::Pressure(_) => N,
    };
    Ok(f64::from(u32::try_from(count)?) / f64::from(units))
}

fn expected(work: Work, n: i32) -> i32 {
    match work {
        Work::Fibonacci | Work::Across => fibonacci(n),
        Work::Pressure(values) => crate::pressure::expected(values, n),
    }
}

fn fibonacci(n: i32) -> i32 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}

type Entry = unsafe extern "C" fn(*mut Context, *const u8, *mut u64, *mut crate::context::Activation) -> u32;

/// Two instances of one store around one placement of the code.
struct Machine {
    image: Image,
    entry: *const u8,
    store: Box<Store>,
    contexts: Box<[Context; 2]>,
    _funcrefs: Box<[FuncRef; 2]>,
    _elements: Box<[*const FuncRef; 2]>,
}

impl Machine {
    fn new(functions: &[Compiled], skew: usize, work: Work) -> Result<Self, Box<dyn Error>> {
        let across = work == Work::Across;
        let image = Image::new(functions, skew)?;
        let entry = image.function(functions.len() - 1);
        let here = 0_u8;
        // Deep enough for any fib that is measured, within any thread's stack.
        let stack_limit = (&raw const here).addr() - (256 << 10);
        let mut store = Box::new(Store { stack_limit, ..Store::default() });
        let store_pointer = &raw mut *store;
        let context = || Context {
            store: store_pointer,
            caller: std::ptr::null_mut(),
            stack_limit,
            stack_overflow: raise as *const u8,
            table: std::ptr::null(),
            table_len: 1,
            type_id: 7,
            callee: std::ptr::null(),
        };
        let mut contexts = Box::new([context(), context()]);
        let first = &raw mut contexts[0];
        let second = &raw mut contexts[1];
        let funcref = |context| FuncRef { code: image.function(0), context, type_id: 7 };
        let funcrefs = Box::new([funcref(first), funcref(second)]);
        let elements = Box::new([&raw const funcrefs[usize::from(across)], &raw const funcrefs[usize::from(!across)]]);
        contexts[0].table = &raw const elements[0];
        contexts[1].table = &raw const elements[1];
        Ok(Self { image, entry, store, contexts, _funcrefs: funcrefs, _elements: elements })
    }

    fn run(&mut self, n: i32) -> Option<i32> {
        let mut values = [u64::from(n.cast_unsigned())];
        // SAFETY: the last function of each image is the trampoline, of this signature.
        let entry = unsafe { std::mem::transmute::<*const u8, Entry>(self.entry) };
        let code = self.image.function(0);
        let context = &raw mut self.contexts[0];
        let activation = &raw mut self.store.activation;
        // SAFETY: the context, its store and its table are owned by `self`; the values have room for the one argument
        // and the one result.
        let raised = unsafe { entry(context, code, values.as_mut_ptr(), activation) };
        #[expect(clippy::cast_possible_truncation, reason = "an i32 stands in the low half of its slot")]
        let value = (values[0] as u32).cast_signed();
        (raised == 0).then_some(value)
    }
}
