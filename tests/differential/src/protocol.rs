//! What both engines are asked to do with a program, and how they answer: in values that can be compared.

use crate::random::{Random, mix};

/// Modules, instantiated in this order. An import from module `m0`, `m1`, … is the export of an earlier one by that name;
/// every other import is made up from its type, the same way for both engines.
#[derive(Clone, Debug)]
pub struct Program {
    /// Binary modules.
    pub modules: Vec<Vec<u8>>,
    /// Decides on arguments.
    pub seed: u64,
    /// How often every exported function is called.
    pub rounds: u32,
    /// Whether scalar results that are NaN are compared as such only.
    pub nan_classes: bool,
}

/// A value, as far as it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// 32 bits.
    I32(u32),
    /// 64 bits.
    I64(u64),
    /// Bits of a float.
    F32(u32),
    /// Bits of a float.
    F64(u64),
    /// A vector.
    V128(u128),
    /// A function: whether it is null.
    Func(bool),
    /// Something of the host: whether it is null.
    Extern(bool),
}

/// Types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Vector.
    V128,
    /// Function.
    Func,
    /// Something of the host.
    Extern,
}

/// Why a call did not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `unreachable`.
    Unreachable,
    /// Linear memory.
    Memory,
    /// A table, also by an indirect call.
    Table,
    /// An indirect call of null.
    Null,
    /// An indirect call of another type.
    Signature,
    /// Division by zero.
    Zero,
    /// Overflow of a division or conversion.
    Overflow,
    /// Conversion of NaN.
    Conversion,
    /// A host function returned an error.
    Host,
    /// Stack, fuel, time: every engine has limits of its own.
    Limit,
    /// Anything else, which is wrong.
    Other,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A host function was called.
    Host(u32, Vec<Value>),
    /// An instance was made.
    Instantiated(usize),
    /// A call begins.
    Call(String),
    /// It returned.
    Returned(Vec<Value>),
    /// It trapped.
    Trapped(Kind, String),
    /// A global at the end.
    Global(String, Value),
    /// A table at the end: which elements are null.
    Table(String, Vec<bool>),
    /// A memory at the end.
    Memory(String, Vec<u8>),
}

/// The most events of host calls that are kept.
pub const MOST_EVENTS: usize = 20_000;

/// Everything seen of one engine, in order.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was seen.
    pub events: Vec<Event>,
    /// So many calls were made until a limit was reached, if one was.
    pub limited: Option<usize>,
    /// Calls made.
    pub calls: usize,
}

impl Report {
    /// Notes a trap. Returns whether it was a limit, after which nothing can be compared.
    pub fn trapped(&mut self, kind: Kind, text: String) -> bool {
        self.events.push(Event::Trapped(kind, text));
        if kind == Kind::Limit {
            self.limited = Some(self.calls);
        }
        kind == Kind::Limit
    }
}

/// What a host function returns for a parameter-independent hash: an error, or a number that results are made of.
#[must_use]
pub fn host_answer(position: u32, args: &[Value]) -> Option<u64> {
    let mut hash = mix(u64::from(position).wrapping_add(1));
    for arg in args {
        let bits = match *arg {
            Value::I32(bits) | Value::F32(bits) => u64::from(bits),
            Value::I64(bits) | Value::F64(bits) => bits,
            Value::V128(bits) => {
                let [a, b, c, d, e, f, g, h, ..] = (bits ^ (bits >> 64)).to_le_bytes();
                u64::from_le_bytes([a, b, c, d, e, f, g, h])
            }
            Value::Func(null) | Value::Extern(null) => u64::from(null),
        };
        hash = mix(hash ^ bits);
    }
    if hash.is_multiple_of(64) { None } else { Some(hash) }
}

/// One of the values that such a number makes. Never a NaN, never a reference.
#[must_use]
pub fn made_up(hash: u64, ty: Type) -> Value {
    let small = (hash >> 40) & 0xffff;
    let [low, ..] = [hash & 0xffff_ffff];
    let small32 = u32::try_from(small).unwrap_or(0);
    let low = u32::try_from(low).unwrap_or(0);
    match ty {
        Type::I32 if hash & 1 == 0 => Value::I32(small32),
        Type::I32 => Value::I32(low),
        Type::I64 => Value::I64(hash),
        Type::F32 => Value::F32((f32::from(u16::try_from(small).unwrap_or(0)) / 8.0).to_bits()),
        Type::F64 => Value::F64((f64::from(small32) / -4.0).to_bits()),
        Type::V128 => Value::V128(u128::from(hash) << 64 | u128::from(mix(hash))),
        Type::Func => Value::Func(true),
        Type::Extern => Value::Extern(true),
    }
}

