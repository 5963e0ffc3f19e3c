//! [`Module`]: a loaded image. The image's tables are read in place; what a module adds is the numbers that its function types
//! have in the engine.

use core::fmt;
use core::ops::Range;
use core::ptr::NonNull;

use stilt_artifact::header::{ImageHeader, MAGIC};
use stilt_artifact::image::image_start;
use stilt_artifact::record::Field;
use stilt_artifact::types::ExternKind;
use stilt_artifact::{ABI, Endian, ModuleImage, Native};
use stilt_collections::{Source, Storage, TryArc, TryVec, unsize_arc};
use stilt_vm::{ModuleOwner, VmError};

use crate::refusal::check_publication;
use crate::registry::TypeIds;
use crate::{
    Engine, Error, ExportType, ExternType, FuncType, GlobalType, ImportType, LinkedImage, MemoryType, Result, TableType,
};

/// A loaded module, ready to be instantiated. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Module {
    inner: TryArc<Inner>,
}

struct Inner {
    vm: stilt_vm::Module,
    ids: TypeIds,
}

impl ModuleOwner for Inner {
    fn module(&self) -> &stilt_vm::Module {
        &self.vm
    }

    fn type_ids(&self) -> &[u32] {
        &self.ids
    }
}

impl Module {
    /// Loads an image from a copy of its bytes: native code is published through the platform.
    ///
    /// # Errors
    /// The bytes are not an image, or damaged, or not for this machine, this runtime or this engine; memory is lacking; the
    /// platform failed.
    ///
    /// # Safety
    /// The image was made by Stilt's precompiler and has not been changed since: it is native code that will run.
    #[expect(unsafe_code, reason = "the caller's promise about the image is handed on")]
    pub unsafe fn deserialize(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module> {
        let bytes = bytes.as_ref();
        let native = match peek(bytes) {
            Some(header) => {
                engine.check_image(&header)?;
                check_publication(&header)?;
                header.architecture != stilt_artifact::target::Architecture::Pulley as u8
            }
            None => false,
        };
        let vm = if native {
            // SAFETY: the caller's promise.
            unsafe { stilt_vm::Module::publish(bytes) }
        } else {
            let mut storage = Storage::try_with_size(bytes.len(), 64)?;
            for (to, from) in storage.as_mut_slice().iter_mut().zip(bytes) {
                *to = *from;
            }
            // SAFETY: the caller's promise.
            unsafe { stilt_vm::Module::in_storage(storage) }
        };
        Module::new(engine, vm.map_err(vm_error)?)
    }

    /// Loads an image where it lies: nothing of it is copied, written or protected.
    ///
    /// # Errors
    /// As [`Module::deserialize`]; and the image, or its code, is not aligned as it needs.
    ///
    /// # Safety
    /// As [`Module::deserialize`]; and the bytes stay as they are until the module, its clones and all stores with
    /// instances of it are gone. Native code among them must be executable and coherent with instruction fetch already.
    #[expect(unsafe_code, reason = "the caller's promise about the image is handed on")]
    pub unsafe fn deserialize_raw(engine: &Engine, memory: NonNull<[u8]>) -> Result<Module> {
        // SAFETY: the bytes are readable, as the caller promises.
        let bytes = unsafe { memory.as_ref() };
        if let Some(header) = peek(bytes) {
            engine.check_image(&header)?;
        }
        // SAFETY: the caller's promises.
        let vm = unsafe { stilt_vm::Module::in_place(memory) };
        Module::new(engine, vm.map_err(vm_error)?)
    }

    /// Loads an image that a linker has placed in this program: nothing of it is copied, written or protected. `image` is the symbol
    /// of an object that `stilt compile --emit obj` or the crate `stilt-build` wrote, see [`linked_image!`](crate::linked_image).
    ///
    /// # Errors
    /// As [`Module::deserialize_raw`]; and the code is not where the linker was to place it.
    ///
    /// # Safety
    /// As [`Module::deserialize`]; and `image` is such a symbol, whose sections are at their places in memory. Native code
    /// among them must be executable and coherent with instruction fetch already, as that of the program itself is.
    #[expect(unsafe_code, reason = "the caller's promise about the image is handed on")]
    pub unsafe fn from_linked(engine: &Engine, image: &'static LinkedImage) -> Result<Module> {
        if let Some(header) = peek(&image.headers) {
            engine.check_image(&header)?;
        }
        // SAFETY: the caller's promises.
        let vm = unsafe { stilt_vm::Module::linked(&image.headers) };
        Module::new(engine, vm.map_err(vm_error)?)
    }

    fn new(engine: &Engine, mut vm: stilt_vm::Module) -> Result<Module> {
        engine.check_image(&vm.image().image().header())?;
        if engine.config().copy_on_write() && vm.hardware() {
            let mut images = TryVec::new();
            for image in vm.memory_images() {
                images.try_push(image.map_err(vm_error)?)?;
            }
            vm.keep_memory_images(images);
        }
        Module::made_in(engine, vm, Source::Heap)
    }

    /// A module of an image that this engine can run.
    pub(crate) fn made_in(engine: &Engine, vm: stilt_vm::Module, mut source: Source<'_>) -> Result<Module> {
        let ids = TypeIds::register_in(engine, vm.image(), source.reborrow())?;
        Ok(Module { inner: TryArc::new_in(Inner { vm, ids }, source)? })
    }

    #[cfg(feature = "given-storage")]
    /// Whether nobody else has it: no clone, and no instance.
    pub(crate) fn is_only(&self) -> bool {
        TryArc::is_only(&self.inner)
    }

    /// The block that a module takes, beside a number for each of its types.
    #[cfg(feature = "given-storage")]
    pub(crate) const LAYOUT: core::alloc::Layout = TryArc::<Inner>::LAYOUT;

    /// Compares the checksum of code and data, which loading does not.
    ///
    /// # Errors
    /// The image is damaged.
    pub fn verify(&self) -> Result<()> {
        self.inner.vm.verify().map_err(vm_error)
    }

    /// The engine it was loaded for.
    pub fn engine(&self) -> &Engine {
        self.inner.ids.engine()
    }

    /// Its name, if the image has one.
    pub fn name(&self) -> Option<&str> {
        let image = self.image();
        let name = image.string(image.fields().name());
        if name.is_empty() { None } else { Some(name) }
    }

    /// Whether both are the same module, or clones of it.
    pub fn same(a: &Module, b: &Module) -> bool {
        TryArc::ptr_eq(&a.inner, &b.inner)
    }

    /// The addresses of its code.
    pub fn image_range(&self) -> Range<*const u8> {
        let range = self.inner.vm.code_range();
        core::ptr::without_provenance(range.start)..core::ptr::without_provenance(range.end)
    }

    /// What it imports, in the order in which imports are given.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> + '_ {
        (0..self.import_count()).map(|index| self.import(index))
    }

