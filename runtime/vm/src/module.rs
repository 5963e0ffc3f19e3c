//! A loaded image: its bytes, where they are, and where its code is.
//!
//! INV-IMAGE: the bytes that `image` views are readable, unchanged and at their place as long as the [`Module`] lives.
//! They are one range, or, where a linker has placed them, two: tables and data, and code ([`Module::linked`]).
//! Everything that loading, instantiating and calling reads was checked by `Image::parse`; or, without the feature `image-checks`,
//! by the precompiler, as the checksum and INV-CODE vouch.
//!
//! INV-CODE: the code of an image does what the contract says that compiled code does. No check can establish it; who
//! calls the unsafe functions here promises it.

use core::mem::size_of;
use core::num::NonZeroUsize;
use core::ptr::{NonNull, slice_from_raw_parts};

use stilt_artifact::header::{CODE_MARK, IMAGE_ALIGN};
use stilt_artifact::image::{LINKED_HEADERS, image_start, linked_len};
use stilt_artifact::target::{Architecture, Convention, TrapMode};
use stilt_artifact::{Image, ImageError, ModuleImage, NONE, Native};
use stilt_collections::atomic::Sequence;
use stilt_collections::{Storage, TryVec};
use stilt_platform_abi::image::MemoryImage;
use stilt_platform_abi::memory::{self, Protection};
use stilt_platform_abi::publication;

use crate::error::VmError;
use crate::pool::ImageKey;
use crate::store::Ground;
use crate::{interpreter, signals};

/// A loaded image of one core module.
pub struct Module {
    image: ModuleImage<'static, Native>,
    /// The whole file, for [`Module::verify`].
    file: &'static [u8],
    code: NonNull<u8>,
    code_len: u32,
    ground: Ground,
    hardware: bool,
    /// One for each of the image's prepared memories that can be mapped copy-on-write.
    memory_images: TryVec<Option<MemoryImage>>,
    /// Which images these are, if there are any.
    images_number: Option<NonZeroUsize>,
    /// Goes last: the fields above view it.
    _bytes: Bytes,
}

/// Numbers of the images of modules.
static IMAGES: Sequence = Sequence::new();

/// A copy-on-write image of a module.
pub(crate) struct ImageOf<'a> {
    pub(crate) image: &'a MemoryImage,
    pub(crate) key: ImageKey,
    /// What is in it.
    pub(crate) bytes: &'a [u8],
}

/// Who owns the bytes.
enum Bytes {
    Mapping { start: NonNull<u8>, size: usize },
    Storage { _owner: Storage },
    Borrowed,
}

// SAFETY: the bytes have no thread, are never written, and are freed once.
unsafe impl Send for Bytes {}
// SAFETY: they are only read.
unsafe impl Sync for Bytes {}
// SAFETY: `code` points into the bytes, which have no thread.
unsafe impl Send for Module {}
// SAFETY: as above; nothing in a module changes.
unsafe impl Sync for Module {}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Bytes::Mapping { start, size } = *self {
            // SAFETY: a whole mapping of ours, which nothing uses any more: stores keep the modules whose code they run.
            // A platform that fails here leaks the range, as its contract says; there is nobody to tell.
            let _ = unsafe { memory::unmap(start, size) };
        }
    }
}

impl core::fmt::Debug for Module {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Module").field("code", &self.code).field("code_len", &self.code_len).finish_non_exhaustive()
    }
}

impl Module {
    /// The feature without which native code cannot be published here, if one is missing: to have memory that is executable, and on
    /// some machines for other cores to see what was written there.
    pub const MISSING_TO_PUBLISH: Option<&str> = if !memory::SUPPORTED {
        Some("virtual-memory")
    } else if !publication::REACHES_EVERY_CORE {
        Some("code-publication")
    } else {
        None
    };

