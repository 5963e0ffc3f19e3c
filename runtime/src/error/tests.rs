//! Errors: kept, found again, displayed.

extern crate std;

use std::string::{String, ToString};

use super::*;
use crate::{bail, ensure, format_err};

#[derive(Debug, PartialEq)]
struct Mine(u32);

impl Display for Mine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "mine {}", self.0)
    }
}

impl core::error::Error for Mine {}

#[test]
fn what_goes_in_comes_out() {
    let error = Error::new(Mine(3));
    assert!(error.is::<Mine>());
    assert_eq!(error.downcast_ref::<Mine>(), Some(&Mine(3)));
    assert_eq!(error.to_string(), "mine 3");
    let error = error.downcast::<String>().expect_err("no string");
    assert_eq!(error.downcast::<Mine>().expect("mine"), Mine(3));
}

#[test]
fn question_mark_converts() {
    fn fails() -> Result<()> {
        Err(Mine(1))?;
        Ok(())
    }
    let mut error = fails().expect_err("fails");
    error.downcast_mut::<Mine>().expect("mine").0 = 4;
    assert_eq!(error.to_string(), "mine 4");
}

#[test]
fn traps_and_exhaustion_need_no_memory() {
    let error = Error::new(Trap::StackOverflow);
    assert!(matches!(error.repr, Repr::Trap(_)));
    assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow));
    assert_eq!(error.downcast::<Trap>().expect("a trap"), Trap::StackOverflow);
    let error = Error::from(OutOfMemory::new(12));
    assert!(matches!(error.repr, Repr::OutOfMemory(_)));
    assert_eq!(error.downcast_ref::<OutOfMemory>().expect("kept").size(), 12);
    let error = Error::fixed(&"a literal");
    assert_eq!(error.downcast_ref(), Some(&"a literal"));
    assert_eq!(error.downcast::<&'static str>().expect("a literal"), "a literal");
}

#[test]
fn messages_are_downcast_without_their_wrapper() {
    let error = Error::msg(String::from("said"));
    assert_eq!(error.downcast_ref::<String>().expect("a string"), "said");
    assert_eq!(error.downcast::<String>().expect("a string"), "said");
}

#[test]
fn context_comes_first_and_hides_nothing() {
    let error = Error::new(Mine(5)).context("inner").context(String::from("outer"));
    assert_eq!(error.to_string(), "outer");
    assert_eq!(std::format!("{error:#}"), "outer: inner: mine 5");
    assert_eq!(std::format!("{error:?}"), "outer\n\nCaused by:\n    0: inner\n    1: mine 5");
    assert_eq!(error.chain().count(), 3);
    assert_eq!(error.root_cause().to_string(), "mine 5");
    assert_eq!(error.downcast_ref(), Some(&"inner"));
    assert!(error.is::<Mine>());
    assert_eq!(error.downcast::<Mine>().expect("mine"), Mine(5));

    let missing: Option<u32> = None;
    assert_eq!(missing.context("no number").expect_err("none").to_string(), "no number");
    let failed: Result<u32, Mine> = Err(Mine(6));
    let error = failed.with_context(|| "while testing").expect_err("failed");
    assert_eq!(std::format!("{error:#}"), "while testing: mine 6");
}

#[test]
fn backtraces_are_context() {
    for error in [Error::new(Trap::Interrupt), Error::new(Mine(7)), Error::fixed(&"text")] {
        let before = error.to_string();
        let error = error.with_backtrace(WasmBacktrace::default());
        assert!(error.is::<WasmBacktrace>());
        assert_eq!(std::format!("{error:#}"), before);
        let error = error.context("more");
        assert!(error.is::<WasmBacktrace>());
        assert!(error.downcast::<WasmBacktrace>().is_ok());
    }
    let error = Error::new(Trap::Interrupt).with_backtrace(WasmBacktrace::default());
    assert_eq!(error.downcast::<Trap>().expect("a trap"), Trap::Interrupt);
}

#[test]
fn macros() {
    fn odd(n: u32) -> Result<u32> {
        ensure!(n < 10);
        ensure!(n < 8, "{n} is too large");
        ensure!(n != 7, Mine(n));
        if n.is_multiple_of(2) {
            bail!("{n} is even");
        }
        Ok(n)
    }
    assert_eq!(odd(3).expect("odd"), 3);
    assert_eq!(odd(4).expect_err("even").to_string(), "4 is even");
    assert_eq!(odd(7).expect_err("mine").downcast::<Mine>().expect("mine"), Mine(7));
    assert_eq!(odd(8).expect_err("large").to_string(), "8 is too large");
    assert_eq!(odd(12).expect_err("large").to_string(), "condition failed: `n < 10`");
    assert!(format_err!("literal").is::<&'static str>());
    assert!(format_err!(Trap::Interrupt).is::<Trap>());
    assert!(format_err!(Error::new(Mine(1))).is::<Mine>());
    assert!(format_err!(String::from("s")).is::<String>());
}
