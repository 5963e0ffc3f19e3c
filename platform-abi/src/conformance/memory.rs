//! Clauses of the mappings. That protections are enforced stands in `traps`, by which it is seen.

use super::bytes::Mapping;
use super::kit::{Kit, Outcome, Verdict, ensure};
use crate::memory::{self, Protection, page_size};

/// More than 32 bits can address: what a memory with guard regions reserves.
const LARGE: u64 = 6 << 30;
const ROUNDS: usize = 2_000;

pub(super) fn run(kit: &Kit) {
    if !memory::SUPPORTED {
        kit.skip(c"memory", "WASMTIME_VIRTUAL_MEMORY is off in this build of the kit");
        return;
    }
    let sized = kit.clause(c"memory.page-size", || {
        let first = page_size()?;
        ensure(page_size()? == first, "the page size is not always the same")
    });
    if !sized {
        kit.skip(c"memory", "the other clauses need a page size");
        return;
    }
    kit.clause(c"memory.map", || {
        let page = page_size()?;
        Mapping::new(page, Protection::ReadWrite)?.unmap()
    });
    kit.clause(c"memory.map-zeroed", map_zeroed);
    kit.clause(c"memory.map-writable", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 3, Protection::ReadWrite)?;
        mapping.fill(0, page * 3, 1)?;
        mapping.expect_pattern(0, page * 3, 1, "a byte does not have what was written")
    });
    kit.clause(c"memory.map-distinct", map_distinct);
    kit.clause(c"memory.map-fails-with-a-status", || {
        let page = page_size()?;
        // All but one page of the address space: no ground has it free.
        match Mapping::new(usize::MAX - page + 1 - page, Protection::None) {
            Err(Verdict::Platform(error)) if error.status().is_some() => Ok(()),
            Err(_) => Err(Verdict::Failed("a mapping of nearly everything gave no status")),
            Ok(mapping) => {
                // There is nothing to unmap.
                core::mem::forget(mapping);
                Err(Verdict::Failed("a mapping of nearly the whole address space is said to have worked"))
            }
        }
    });
    kit.clause(c"memory.reserve-large", reserve_large);
    kit.clause(c"memory.protect-makes-usable", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 4, Protection::None)?;
        mapping.protect(page, page * 2, Protection::ReadWrite)?;
        mapping.expect_zero(page, page * 2, "pages made usable are not zero")?;
        mapping.fill(page, page * 2, 2)?;
        mapping.expect_pattern(page, page * 2, 2, "a byte does not have what was written")
    });
    kit.clause(c"memory.protect-keeps-contents", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 3, Protection::ReadWrite)?;
        mapping.fill(0, page * 3, 3)?;
        for protection in [Protection::Read, Protection::None, Protection::ReadExecute, Protection::ReadWrite] {
            mapping.protect(page, page, protection)?;
        }
        mapping.expect_pattern(0, page * 3, 3, "a change of protection changed a byte")
    });
    kit.clause(c"memory.remap-zeroed", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 4, Protection::ReadWrite)?;
        mapping.fill(0, page * 4, 4)?;
        mapping.remap(page, page * 2, Protection::ReadWrite)?;
        mapping.expect_zero(page, page * 2, "a byte of the last tenant is still there")?;
        mapping.fill(page, page * 2, 5)?;
        mapping.expect_pattern(page, page * 2, 5, "a byte does not have what was written")
    });
    kit.clause(c"memory.remap-keeps-the-rest", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 4, Protection::ReadWrite)?;
        mapping.fill(0, page * 4, 6)?;
        mapping.remap(page, page * 2, Protection::ReadWrite)?;
        mapping.expect_pattern(0, page, 6, "a byte in front of the range changed")?;
        mapping.expect_pattern(page * 3, page, 6, "a byte behind the range changed")
    });
    kit.clause(c"memory.remap-protects", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 2, Protection::ReadWrite)?;
        mapping.fill(0, page * 2, 7)?;
        // To nothing, and back: what comes back is zero as well.
        mapping.remap(0, page * 2, Protection::None)?;
        mapping.protect(0, page * 2, Protection::ReadWrite)?;
        mapping.expect_zero(0, page * 2, "a byte of the last tenant came back")
    });
    kit.clause(c"memory.unmap", unmap_gives_back);
}

/// A page that was used, and given back, is what a platform that forgets to clear would hand out again.
fn map_zeroed() -> Outcome {
    let page = page_size()?;
    for seed in 0..16 {
        let mapping = Mapping::new(page * 4, Protection::ReadWrite)?;
        mapping.expect_zero(0, page * 4, "a byte of a new mapping is not zero")?;
        mapping.fill(0, page * 4, seed)?;
        mapping.unmap()?;
    }
    Ok(())
}

fn map_distinct() -> Outcome {
    let page = page_size()?;
    let first = Mapping::new(page * 2, Protection::ReadWrite)?;
    let second = Mapping::new(page * 2, Protection::ReadWrite)?;
    first.fill(0, page * 2, 8)?;
    second.fill(0, page * 2, 9)?;
    first.expect_pattern(0, page * 2, 8, "two mappings share a byte")?;
    second.expect_pattern(0, page * 2, 9, "two mappings share a byte")
}

fn reserve_large() -> Outcome {
    let Ok(large) = usize::try_from(LARGE) else {
        return Err(Verdict::Skipped("addresses have 32 bits"));
    };
    let page = page_size()?;
    let Ok(mapping) = Mapping::new(large, Protection::None) else {
        return Err(Verdict::Skipped("6 GiB cannot be reserved: memories will be smaller, or checked explicitly"));
    };
    let middle = (large >> 1) & !(page - 1);
    mapping.protect(middle, page, Protection::ReadWrite)?;
    mapping.fill(middle, page, 1)?;
    mapping.expect_pattern(middle, page, 1, "a byte in its middle does not have what was written")?;
    mapping.unmap()
}

/// What is mapped and given back that often comes back, or the ground would soon be used up.
fn unmap_gives_back() -> Outcome {
    let page = page_size()?;
    for _ in 0..ROUNDS {
        let mapping = Mapping::new(page * 64, Protection::None)?;
        mapping.protect(0, page, Protection::ReadWrite)?;
        mapping.fill(0, 1, 1)?;
        mapping.unmap()?;
    }
    Ok(())
}
