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

/// The same module for one target: as an image, and as what a linker places.
struct Made {
    image: Vec<u8>,
    /// The section with headers, tables and data of an object.
    tables: Vec<u8>,
}

fn make(change: impl FnOnce(&mut Options)) -> Made {
    let mut options = Options::for_target("x86_64");
    change(&mut options);
    let wasm = wat::parse_str(MODULE).expect("a module");
    let mut object = stilt_precompiler::ObjectOptions::new("linked");
    object.machine =
        stilt_precompiler::object::machine_names(&options.target).first().map(|machine| (*machine).to_owned());
    let compiler = Precompiler::new(options).expect("options");
    let elf = compiler.compile_object(&wasm, &object).expect("it compiles").elf;
    let file = object::File::parse(&*elf).expect("an object");
    let tables = object::Object::section_by_name(&file, ".rodata.stilt.linked").expect("a section");
    let tables = object::ObjectSection::data(&tables).expect("bytes").to_vec();
    Made { image: compiler.compile(&wasm).expect("it compiles"), tables }
}

impl Made {
    /// With another byte at a place of the header.
    fn changed(&self, place: usize, value: u8) -> Made {
        let (mut image, mut tables) = (self.image.clone(), self.tables.clone());
        image[ELF_PREFIX + place] = value;
        tables[place] = value;
        Made { image, tables }
    }
}

fn engine(change: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::new();
    change(&mut config);
    Engine::new(&config).expect("an engine")
}

/// Refused in these words without memory, and in the same with it, whichever way it is loaded: copied, in place, or linked.
fn refused(engine: &Engine, made: &Made, words: &str) {
    let said = [
        refused_as_copy(engine, &made.image, words),
        refused_in_place(engine, &made.image),
        refused_linked(engine, &made.tables, 0),
    ];
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
}

fn refused_as_copy(engine: &Engine, image: &[u8], words: &str) -> String {
    let text = said(|| engine.accepts(image));
    assert!(text.contains(words), "expected `{words}` in `{text}`");
    // `stilt_error` of stilt.h has no more room.
    assert!(text.len() < 128, "too long for C: {text}");
    // SAFETY: it is refused, and never runs.
    let error = unsafe { Module::deserialize(engine, image) }.expect_err("it must be refused");
    assert_eq!(error.to_string(), text);
    text
}

fn refused_in_place(engine: &Engine, image: &[u8]) -> String {
    let image = in_flash(image);
    // SAFETY: it stays as it is.
    let text = said(|| engine.accepts_in_place(unsafe { image.as_ref() }));
    // SAFETY: it is refused, and never runs.
    let error = unsafe { Module::deserialize_raw(engine, image) }.expect_err("it must be refused");
    assert_eq!(error.to_string(), text);
    text
}

/// `front` bytes behind a page.
fn refused_linked(engine: &Engine, tables: &[u8], front: usize) -> String {
    let image = linked(tables, front);
    let text = said(|| engine.accepts_linked(image));
    // SAFETY: it is refused, and never runs.
    let error = unsafe { Module::from_linked(engine, image) }.expect_err("it must be refused");
    assert_eq!(error.to_string(), text);
    text
}

fn linked(tables: &[u8], front: usize) -> &'static LinkedImage {
    let tables = in_flash(&[&vec![0; front], tables].concat());
    // SAFETY: there are as many.
    let headers = unsafe { tables.cast::<u8>().add(front) };
    // SAFETY: the headers are there, and stay.
    unsafe { headers.cast::<LinkedImage>().as_ref() }
}

/// Places in an image's header.
const ABI: usize = 8;
const BYTE_ORDER: usize = 9;
const POINTER_WIDTH: usize = 10;
const ARCHITECTURE: usize = 11;
const CONVENTION: usize = 12;
const TRAP_MODE: usize = 13;
/// The first of the builtin groups' bytes, of the flags', and of the contract's fingerprint.
const FLAGS: usize = 24;
const BUILTINS: usize = 28;
const CONTRACT: usize = 68;

