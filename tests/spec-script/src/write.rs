//! The writing half: the host appends commands, then gets the bytes.
//!
//! Each method writes what the function of its name in `command.rs` reads.

use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::command::{Line, tag};
use crate::script::{IMAGE_ALIGN, MAGIC, VERSION};
use crate::value::{Expected, F32Pattern, F64Pattern, HeapKind, Value};

/// Collects the commands and images of one script.
#[derive(Debug, Default)]
pub struct ScriptWriter {
    name: String,
    slots: u32,
    definitions: u32,
    commands: Vec<u8>,
    images: Vec<u8>,
    /// Where in `commands` an image's offset stands that `finish` still has to move.
    image_references: Vec<usize>,
    too_large: bool,
}

/// Something to do with an instance, to be written.
#[derive(Clone, Debug)]
pub enum ActionSpec {
    /// Call an exported function.
    Invoke {
        /// The instance.
        slot: u32,
        /// The export.
        name: String,
        /// The arguments.
        arguments: Vec<Value>,
    },
    /// Read an exported global.
    Get {
        /// The instance.
        slot: u32,
        /// The export.
        name: String,
    },
}

/// What one result has to be: one of these.
pub type ExpectedSpec = Vec<Expected>;

/// The script would not fit into 4 GiB, or a list not into its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script is too large for its format")
    }
}

impl Error for TooLarge {}

impl ScriptWriter {
    /// An empty script for the `.wast` file of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// `Command::Module`
    pub fn module(&mut self, line: Line, slot: u32, image: &[u8]) {
        self.start(tag::MODULE, line);
        self.new_slot(slot);
        self.image(image);
    }

    /// `Command::Define`
    pub fn define(&mut self, line: Line, definition: u32, image: &[u8]) {
        self.start(tag::DEFINE, line);
        self.new_definition(definition);
        self.image(image);
    }

    /// `Command::Instantiate`
    pub fn instantiate(&mut self, line: Line, slot: u32, definition: u32) {
        self.start(tag::INSTANTIATE, line);
        self.new_slot(slot);
        self.new_definition(definition);
    }

    /// `Command::Register`
    pub fn register(&mut self, line: Line, slot: u32, name: &str) {
        self.start(tag::REGISTER, line);
        self.u32(slot);
        self.bytes(name.as_bytes());
    }

    /// `Command::Invoke`
    pub fn invoke(&mut self, line: Line, action: &ActionSpec) {
        self.start(tag::INVOKE, line);
        self.action(action);
    }

    /// `Command::AssertReturn`
    pub fn assert_return(&mut self, line: Line, action: &ActionSpec, expected: &[ExpectedSpec]) {
        self.start(tag::ASSERT_RETURN, line);
        self.action(action);
        let mut patterns = Vec::new();
        for alternatives in expected {
            match u8::try_from(alternatives.len()) {
                Ok(count) => patterns.push(count),
                Err(_) => self.too_large = true,
            }
            for pattern in alternatives {
                put_expected(&mut patterns, pattern);
            }
        }
        self.bytes(&patterns);
    }

    /// `Command::AssertTrap`
    pub fn assert_trap(&mut self, line: Line, action: &ActionSpec, message: &str) {
        self.start(tag::ASSERT_TRAP, line);
        self.action(action);
        self.bytes(message.as_bytes());
    }

    /// `Command::AssertExhaustion`
    pub fn assert_exhaustion(&mut self, line: Line, action: &ActionSpec, message: &str) {
        self.start(tag::ASSERT_EXHAUSTION, line);
        self.action(action);
        self.bytes(message.as_bytes());
    }

    /// `Command::AssertModuleTrap`
    pub fn assert_module_trap(&mut self, line: Line, image: &[u8], message: &str) {
        self.start(tag::ASSERT_MODULE_TRAP, line);
        self.image(image);
        self.bytes(message.as_bytes());
    }

    /// `Command::AssertUnlinkable`
    pub fn assert_unlinkable(&mut self, line: Line, image: &[u8], message: &str) {
        self.start(tag::ASSERT_UNLINKABLE, line);
        self.image(image);
        self.bytes(message.as_bytes());
    }

