//! What an image says about places in its code.

use std::collections::BTreeMap;
use stilt_artifact::sites::Site;
use stilt_artifact::{Endian, Image};

/// All sites: traps by their instruction, calls by what follows them.
pub(super) struct SiteMap {
    traps: BTreeMap<u32, Site>,
    returns: BTreeMap<u32, Site>,
}

impl SiteMap {
    pub(super) fn new(image: &Image<'_, Endian>) -> SiteMap {
        let modules = (0..image.header().modules).filter_map(|index| image.module(index));
        let sites = modules.flat_map(|module| module.sites().iter());
        let (traps, returns): (Vec<Site>, Vec<Site>) = sites.partition(|site| site.trap.is_some());
        let by_code = |sites: Vec<Site>| sites.into_iter().map(|site| (site.code, site)).collect();
        SiteMap { traps: by_code(traps), returns: by_code(returns) }
    }

    /// What the instruction at `at` may raise, and where it comes from.
    pub(super) fn trap(&self, at: u32) -> Option<String> {
        let site = self.traps.get(&at)?;
        Some(format!("wasm {:#x}, trap: {}", site.wasm, site.trap.map_or("", |trap| trap.message())))
    }

    /// Where the call at `at`, which is so long, comes from.
    pub(super) fn call(&self, at: u32, len: usize) -> Option<String> {
        let behind = at.checked_add(u32::try_from(len).ok().filter(|len| *len > 0)?)?;
        Some(format!("wasm {:#x}", self.returns.get(&behind)?.wasm))
    }
}
