//! Loading a guest and calling it: what an embedder writes.

use core::ptr::NonNull;
use stilt::{Caller, Config, Context as _, Engine, Instance, LinkedImage, Linker, Module, Result, Store};
use stilt::{TypedFunc, WasmParams, WasmResults, format_err};
use stilt_example_kernel::{arch, boot, images, println};

/// How a guest was compiled, and how it is loaded.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// The part of an image's name that says so.
    pub(crate) name: &'static str,
    load: Load,
    /// Whether traps that are not tests in the code are exceptions of the processor's.
    pub(crate) hardware: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    /// It is copied and published.
    Published,
    /// It runs where it lies among the kernel's bytes.
    InPlace,
    /// The linker has made it a part of the kernel.
    Linked,
}

impl Way {
    const fn new(name: &'static str, load: Load, hardware: bool) -> Way {
        Way { name, load, hardware }
    }
}

pub(crate) const HARDWARE: Way = Way::new("hardware", Load::Published, true);
const WAYS: [Way; 4] = [
    HARDWARE,
    Way::new("explicit", Load::InPlace, false),
    Way::new("linked", Load::Linked, true),
    Way::new("pulley", Load::InPlace, false),
];

/// Compiled with `--float soft`: no float or vector register is touched, so that they can be switched off.
pub(crate) const SOFT: Way = Way::new("soft", Load::Published, true);

/// All but that one.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    WAYS.into_iter()
}

/// What all guests share.
pub(crate) struct Ground {
    pub(crate) engine: Engine,
    linker: Linker<()>,
}

/// An instance in a store of its own.
pub(crate) struct Guest {
    pub(crate) store: Store<()>,
    instance: Instance,
}

/// The options of this kernel's engines.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    // SAFETY: it asks the CPU, and says no to what the kernel does not switch on.
    unsafe { config.detect_host_feature(arch::feature) };
    // SAFETY: the float registers are on, or what runs has none (`switch_float_registers`); interrupts do not touch them, or keep them (`with_float_registers_kept`).
    unsafe { config.x86_float_abi_ok(true) };
    config
}

impl Ground {
    pub(crate) fn new() -> Result<Ground> {
        let engine = Engine::new(&config())?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "print", |mut caller: Caller<'_, ()>, at: i32, len: i32| -> Result<()> {
            let memory = caller.get_export("memory").and_then(|export| export.into_memory());
            let memory = memory.ok_or_else(|| format_err!("the guest exports no memory"))?;
            let range = (at as usize)..(at as usize).saturating_add(len as usize);
            let text = memory.data(&caller).get(range).and_then(|bytes| str::from_utf8(bytes).ok());
            println!("{}", text.ok_or_else(|| format_err!("the guest's text is not in its memory"))?);
            Ok(())
        })?;
        Ok(Ground { engine, linker })
    }

    /// A fresh instance of a guest.
    pub(crate) fn guest(&self, name: &'static str, way: Way) -> Result<Guest> {
        let module = match way.load {
            // SAFETY: `stilt compile` made the image, and nobody has changed it.
            Load::Published => unsafe { Module::deserialize(&self.engine, find(name, way.name)?) },
            Load::InPlace => {
                let image = NonNull::from(find(name, way.name)?);
                // SAFETY: likewise; it lies in the kernel's own code, which stays as it is and is executable.
                unsafe { Module::deserialize_raw(&self.engine, image) }
            }
            // SAFETY: `stilt compile` made the object, and the kernel is where it was linked to.
            Load::Linked => unsafe { Module::from_linked(&self.engine, find_linked(name)?) },
        };
        self.instantiate(&module.context(name)?)
    }

    fn instantiate(&self, module: &Module) -> Result<Guest> {
        let mut store = store_on_this_core(module);
        let instance = self.linker.instantiate(&mut store, module)?;
        Ok(Guest { store, instance })
    }
}

/// A store whose guests run on this core's stack.
fn store_on_this_core(module: &Module) -> Store<()> {
    let mut store = Store::new(module.engine(), ());
    store.set_stack_limit(boot::lowest_of_stack());
    store
}

impl Guest {
    /// An instance of a module that imports nothing.
    pub(crate) fn alone(module: &Module) -> Result<Guest> {
        let mut store = store_on_this_core(module);
        let instance = Instance::new(&mut store, module, &[])?;
        Ok(Guest { store, instance })
    }

    pub(crate) fn call<P: WasmParams, R: WasmResults>(&mut self, function: &str, arguments: P) -> Result<R> {
        self.function::<P, R>(function)?.call(&mut self.store, arguments)
    }

    /// A function, to be called later. Finding it takes a lock (`platform/sync.rs`); calling it takes none.
    pub(crate) fn function<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> Result<TypedFunc<P, R>> {
        self.instance.get_typed_func(&mut self.store, name)
    }
}

/// The image of a guest that was compiled in this way.
pub(crate) fn find(name: &str, way: &str) -> Result<&'static [u8]> {
    let mut images = images::IMAGES.iter();
    let image = images.find(|(known, _)| known.split_once('.') == Some((name, way)));
    image.map(|(_, image)| *image).ok_or_else(|| format_err!("there is no image {name}.{way}"))
}

/// The guest that was linked in under this name.
fn find_linked(name: &str) -> Result<&'static LinkedImage> {
    let guest = images::LINKED.iter().find(|(known, _)| *known == name);
    guest.map(|(_, guest)| *guest).ok_or_else(|| format_err!("no guest {name} is linked in"))
}
