//! This process's standard streams, clocks and randomness, with arguments, environment and directories of the embedder's
//! choice.

use crate::directories::{Directories, PreopenError};
use crate::errno::{errno, from_os};
use core::error::Error;
use core::fmt;
use core::time::Duration;
use rustix::event::{PollFd, PollFlags};
use rustix::time::{ClockId, Timespec};
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Instant;
use stilt_wasi::files::{Files, Handle};
use stilt_wasi::host::{FileType, Stream};
use stilt_wasi::{Clock, Errno, WasiHost};

/// A program's view of this process.
#[derive(Debug)]
pub struct StdHost {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    directories: Directories,
    /// Where the monotonic clock begins.
    start: Instant,
}

/// An argument or a variable that cannot be handed to a program.
#[derive(Debug, PartialEq, Eq)]
pub enum StringError {
    /// It contains a zero byte, which ends a string in the program.
    Zero(String),
    /// A variable's name is empty or contains `=`.
    Name(String),
}

impl fmt::Display for StringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StringError::Zero(text) => write!(f, "{text:?} contains a zero byte"),
            StringError::Name(name) => write!(f, "{name:?} is not a name for an environment variable"),
        }
    }
}

impl Error for StringError {}

impl StdHost {
    /// A program without arguments, not even its name, and with an empty environment.
    pub fn new() -> Self {
        Self { args: Vec::new(), env: Vec::new(), directories: Directories::new(), start: Instant::now() }
    }

    /// Opens a directory for [`WasiCtx::preopen`](stilt_wasi::WasiCtx::preopen); the program will know it as `name`.
    ///
    /// # Errors
    /// If there is no such directory, or this process may not read it.
    pub fn add_directory(&mut self, path: &Path, name: &str) -> Result<Handle, PreopenError> {
        self.directories.add(path, name)
    }

    /// Adds an argument; the first is the program's name.
    ///
    /// # Errors
    /// [`StringError::Zero`].
    pub fn push_arg(&mut self, arg: &str) -> Result<(), StringError> {
        self.args.push(terminable(arg)?);
        Ok(())
    }

    /// Adds a variable to the environment, or replaces the one of that name.
    ///
    /// # Errors
    /// [`StringError`].
    pub fn set_env(&mut self, name: &str, value: &str) -> Result<(), StringError> {
        if name.is_empty() || name.contains('=') {
            return Err(StringError::Name(name.into()));
        }
        let entry = terminable(&format!("{name}={value}"))?;
        let prefix = format!("{name}=");
        match self.env.iter_mut().find(|old| old.starts_with(prefix.as_bytes())) {
            Some(old) => *old = entry,
            None => self.env.push(entry),
        }
        Ok(())
    }
}

fn terminable(text: &str) -> Result<Vec<u8>, StringError> {
    if text.contains('\0') { Err(StringError::Zero(text.into())) } else { Ok(text.into()) }
}

impl Default for StdHost {
    fn default() -> Self {
        Self::new()
    }
}

impl WasiHost for StdHost {
    fn read_stdin(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        io::stdin().lock().read(into).map_err(|error| errno(&error))
    }

    fn write_stdout(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        write(io::stdout().lock(), bytes)
    }

    fn write_stderr(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        write(io::stderr().lock(), bytes)
    }

    fn stream_type(&self, stream: Stream) -> FileType {
        let terminal = match stream {
            Stream::Stdin => io::stdin().is_terminal(),
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        };
        if terminal { FileType::CharacterDevice } else { FileType::Unknown }
    }

    fn stdin_ready(&mut self) -> Result<u64, Errno> {
        let stdin = io::stdin();
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        if rustix::event::poll(&mut fds, Some(&now)).map_err(from_os)? == 0 {
            return Err(Errno::Again);
        }
        // A regular file, whose kind the system does not count bytes for, has at least one or has ended.
        Ok(rustix::io::ioctl_fionread(&stdin).unwrap_or(1))
    }