/// An argument of a call: often one of those where arithmetic changes its ways.
pub fn argument(random: &mut Random, ty: Type) -> Value {
    const I32: &[u32] = &[
        0,
        1,
        2,
        3,
        7,
        8,
        15,
        16,
        31,
        32,
        33,
        63,
        64,
        127,
        128,
        255,
        256,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        0xfff0,
        0xfff8,
        0xfffc,
        0xfffe,
        0x1_fff0,
        0x1_fffc,
        0x2_0000,
        0x2_fff8,
        0x3_0000,
        0x7fff_ffff,
        0x8000_0000,
        0x8000_0001,
        0xffff_ffff,
        0xffff_fffe,
        0xffff_fff0,
        0xffff_0000,
        0xfffe_ffff,
    ];
    const I64: &[u64] = &[
        0,
        1,
        31,
        32,
        63,
        64,
        255,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
        u64::MAX - 1,
        (1 << 53) - 1,
        1 << 53,
        (1 << 53) + 1,
        0xffff_ffff_8000_0000,
        0xffff_ffff_7fff_ffff,
    ];
    const F32: &[f32] = &[
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.0,
        -1.0,
        1.5,
        2.5,
        -0.9999,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        2_147_483_648.0,
        -2_147_483_648.0,
        2_147_483_500.0,
        4_294_967_296.0,
        4_294_967_000.0,
        9_223_372_036_854_775_808.0,
        -9_223_372_036_854_775_808.0,
        18_446_744_073_709_551_616.0,
        1e-40,
        16_777_217.0,
        -2_147_483_904.0,
        8_388_607.5,
    ];
    const F64: &[f64] = &[
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.0,
        -1.0,
        1.5,
        2.5,
        -0.9999,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        2_147_483_647.0,
        2_147_483_647.9,
        2_147_483_648.0,
        -2_147_483_648.0,
        -2_147_483_648.9,
        -2_147_483_649.0,
        4_294_967_295.0,
        4_294_967_295.9,
        4_294_967_296.0,
        9_223_372_036_854_775_808.0,
        -9_223_372_036_854_775_808.0,
        -9_223_372_036_854_777_856.0,
        18_446_744_073_709_551_616.0,
        18_446_744_073_709_549_568.0,
        9_223_372_036_854_774_784.0,
        1e-310,
        4_503_599_627_370_495.5,
        3.5e38,
    ];
    match ty {
        Type::I32 => Value::I32(if random.one_in(4) { random.draw32() } else { random.pick(I32) }),
        Type::I64 => Value::I64(if random.one_in(4) { random.draw() } else { random.pick(I64) }),
        Type::F32 => {
            let bits = if random.one_in(4) { random.draw32() } else { random.pick(F32).to_bits() };
            Value::F32(if f32::from_bits(bits).is_nan() { 0x7fc0_0000 } else { bits })
        }
        Type::F64 => {
            let bits = if random.one_in(4) { random.draw() } else { random.pick(F64).to_bits() };
            Value::F64(if f64::from_bits(bits).is_nan() { 0x7ff8_0000_0000_0000 } else { bits })
        }
        Type::V128 => {
            let lanes = (0..4).fold(0u128, |lanes, _| {
                let lane = match random.below(3) {
                    0 => random.draw32(),
                    1 => random.pick(I32),
                    _ => 0x3f80_0000,
                };
                lanes << 32 | u128::from(lane)
            });
            Value::V128(lanes)
        }
        Type::Func => Value::Func(true),
        Type::Extern => Value::Extern(random.one_in(2)),
    }
}

/// The value with every NaN the same.
#[must_use]
pub fn class(value: Value) -> Value {
    match value {
        Value::F32(bits) if f32::from_bits(bits).is_nan() => Value::F32(0x7fc0_0000),
        Value::F64(bits) if f64::from_bits(bits).is_nan() => Value::F64(0x7ff8_0000_0000_0000),
        _ => value,
    }
}

/// The number of an import: engines list imports in orders of their own.
#[must_use]
pub fn import_number(module: &str, name: &str) -> u32 {
    let hash = module.bytes().chain([0xff]).chain(name.bytes()).fold(1u64, |hash, byte| mix(hash ^ u64::from(byte)));
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The earlier instance that an import is to come from.
#[must_use]
pub fn instance_of(module: &str, instances: usize) -> Option<usize> {
    let number = module.strip_prefix('m')?.parse().ok()?;
    (number < instances).then_some(number)
}
