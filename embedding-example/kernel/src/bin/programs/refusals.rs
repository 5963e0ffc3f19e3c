//! Images that do not belong here: each is refused with its reason. Asked beforehand, the runtime says it without a single allocation;
//! loading says the same, and asks for nothing but the place of the error.

use crate::guests::{self, Ground, HARDWARE, find};
use core::fmt::Write as _;
use core::ptr::NonNull;
use stilt::{Engine, Module, Refusal, Result, format_err};
use stilt_example_kernel::images::Aligned;
use stilt_example_kernel::lock::Lock;
use stilt_example_kernel::{heap, println};

const ROOM: usize = 16 * 1024;
/// Where images are put that are changed before they are loaded.
static CHANGED: Lock<Aligned<[u8; ROOM]>> = Lock::new(Aligned([0; ROOM]));

pub(crate) fn all(ground: &Ground) -> Result<()> {
    let engine = &ground.engine;
    let whole = find("greet", HARDWARE.name)?;
    refused("another pointer width", load(engine, find("greet", "pulley32")?), "the image is for 32-bit machines")?;
    refused("another byte order", load(engine, find("greet", "pulley64be")?), "big-endian")?;
    refused("a CPU feature that is missing", load(engine, find("wide", "features")?), "CPU feature")?;
    let without_signals = Engine::new(guests::config().signals_based_traps(false))?;
    refused("a rung that is not offered", load(&without_signals, whole), "hardware traps")?;
    let mut config = guests::config();
    // SAFETY: nothing is allowed any more.
    let without_floats = Engine::new(unsafe { config.x86_float_abi_ok(false) })?;
    let floats = find("measure", HARDWARE.name)?;
    refused("float registers that are not switched on", load(&without_floats, floats), "float registers")?;
    refused("flash that was cut short", load(engine, &whole[..whole.len() / 2]), "")?;
    refused("flash that was cut in the header", load(engine, &whole[..100]), "")?;
    refused("flash that was erased", load(engine, &[0xff; 4096]), "")?;
    CHANGED.with(|room| {
        let len = whole.len();
        let room = room.0.get_mut(..len + 8).ok_or_else(|| format_err!("an image is larger than the room for it"))?;
        room[8..].copy_from_slice(whole);
        refused("a misaligned image", load(engine, &room[8..]), "aligned")?;
        for (what, place, number, words) in CHANGES {
            room[..len].copy_from_slice(whole);
            room[HEADER + place] = number;
            refused(what, load(engine, &room[..len]), words)?;
        }
        Ok(())
    })
}

/// Where an image's header begins, behind what wraps it.
const HEADER: usize = 64;

/// Places in that header, what is put there, and what the error then says.
const CHANGES: [(&str, usize, u8, &str); 4] = [
    ("another machine", 11, 5, "the image is for s390x"),
    ("another calling convention", 12, 77, "calling convention 77"),
    ("traps found in another way", 13, 9, "trap mode 9"),
    ("another generation of images", 8, 200, "ABI"),
];

/// What the runtime says beforehand, what loading says, and how often either has asked the allocator.
struct Outcome {
    asked: core::result::Result<(), Refusal>,
    asking: usize,
    loaded: Result<Module>,
    loading: usize,
}

fn load(engine: &Engine, image: &[u8]) -> Outcome {
    let before = heap::allocations();
    let asked = engine.accepts_in_place(image);
    let asking = heap::allocations() - before;
    let before = heap::allocations();
    // SAFETY: none of these images is loaded, so none of their code is run; the bytes stay as they are meanwhile.
    let loaded = unsafe { Module::deserialize_raw(engine, NonNull::from(image)) };
    Outcome { asked, asking, loaded, loading: heap::allocations() - before }
}

/// What holds an error.
const OF_THE_ERROR: usize = 2;

/// The image must have been refused, with these words, before anything was allocated for it.
fn refused(what: &str, outcome: Outcome, words: &str) -> Result<()> {
    let (Err(refusal), Err(error)) = (outcome.asked, outcome.loaded) else {
        return Err(format_err!("{what}: it was accepted"));
    };
    println!("{what}: {refusal}");
    if outcome.asking > 0 || outcome.loading > OF_THE_ERROR {
        return Err(format_err!("{what}: {} and {} allocations", outcome.asking, outcome.loading));
    }
    let (refusal, error) = (Text::of(&refusal), Text::of(&error));
    if !refusal.as_str().contains(words) || refusal.as_str() != error.as_str() {
        return Err(format_err!("{what}: the error does not say `{words}`, or loading says something else"));
    }
    Ok(())
}

/// A text in a buffer on the stack.
struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl Text {
    fn of(what: &impl core::fmt::Display) -> Text {
        let mut text = Text { bytes: [0; 256], len: 0 };
        let _ = write!(text, "{what}");
        text
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len]).unwrap_or("")
    }
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