    /// What it exports, in the order of the wasm file.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> + '_ {
        let image = self.image();
        (0..image.exports().len()).map(move |position| {
            let export = image.exports().iter().find(|export| export.position == position);
            let export = export.or_else(|| image.exports().get(position));
            let name = export.map_or("", |export| image.string(export.name));
            let ty = export.and_then(|export| self.extern_type(ExternKind::from_u8(export.kind)?, export.index));
            ExportType::new(name, ty.unwrap_or_else(|| self.no_type()))
        })
    }

    /// The type of the export with this name.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let export = self.image().export(name)?;
        self.extern_type(ExternKind::from_u8(export.kind)?, export.index)
    }

    /// The checked view of the image.
    pub(crate) fn image(&self) -> &ModuleImage<'_, Native> {
        self.inner.vm.image()
    }

    /// The module's part below.
    pub(crate) fn vm(&self) -> &stilt_vm::Module {
        &self.inner.vm
    }

    /// The numbers of its types.
    pub(crate) fn type_ids(&self) -> &[u32] {
        &self.inner.ids
    }

    /// The module, as instances keep it.
    pub(crate) fn owner(&self) -> TryArc<dyn ModuleOwner> {
        unsize_arc!(self.inner.clone() => dyn ModuleOwner)
    }

    pub(crate) fn import_count(&self) -> u32 {
        self.image().imports().len()
    }

    /// Import number `index`, below [`Module::import_count`].
    pub(crate) fn import(&self, index: u32) -> ImportType<'_> {
        let image = self.image();
        let Some(import) = image.imports().get(index) else { return ImportType::new("", "", self.no_type()) };
        let ty = ExternKind::from_u8(import.kind).and_then(|kind| match kind {
            ExternKind::Func => Some(self.type_number(import.index)?.into()),
            kind => self.extern_type(kind, import.index),
        });
        let (module, name) = (image.string(import.module), image.string(import.name));
        ImportType::new(module, name, ty.unwrap_or_else(|| self.no_type()))
    }

    /// The type of an entity, by its index in its index space.
    pub(crate) fn extern_type(&self, kind: ExternKind, index: u32) -> Option<ExternType> {
        let image = self.image();
        Some(match kind {
            ExternKind::Func => self.type_number(image.func_type(index)?)?.into(),
            ExternKind::Table => TableType::of_image(&image.tables().get(index)?)?.into(),
            ExternKind::Memory => MemoryType::of_image(&image.memories().get(index)?).into(),
            ExternKind::Global => GlobalType::of_image(&image.globals().get(index)?)?.into(),
        })
    }

    fn type_number(&self, index: u32) -> Option<FuncType> {
        Some(FuncType::of_image(self.engine(), self.image(), self.image().types().get(index)?))
    }

    /// Stands for a type that is not there, which checked images do not have.
    fn no_type(&self) -> ExternType {
        FuncType::new(self.engine(), [], []).into()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Module>();
};

/// The header of an image, as far as it looks like one that this version can read. What is wrong otherwise is said by
/// who checks it all.
pub(crate) fn peek(bytes: &[u8]) -> Option<ImageHeader> {
    let image = bytes.get(image_start(bytes)..)?;
    let header = ImageHeader::read(Native, image)?;
    let known = header.magic == MAGIC && header.abi == ABI && header.byte_order == Endian::NATIVE.code();
    known.then_some(header)
}

/// An error of the crate below, as that of its cause.
pub(crate) fn vm_error(error: VmError) -> Error {
    match error {
        VmError::OutOfMemory(error) => error.into(),
        VmError::Platform(error) => error.into(),
        VmError::Image(error) => error.into(),
        VmError::Pool(error) => error.into(),
        // What the error itself says needs memory, which may not be there at all.
        VmError::Unsupported(_) if cfg!(feature = "given-storage") => {
            Error::fixed(&"this runtime, or its platform, cannot do what the module needs")
        }
        VmError::Mismatch(_) if cfg!(feature = "given-storage") => {
            Error::fixed(&"the module or an import does not fit the store: another target, or no reservation")
        }
        error => error.into(),
    }
}
