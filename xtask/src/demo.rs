//! The main job on real input: precompile real programs, and run them on the Linux platform.

use crate::tool;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let _ = tool::root();
    Ok(())
}
