//! Engine, host functions, and a guest: what a program needs to run images.

use crate::{board, print};
use core::ptr::NonNull;
use stilt::{
    Caller, Config, Engine, Extern, Instance, Linker, Module, PoolingAllocationConfig, Result, Store, WasmParams,
    WasmResults, format_err,
};

/// Bytes of the interpreter's stack.
const STACK: usize = 1024;

/// The host's data: what a guest has asked for, and what it is told.
#[derive(Default)]
pub struct Pins {
    /// Whether somebody presses the button.
    pub button: bool,
    /// How often a light was switched.
    pub switched: u32,
}

/// What guests have in common. Their memory is one part of the RAM, one guest at a time.
pub struct Ground {
    engine: Engine,
    linker: Linker<Pins>,
}

/// The pin that is an input.
const BUTTON: i32 = 4;

impl Ground {
    /// Once: the memory of guests is the engine's, of so many bytes.
    ///
    /// # Errors
    /// The heap is too small, or the board has less memory for guests.
    pub fn new(bytes: usize) -> Result<Ground> {
        let (address, most) = board::GUEST_MEMORY;
        // A slot has 16 bytes more, as its storage has where it does not begin at a multiple of 16.
        let size = bytes + 32;
        if size > most {
            return Err(format_err!("no memory for guests"));
        }
        let memory = core::ptr::slice_from_raw_parts_mut(core::ptr::with_exposed_provenance_mut(address), size);
        let memory = NonNull::new(memory).ok_or_else(|| format_err!("no memory for guests"))?;
        let mut pool = PoolingAllocationConfig::new();
        // SAFETY: the board keeps it for guests, and this is the one engine.
        unsafe { pool.total_memories(1).memory_storage(memory) };
        let mut config = Config::new();
        config.max_wasm_stack(STACK).allocation_strategy(pool);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "gpio_write", gpio_write)?;
        linker.func_wrap("host", "gpio_read", gpio_read)?;
        linker.func_wrap("host", "uart_write", uart_write)?;
        Ok(Ground { engine, linker })
    }

    /// All checks of an image: that it is whole, that it is for this runtime, and that everything it imports is here.
    ///
    /// # Errors
    /// It must not be used.
    ///
    /// # Safety
    /// `Module::deserialize_raw`'s: `stilt compile` made the image, as far as no damage changed it that its checksum finds. A device in
    /// the field verifies a signature first.
    pub unsafe fn check(&self, image: &'static [u8]) -> Result<()> {
        // SAFETY: the caller's promise.
        let module = unsafe { self.load(image) }?;
        module.verify()?;
        self.linker.instantiate_pre(&module).map(drop)
    }

    /// # Safety
    /// `Module::deserialize_raw`'s.
    unsafe fn load(&self, image: &'static [u8]) -> Result<Module> {
        // SAFETY: the caller's promise. It stays where it is, in flash.
        unsafe { Module::deserialize_raw(&self.engine, NonNull::from(image)) }
    }

    /// A guest of an image, where that lies.
    ///
    /// # Errors
    /// It is no image for here, or there is no room.
    ///
    /// # Safety
    /// `Module::deserialize_raw`'s, until the guest is dropped.
    pub unsafe fn guest(&self, image: &'static [u8]) -> Result<Guest> {
        // SAFETY: the caller's promise.
        let module = unsafe { self.load(image) }?;
        let mut store = Store::new(&self.engine, Pins::default());
        let instance = self.linker.instantiate(&mut store, &module)?;
        Ok(Guest { store, instance })
    }
}

/// An instance, with the store that it is alone in.
pub struct Guest {
    /// Its store.
    pub store: Store<Pins>,
    instance: Instance,
}

impl Guest {
    /// Calls an export.
    ///
    /// # Errors
    /// There is none of this type, or it traps.
    pub fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, params: P) -> Result<R> {
        self.instance.get_typed_func::<P, R>(&mut self.store, name)?.call(&mut self.store, params)
    }

    /// Copies the name of an export, by its place; the name's length.
    pub fn export_name(&mut self, place: usize, name: &mut [u8]) -> Option<usize> {
        let export = self.instance.exports(&mut self.store).nth(place)?;
        let bytes = export.name().as_bytes();
        name.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(bytes.len())
    }

    /// The bytes of its memory.
    ///
    /// # Errors
    /// It has none, or less.
    pub fn memory(&mut self, address: u32, length: usize) -> Result<&mut [u8]> {
        let memory = self.instance.get_export(&mut self.store, "memory").and_then(Extern::into_memory);
        let memory = memory.ok_or_else(|| format_err!("no export `memory`"))?;
        let start = address as usize;
        let bytes = memory.data_mut(&mut self.store).get_mut(start..start.saturating_add(length));
        bytes.ok_or_else(|| format_err!("{length} bytes at {start} are not in its memory"))
    }
}

/// Switches a light.
fn gpio_write(mut caller: Caller<'_, Pins>, pin: i32, level: i32) -> Result<()> {
    if !(0..BUTTON).contains(&pin) {
        return Err(format_err!("pin {pin} is no output"));
    }
    let before = board::lights();
    let after = before & !(1 << pin) | u32::from(level != 0) << pin;
    board::set_lights(after);
    caller.data_mut().switched += u32::from(before != after);
    Ok(())
}

/// Reads the button.
fn gpio_read(caller: Caller<'_, Pins>, pin: i32) -> Result<i32> {
    if pin != BUTTON {
        return Err(format_err!("pin {pin} is no input"));
    }
    Ok(caller.data().button.into())
}

/// Writes text that the guest has in its memory.
fn uart_write(mut caller: Caller<'_, Pins>, address: u32, length: u32) -> Result<()> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| format_err!("no export `memory`"))?;
    let (start, length) = (address as usize, length as usize);
    let bytes = memory.data(&caller).get(start..start.saturating_add(length));
    let bytes = bytes.ok_or_else(|| format_err!("{length} bytes at {start} are not in its memory"))?;
    print!("  | ");
    bytes.iter().for_each(|byte| board::write_serial(*byte));
    Ok(())
}
