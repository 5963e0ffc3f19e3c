//! Reading the file a subcommand was given: a module as binary or text, or an image.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::io::Read as _;
use std::path::Path;
use stilt_artifact::header::{ELF_MAGIC, MAGIC};
use stilt_precompiler::Device;

/// What a file turned out to be.
pub(crate) enum Input {
    /// A module in the binary format (text has been converted).
    Module(Vec<u8>),
    /// An image.
    Image(Vec<u8>),
}

/// The largest file that is read: nothing that can be compiled or loaded is larger.
const LIMIT: u64 = 1 << 32;

/// Reads a file and finds out what it is.
pub(crate) fn read(path: &Path) -> Result<Input> {
    let bytes = read_bytes(path)?;
    if bytes.starts_with(&MAGIC) || bytes.starts_with(&ELF_MAGIC) {
        return Ok(Input::Image(bytes));
    }
    if bytes.starts_with(b"\0asm") {
        return Ok(Input::Module(bytes));
    }
    let text = core::str::from_utf8(&bytes).ok().filter(|text| looks_like_text(text));
    let Some(text) = text else {
        if bytes.is_empty() {
            bail!("{}: the file is empty", path.display());
        }
        bail!(
            "{}: neither a WebAssembly module (binary or text) nor a Stilt image; it starts with {:02x?}",
            path.display(),
            bytes.get(..4.min(bytes.len())).unwrap_or_default()
        );
    };
    let module = wat::Parser::new().parse_str(Some(path), text).map_err(|error| anyhow::anyhow!("{error}"));
    Ok(Input::Module(module.with_context(|| format!("{}: not valid WebAssembly text", path.display()))?.to_vec()))
}

/// Reads a file that must be a module.
pub(crate) fn read_module(path: &Path) -> Result<Vec<u8>> {
    match read(path)? {
        Input::Module(module) => Ok(module),
        Input::Image(_) => bail!("{}: this is a compiled image already", path.display()),
    }
}

/// Reads a file that must be an image.
pub(crate) fn read_image(path: &Path) -> Result<Vec<u8>> {
    match read(path)? {
        Input::Image(image) => Ok(image),
        Input::Module(_) => {
            bail!("{}: this is a WebAssembly module; compile it first: stilt compile {0}", path.display())
        }
    }
}

/// Reads the description of a device.
pub(crate) fn read_device(path: &Path) -> Result<Device> {
    let bytes = read_bytes(path)?;
    let text = core::str::from_utf8(&bytes).ok();
    let text = text.with_context(|| format!("{}: not text, so no description of a device", path.display()))?;
    Device::parse(text).map_err(|error| {
        anyhow::anyhow!(
            "{}: not a description of a device, as `stilt targets --describe` prints: {error}",
            path.display()
        )
    })
}

/// Reads a whole file, within the limit.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let file = fs::File::open(path).with_context(cannot)?;
    let size = file.metadata().with_context(cannot)?.len();
    if size > LIMIT {
        bail!("{}: {size} bytes are too many; at most {LIMIT} are read", path.display());
    }
    let mut bytes = Vec::new();
    file.take(LIMIT).read_to_end(&mut bytes).with_context(cannot)?;
    Ok(bytes)
}

fn looks_like_text(text: &str) -> bool {
    text.trim_start().starts_with(['(', ';']) && !text.contains('\0')
}
