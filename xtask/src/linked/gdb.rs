//! What gdb shows of modules in a program: a backtrace through them, from a host function and from every single instruction.

use super::text;
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;

/// Steps through all of a call with the stack shown at each: from the first instruction of a function, through prologue, body and
/// epilogue of it and what it calls.
const STEPS: usize = 400;

pub(super) fn check(program: &Path) -> Result<()> {
    let backtrace = gdb(program, &["break blink", "run", "backtrace"])?;
    let frames: Vec<_> = backtrace.lines().filter(|line| line.starts_with('#')).collect();
    let place = |name: &str| frames.iter().position(|line| line.contains(name));
    // Innermost first, each of them there.
    let order = ["blink (", "blinky::beat", "blinky::run", "blinky::entry", "stilt_linked_run", " run (name", "main ("];
    let places: Vec<_> = order.iter().map(|name| place(name)).collect();
    ensure!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "gdb does not show the frames {order:?} in this order:\n{backtrace}"
    );

    // Registers that functions of C expect to be kept are found again, too: the frame of main has its own.
    let mut commands = vec!["break *'blinky::run'".to_owned(), "run".to_owned()];
    commands.extend(
        (0..STEPS).flat_map(|step| [format!("echo step {step}\\n"), "backtrace".to_owned(), "stepi".to_owned()]),
    );
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let steps = gdb(program, &commands)?;
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

fn gdb(program: &Path, commands: &[&str]) -> Result<String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "set width 0"]);
    for command in commands {
        gdb.args(["-ex", command]);
    }
    text(gdb.arg(program))
}
