//! An update: the second version of the state machine replaces the first. What must not replace it is refused, and while it replaces it the
//! power fails, in every operation of the chip.

use crate::image;
use core::fmt;
use stilt::{Result, format_err};
use stilt_example_firmware::flash::{Cut, Flash};
use stilt_example_firmware::guest::Ground;
use stilt_example_firmware::slots::{HEADER, InstallError, Slot, Slots};
use stilt_example_firmware::{board, println};

/// The latest slot whose image passes all checks: what a device boots.
fn boot<F: Flash>(slots: &Slots<F>, ground: &Ground) -> Option<Slot> {
    slots.latest_first().find(|slot| {
        // SAFETY: nothing is installed while it is checked; only images of the firmware's get into slots.
        unsafe { ground.check(slots.image(*slot)) }.is_ok()
    })
}

/// Runs what is in a slot for some seconds of its time, in which somebody presses the button twice.
fn run<F: Flash>(slots: &Slots<F>, ground: &Ground, slot: Slot) -> Result<i32> {
    // SAFETY: it was checked, and nothing is installed while it runs.
    let mut guest = unsafe { ground.guest(slots.image(slot)) }?;
    let version = guest.call::<(), i32>("version", ())?;
    println!("slot {}: crossing {version}", slot.number);
    guest.call::<(), ()>("start", ())?;
    for tick in 0..60 {
        guest.store.data_mut().button = tick == 12 || tick == 30;
        guest.call::<(), ()>("tick", ())?;
    }
    println!("lights {:#06b}, switched {} times", board::lights(), guest.store.data().switched);
    Ok(version)
}

/// Whether the chip remembers the update: then what is in use still is the second version.
pub(crate) fn boot_again(ground: &Ground) -> Result<bool> {
    let slots = Slots::new(board::chip());
    let Some(slot) = boot(&slots, ground) else { return Ok(false) };
    println!("-- installed before this start");
    match run(&slots, ground, slot)? {
        2 => Ok(true),
        other => Err(format_err!("version {other} is in use, and not 2")),
    }
}

pub(crate) fn all(ground: &Ground) -> Result<()> {
    let mut slots = Slots::new(board::chip());
    let (first, second) = (image("crossing1")?, image("crossing2")?);
    // SAFETY: nothing runs from the slots.
    let installed = unsafe { slots.install(first, None, |image| ground.check(image)) };
    let installed = installed.map_err(|error| format_err!("{}", Shown(&error)))?;
    run(&slots, ground, installed)?;

    refuse(&mut slots, ground, installed)?;
    lose_power(&mut slots, ground, installed, second)?;

    // SAFETY: nothing runs from the other slot.
    let updated = unsafe { slots.install(second, Some(installed), |image| ground.check(image)) };
    updated.map_err(|error| format_err!("{}", Shown(&error)))?;
    let updated = boot(&slots, ground).ok_or_else(|| format_err!("nothing to boot"))?;
    if run(&slots, ground, updated)? != 2 {
        return Err(format_err!("the update is not in use"));
    }
    Ok(())
}

struct Shown<'a>(&'a InstallError<stilt::Error>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            InstallError::TooLarge { image, slot } => {
                write!(f, "the image has {image} bytes, and a slot has room for {slot}")
            }
            InstallError::Flash(error) => write!(f, "the flash: {error:?}"),
            InstallError::Refused(error) => write!(f, "{error}"),
        }
    }
}

/// Images that must not be installed: after each the first one is still in use.
fn refuse<F: Flash>(slots: &mut Slots<F>, ground: &Ground, installed: Slot) -> Result<()> {
    let refuse = |slots: &mut Slots<F>, what: &str, image: &[u8]| {
        // SAFETY: nothing runs from the other slot.
        let outcome = unsafe { slots.install(image, Some(installed), |image| ground.check(image)) };
        match outcome {
            Err(error) if !what.is_empty() => println!("{what}: {}", Shown(&error)),
            Err(_) => {}
            Ok(_) => return Err(format_err!("{what} was installed")),
        }
        match boot(slots, ground) {
            Some(slot) if slot.number == installed.number => Ok(()),
            _ => Err(format_err!("{what}: the first image is not in use any more")),
        }
    };
    for (what, name) in [
        ("for another machine", "wide"),
        ("vectors", "vectors"),
        ("floats", "floats"),
        ("an unknown host function", "unknown"),
        ("a host function of another type", "othertype"),
    ] {
        refuse(slots, what, image(name)?)?;
    }
    let whole = image("crossing2")?;
    refuse(slots, "cut short", whole.get(..whole.len() - 40).unwrap_or_default())?;
    refuse(slots, "none", &[])?;
    let (start, capacity) = (slots.chip().start(), slots.capacity());
    // SAFETY: the whole chip: more than a slot takes, whatever it holds.
    let large = unsafe { core::slice::from_raw_parts(start, capacity + 1) };
    refuse(slots, "too large", large)?;

    // One byte of it is another one, everywhere in turn.
    let mut damaged = [0; 4096];
    let damaged = damaged.get_mut(..whole.len()).ok_or_else(|| format_err!("the image is larger than 4096 bytes"))?;
    let mut tried = 0;
    for place in (0..whole.len()).step_by(23).chain([whole.len() - 1]) {
        damaged.copy_from_slice(whole);
        if let Some(byte) = damaged.get_mut(place) {
            *byte ^= 0x10;
        }
        let what = if place == 0 || place == whole.len() - 1 { "damaged" } else { "" };
        refuse(slots, what, damaged)?;
        tried += 1;
    }
    println!("damaged in each of {tried} places: refused, and the first image in use after each");
    Ok(())
}

/// Lets the power fail during the update, and looks what would be booted: the first image, whole.
fn lose_power<F: Flash>(slots: &mut Slots<F>, ground: &Ground, installed: Slot, second: &'static [u8]) -> Result<()> {
    let sectors = (HEADER + second.len()).div_ceil(slots.chip().sector());
    let operations = sectors + second.len().div_ceil(64) + 4;
    let mut tried = 0;
    for after in 0..operations {
        let mut cut = Slots::new(Cut::after(slots.chip(), after));
        // SAFETY: nothing runs from the other slot.
        let outcome = unsafe { cut.install(second, Some(installed), |image| ground.check(image)) };
        if !matches!(outcome, Err(InstallError::Flash(_))) {
            return Err(format_err!("the update went on without power, after {after} operations"));
        }
        match boot(slots, ground) {
            Some(slot) if slot.number == installed.number => tried += 1,
            _ => return Err(format_err!("after {after} operations the first image is not in use any more")),
        }
    }
    println!("power lost in each of {tried} operations: the first image in use after each");
    Ok(())
}
