//! A script as a whole: its header, and the way to its commands and images.
//!
//! ```text
//! 0   8 bytes  "STILTSPC"
//! 8   u32      version
//! 12  u32      length of the whole script
//! 16  u32      slots        an upper bound of slot numbers, for the player's tables
//! 20  u32      definitions  likewise
//! 24  text     name of the .wast file
//!     bytes    commands
//!     …        images, each at a multiple of 64
//! ```

use core::iter::FusedIterator;

use crate::command::{Command, Line, next_command};
use crate::decode::{Cursor, ScriptError, ScriptErrorKind};

/// The first bytes of a script.
pub(crate) const MAGIC: [u8; 8] = *b"STILTSPC";

/// The version of the format; others are not read.
pub const VERSION: u32 = 1;

/// The alignment of images, in bytes, counted from the start of the script.
pub const IMAGE_ALIGN: usize = 64;

/// A script, all of which has been checked.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    bytes: &'a [u8],
    name: &'a str,
    slots: u32,
    definitions: u32,
    commands: Cursor<'a>,
}

impl<'a> Script<'a> {
    /// Checks all of a script but the images. Bytes behind its end are ignored.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ScriptError> {
        let mut header = Cursor::new(bytes);
        let start = header;
        if header.array() != Ok(MAGIC) {
            return Err(start.error(ScriptErrorKind::NotAScript));
        }
        let at_version = header;
        let version = header.u32()?;
        if version != VERSION {
            return Err(at_version.error(ScriptErrorKind::WrongVersion(version)));
        }
        let at_length = header;
        let bytes = usize::try_from(header.u32()?)
            .ok()
            .and_then(|length| bytes.get(..length))
            .ok_or(at_length.error(ScriptErrorKind::OutOfBounds))?;
        let (slots, definitions) = (header.u32()?, header.u32()?);
        let name = header.text()?;
        let commands = Cursor::new(header.bytes()?);
        let script = Self { bytes, name, slots, definitions, commands };
        script.check_commands()?;
        Ok(script)
    }

    /// The name of the `.wast` file.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// All slot numbers are below this one.
    #[must_use]
    pub const fn slots(&self) -> u32 {
        self.slots
    }

    /// All numbers of definitions are below this one.
    #[must_use]
    pub const fn definitions(&self) -> u32 {
        self.definitions
    }

    /// The commands with their lines, in order.
    #[must_use]
    pub const fn commands(&self) -> Commands<'a> {
        Commands { script: *self }
    }

    fn check_commands(&self) -> Result<(), ScriptError> {
        let mut commands = self.commands;
        while !commands.is_at_end() {
            let start = commands;
            let (_, command) = next_command(&mut commands, true, |offset, length| self.image(offset, length))?;
            let (slot, definition) = match command {
                Command::Module { slot, .. } => (Some(slot), None),
                Command::Define { definition, .. } => (None, Some(definition)),
                Command::Instantiate { slot, definition } => (Some(slot), Some(definition)),
                // Other slots are looked up, and not found is an answer.
                _ => (None, None),
            };
            if slot.is_some_and(|slot| slot >= self.slots)
                || definition.is_some_and(|definition| definition >= self.definitions)
            {
                return Err(start.error(ScriptErrorKind::OutOfBounds));
            }
        }
        Ok(())
    }

    fn image(&self, offset: u32, length: u32) -> Option<&'a [u8]> {
        let offset = usize::try_from(offset).ok()?;
        let length = usize::try_from(length).ok()?;
        if !offset.is_multiple_of(IMAGE_ALIGN) {
            return None;
        }
        self.bytes.get(offset..)?.get(..length)
    }
}

/// The commands of a script with their lines, in order.
#[derive(Clone, Copy, Debug)]
pub struct Commands<'a> {
    script: Script<'a>,
}

impl<'a> Iterator for Commands<'a> {
    type Item = (Line, Command<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let script = self.script;
        // `Script::parse` has decoded all of it once, so an error is an end.
        next_command(&mut self.script.commands, false, |offset, length| script.image(offset, length)).ok()
    }
}

impl FusedIterator for Commands<'_> {}