    /// The bytes of the script.
    pub fn finish(self) -> Result<Vec<u8>, TooLarge> {
        let length_of = |length: usize| u32::try_from(length).map_err(|_| TooLarge);
        if self.too_large {
            return Err(TooLarge);
        }
        let mut script = Vec::new();
        script.extend(MAGIC);
        script.extend(VERSION.to_le_bytes());
        let at_length = script.len();
        script.extend([0; 4]);
        script.extend(self.slots.to_le_bytes());
        script.extend(self.definitions.to_le_bytes());
        script.extend(length_of(self.name.len())?.to_le_bytes());
        script.extend(self.name.as_bytes());
        script.extend(length_of(self.commands.len())?.to_le_bytes());
        let commands = script.len();
        script.extend(&self.commands);
        script.resize(script.len().next_multiple_of(IMAGE_ALIGN), 0);
        let images = length_of(script.len())?;
        script.extend(&self.images);

        for reference in self.image_references {
            let at = commands + reference;
            let field = script.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()).ok_or(TooLarge)?;
            let offset = u32::from_le_bytes(*field).checked_add(images);
            *field = offset.ok_or(TooLarge)?.to_le_bytes();
        }
        let length = length_of(script.len())?.to_le_bytes();
        let field = script.get_mut(at_length..).and_then(|rest| rest.first_chunk_mut::<4>()).ok_or(TooLarge)?;
        *field = length;
        Ok(script)
    }

    fn start(&mut self, tag: u8, line: Line) {
        self.commands.push(tag);
        self.u32(line);
    }

    fn new_slot(&mut self, slot: u32) {
        self.slots = self.slots.max(slot.saturating_add(1));
        self.u32(slot);
    }

    fn new_definition(&mut self, definition: u32) {
        self.definitions = self.definitions.max(definition.saturating_add(1));
        self.u32(definition);
    }

    fn u32(&mut self, number: u32) {
        self.commands.extend(number.to_le_bytes());
    }

    fn length(&mut self, length: usize) {
        match u32::try_from(length) {
            Ok(length) => self.u32(length),
            Err(_) => self.too_large = true,
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.commands.extend(bytes);
    }

    /// The image's offset counts from the first image until `finish` moves it.
    fn image(&mut self, image: &[u8]) {
        self.image_references.push(self.commands.len());
        self.length(self.images.len());
        self.length(image.len());
        self.images.extend(image);
        let padded = self.images.len().next_multiple_of(IMAGE_ALIGN);
        self.images.resize(padded, 0);
    }

    fn action(&mut self, action: &ActionSpec) {
        match action {
            ActionSpec::Invoke { slot, name, arguments } => {
                self.commands.push(tag::ACTION_INVOKE);
                self.u32(*slot);
                self.bytes(name.as_bytes());
                let mut values = Vec::new();
                for argument in arguments {
                    put_value(&mut values, argument);
                }
                self.bytes(&values);
            }
            ActionSpec::Get { slot, name } => {
                self.commands.push(tag::ACTION_GET);
                self.u32(*slot);
                self.bytes(name.as_bytes());
            }
        }
    }
}

fn put(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend(bytes);
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::I32(bits) => put(out, tag::I32, &bits.to_le_bytes()),
        Value::I64(bits) => put(out, tag::I64, &bits.to_le_bytes()),
        Value::F32(bits) => put(out, tag::F32, &bits.to_le_bytes()),
        Value::F64(bits) => put(out, tag::F64, &bits.to_le_bytes()),
        Value::V128(bits) => put(out, tag::V128, &bits.to_le_bytes()),
        Value::RefNull(HeapKind::Func) => put(out, tag::NULL_FUNC, &[]),
        Value::RefNull(HeapKind::Extern) => put(out, tag::NULL_EXTERN, &[]),
        Value::RefFunc => put(out, tag::REF_FUNC, &[]),
        Value::RefExtern(number) => put(out, tag::REF_EXTERN, &number.to_le_bytes()),
    }
}

fn put_expected(out: &mut Vec<u8>, expected: &Expected) {
    match expected {
        Expected::Exactly(value) => put_value(out, value),
        Expected::F32(pattern) => {
            out.push(tag::F32_PATTERN);
            put_f32_pattern(out, *pattern);
        }
        Expected::F64(pattern) => {
            out.push(tag::F64_PATTERN);
            put_f64_pattern(out, *pattern);
        }
        Expected::F32x4(patterns) => {
            out.push(tag::F32X4);
            for pattern in patterns {
                put_f32_pattern(out, *pattern);
            }
        }
        Expected::F64x2(patterns) => {
            out.push(tag::F64X2);
            for pattern in patterns {
                put_f64_pattern(out, *pattern);
            }
        }
        Expected::AnyNull => out.push(tag::ANY_NULL),
        Expected::AnyExtern => out.push(tag::ANY_EXTERN),
    }
}

fn put_f32_pattern(out: &mut Vec<u8>, pattern: F32Pattern) {
    match pattern {
        F32Pattern::Bits(bits) => put(out, tag::BITS, &bits.to_le_bytes()),
        F32Pattern::Canonical => out.push(tag::CANONICAL),
        F32Pattern::Arithmetic => out.push(tag::ARITHMETIC),
    }
}

fn put_f64_pattern(out: &mut Vec<u8>, pattern: F64Pattern) {
    match pattern {
        F64Pattern::Bits(bits) => put(out, tag::BITS, &bits.to_le_bytes()),
        F64Pattern::Canonical => out.push(tag::CANONICAL),
        F64Pattern::Arithmetic => out.push(tag::ARITHMETIC),
    }
}
