//! Images that do not belong here, on a device without memory: each is refused with its reason, by `Engine::accepts` and its kin, while
//! the allocator gives nothing and counts what it is asked for. Loading, with memory, says the same.

use core::cell::Cell;
use core::fmt::Write as _;
use core::ptr::NonNull;
use std::alloc::{GlobalAlloc, Layout, System};

use stilt::{Config, Engine, LinkedImage, Module, Refusal, Result};
use stilt_artifact::header::ELF_PREFIX;
use stilt_embedding_tests::{Ground, in_flash};
use stilt_platform_linux as _;
use stilt_precompiler::{Options, Precompiler};

struct Failing;

#[global_allocator]
static HEAP: Failing = Failing;

std::thread_local! {
    /// Whether this thread gets nothing.
    static FAILS: Cell<bool> = const { Cell::new(false) };
    /// What it asked for meanwhile.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is the system's, or gives nothing.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if FAILS.get() {
            ASKED.set(ASKED.get() + 1);
            return core::ptr::null_mut();
        }
        // SAFETY: handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

/// A text of fixed room, as a device has it.
struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

/// What is said, without memory.
fn said(asks: impl FnOnce() -> core::result::Result<(), Refusal>) -> String {
    let mut text = Text { bytes: [0; 256], len: 0 };
    ASKED.set(0);
    FAILS.set(true);
    let answer = asks();
    let written = answer.map_or_else(|refusal| write!(text, "{refusal}"), |()| Ok(()));
    FAILS.set(false);
    assert_eq!(ASKED.get(), 0, "something was allocated");
    written.expect("the text has room");
    assert!(answer.is_err(), "it was not refused");
    String::from_utf8(text.bytes[..text.len].to_vec()).expect("text")
}

const MODULE: &str = r#"(module (memory 1) (func (export "f") (result f64) (f64.load (i32.const 8))))"#;

fn compile(change: impl FnOnce(&mut Options)) -> Vec<u8> {
    let mut options = Options::for_target("x86_64");
    change(&mut options);
    let wasm = wat::parse_str(MODULE).expect("a module");
    Precompiler::new(options).expect("options").compile(&wasm).expect("it compiles")
}

fn engine(change: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::new();
    change(&mut config);
    Engine::new(&config).expect("an engine")
}

/// Refused in these words without memory, and in the same with it.
fn refused(engine: &Engine, image: &[u8], words: &str) {
    let text = said(|| engine.accepts(image));
    assert!(text.contains(words), "expected `{words}` in `{text}`");
    // SAFETY: it is refused, and never runs.
    let error = unsafe { Module::deserialize(engine, image) }.expect_err("it must be refused");
    assert_eq!(error.to_string(), text);
}

/// Where an image's header begins, behind what wraps it, and places in it.
const HEADER: usize = ELF_PREFIX;
const ABI: usize = HEADER + 8;
const CONVENTION: usize = HEADER + 12;
const TRAP_MODE: usize = HEADER + 13;

