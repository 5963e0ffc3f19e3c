//! What all instruction sets have in common: bytes go in, lines come out.

use super::pulley::Pulley;
use super::x86_64::X86_64;
use anyhow::{Result, bail};
use stilt_artifact::header::ImageHeader;
use stilt_artifact::target::Architecture;

/// An instruction, or some data between instructions.
#[derive(Default)]
pub(super) struct Line {
    /// Where, from the start of the code.
    pub(super) at: u32,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// In words.
    pub(super) text: String,
    /// What it calls, jumps to or takes the address of.
    pub(super) target: Option<u32>,
    /// A number that it puts into a register.
    pub(super) constant: Option<u64>,
    /// The distance from a register at which it loads a pointer.
    pub(super) load: Option<i64>,
}

/// Turns code into lines.
pub(super) trait Disassembler {
    /// The lines of one function or trampoline that starts at offset `start` of the code. They cover all of it.
    fn lines(&self, code: &[u8], start: u32) -> Vec<Line>;

    /// Whether an instruction is the first of those that take a frame.
    fn takes_frame(&self, line: &Line) -> bool;
}

/// The disassembler for an image.
pub(super) fn of(header: &ImageHeader) -> Result<Box<dyn Disassembler>> {
    Ok(match Architecture::from_u8(header.architecture) {
        Some(Architecture::X86_64) => Box::new(X86_64::new()?),
        Some(Architecture::Pulley) => Box::new(Pulley),
        Some(other) => {
            let name = other.name();
            bail!(
                "code for {name} cannot be disassembled here: images are ELF files, `{name}-linux-gnu-objdump -d` reads them"
            )
        }
        None => bail!("the image is for an architecture that this version does not know"),
    })
}

/// Bytes that are no instructions, a few to a line.
pub(super) fn data(bytes: &[u8], at: u32) -> impl Iterator<Item = Line> + '_ {
    bytes.chunks(8).zip((at..).step_by(8)).map(|(bytes, at)| {
        let text: Vec<_> = bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
        Line { at, bytes: bytes.to_vec(), text: format!(".byte   {}", text.join(", ")), ..Line::default() }
    })
}

/// An offset of the code, `start` being the region's, `at` an index into its bytes.
pub(super) fn offset(start: u32, at: usize) -> u32 {
    start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
}
