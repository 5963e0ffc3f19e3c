//! The commands of a script, decoded one at a time from its bytes.
//!
//! The numbers of all tags stand in [`tag`], which the writer uses too.

use crate::decode::{Cursor, ScriptError, ScriptErrorKind};
use crate::value::{Expected, F32Pattern, F64Pattern, HeapKind, Value};

/// A line of the `.wast` file, from 1.
pub type Line = u32;

/// One step of a script. What asserts must hold; what does not must succeed.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// Instantiate a module into a slot.
    Module {
        /// Where the instance goes; each slot is filled once.
        slot: u32,
        /// The compiled module.
        image: &'a [u8],
    },
    /// Keep a module for later instances.
    Define {
        /// Its number; each is defined once.
        definition: u32,
        /// The compiled module.
        image: &'a [u8],
    },
    /// Instantiate a kept module into a slot.
    Instantiate {
        /// Where the instance goes; each slot is filled once.
        slot: u32,
        /// The number of a kept module.
        definition: u32,
    },
    /// Offer all exports of an instance for import.
    Register {
        /// The instance.
        slot: u32,
        /// The module name that imports say.
        name: &'a str,
    },
    /// Perform an action and drop the results.
    Invoke(Action<'a>),
    /// The action gives these results.
    AssertReturn {
        /// What to do.
        action: Action<'a>,
        /// A pattern for each result.
        expected: Expectations<'a>,
    },
    /// The action traps.
    AssertTrap {
        /// What to do.
        action: Action<'a>,
        /// How the message starts.
        message: &'a str,
    },
    /// The action uses up the stack.
    AssertExhaustion {
        /// What to do.
        action: Action<'a>,
        /// How the message starts.
        message: &'a str,
    },
    /// Instantiating the module traps.
    AssertModuleTrap {
        /// The compiled module.
        image: &'a [u8],
        /// How the message starts.
        message: &'a str,
    },
    /// The module cannot be instantiated for lack of what it imports.
    AssertUnlinkable {
        /// The compiled module.
        image: &'a [u8],
        /// How the message starts.
        message: &'a str,
    },
}

/// Something to do with an instance.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Call an exported function.
    Invoke {
        /// The instance.
        slot: u32,
        /// The export.
        name: &'a str,
        /// The arguments.
        arguments: Values<'a>,
    },
    /// Read an exported global.
    Get {
        /// The instance.
        slot: u32,
        /// The export.
        name: &'a str,
    },
}

impl Command<'_> {
    /// Whether this is an assertion, to be counted as such.
    #[must_use]
    pub const fn is_assertion(&self) -> bool {
        matches!(
            self,
            Self::AssertReturn { .. }
                | Self::AssertTrap { .. }
                | Self::AssertExhaustion { .. }
                | Self::AssertModuleTrap { .. }
                | Self::AssertUnlinkable { .. }
        )
    }
}

/// Values in a row, decoded on the way.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    bytes: Cursor<'a>,
}

impl Iterator for Values<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        // `Script::parse` has decoded all of it once, so an error is an end.
        next_value(&mut self.bytes).ok()
    }
}

/// What each result of an action has to be, in order.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    bytes: Cursor<'a>,
}

impl<'a> Iterator for Expectations<'a> {
    type Item = Alternatives<'a>;

    fn next(&mut self) -> Option<Alternatives<'a>> {
        alternatives(&mut self.bytes).ok()
    }
}

/// Patterns of which one has to match: one, or several for `either`.
#[derive(Clone, Copy, Debug)]
pub struct Alternatives<'a> {
    bytes: Cursor<'a>,
}

impl Alternatives<'_> {
    /// Whether one of them matches.
    #[must_use]
    pub fn matches(mut self, value: &Value) -> bool {
        self.any(|pattern| pattern.matches(value))
    }
}

impl Iterator for Alternatives<'_> {
    type Item = Expected;

    fn next(&mut self) -> Option<Expected> {
        next_expected(&mut self.bytes).ok()
    }
}