    /// Copies a native image into memory of its own and makes that executable: one range, read and execute.
    ///
    /// # Errors
    /// The bytes are not an image for here, or the platform failed or cannot do it.
    ///
    /// # Safety
    /// INV-CODE holds for the image.
    pub unsafe fn publish(file: &[u8]) -> Result<Module, VmError> {
        if let Some(feature) = Module::MISSING_TO_PUBLISH {
            return Err(VmError::Unsupported(feature));
        }
        let page = memory::page_size()?;
        // The image base comes to lie at a page, for the sake of what is aligned in it.
        let front = match image_start(file) {
            0 => 0,
            prefix => page.wrapping_sub(prefix),
        };
        let size = front.checked_add(file.len()).and_then(|size| size.checked_next_multiple_of(page));
        let size = size.ok_or(VmError::unsupported("the image is too large"))?;
        let start = memory::map(size, Protection::ReadWrite)?;
        let bytes = Bytes::Mapping { start, size };
        // SAFETY: `front` is less than the mapping is long.
        let place = unsafe { start.add(front) };
        // SAFETY: the mapping has room for the file behind `front`, is writable, and is new, so it does not overlap.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(file).cast(), file.len()) };
        // SAFETY: the whole mapping is mapped, writable and not executed.
        unsafe { publication::publish_code(start, size) }?;
        // SAFETY: the whole mapping is ours and nobody writes to it from here on.
        unsafe { memory::protect(start, size, Protection::ReadExecute) }?;
        // SAFETY: the bytes were copied, they are owned by `bytes`, never written again; the code is the caller's promise.
        unsafe { Module::at(place, file.len(), bytes) }
    }

    /// Takes over the bytes of an image that needs no publication: bytecode.
    ///
    /// # Errors
    /// The bytes are not such an image.
    ///
    /// # Safety
    /// INV-CODE holds for the image.
    pub unsafe fn in_storage(storage: Storage) -> Result<Module, VmError> {
        let (start, len) = (storage.as_ptr(), storage.len());
        // SAFETY: the storage is initialised and ours, never written again; the code is the caller's promise.
        let module = unsafe { Module::at(start, len, Bytes::Storage { _owner: storage }) }?;
        if module.ground.architecture != Architecture::Pulley {
            return Err(VmError::unsupported("native code cannot run from plain storage"));
        }
        Ok(module)
    }

    /// Uses an image where it lies.
    ///
    /// # Errors
    /// The bytes are not an image for here, or lie at a wrong address.
    ///
    /// # Safety
    /// The bytes are readable, unchanged and at their place for as long as the module, or an instance of it, lives. Native
    /// code in them is executable, and instruction fetch is coherent with it. INV-CODE holds for the image.
    pub unsafe fn in_place(file: NonNull<[u8]>) -> Result<Module, VmError> {
        // SAFETY: the caller's promises.
        unsafe { Module::at(file.cast(), file.len(), Bytes::Borrowed) }
    }

    /// Uses an image whose tables and code a linker has placed apart.
    ///
    /// # Errors
    /// There is no such image, or not for here; it, or its code, lies at a wrong address; the code is another's.
    ///
    /// # Safety
    /// `headers` is the symbol of an object that the precompiler wrote, as the linker placed it: what its header leads to is
    /// readable, unchanged and at its place from here on. Native code is executable, and instruction fetch is coherent with it.
    /// INV-CODE holds for the image.
    pub unsafe fn linked(headers: &'static [u8; LINKED_HEADERS]) -> Result<Module, VmError> {
        let len = linked_len(headers, Native)? as usize;
        // The headers are a part of what the linker has placed, as the code is: neither is an object of Rust's.
        let start = headers.as_ptr().expose_provenance();
        let file: *const u8 = core::ptr::with_exposed_provenance(start);
        // SAFETY: the tables that the header leads to are readable and stay, as the caller promises.
        let file: &'static [u8] = unsafe { &*slice_from_raw_parts(file, len) };
        let image = parse(file)?;
        check_align("the image", start, IMAGE_ALIGN)?;
        let header = image.fields();
        // A distance modulo the range of a pointer, whose upper half is empty where pointers are short.
        let code = start.wrapping_add(usize::from_ne_bytes(low_word(header.code())));
        let code_len = header.code_len() as usize;
        let too_far = code.checked_add(code_len).is_none() || code < CODE_MARK;
        if too_far {
            return Err(VmError::mismatch("the linker has not filled in where the code of the image lies"));
        }
        check_align("the code of the image", code, code_align(header.code_align_log2()))?;
        let mark: *const [u8; CODE_MARK] = core::ptr::with_exposed_provenance(code.wrapping_sub(CODE_MARK));
        // SAFETY: the linker has placed the mark in front of the code, as the caller promises.
        if unsafe { mark.read() } != header.build_id() {
            return Err(VmError::mismatch(
                "where the image says that its code lies is no code of its own: is the section of the code where it was linked to?",
            ));
        }
        let code: *const u8 = core::ptr::with_exposed_provenance(code);
        // SAFETY: likewise, readable and unchanged from here on.
        let code: &'static [u8] = unsafe { &*slice_from_raw_parts(code, code_len) };
        Module::new(image, file, code, Bytes::Borrowed)
    }

