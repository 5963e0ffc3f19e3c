//! Images that are part of a program, placed as a linker would: tables and code apart, and one number filled in.

use object::{Object as _, ObjectSection as _};
use stilt::{Error, LinkedImage, Result};
use stilt_artifact::header::CODE_FIELD;
use stilt_precompiler::{ObjectOptions, Precompiler};

use crate::{Ground, for_ever, in_flash};

/// The two parts of an object.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The section with headers, tables and data.
    pub tables: Vec<u8>,
    /// The section with the code, and what marks it in front.
    pub code: Vec<u8>,
    /// Where in there the code starts.
    pub start: usize,
}

impl Parts {
    /// Those of a module in text form.
    ///
    /// # Errors
    /// The text is no module, or cannot be compiled.
    pub fn new(ground: Ground, wat: &str) -> Result<Parts> {
        let mut options = ObjectOptions::new("answer");
        options.machine = Some("x86_64".to_owned());
        let elf = Precompiler::new(ground.options())?.compile_object(&wat::parse_str(wat)?, &options)?.elf;
        let file = object::File::parse(&*elf)?;
        let section = |name: &str| file.section_by_name(name).ok_or(Error::fixed(&"a section is missing"));
        let code = section(if ground == Ground::Pulley { ".rodata.stilt.answer.code" } else { ".text.stilt.answer" })?;
        let tables = section(".rodata.stilt.answer")?;
        let (_, relocation) = tables.relocations().next().ok_or(Error::fixed(&"the relocation is missing"))?;
        let start = usize::try_from(relocation.addend())? - CODE_FIELD;
        Ok(Parts { tables: tables.data()?.to_vec(), code: code.data()?.to_vec(), start })
    }

    /// Puts both where they stay, and fills in the distance.
    #[must_use]
    pub fn link(&self) -> &'static LinkedImage {
        self.link_at(0, 0)
    }

    /// Likewise, `tables` bytes behind a page, with a distance that is off by `code`.
    #[must_use]
    pub fn link_at(&self, tables: usize, code: isize) -> &'static LinkedImage {
        self.link_with(in_flash(&self.code).cast::<u8>().as_ptr().addr(), tables, code)
    }

    /// Likewise, with code that is somewhere already.
    #[must_use]
    pub fn link_with(&self, code_section: usize, tables: usize, code: isize) -> &'static LinkedImage {
        let start = code_section + self.start;
        let place = for_ever(vec![0; self.tables.len() + 4096 + tables]);
        let front = place.as_ptr().addr().next_multiple_of(4096) - place.as_ptr().addr() + tables;
        let image = &mut place[front..front + self.tables.len()];
        image.copy_from_slice(&self.tables);
        let distance = start.wrapping_add_signed(code).wrapping_sub(image.as_ptr().addr());
        image[CODE_FIELD..CODE_FIELD + 8].copy_from_slice(&(distance as u64).to_ne_bytes());
        // Its tables are found from its address, not through the reference.
        let image = image.as_ptr().expose_provenance();
        // SAFETY: the headers are there, and stay.
        unsafe { &*core::ptr::with_exposed_provenance::<LinkedImage>(image) }
    }
}