#[test]
#[cfg(target_arch = "x86_64")]
fn each_reason_is_given_without_memory_and_whichever_way_it_is_loaded() {
    let here = engine(|_| ());
    let target = |name: &str| make(|options| options.target = name.to_owned());
    refused(
        &here,
        &target("aarch64"),
        "the image is for aarch64, this machine is x86_64: compile it with `--target x86_64`",
    );
    refused(&here, &target("riscv64"), "the image is for riscv64");
    let order = "the image is for big-endian targets, this one is little-endian";
    refused(&here, &target("s390x"), order);
    refused(&here, &target("pulley64be"), order);
    refused(&here, &target("pulley32be"), order);
    refused(&here, &target("pulley32"), "the image is for 32-bit machines, this one has 64 bits: compile it for 64");

    let whole = make(|_| ());
    refused(&here, &whole.changed(ABI, 200), "the image has ABI 200, this runtime reads ABI 0: compile it again");
    refused(&here, &whole.changed(BYTE_ORDER, 7), "byte order");
    refused(&here, &whole.changed(POINTER_WIDTH, 4), "32-bit");
    refused(&here, &whole.changed(ARCHITECTURE, 99), "the image is for an unknown architecture");
    refused(&here, &whole.changed(CONVENTION, 77), "calling convention 77");
    refused(&here, &whole.changed(TRAP_MODE, 9), "trap mode 9");
    refused(&here, &whole.changed(FLAGS + 3, 0x80), "flags 0x80000000");
    refused(&here, &whole.changed(BUILTINS + 3, 0x80), "builtins that this runtime does not know");
    refused(&here, &whole.changed(CONTRACT, !whole.tables[CONTRACT]), "another version of Stilt");

    let old = engine(|config| {
        // SAFETY: nothing runs.
        let _ = unsafe { config.detect_host_feature(|name| Some(!name.starts_with("sse4"))) };
    });
    refused(&old, &whole, "the image needs the CPU feature `sse4.1`, which this CPU does not have");
    let unknowing = engine(|config| {
        // SAFETY: nothing runs.
        let _ = unsafe { config.detect_host_feature(|_| None) };
    });
    refused(&unknowing, &whole, "whether it is there, the embedder must say (detect_host_feature)");
    let without_signals = engine(|config| {
        let _ = config.signals_based_traps(false);
    });
    refused(&without_signals, &whole, "compile it with `--traps explicit`");
    let bytecode_only = engine(|config| {
        let _ = config.target("pulley64").expect("a target");
    });
    refused(&bytecode_only, &whole, "the engine was configured for pulley");
}

#[test]
fn flash_that_was_cut_short() {
    for ground in Ground::ALL {
        let here = ground.engine().expect("an engine");
        let mut options = ground.options();
        // Without what wraps it for debuggers, every byte is needed.
        options.strip = true;
        let bare = Precompiler::new(options).expect("options").compile(&wat::parse_str(MODULE).expect("a module"));
        let bare = bare.expect("it compiles");
        assert_eq!(here.accepts(&bare), Ok(()));
        let place = in_flash(&bare);
        // SAFETY: it stays as it is.
        let place: &'static [u8] = unsafe { place.as_ref() };
        for len in 0..bare.len() {
            for text in [said(|| here.accepts(&place[..len])), said(|| here.accepts_in_place(&place[..len]))] {
                assert!(text.contains("cut short") || text.contains("not a Stilt image"), "{len} bytes: {text}");
            }
        }
        // As long as it was, but erased from some place on: tables have a checksum.
        let tables = u32::from_ne_bytes(*bare[32..].first_chunk().expect("a header")) as usize;
        for kept in (0..tables).step_by(7) {
            let mut erased = bare.clone();
            erased[kept..].fill(0xff);
            said(|| here.accepts(&erased));
        }
        let _ = refused_as_copy(&here, &[0xff; 4096], "not a Stilt image");
    }
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
        let base = bytes.as_ptr().addr() + stilt_artifact::image::image_start(bytes);
        assert_eq!(text, format!("the image lies at {base:#x}, which is not aligned to 16 bytes"));
    }
    Ok(())
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_a_linker_has_placed() {
    let here = engine(|_| ());
    let made = make(|_| ());
    assert_eq!(here.accepts_linked(linked(&made.tables, 0)), Ok(()));
    assert!(refused_linked(&here, &made.tables, 8).contains("8, which is not aligned to 16 bytes"));
    assert!(refused_linked(&here, &[0; 4096], 0).contains("not a Stilt image"));
    // What is to be loaded is no object, and the other way round.
    assert!(refused_linked(&here, &made.image[ELF_PREFIX..], 0).contains("not compiled to be linked"));
    let words = "the image is linked into a program: load it with `from_linked`";
    assert!(said(|| here.accepts(&made.tables)).contains(words));
    assert!(said(|| here.accepts_in_place(&made.tables)).contains(words));
    // SAFETY: it is refused, and never runs.
    let error = unsafe { Module::deserialize(&here, &made.tables) }.expect_err("refused");
    assert!(error.to_string().contains(words), "{error}");
}