    /// # Safety
    /// As for [`Module::in_place`]; `bytes` owns the file, or is `Borrowed`.
    unsafe fn at(start: NonNull<u8>, len: usize, bytes: Bytes) -> Result<Module, VmError> {
        // SAFETY: readable and unchanged while the module lives, which is the only one to use the longer lifetime.
        let file: &'static [u8] = unsafe { &*slice_from_raw_parts(start.as_ptr(), len) };
        let image = parse(file)?;
        if image.is_linked() {
            return Err(VmError::Image(ImageError::Linked));
        }
        check_align("the image", image.bytes().as_ptr().addr(), IMAGE_ALIGN)?;
        Module::new(image, file, image.code(), bytes)
    }

    /// What `bytes` owns, if it does, are `file` and `code`.
    fn new(
        image: Image<'static, Native>,
        file: &'static [u8],
        code: &'static [u8],
        bytes: Bytes,
    ) -> Result<Module, VmError> {
        let header = image.header();
        if usize::from(header.pointer_width) != size_of::<usize>() {
            return Err(VmError::mismatch("the image is for another pointer width"));
        }
        if header.modules != 1 {
            return Err(VmError::unsupported("the image does not hold exactly one module"));
        }
        if !code.is_empty() {
            check_align("the code of the image", code.as_ptr().addr(), code_align(header.code_align_log2))?;
        }
        let architecture = Architecture::from_u8(header.architecture);
        let convention = Convention::from_u8(header.convention);
        let traps = TrapMode::from_u8(header.trap_mode);
        let (Some(architecture), Some(convention), Some(traps)) = (architecture, convention, traps) else {
            return Err(VmError::mismatch("the image's target is not known to this runtime"));
        };
        let hardware = match architecture {
            Architecture::Pulley if interpreter::SUPPORTED => false,
            Architecture::Pulley => {
                return Err(VmError::unsupported("this build has no interpreter (feature `pulley`)"));
            }
            native if Architecture::NATIVE == Some(native) => traps == TrapMode::Hardware,
            _ => return Err(VmError::mismatch("the image is for another architecture")),
        };
        if hardware {
            signals::prepare()?;
        }
        let module = image.module(0).ok_or(VmError::mismatch("the image has no module"))?;
        let code_len = u32::try_from(code.len()).unwrap_or(u32::MAX);
        let code = NonNull::new(code.as_ptr().cast_mut()).unwrap_or(NonNull::dangling());
        let ground = Ground { architecture, convention };
        let (memory_images, images_number) = (TryVec::new(), None);
        Ok(Module {
            image: module,
            file,
            code,
            code_len,
            ground,
            hardware,
            memory_images,
            images_number,
            _bytes: bytes,
        })
    }

