//! Loading a guest and calling it: what an embedder writes.

use core::ptr::NonNull;
use stilt::{Caller, Config, Context as _, Engine, Instance, Linker, Module, Result, Store};
use stilt::{WasmParams, WasmResults, format_err};
use stilt_example_kernel::{arch, boot, images, println};

/// How a guest was compiled, and how it is loaded.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// The part of an image's name that says so.
    pub(crate) name: &'static str,
    /// Whether it is copied and published, or runs where it lies.
    published: bool,
}

pub(crate) const HARDWARE: Way = Way { name: "hardware", published: true };
const EXPLICIT: Way = Way { name: "explicit", published: false };
const WAYS: [Way; 3] = [HARDWARE, EXPLICIT, Way { name: "pulley", published: false }];

/// Those ways in which the guests were compiled: for some machines there is no native code yet.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    WAYS.into_iter().filter(|way| find("greet", way.name).is_ok())
}

/// The first of them.
pub(crate) fn first_way() -> Result<Way> {
    ways().next().ok_or_else(|| format_err!("there are no guests"))
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
    // SAFETY: the float registers are on; interrupts do not touch them, or keep them (`with_float_registers_kept`).
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
        let image = find(name, way.name)?;
        let module = if way.published {
            // SAFETY: `stilt compile` made the image, and nobody has changed it.
            unsafe { Module::deserialize(&self.engine, image) }
        } else {
            // SAFETY: likewise; it lies in the kernel's own code, which stays as it is and is executable.
            unsafe { Module::deserialize_raw(&self.engine, NonNull::from(image)) }
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
        self.instance.get_typed_func::<P, R>(&mut self.store, function)?.call(&mut self.store, arguments)
    }
}

/// The image of a guest that was compiled in this way.
pub(crate) fn find(name: &str, way: &str) -> Result<&'static [u8]> {
    let mut images = images::IMAGES.iter();
    let image = images.find(|(known, _)| known.split_once('.') == Some((name, way)));
    image.map(|(_, image)| *image).ok_or_else(|| format_err!("there is no image {name}.{way}"))
}