/// The numbers of commands, values, patterns and types.
pub(crate) mod tag {
    pub(crate) const MODULE: u8 = 1;
    pub(crate) const DEFINE: u8 = 2;
    pub(crate) const INSTANTIATE: u8 = 3;
    pub(crate) const REGISTER: u8 = 4;
    pub(crate) const INVOKE: u8 = 5;
    pub(crate) const ASSERT_RETURN: u8 = 6;
    pub(crate) const ASSERT_TRAP: u8 = 7;
    pub(crate) const ASSERT_EXHAUSTION: u8 = 8;
    pub(crate) const ASSERT_MODULE_TRAP: u8 = 9;
    pub(crate) const ASSERT_UNLINKABLE: u8 = 10;

    pub(crate) const ACTION_INVOKE: u8 = 1;
    pub(crate) const ACTION_GET: u8 = 2;

    pub(crate) const I32: u8 = 1;
    pub(crate) const I64: u8 = 2;
    pub(crate) const F32: u8 = 3;
    pub(crate) const F64: u8 = 4;
    pub(crate) const V128: u8 = 5;
    pub(crate) const NULL_FUNC: u8 = 6;
    pub(crate) const NULL_EXTERN: u8 = 7;
    pub(crate) const REF_FUNC: u8 = 8;
    pub(crate) const REF_EXTERN: u8 = 9;
    pub(crate) const F32_PATTERN: u8 = 10;
    pub(crate) const F64_PATTERN: u8 = 11;
    pub(crate) const F32X4: u8 = 12;
    pub(crate) const F64X2: u8 = 13;
    pub(crate) const ANY_NULL: u8 = 14;
    pub(crate) const ANY_EXTERN: u8 = 15;

    pub(crate) const BITS: u8 = 0;
    pub(crate) const CANONICAL: u8 = 1;
    pub(crate) const ARITHMETIC: u8 = 2;
}

/// Decodes one command, and with `check` all that is decoded on the way later.
/// `image` finds the image that a command names by offset and length.
pub(crate) fn next_command<'a>(
    bytes: &mut Cursor<'a>,
    check: bool,
    image: impl Fn(u32, u32) -> Option<&'a [u8]>,
) -> Result<(Line, Command<'a>), ScriptError> {
    let start = *bytes;
    let tag = bytes.u8()?;
    let line = bytes.u32()?;
    let image = |bytes: &mut Cursor<'a>| {
        let start = *bytes;
        let (offset, length) = (bytes.u32()?, bytes.u32()?);
        image(offset, length).ok_or(start.error(ScriptErrorKind::OutOfBounds))
    };
    let command = match tag {
        tag::MODULE => Command::Module { slot: bytes.u32()?, image: image(bytes)? },
        tag::DEFINE => Command::Define { definition: bytes.u32()?, image: image(bytes)? },
        tag::INSTANTIATE => Command::Instantiate { slot: bytes.u32()?, definition: bytes.u32()? },
        tag::REGISTER => Command::Register { slot: bytes.u32()?, name: bytes.text()? },
        tag::INVOKE => Command::Invoke(action(bytes, check)?),
        tag::ASSERT_RETURN => {
            Command::AssertReturn { action: action(bytes, check)?, expected: expectations(bytes, check)? }
        }
        tag::ASSERT_TRAP => Command::AssertTrap { action: action(bytes, check)?, message: bytes.text()? },
        tag::ASSERT_EXHAUSTION => Command::AssertExhaustion { action: action(bytes, check)?, message: bytes.text()? },
        tag::ASSERT_MODULE_TRAP => Command::AssertModuleTrap { image: image(bytes)?, message: bytes.text()? },
        tag::ASSERT_UNLINKABLE => Command::AssertUnlinkable { image: image(bytes)?, message: bytes.text()? },
        _ => return Err(start.error(ScriptErrorKind::UnknownTag(tag))),
    };
    Ok((line, command))
}

fn action<'a>(bytes: &mut Cursor<'a>, check: bool) -> Result<Action<'a>, ScriptError> {
    let start = *bytes;
    match bytes.u8()? {
        tag::ACTION_INVOKE => {
            let (slot, name) = (bytes.u32()?, bytes.text()?);
            let arguments = Values { bytes: Cursor::new(bytes.bytes()?) };
            if check {
                let mut bytes = arguments.bytes;
                while !bytes.is_at_end() {
                    next_value(&mut bytes)?;
                }
            }
            Ok(Action::Invoke { slot, name, arguments })
        }
        tag::ACTION_GET => Ok(Action::Get { slot: bytes.u32()?, name: bytes.text()? }),
        tag => Err(start.error(ScriptErrorKind::UnknownTag(tag))),
    }
}

