//! The checked view of an image. [`Image::parse`] checks, once, what loading, instantiating and calling will read; every read goes
//! through bounds-checked accessors all the same, so that nothing here can panic.
//!
//! Not checked at load, but entry by entry when one is read: functions, exports and function references, so that loading does not grow
//! with them ([`Image::verify_rest`] checks them all); and the tables that only a trap reads (sites, names, stack path). Not
//! checked: code, which no check can make safe: see `SAFETY.md` on trust.

mod check;
mod error;
mod module;

pub use error::ImageError;
pub use module::ModuleImage;

use crate::ABI;
use crate::checksum::Checksum;
use crate::contract::FINGERPRINT;
use crate::header::{
    CODE_FIELD, ELF_MAGIC, ELF_PREFIX, ImageHeader, ImageHeaderView, MAGIC, ModuleHeader, ModuleHeaderView, flags,
};
use crate::order::{ByteOrder, Endian};
use crate::record::Field;
use error::malformed;

/// A checked image.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a, O> {
    /// From the image base to the end of the image.
    bytes: &'a [u8],
    order: O,
    header: ImageHeaderView<'a, O>,
}

/// The image base within a file's bytes: behind the ELF header where there is one.
pub fn image_start(file: &[u8]) -> usize {
    if file.starts_with(&ELF_MAGIC) && file.get(ELF_PREFIX..).is_some_and(|image| image.starts_with(&MAGIC)) {
        ELF_PREFIX
    } else {
        0
    }
}

/// The byte order of the image in a file, read from its header.
pub fn byte_order(file: &[u8]) -> Option<Endian> {
    let header = ImageHeader::read(Endian::Little, file.get(image_start(file)..)?)?;
    if header.magic == MAGIC { Endian::from_code(header.byte_order) } else { None }
}

impl<'a, O: ByteOrder> Image<'a, O> {
    /// Checks the image in `file` (from its first byte, wrapping included) and returns the view of it.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn parse(file: &'a [u8], order: O) -> Result<Self, ImageError> {
        let image = Self::parse_trusted(file, order)?;
        for index in 0..image.header.modules() {
            image.module(index).ok_or(malformed("module header", index.into()))?.check()?;
        }
        Ok(image)
    }

    /// As [`Image::parse`], but does not check that the tables fit each other: their checksum says that they are as
    /// they were written, and the caller trusts who wrote them.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn parse_trusted(file: &'a [u8], order: O) -> Result<Self, ImageError> {
        if file.starts_with(b"\0asm") {
            return Err(ImageError::WasmModule);
        }
        let start = image_start(file);
        let bytes = file.get(start..).unwrap_or_default();
        if !bytes.starts_with(&MAGIC) {
            return Err(ImageError::NotAnImage);
        }
        let header = ImageHeaderView::new(bytes, order)
            .ok_or(ImageError::Truncated { expected: ImageHeader::SIZE as u64, found: bytes.len() as u64 })?;
        check_version(&header, order)?;
        let image_len = header.image_len();
        let Some(bytes) = bytes.get(..image_len as usize) else {
            return Err(ImageError::Truncated { expected: image_len.into(), found: bytes.len() as u64 });
        };
        let view = ImageHeaderView::new(bytes, order).ok_or(malformed("length of the image", image_len))?;
        let image = Image { bytes, order, header: view };
        image.check_ranges()?;
        image.check_tables_checksum()?;
        Ok(image)
    }

    /// The header, all of it.
    pub fn header(&self) -> ImageHeader {
        self.header.whole()
    }

    /// The header, field by field.
    #[inline]
    pub const fn fields(&self) -> &ImageHeaderView<'a, O> {
        &self.header
    }

    /// The bytes from the image base to the end of the image.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The byte order the image is read in.
    pub const fn order(&self) -> O {
        self.order
    }

    /// Whether a linker has placed the code elsewhere.
    pub fn is_linked(&self) -> bool {
        self.header.flags() & flags::LINKED != 0
    }

    /// The code, where it lies within the image; empty when a linker has placed it elsewhere.
    pub fn code(&self) -> &'a [u8] {
        if self.is_linked() {
            return &[];
        }
        let code = usize::try_from(self.header.code()).ok();
        code.and_then(|code| self.bytes.get(code..)?.get(..self.header.code_len() as usize)).unwrap_or_default()
    }

    /// The data range.
    pub fn data(&self) -> &'a [u8] {
        let data = self.bytes.get(self.header.data() as usize..).unwrap_or_default();
        data.get(..self.header.data_len() as usize).unwrap_or_default()
    }

    /// Core module number `index`.
    pub fn module(&self, index: u8) -> Option<ModuleImage<'a, O>> {
        if index >= self.header.modules() {
            return None;
        }
        let at = ImageHeader::SIZE.checked_add(usize::from(index).checked_mul(ModuleHeader::SIZE)?)?;
        let header = ModuleHeaderView::new(self.bytes.get(at..)?, self.order)?;
        Some(ModuleImage { image: *self, header })
    }

    /// Checks what loading does not: each function, export and function reference.
    ///
    /// # Errors
    /// The first that is not as it should be.
    pub fn check_entries(&self) -> Result<(), ImageError> {
        for index in 0..self.header.modules() {
            self.module(index).ok_or(malformed("module header", index.into()))?.check_entries()?;
        }
        Ok(())
    }

    /// Compares the checksum of everything but header and tables, and checks the entries that loading leaves out. `file` is what
    /// [`Image::parse`] was given.
    pub fn verify_rest(&self, file: &[u8]) -> Result<(), ImageError> {
        let start = image_start(file);
        let Some(file) = file.get(..self.header.file_len() as usize) else {
            return Err(ImageError::Truncated { expected: self.header.file_len().into(), found: file.len() as u64 });
        };
        let front = file.get(..start).unwrap_or_default();
        self.verify_parts(front, file.get(start..).unwrap_or_default())
    }

    /// As [`Image::verify_rest`], for an image whose `code` a linker has placed elsewhere.
    pub fn verify_linked(&self, code: &[u8]) -> Result<(), ImageError> {
        self.verify_parts(code, self.bytes)
    }

    /// `image` is what has the tables at its start.
    fn verify_parts(&self, front: &[u8], image: &[u8]) -> Result<(), ImageError> {
        let rest = image.get(self.header.tables_len() as usize..).unwrap_or_default();
        let found = Checksum::new().range(front).range(rest).finish();
        let expected = self.header.rest_checksum();
        if found != expected {
            return Err(ImageError::Checksum { expected, found });
        }
        self.check_entries()
    }

    fn check_ranges(&self) -> Result<(), ImageError> {
        let header = &self.header();
        let fits =
            |start: u64, len: u32| start.checked_add(len.into()).is_some_and(|end| end <= self.bytes.len() as u64);
        let headers =
            (ModuleHeader::SIZE as u64).wrapping_mul(header.modules.into()).wrapping_add(ImageHeader::SIZE as u64);
        if !fits(0, header.tables_len) || u64::from(header.tables_len) < headers {
            return Err(malformed("length of the tables", header.tables_len));
        }
        if header.flags & flags::LINKED == 0 && !fits(header.code, header.code_len) {
            return Err(malformed("code range", header.code_len));
        }
        if header.code_align_log2 > 16 {
            return Err(malformed("code alignment", header.code_align_log2.into()));
        }
        if !fits(header.data.into(), header.data_len) {
            return Err(malformed("data range", header.data));
        }
        if header.pointer_width != 4 && header.pointer_width != 8 {
            return Err(malformed("pointer width", header.pointer_width.into()));
        }
        Ok(())
    }

    fn check_tables_checksum(&self) -> Result<(), ImageError> {
        let tables = self.bytes.get(..self.header.tables_len() as usize).unwrap_or_default();
        let found = tables_checksum(tables, self.is_linked());
        let expected = self.header.tables_checksum();
        if found == expected { Ok(()) } else { Err(ImageError::Checksum { expected, found }) }
    }
}

