//! Sites: the places in compiled code that a trap or a backtrace can ask about, which are trapping instructions (by their own
//! address) and calls (by their return address). Each leads back to a wasm offset.
//!
//! Compact blocks behind a fixed-size index. A block holds up to [`BLOCK_SITES`] sites, in the order of their code
//! offsets; its [`SiteBlock`] holds the code offset and wasm offset that its first deltas start from. A site is:
//!
//! | bytes | meaning |
//! |---|---|
//! | varint | code offset, as the distance from the site before |
//! | 1 | 0 for a call, else the trap code; and [`INLINED`] |
//! | varint, zigzag | wasm offset, as the distance from the site before |
//! | varint | with [`INLINED`] only: how many calls lead here within the same function's code |
//! | as many varints, zigzag | wasm offset of each of these calls, the innermost first, as the distance from what stands before it |
//!
//! Only traps and backtraces read it, entry by entry and with every read checked: bad content gives a wrong answer, never a
//! wild read.

use crate::order::ByteOrder;
use crate::record;
use crate::record::Table;
use crate::trap::TrapCode;

record! {
    /// Index entry of one block.
    pub struct SiteBlock {
        /// Code offset of the block's first site.
        pub code: u32,
        /// Wasm offset that the first site's distance counts from.
        pub wasm: u32,
        /// Where the block starts in the section of site bytes.
        pub bytes: u32,
    }
}

/// Sites in a full block.
pub const BLOCK_SITES: usize = 32;

/// A bit in a site's second byte: the instruction is of a function that was inlined.
pub const INLINED: u8 = 1 << 7;

/// One site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Offset within the code range: of the trapping instruction, or of what follows the call.
    pub code: u32,
    /// `None` for a call.
    pub trap: Option<TrapCode>,
    /// Offset within the wasm file.
    pub wasm: u32,
}

/// The sites of an image.
#[derive(Clone, Copy, Debug)]
pub struct Sites<'a, O: Copy> {
    index: Table<'a, SiteBlock, O>,
    bytes: &'a [u8],
}

impl<'a, O: ByteOrder> Sites<'a, O> {
    /// Sites from their two sections.
    pub const fn new(index: Table<'a, SiteBlock, O>, bytes: &'a [u8]) -> Self {
        Sites { index, bytes }
    }

    /// The wasm offsets of the calls that were inlined around a site, the innermost first. The last one is of the function whose
    /// code it is; none if that is the site's own function.
    pub fn callers(&self, of: &Site) -> Callers<'a> {
        let found = self.search(of.code, |site| site.trap.is_some() == of.trap.is_some());
        found.map_or(Callers { rest: &[], left: 0, wasm: 0 }, |(_, callers)| callers)
    }

    /// The trapping instruction at exactly this code offset. Takes no lock and allocates nothing: fit for a trap handler.
    pub fn find_trap(&self, code: u32) -> Option<Site> {
        self.find(code, |site| site.trap.is_some())
    }

    /// The call that returns to exactly this code offset, which may be that of a trapping instruction, too.
    pub fn find_call(&self, code: u32) -> Option<Site> {
        self.find(code, |site| site.trap.is_none())
    }

    fn find(&self, code: u32, wanted: impl Fn(&Site) -> bool) -> Option<Site> {
        self.search(code, wanted).map(|(site, _)| site)
    }

    fn search(&self, code: u32, wanted: impl Fn(&Site) -> bool) -> Option<(Site, Callers<'a>)> {
        // The first block that starts at or behind the offset; the site may also stand at the end of the one before, and
        // two sites of one offset may stand on both sides of a block's start.
        let (mut low, mut high) = (0, self.index.len());
        while low < high {
            let middle = low.wrapping_add(high.wrapping_sub(low) / 2);
            if self.index.get(middle)?.code < code {
                low = middle.wrapping_add(1);
            } else {
                high = middle;
            }
        }
        let first = low.saturating_sub(1);
        let blocks = (first..=low).filter_map(|block| self.block(block));
        blocks.flatten().take_while(|(site, _)| site.code <= code).find(|(site, _)| site.code == code && wanted(site))
    }

    /// All sites, in the order of their code offsets.
    pub fn iter(&self) -> impl Iterator<Item = Site> + use<'a, O> {
        let sites = *self;
        (0..self.index.len()).filter_map(move |block| sites.block(block)).flatten().map(|(site, _)| site)
    }

    fn block(&self, block: u32) -> Option<BlockSites<'a>> {
        let start = self.index.get(block)?;
        let end = match self.index.get(block.checked_add(1)?) {
            Some(next) => next.bytes as usize,
            None => self.bytes.len(),
        };
        let rest = self.bytes.get(start.bytes as usize..end)?;
        Some(BlockSites { rest: Bytes { rest }, code: start.code, wasm: start.wasm, left: BLOCK_SITES })
    }
}

#[derive(Clone, Copy, Debug)]
struct Bytes<'a> {
    rest: &'a [u8],
}

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u32> {
        let mut value = 0u32;
        let mut shift = 0u32;
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift = shift.wrapping_add(7);
        }
    }

    fn zigzag(&mut self) -> Option<u32> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1) ^ 0u32.wrapping_sub(zigzag & 1))
    }
}

struct BlockSites<'a> {
    rest: Bytes<'a>,
    code: u32,
    wasm: u32,
    left: usize,
}

