//! The smallest embedding, linked: its size by section, and whether a panic can be reached in it.

use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    Ok(())
}