    /// The checked view of the image.
    #[must_use]
    pub fn image(&self) -> &ModuleImage<'_, Native> {
        &self.image
    }

    /// Asks the platform for copy-on-write images of the module's prepared memories, in their order; `None` for those that are to
    /// be copied. To be collected and given to [`Module::keep_memory_images`].
    pub fn memory_images(&self) -> impl Iterator<Item = Result<Option<MemoryImage>, VmError>> + '_ {
        let page = if self.hardware { memory::page_size().ok() } else { None };
        self.image.memory_inits().iter().map(move |init| {
            let Some(page) = page else { return Ok(None) };
            let bytes = self.image.image().data().get(init.start as usize..);
            let bytes = bytes.and_then(|bytes| bytes.get(..init.len as usize)).unwrap_or_default();
            let whole = |value: usize| value & page.wrapping_sub(1) == 0;
            if bytes.is_empty() || !whole(bytes.as_ptr().addr()) || !whole(bytes.len()) {
                return Ok(None);
            }
            Ok(MemoryImage::new(bytes)?)
        })
    }

    /// Keeps what [`Module::memory_images`] gave.
    pub fn keep_memory_images(&mut self, images: TryVec<Option<MemoryImage>>) {
        self.images_number = if images.is_empty() { None } else { IMAGES.give() };
        self.memory_images = images;
    }

    /// The copy-on-write image of a prepared memory.
    pub(crate) fn memory_image(&self, init: usize) -> Option<ImageOf<'_>> {
        let image = self.memory_images.get(init)?.as_ref()?;
        let key = ImageKey { images: self.images_number?, index: init };
        let init = self.image.memory_inits().get(u32::try_from(init).ok()?)?;
        let bytes = self.image.image().data().get(init.start as usize..)?.get(..init.len as usize)?;
        Some(ImageOf { image, key, bytes })
    }

    /// The first copy-on-write image that is placed in a memory.
    pub(crate) fn image_key_of(&self, memory: u32) -> Option<ImageKey> {
        let images = self.images_number?;
        let mut inits = self.image.memory_inits().iter().zip(&self.memory_images).enumerate();
        let index =
            inits.find_map(|(index, (init, image))| (init.memory == memory && image.is_some()).then_some(index))?;
        Some(ImageKey { images, index })
    }

    /// Compares the checksum of what loading does not look at.
    ///
    /// # Errors
    /// The image is damaged.
    pub fn verify(&self) -> Result<(), VmError> {
        let image = self.image.image();
        if !image.is_linked() {
            return Ok(image.verify_rest(self.file)?);
        }
        let code = slice_from_raw_parts(self.code.as_ptr(), self.code_len as usize);
        // SAFETY: the code is readable and unchanged while the module lives (INV-IMAGE).
        Ok(image.verify_linked(unsafe { &*code })?)
    }

    /// The addresses of its code.
    #[must_use]
    pub fn code_range(&self) -> core::ops::Range<usize> {
        let start = self.code.as_ptr().addr();
        start..start.saturating_add(self.code_len as usize)
    }

    /// The offset of an address within the code. The end counts, as a call can be the last instruction.
    #[must_use]
    pub fn offset_of(&self, address: usize) -> Option<u32> {
        let offset = address.checked_sub(self.code.as_ptr().addr())?;
        u32::try_from(offset).ok().filter(|offset| *offset <= self.code_len)
    }

    pub(crate) const fn ground(&self) -> Ground {
        self.ground
    }

    /// Whether it relies on hardware traps.
    #[must_use]
    pub const fn hardware(&self) -> bool {
        self.hardware
    }

    /// The code at an offset of the image's tables.
    pub(crate) fn code_at(&self, offset: u32) -> Option<NonNull<u8>> {
        if offset == NONE || offset >= self.code_len {
            return None;
        }
        // SAFETY: the offset lies within the code, as compared.
        Some(unsafe { self.code.add(offset as usize) })
    }
}

fn parse(file: &'static [u8]) -> Result<Image<'static, Native>, VmError> {
    let image =
        if cfg!(feature = "image-checks") { Image::parse(file, Native) } else { Image::parse_trusted(file, Native) };
    Ok(image?)
}

fn code_align(log2: u8) -> usize {
    1usize.checked_shl(log2.into()).unwrap_or(usize::MAX)
}

/// The part of a field of 64 bits that a linker for short pointers fills in as well as one for long ones.
fn low_word(value: u64) -> [u8; size_of::<usize>()] {
    let bytes = value.to_ne_bytes();
    let word = if cfg!(target_endian = "little") { bytes.first_chunk() } else { bytes.last_chunk() };
    word.copied().unwrap_or_default()
}

fn check_align(what: &'static str, address: usize, align: usize) -> Result<(), VmError> {
    if address & align.wrapping_sub(1) == 0 { Ok(()) } else { Err(VmError::Alignment { what, address, align }) }
}