#[test]
#[cfg(target_arch = "x86_64")]
fn each_reason_is_given_without_memory() {
    let here = engine(|_| ());
    refused(&here, &compile(|options| options.target = "aarch64".to_owned()), "the image is for aarch64");
    refused(&here, &compile(|options| options.target = "riscv64".to_owned()), "the image is for riscv64");
    refused(&here, &compile(|options| options.target = "s390x".to_owned()), "big-endian");
    refused(&here, &compile(|options| options.target = "pulley64be".to_owned()), "big-endian");
    refused(&here, &compile(|options| options.target = "pulley32".to_owned()), "32-bit");

    let whole = compile(|_| ());
    let changed = |place: usize, value: u8| {
        let mut image = whole.clone();
        image[place] = value;
        image
    };
    refused(&here, &changed(ABI, 200), "ABI 200");
    refused(&here, &changed(CONVENTION, 77), "calling convention 77");
    refused(&here, &changed(TRAP_MODE, 9), "trap mode 9");
    // Without what wraps it for debuggers, every byte is needed.
    let bare = compile(|options| options.strip = true);
    assert_eq!(here.accepts(&bare), Ok(()));
    for len in 0..bare.len() {
        let text = said(|| here.accepts(&bare[..len]));
        assert!(text.contains("cut short") || text.contains("not a Stilt image"), "{len} bytes: {text}");
    }
    refused(&here, &[0xff; 4096], "not a Stilt image");

    let old = engine(|config| {
        // SAFETY: nothing runs.
        let _ = unsafe { config.detect_host_feature(|name| Some(!name.starts_with("sse4"))) };
    });
    refused(&old, &whole, "the image needs the CPU feature `sse4.1`");
    let without_signals = engine(|config| {
        let _ = config.signals_based_traps(false);
    });
    refused(&without_signals, &whole, "hardware traps");
    let bytecode_only = engine(|config| {
        let _ = config.target("pulley64").expect("a target");
    });
    refused(&bytecode_only, &whole, "the engine was configured for pulley");
}

#[test]
fn where_it_lies_matters_in_place() -> Result<()> {
    for ground in Ground::ALL {
        let (engine, image) = (ground.engine()?, ground.image(MODULE)?);
        let aligned = in_flash(&image);
        // SAFETY: it stays as it is.
        assert_eq!(engine.accepts_in_place(unsafe { aligned.as_ref() }), Ok(()));
        let mut moved = vec![0; 8];
        moved.extend(&image);
        let moved = in_flash(&moved);
        // SAFETY: likewise.
        let bytes: &'static [u8] = unsafe { &moved.as_ref()[8..] };
        assert_eq!(engine.accepts(bytes), Ok(()));
        let text = said(|| engine.accepts_in_place(bytes));
        // SAFETY: it is refused, and never runs.
        let error = unsafe { Module::deserialize_raw(&engine, NonNull::from(bytes)) }.expect_err("it must be refused");
        assert_eq!(error.to_string(), text);
        assert!(text.contains("the image is not aligned to 16 bytes"), "{text}");
    }
    Ok(())
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_a_linker_has_placed() {
    let object = |change: fn(&mut Options)| {
        let mut options = Options::for_target("x86_64");
        change(&mut options);
        let compiler = Precompiler::new(options).expect("options");
        let object = stilt_precompiler::ObjectOptions::new("linked");
        let elf =
            compiler.compile_object(&wat::parse_str(MODULE).expect("a module"), &object).expect("it compiles").elf;
        let file = object::File::parse(&*elf).expect("an object");
        let tables = object::Object::section_by_name(&file, ".rodata.stilt.linked").expect("a section");
        let tables = in_flash(object::ObjectSection::data(&tables).expect("bytes"));
        // SAFETY: the headers come first, and stay.
        unsafe { tables.cast::<LinkedImage>().as_ref() }
    };
    let image = object(|_| ());
    assert_eq!(engine(|_| ()).accepts_linked(image), Ok(()));
    let without_signals = engine(|config| {
        let _ = config.signals_based_traps(false);
    });
    let text = said(|| without_signals.accepts_linked(image));
    assert!(text.contains("hardware traps"), "{text}");
    let old = engine(|config| {
        // SAFETY: nothing runs.
        let _ = unsafe { config.detect_host_feature(|_| Some(false)) };
    });
    let text = said(|| old.accepts_linked(image));
    assert!(text.contains("CPU feature"), "{text}");
    let nothing = vec![0u8; 4096].leak();
    // SAFETY: as many bytes as headers have.
    let nothing = unsafe { &*nothing.as_ptr().cast::<LinkedImage>() };
    let here = engine(|_| ());
    let text = said(|| here.accepts_linked(nothing));
    assert!(text.contains("not a Stilt image"), "{text}");
}
