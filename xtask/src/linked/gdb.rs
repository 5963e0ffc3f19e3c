//! What gdb shows of modules in a program: a backtrace through them, from a host function and from every single instruction.

use crate::debugger::{self, Emulator};
use anyhow::{Result, ensure};
use std::path::Path;

/// Steps through all of a call with the stack shown at each: from the first instruction of a function, through prologue, body and
/// epilogue of it and what it calls.
const STEPS: usize = 400;

/// From a host function that a module has called, innermost first.
pub(super) fn check_backtrace(program: &Path, emulator: Option<&Emulator<'_>>) -> Result<()> {
    let said = debugger::run(program, emulator, &["break blink", "@start", "backtrace"])?;
    let order = ["blink (", "blinky::beat", "blinky::run", "blinky::entry", "stilt_linked_run", " run (name", "main ("];
    debugger::expect_frames(&said, &order)
}

/// That, and from each instruction of a call. Registers that functions of C expect to be kept are found again, too: the frame of
/// main has its own.
pub(super) fn check(program: &Path, emulator: Option<&Emulator<'_>>) -> Result<()> {
    check_backtrace(program, emulator)?;
    let mut commands = vec!["break *'blinky::run'".to_owned(), "@start".to_owned()];
    commands.extend(
        (0..STEPS).flat_map(|step| [format!("echo step {step}\\n"), "backtrace".to_owned(), "stepi".to_owned()]),
    );
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let steps = debugger::run(program, emulator, &commands)?;
    let mut inside = 0;
    for step in steps.split("step ").skip(1) {
        let frames = |name: &str| step.lines().filter(|line| line.starts_with('#') && line.contains(name)).count();
        ensure!(frames("main (") == 1 && !step.contains("corrupt stack"), "gdb loses the way to main:\n{step}");
        inside += usize::from(step.lines().any(|line| line.starts_with("#0") && line.contains("blinky::")));
        let beats = frames("blinky::beat");
        ensure!(
            beats <= 1 && (beats == 0 || frames("blinky::run") == 1),
            "gdb shows frames that are not there:\n{step}"
        );
    }
    ensure!(inside > 60, "only {inside} of {STEPS} steps were in the module:\n{steps}");
    Ok(())
}
