//! What an embedder implements.
//!
//! Every method has a default that says "not offered" with the right errno, so a host overrides what its ground can do;
//! [`NoHost`] overrides nothing. The trait is object-safe. It never asks for an allocation, and it hands out only memory
//! of the guest that was checked. A method that waits holds up the guest's thread and nothing else.

use crate::Errno;
use crate::files::Files;

/// The clocks of preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Clock {
    /// Nanoseconds since 1970-01-01 00:00 UTC. May be set, so it may jump.
    Realtime = 0,
    /// Nanoseconds since some moment in the past. Never goes back.
    Monotonic = 1,
    /// Processor time of the process.
    ProcessCpu = 2,
    /// Processor time of the thread.
    ThreadCpu = 3,
}

impl Clock {
    /// The clock with this number.
    ///
    /// # Errors
    /// [`Errno::Inval`] if there is none.
    pub const fn from_id(id: u32) -> Result<Self, Errno> {
        match id {
            0 => Ok(Clock::Realtime),
            1 => Ok(Clock::Monotonic),
            2 => Ok(Clock::ProcessCpu),
            3 => Ok(Clock::ThreadCpu),
            _ => Err(Errno::Inval),
        }
    }
}

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What kind of thing a descriptor refers to, with the numbers of preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FileType {
    /// Something else, or not known: a pipe, for instance.
    Unknown = 0,
    /// A block device.
    BlockDevice = 1,
    /// A character device; C libraries take a standard stream of this type for a terminal.
    CharacterDevice = 2,
    /// A directory.
    Directory = 3,
    /// A regular file.
    RegularFile = 4,
    /// A datagram socket.
    SocketDgram = 5,
    /// A byte-stream socket.
    SocketStream = 6,
    /// A symbolic link.
    SymbolicLink = 7,
}

/// The ground a program stands on.
pub trait WasiHost {
    /// Reads up to `into.len()` bytes (at least one is asked for) from standard input, waiting for the first.
    /// Gives how many came; 0 is the end of the input.
    ///
    /// # Errors
    /// What the guest's `fd_read` then returns. Default: [`Errno::Notsup`].
    fn read_stdin(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        let _ = into;
        Err(Errno::Notsup)
    }

    /// Writes from the front of `bytes` (which is not empty) to standard output; gives how many went out.
    ///
    /// # Errors
    /// What the guest's `fd_write` then returns. Default: [`Errno::Notsup`].
    fn write_stdout(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let _ = bytes;
        Err(Errno::Notsup)
    }

    /// As [`WasiHost::write_stdout`], to standard error.
    ///
    /// # Errors
    /// What the guest's `fd_write` then returns. Default: [`Errno::Notsup`].
    fn write_stderr(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let _ = bytes;
        Err(Errno::Notsup)
    }

    /// What a standard stream is. Default: [`FileType::Unknown`], which C libraries buffer fully.
    fn stream_type(&self, stream: Stream) -> FileType {
        let _ = stream;
        FileType::Unknown
    }

    /// How many bytes can be read from standard input without waiting, for a guest that polls it. 0 is the end of the
    /// input; a regular file has at least 1 until then.
    ///
    /// # Errors
    /// [`Errno::Again`] if there is nothing yet. Any other is reported in the guest's event: [`Errno::Notsup`] (the
    /// default) if the host cannot tell.
    fn stdin_ready(&mut self) -> Result<u64, Errno> {
        Err(Errno::Notsup)
    }

    /// The time of a clock in nanoseconds. `precision` is the error, in nanoseconds, that the guest tolerates.
    ///
    /// # Errors
    /// [`Errno::Inval`] for a clock that the host does not have (default: all), [`Errno::Overflow`] for a time beyond
    /// 64 bits.
    fn clock_time(&mut self, clock: Clock, precision: u64) -> Result<u64, Errno> {
        let _ = (clock, precision);
        Err(Errno::Inval)
    }

