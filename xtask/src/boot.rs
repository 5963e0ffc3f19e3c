//! An emulated machine from its start to its end, and what it writes to its serial line.

use anyhow::{Context as _, Result};
use std::io::Read as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Starts the emulator, which has the serial line as its output. What was said, which is printed, too, and how it ended; without a
/// status it had to be stopped.
pub(crate) fn to_its_end(qemu: &mut Command, patience: Duration) -> Result<(String, Option<ExitStatus>)> {
    qemu.stdin(Stdio::null()).stdout(Stdio::piped());
    eprintln!("+ {qemu:?}");
    let mut child = qemu.spawn().with_context(|| format!("cannot start {}", qemu.get_program().display()))?;
    let mut output = child.stdout.take().context("the emulator has an output")?;
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        output.read_to_end(&mut said).map(|_| String::from_utf8_lossy(&said).into_owned())
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break Some(status),
            None if start.elapsed() > patience => {
                child.kill()?;
                child.wait()?;
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let said = reader.join().ok().context("the reader of the serial line ended")??;
    print!("{said}");
    Ok((said, status))
}
