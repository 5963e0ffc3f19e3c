//! The WASI host of `stilt run`: this process's standard streams, clocks and randomness, with the arguments and the
//! environment that the command line gives.
//!
//! Needs `stilt-wasi` and `getrandom = "0.3"`. `run` builds one per program and puts it, in a `WasiCtx`, into the store.

use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::io::{self, IsTerminal, Read, Write};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use stilt_wasi::host::{FileType, Stream};
use stilt_wasi::{Clock, Errno, WasiHost};

/// A program's view of this process.
#[derive(Debug)]
pub(crate) struct StdHost {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    /// Where the monotonic clock begins.
    start: Instant,
}

/// An argument or a variable that cannot be handed to a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StringError {
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
    pub(crate) fn new() -> Self {
        Self { args: Vec::new(), env: Vec::new(), start: Instant::now() }
    }

    /// Adds an argument; the first is the program's name.
    pub(crate) fn push_arg(&mut self, arg: &str) -> Result<(), StringError> {
        self.args.push(terminable(arg)?);
        Ok(())
    }

    /// Adds a variable to the environment, or replaces the one of that name.
    pub(crate) fn set_env(&mut self, name: &str, value: &str) -> Result<(), StringError> {
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

    fn clock_time(&mut self, clock: Clock, _precision: u64) -> Result<u64, Errno> {
        let time = match clock {
            // A clock set before 1970 cannot be told in preview 1.
            Clock::Realtime => SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Errno::Overflow)?,
            Clock::Monotonic => self.start.elapsed(),
            Clock::ProcessCpu | Clock::ThreadCpu => return Err(Errno::Inval),
        };
        u64::try_from(time.as_nanos()).map_err(|_| Errno::Overflow)
    }

    fn clock_resolution(&mut self, clock: Clock) -> Result<u64, Errno> {
        match clock {
            Clock::Realtime | Clock::Monotonic => Ok(1),
            Clock::ProcessCpu | Clock::ThreadCpu => Err(Errno::Inval),
        }
    }

    fn sleep_until(&mut self, clock: Clock, deadline: u64) -> Result<(), Errno> {
        // Someone may set the real-time clock meanwhile: it is looked at again now and then.
        let longest = match clock {
            Clock::Realtime => Duration::from_secs(1),
            _ => Duration::MAX,
        };
        loop {
            let remaining = deadline.saturating_sub(self.clock_time(clock, 0)?);
            if remaining == 0 {
                return Ok(());
            }
            thread::sleep(Duration::from_nanos(remaining).min(longest));
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

fn errno(error: &io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Errno::Pipe,
        io::ErrorKind::Interrupted => Errno::Intr,
        io::ErrorKind::IsADirectory => Errno::Isdir,
        io::ErrorKind::PermissionDenied => Errno::Acces,
        io::ErrorKind::StorageFull => Errno::Nospc,
        io::ErrorKind::WouldBlock => Errno::Again,
        _ => Errno::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::{StdHost, StringError};
    use stilt_wasi::{Clock, Errno, WasiHost};

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
        assert_eq!(host.sleep_until(Clock::ProcessCpu, 5), Err(Errno::Inval));
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