impl<'a> Iterator for BlockSites<'a> {
    type Item = (Site, Callers<'a>);
    fn next(&mut self) -> Option<(Site, Callers<'a>)> {
        self.left = self.left.checked_sub(1)?;
        let code = self.rest.varint()?;
        let kind = self.rest.byte()?;
        self.code = self.code.wrapping_add(code);
        self.wasm = self.wasm.wrapping_add(self.rest.zigzag()?);
        let left = if kind & INLINED != 0 { self.rest.varint()? } else { 0 };
        let callers = Callers { rest: self.rest.rest, left, wasm: self.wasm };
        for _ in 0..left {
            self.rest.zigzag()?;
        }
        let trap = kind & !INLINED;
        let trap = if trap == 0 { None } else { Some(TrapCode::from_u8(trap).unwrap_or(TrapCode::Internal)) };
        Some((Site { code: self.code, trap, wasm: self.wasm }, callers))
    }
}

/// The wasm offsets of the calls around a site, from the inside.
#[derive(Clone, Debug)]
pub struct Callers<'a> {
    rest: &'a [u8],
    left: u32,
    wasm: u32,
}

impl Iterator for Callers<'_> {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let mut bytes = Bytes { rest: self.rest };
        self.wasm = self.wasm.wrapping_add(bytes.zigzag()?);
        self.rest = bytes.rest;
        Some(self.wasm)
    }
}

/// Encodes sites, which must come in the order of their code offsets, each with the wasm offsets of the calls that were inlined
/// around it, from the inside. `index` receives a [`SiteBlock`] before each block, `bytes` the bytes of the section.
pub fn encode<C: AsRef<[u32]>>(
    sites: impl IntoIterator<Item = (Site, C)>,
    index: &mut dyn FnMut(SiteBlock),
    bytes: &mut dyn FnMut(u8),
) {
    let mut written = 0u32;
    let mut in_block = 0;
    let (mut code, mut wasm) = (0u32, 0u32);
    for (site, callers) in sites {
        let callers = callers.as_ref();
        if in_block == 0 {
            (code, wasm) = (site.code, site.wasm);
            index(SiteBlock { code, wasm, bytes: written });
        }
        let mut put = |byte: u8| {
            bytes(byte);
            written = written.wrapping_add(1);
        };
        put_varint(site.code.wrapping_sub(code), &mut put);
        let inlined = if callers.is_empty() { 0 } else { INLINED };
        put(site.trap.map_or(0, |trap| trap as u8) | inlined);
        put_zigzag(site.wasm.wrapping_sub(wasm), &mut put);
        if !callers.is_empty() {
            put_varint(u32::try_from(callers.len()).unwrap_or(u32::MAX), &mut put);
            let mut last = site.wasm;
            for caller in callers {
                put_zigzag(caller.wrapping_sub(last), &mut put);
                last = *caller;
            }
        }
        (code, wasm) = (site.code, site.wasm);
        in_block = if in_block == BLOCK_SITES.wrapping_sub(1) { 0 } else { in_block.wrapping_add(1) };
    }
}

fn put_zigzag(delta: u32, put: &mut dyn FnMut(u8)) {
    put_varint((delta << 1) ^ 0u32.wrapping_sub(delta >> 31), put);
}

fn put_varint(mut value: u32, put: &mut dyn FnMut(u8)) {
    while value >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "the low seven bits are taken on purpose")]
        put(value as u8 | 0x80);
        value >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 0x80 here")]
    put(value as u8);
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::order::Endian;
    use crate::record::Field;
    use std::vec::Vec;

    #[test]
    fn round_trip_and_find() {
        let all: Vec<Site> = (0..1000u32)
            .map(|i| Site {
                // Some trapping instructions stand where a call returns to.
                code: if i % 31 == 1 { (i - 1) * (i - 1) / 3 + i - 1 } else { i * i / 3 + i },
                trap: if i % 3 == 0 { None } else { Some(TrapCode::MemoryOutOfBounds) },
                wasm: if i % 7 == 0 { 5 } else { i.wrapping_mul(0x9e37_79b9) >> (i % 20) },
            })
            .collect();
        let callers = |site: &Site| -> Vec<u32> { (0..site.wasm % 4).map(|i| site.wasm.rotate_left(i * 9)).collect() };
        let (mut index, mut bytes) = (Vec::new(), Vec::new());
        encode(
            all.iter().map(|site| (*site, callers(site))),
            &mut |block| block.write(Endian::Big, &mut |b| index.extend_from_slice(b)),
            &mut |b| bytes.push(b),
        );
        let sites = Sites::new(Table::new(&index, Endian::Big), &bytes);
        assert_eq!(sites.iter().collect::<Vec<_>>(), all);
        for site in &all {
            let found = if site.trap.is_some() { sites.find_trap(site.code) } else { sites.find_call(site.code) };
            let first = all.iter().find(|other| other.code == site.code && other.trap.is_some() == site.trap.is_some());
            assert_eq!(found.as_ref(), first);
            assert_eq!(sites.callers(site).collect::<Vec<_>>(), first.map(callers).unwrap_or_default());
        }
        assert_eq!(sites.find_trap(2), None);
        assert_eq!(sites.find_call(u32::MAX), None);
        // Damaged bytes give wrong answers, not wild ones.
        for cut in 0..bytes.len() {
            let damaged = Sites::new(Table::new(&index, Endian::Big), bytes.get(..cut).unwrap_or_default());
            for site in &all {
                let _ = damaged.find_trap(site.code);
                let _ = damaged.callers(site).count();
            }
        }
    }
}