/// Whether what follows in the header means what this version takes it to mean.
fn check_version<O: ByteOrder>(header: &ImageHeaderView<'_, O>, order: O) -> Result<(), ImageError> {
    if header.abi() != ABI {
        return Err(ImageError::Abi { expected: ABI, found: header.abi() });
    }
    let (expected, found) = (order.endian(), Endian::from_code(header.byte_order()));
    if found != Some(expected) {
        return Err(ImageError::ByteOrder { expected, found });
    }
    if header.contract() != FINGERPRINT {
        return Err(ImageError::Contract { expected: FINGERPRINT, found: header.contract() });
    }
    let unknown = header.flags() & !flags::KNOWN;
    if unknown == 0 { Ok(()) } else { Err(ImageError::UnknownFlags { flags: unknown }) }
}

/// The checksum of header, module headers and tables, whatever the header's own field says; `linked` as the header's flags say
/// ([`flags::LINKED`]).
pub fn tables_checksum(tables: &[u8], linked: bool) -> u64 {
    // The checksum is the header's last field, and the start of the code, which a linker changes, the one before it.
    let (front, rest) = tables.split_at_checked(CODE_FIELD).unwrap_or_default();
    let code = if linked { &[] } else { rest.get(..u64::SIZE).unwrap_or_default() };
    let rest = rest.get(2 * u64::SIZE..).unwrap_or_default();
    Checksum::new().range(front).range(code).range(rest).finish()
}

/// How many bytes a linked image has from its base on, by what its headers say twice: so that a damaged header is found before
/// anything is read that may not be there. `headers` are the first [`LINKED_HEADERS`] bytes.
///
/// # Errors
/// They are not the headers of a linked image.
pub fn linked_len<O: ByteOrder>(headers: &[u8; LINKED_HEADERS], order: O) -> Result<u32, ImageError> {
    if !headers.starts_with(&MAGIC) {
        return Err(ImageError::NotAnImage);
    }
    let (header, module) = headers.split_at_checked(ImageHeader::SIZE).unwrap_or_default();
    let header = ImageHeaderView::new(header, order).ok_or(malformed("header", 0))?;
    let module = ModuleHeaderView::new(module, order).ok_or(malformed("module header", 0))?;
    check_version(&header, order)?;
    if header.flags() & flags::LINKED == 0 {
        return Err(ImageError::NotLinked);
    }
    if header.tables_len() != module.end() {
        return Err(malformed("length of the tables", header.tables_len()));
    }
    let end = header.data().checked_add(header.data_len());
    if header.data() < header.tables_len() || end != Some(header.image_len()) {
        return Err(malformed("length of the image", header.image_len()));
    }
    Ok(header.image_len())
}

/// Bytes of the headers of an image with one module.
pub const LINKED_HEADERS: usize = ImageHeader::SIZE + ModuleHeader::SIZE;