    fn wait_for_stdin(&mut self, until: Option<(Clock, u64)>) -> Result<(), Errno> {
        loop {
            let remaining = match until {
                None => None,
                Some((clock, deadline)) => {
                    let remaining = deadline.saturating_sub(self.clock_time(clock, 0)?);
                    if remaining == 0 {
                        return Ok(());
                    }
                    Some(Duration::from_nanos(remaining).min(longest_sleep(clock)))
                }
            };
            let timeout = remaining.map(|time| Timespec {
                tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: time.subsec_nanos().into(),
            });
            let stdin = io::stdin();
            match rustix::event::poll(&mut [PollFd::new(&stdin, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(from_os(error)),
            }
        }
    }

    fn files(&mut self) -> Option<&mut dyn Files> {
        Some(&mut self.directories)
    }

    fn clock_time(&mut self, clock: Clock, _precision: u64) -> Result<u64, Errno> {
        if clock == Clock::Monotonic {
            return u64::try_from(self.start.elapsed().as_nanos()).map_err(|_| Errno::Overflow);
        }
        nanoseconds(rustix::time::clock_gettime(id(clock)))
    }

    fn clock_resolution(&mut self, clock: Clock) -> Result<u64, Errno> {
        nanoseconds(rustix::time::clock_getres(id(clock)))
    }

    fn sleep_until(&mut self, clock: Clock, deadline: u64) -> Result<(), Errno> {
        loop {
            let remaining = deadline.saturating_sub(self.clock_time(clock, 0)?);
            if remaining == 0 {
                return Ok(());
            }
            thread::sleep(Duration::from_nanos(remaining).min(longest_sleep(clock)));
        }
    }

    fn yield_now(&mut self) -> Result<(), Errno> {
        thread::yield_now();
        Ok(())
    }

    fn random(&mut self, into: &mut [u8]) -> Result<(), Errno> {
        getrandom::fill(into).map_err(|_| Errno::Io)
    }

    fn arg(&self, index: usize) -> Option<&[u8]> {
        self.args.get(index).map(Vec::as_slice)
    }

    fn env(&self, index: usize) -> Option<&[u8]> {
        self.env.get(index).map(Vec::as_slice)
    }
}

/// Everything the guest writes leaves this process at once: the guest has buffers of its own.
fn write(mut stream: impl Write, bytes: &[u8]) -> Result<usize, Errno> {
    stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|error| errno(&error))?;
    Ok(bytes.len())
}

/// The system's clock for one of preview 1's.
const fn id(clock: Clock) -> ClockId {
    match clock {
        Clock::Realtime => ClockId::Realtime,
        Clock::Monotonic => ClockId::Monotonic,
        Clock::ProcessCpu => ClockId::ProcessCPUTime,
        Clock::ThreadCpu => ClockId::ThreadCPUTime,
    }
}

/// A clock set before 1970 cannot be told in preview 1.
fn nanoseconds(time: Timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let nanoseconds = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    seconds.checked_mul(1_000_000_000).and_then(|time| time.checked_add(nanoseconds)).ok_or(Errno::Overflow)
}

/// Someone may set the real-time clock during a sleep, and processor time passes at a pace of its own: those are looked at
/// again now and then.
const fn longest_sleep(clock: Clock) -> Duration {
    match clock {
        Clock::Monotonic => Duration::MAX,
        _ => Duration::from_millis(500),
    }
}

#[cfg(test)]
mod tests {
    use super::{StdHost, StringError};
    use stilt_wasi::{Clock, WasiHost};

    #[test]
    fn variables_replace_each_other_by_name() {
        let mut host = StdHost::new();
        assert_eq!(host.set_env("A", "1"), Ok(()));
        assert_eq!(host.set_env("AB", "x=y"), Ok(()));
        assert_eq!(host.set_env("A", "2"), Ok(()));
        assert_eq!(host.set_env("", "2"), Err(StringError::Name(String::new())));
        assert_eq!(host.set_env("a=b", "2"), Err(StringError::Name("a=b".into())));
        assert_eq!(host.set_env("a", "\0"), Err(StringError::Zero("a=\0".into())));
        assert_eq!(WasiHost::env(&host, 0), Some(&b"A=2"[..]));
        assert_eq!(WasiHost::env(&host, 1), Some(&b"AB=x=y"[..]));
        assert_eq!(WasiHost::env(&host, 2), None);
    }

    #[test]
    fn sleeping_ends_after_the_deadline() {
        let mut host = StdHost::new();
        for clock in [Clock::Monotonic, Clock::Realtime] {
            let deadline = host.clock_time(clock, 0).map(|now| now + 2_000_000).unwrap_or(0);
            assert_eq!(host.sleep_until(clock, deadline), Ok(()));
            assert!(host.clock_time(clock, 0).is_ok_and(|now| now >= deadline));
        }
    }

    #[test]
    fn randomness_is_not_constant() {
        let mut host = StdHost::new();
        let (mut one, mut two) = ([0; 32], [0; 32]);
        assert_eq!(host.random(&mut one), Ok(()));
        assert_eq!(host.random(&mut two), Ok(()));
        assert_ne!(one, two);
    }
}