fn expectations<'a>(bytes: &mut Cursor<'a>, check: bool) -> Result<Expectations<'a>, ScriptError> {
    let expectations = Expectations { bytes: Cursor::new(bytes.bytes()?) };
    if check {
        let mut bytes = expectations.bytes;
        while !bytes.is_at_end() {
            alternatives(&mut bytes)?;
        }
    }
    Ok(expectations)
}

/// A count, and so many patterns.
fn alternatives<'a>(bytes: &mut Cursor<'a>) -> Result<Alternatives<'a>, ScriptError> {
    let count = bytes.u8()?;
    let start = *bytes;
    for _ in 0..count {
        next_expected(bytes)?;
    }
    Ok(Alternatives { bytes: Cursor::new(start.until(bytes)) })
}

fn next_value(bytes: &mut Cursor<'_>) -> Result<Value, ScriptError> {
    let start = *bytes;
    match next_expected(bytes)? {
        Expected::Exactly(value) => Ok(value),
        _ => Err(start.error(ScriptErrorKind::UnknownTag(0))),
    }
}

fn next_expected(bytes: &mut Cursor<'_>) -> Result<Expected, ScriptError> {
    let start = *bytes;
    Ok(match bytes.u8()? {
        tag::I32 => Expected::Exactly(Value::I32(bytes.u32()?)),
        tag::I64 => Expected::Exactly(Value::I64(bytes.u64()?)),
        tag::F32 => Expected::Exactly(Value::F32(bytes.u32()?)),
        tag::F64 => Expected::Exactly(Value::F64(bytes.u64()?)),
        tag::V128 => Expected::Exactly(Value::V128(bytes.u128()?)),
        tag::NULL_FUNC => Expected::Exactly(Value::RefNull(HeapKind::Func)),
        tag::NULL_EXTERN => Expected::Exactly(Value::RefNull(HeapKind::Extern)),
        tag::REF_FUNC => Expected::Exactly(Value::RefFunc),
        tag::REF_EXTERN => Expected::Exactly(Value::RefExtern(bytes.u32()?)),
        tag::F32_PATTERN => Expected::F32(f32_pattern(bytes)?),
        tag::F64_PATTERN => Expected::F64(f64_pattern(bytes)?),
        tag::F32X4 => {
            Expected::F32x4([f32_pattern(bytes)?, f32_pattern(bytes)?, f32_pattern(bytes)?, f32_pattern(bytes)?])
        }
        tag::F64X2 => Expected::F64x2([f64_pattern(bytes)?, f64_pattern(bytes)?]),
        tag::ANY_NULL => Expected::AnyNull,
        tag::ANY_EXTERN => Expected::AnyExtern,
        tag => return Err(start.error(ScriptErrorKind::UnknownTag(tag))),
    })
}

fn f32_pattern(bytes: &mut Cursor<'_>) -> Result<F32Pattern, ScriptError> {
    let start = *bytes;
    match bytes.u8()? {
        tag::BITS => Ok(F32Pattern::Bits(bytes.u32()?)),
        tag::CANONICAL => Ok(F32Pattern::Canonical),
        tag::ARITHMETIC => Ok(F32Pattern::Arithmetic),
        tag => Err(start.error(ScriptErrorKind::UnknownTag(tag))),
    }
}

fn f64_pattern(bytes: &mut Cursor<'_>) -> Result<F64Pattern, ScriptError> {
    let start = *bytes;
    match bytes.u8()? {
        tag::BITS => Ok(F64Pattern::Bits(bytes.u64()?)),
        tag::CANONICAL => Ok(F64Pattern::Canonical),
        tag::ARITHMETIC => Ok(F64Pattern::Arithmetic),
        tag => Err(start.error(ScriptErrorKind::UnknownTag(tag))),
    }
}
