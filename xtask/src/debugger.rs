//! gdb, for what backtraces say: of a program here, or attached to an emulator that waits for it.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// No emulator takes longer to listen, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(400);

/// An emulator that will wait at a socket.
pub(crate) struct Emulator<'a> {
    /// Started with the socket that it is to listen at.
    pub(crate) start: &'a dyn Fn(&Path) -> Command,
}

/// Runs these commands and returns what gdb said. `@start` among them stands for running the program to the next breakpoint.
pub(crate) fn run(program: &Path, emulator: Option<&Emulator<'_>>, commands: &[&str]) -> Result<String> {
    let Some(emulator) = emulator else { return gdb("gdb", program, None, "run", commands) };
    // The path of a socket is short.
    let socket = std::env::temp_dir().join(format!("stilt-gdb-{}", std::process::id()));
    if socket.exists() {
        fs::remove_file(&socket)?;
    }
    let mut start = (emulator.start)(&socket);
    eprintln!("+ {start:?}");
    let start = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = start.spawn().context("the emulator does not start")?;
    let since = Instant::now();
    while !socket.exists() && child.try_wait()?.is_none() && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = gdb("gdb-multiarch", program, Some(&socket), "continue", commands);
    // Mostly it has ended with gdb.
    let _ = child.kill();
    child.wait()?;
    if socket.exists() {
        fs::remove_file(&socket)?;
    }
    said
}

fn gdb(gdb: &str, program: &Path, socket: Option<&Path>, start: &str, commands: &[&str]) -> Result<String> {
    let mut command = Command::new("timeout");
    command.args(["400", gdb, "-nx", "-batch"]);
    command.args(["-ex", "set debuginfod enabled off", "-ex", "set width 0", "-ex", "set confirm off"]);
    if let Some(socket) = socket {
        command.arg("-ex").arg(format!("target remote {}", socket.display()));
    }
    for text in commands {
        command.args(["-ex", if *text == "@start" { start } else { text }]);
    }
    if socket.is_some() {
        command.args(["-ex", "kill"]);
    }
    let output = command.arg(program).output().with_context(|| format!("{gdb} does not start"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.trim().is_empty() {
        bail!("{gdb} said nothing but: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(said)
}

/// That the innermost frames are these, in this order, with others between them.
pub(crate) fn expect_frames(said: &str, order: &[&str]) -> Result<()> {
    let frames: Vec<_> = said.lines().filter(|line| line.starts_with('#')).collect();
    let places: Vec<_> = order.iter().map(|name| frames.iter().position(|line| line.contains(name))).collect();
    if !places.iter().all(Option::is_some) || !places.is_sorted() {
        bail!("gdb does not show the frames {order:?} in this order:\n{said}");
    }
    Ok(())
}