    /// The resolution of a clock in nanoseconds, not zero.
    ///
    /// # Errors
    /// [`Errno::Inval`] for a clock that the host does not have (default: all).
    fn clock_resolution(&mut self, clock: Clock) -> Result<u64, Errno> {
        let _ = clock;
        Err(Errno::Inval)
    }

    /// Waits until `clock` shows `deadline` nanoseconds or more.
    ///
    /// # Errors
    /// What the guest's `poll_oneoff` then returns. Default: [`Errno::Notsup`].
    fn sleep_until(&mut self, clock: Clock, deadline: u64) -> Result<(), Errno> {
        let _ = (clock, deadline);
        Err(Errno::Notsup)
    }

    /// Waits until standard input has something to read or has ended, or until the clock shows the deadline, whichever is
    /// first. Called only after [`WasiHost::stdin_ready`] said [`Errno::Again`].
    ///
    /// # Errors
    /// What the guest's `poll_oneoff` then returns. Default: [`Errno::Notsup`].
    fn wait_for_stdin(&mut self, until: Option<(Clock, u64)>) -> Result<(), Errno> {
        let _ = until;
        Err(Errno::Notsup)
    }

    /// The files of this host. Default: none.
    fn files(&mut self) -> Option<&mut dyn Files> {
        None
    }

    /// Lets others run. Default: there are none.
    ///
    /// # Errors
    /// What the guest's `sched_yield` then returns.
    fn yield_now(&mut self) -> Result<(), Errno> {
        Ok(())
    }

    /// Fills `into` with random bytes fit for cryptography.
    ///
    /// # Errors
    /// What the guest's `random_get` then returns. Default: [`Errno::Nosys`]; a host without a source of randomness
    /// must not invent one.
    fn random(&mut self, into: &mut [u8]) -> Result<(), Errno> {
        let _ = into;
        Err(Errno::Nosys)
    }

    /// The program's argument number `index`, or `None` past the last. Number 0 is the program's name. The bytes hold
    /// no zero, which would end the string for the guest.
    fn arg(&self, index: usize) -> Option<&[u8]> {
        let _ = index;
        None
    }

    /// The environment's entry number `index` as `NAME=value`, or `None` past the last; without zero bytes.
    fn env(&self, index: usize) -> Option<&[u8]> {
        let _ = index;
        None
    }
}

/// A host that offers nothing: every program links and starts, and each call says what is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl WasiHost for NoHost {}

/// Defines every method of [`WasiHost`] by the same method of what a reference points to.
impl<H: WasiHost + ?Sized> WasiHost for &mut H {
    fn read_stdin(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        (**self).read_stdin(into)
    }

    fn write_stdout(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        (**self).write_stdout(bytes)
    }

    fn write_stderr(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        (**self).write_stderr(bytes)
    }

    fn stream_type(&self, stream: Stream) -> FileType {
        (**self).stream_type(stream)
    }

    fn stdin_ready(&mut self) -> Result<u64, Errno> {
        (**self).stdin_ready()
    }

    fn clock_time(&mut self, clock: Clock, precision: u64) -> Result<u64, Errno> {
        (**self).clock_time(clock, precision)
    }

    fn clock_resolution(&mut self, clock: Clock) -> Result<u64, Errno> {
        (**self).clock_resolution(clock)
    }

    fn sleep_until(&mut self, clock: Clock, deadline: u64) -> Result<(), Errno> {
        (**self).sleep_until(clock, deadline)
    }

    fn wait_for_stdin(&mut self, until: Option<(Clock, u64)>) -> Result<(), Errno> {
        (**self).wait_for_stdin(until)
    }

    fn files(&mut self) -> Option<&mut dyn Files> {
        (**self).files()
    }

    fn yield_now(&mut self) -> Result<(), Errno> {
        (**self).yield_now()
    }

    fn random(&mut self, into: &mut [u8]) -> Result<(), Errno> {
        (**self).random(into)
    }

    fn arg(&self, index: usize) -> Option<&[u8]> {
        (**self).arg(index)
    }

    fn env(&self, index: usize) -> Option<&[u8]> {
        (**self).env(index)
    }
}
