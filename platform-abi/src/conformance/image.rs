//! Clauses of the memory images.

use super::bytes::Mapping;
use super::kit::{Kit, Outcome, Verdict, ensure};
use crate::image::MemoryImage;
use crate::memory::{self, Protection, page_size};

const PAGES: usize = 3;
/// Of the image's bytes; of what is written over them.
const ORIGINAL: u8 = 0x20;
const CHANGED: u8 = 0x5e;

pub(super) fn run(kit: &Kit) {
    if !memory::SUPPORTED {
        kit.skip(c"image", "WASMTIME_VIRTUAL_MEMORY is off in this build of the kit");
        return;
    }
    let mut offered = true;
    kit.clause(c"image.new", || {
        let source = source()?;
        offered = image_of(&source)?.is_some();
        ensure_offered(offered)
    });
    if !offered {
        return;
    }
    kit.clause(c"image.source-is-unchanged", || {
        let source = source()?;
        let image = image(&source)?;
        let place = placed(&image)?;
        place.fill(0, place.size, CHANGED)?;
        source.expect_pattern(0, source.size, ORIGINAL, "a write to a mapping reached the source")
    });
    kit.clause(c"image.map-at", || {
        let source = source()?;
        let image = image(&source)?;
        let place = placed(&image)?;
        place.expect_pattern(0, place.size, ORIGINAL, "a byte is not the image's")?;
        place.fill(0, place.size, CHANGED)?;
        place.expect_pattern(0, place.size, CHANGED, "a byte does not have what was written")
    });
    kit.clause(c"image.private-between-mappings", || {
        let source = source()?;
        let image = image(&source)?;
        let (first, second) = (placed(&image)?, placed(&image)?);
        first.fill(0, first.size, CHANGED)?;
        second.expect_pattern(0, second.size, ORIGINAL, "a write to one mapping is seen in another")
    });
    kit.clause(c"image.unchanged-by-mappings", || {
        let source = source()?;
        let image = image(&source)?;
        let first = placed(&image)?;
        first.fill(0, first.size, CHANGED)?;
        first.unmap()?;
        let second = placed(&image)?;
        second.expect_pattern(0, second.size, ORIGINAL, "a write to a mapping reached the image")
    });
    kit.clause(c"image.independent-of-source", || {
        let source = source()?;
        let image = image(&source)?;
        let early = placed(&image)?;
        source.fill(0, source.size, CHANGED)?;
        source.unmap()?;
        let late = placed(&image)?;
        early.expect_pattern(0, early.size, ORIGINAL, "an earlier mapping changed with the source")?;
        late.expect_pattern(0, late.size, ORIGINAL, "the image changed with the source")
    });
    kit.clause(c"image.mapping-outlives-it", || {
        let source = source()?;
        // The image ends with the statement.
        let place = placed(&image(&source)?)?;
        place.expect_pattern(0, place.size, ORIGINAL, "a byte changed when the image was freed")?;
        place.fill(0, place.size, CHANGED)?;
        place.expect_pattern(0, place.size, CHANGED, "a byte does not have what was written")
    });
    kit.clause(c"image.map-a-part", || {
        let page = page_size()?;
        let source = source()?;
        let image = image(&source)?;
        let place = Mapping::new(page * 4, Protection::ReadWrite)?;
        place.fill(0, page * 4, CHANGED)?;
        map_at(&image, &place, page, page * 2)?;
        place.expect_pattern(0, page, CHANGED, "a byte in front of the range changed")?;
        place.expect_pattern(page * 3, page, CHANGED, "a byte behind the range changed")?;
        // The pattern depends on the offset, so look from the image's start.
        let shifted = placed(&image)?;
        for offset in 0..page * 2 {
            let here = super::bytes::load(place.at(page + offset));
            ensure(here == super::bytes::load(shifted.at(offset)), "a byte is not the image's")?;
        }
        Ok(())
    });
    kit.clause(c"image.map-again-resets", || {
        let source = source()?;
        let image = image(&source)?;
        let place = placed(&image)?;
        place.fill(0, place.size, CHANGED)?;
        map_at(&image, &place, 0, place.size)?;
        place.expect_pattern(0, place.size, ORIGINAL, "a byte of the last tenant is still there")
    });
    kit.clause(c"image.remap-removes-it", || {
        let source = source()?;
        let image = image(&source)?;
        let place = placed(&image)?;
        place.fill(0, 1, CHANGED)?;
        place.remap(0, place.size, Protection::ReadWrite)?;
        place.expect_zero(0, place.size, "a byte of the image is still there")
    });
}

fn ensure_offered(offered: bool) -> Outcome {
    if offered { Ok(()) } else { Err(Verdict::Skipped("the platform offers no images: data will be copied")) }
}

fn source() -> Result<Mapping, Verdict> {
    let source = Mapping::new(page_size()? * PAGES, Protection::ReadWrite)?;
    source.fill(0, source.size, ORIGINAL)?;
    Ok(source)
}

fn image_of(source: &Mapping) -> Result<Option<MemoryImage>, Verdict> {
    // SAFETY: a mapping of the kit's, readable, written to by nobody while it is borrowed here.
    let bytes = unsafe { core::slice::from_raw_parts(source.start.as_ptr(), source.size) };
    Ok(MemoryImage::new(bytes)?)
}

fn image(source: &Mapping) -> Result<MemoryImage, Verdict> {
    image_of(source)?.ok_or(Verdict::Failed("there was an image before, and now there is none"))
}

fn map_at(image: &MemoryImage, place: &Mapping, offset: usize, size: usize) -> Outcome {
    // SAFETY: within a mapping which the clause uses alone, without references into it.
    Ok(unsafe { image.map_at(place.at(offset), size) }?)
}

/// The whole image, placed over reserved address space as an instantiation does it.
fn placed(image: &MemoryImage) -> Result<Mapping, Verdict> {
    let place = Mapping::new(image.size(), Protection::None)?;
    map_at(image, &place, 0, place.size)?;
    Ok(place)
}
