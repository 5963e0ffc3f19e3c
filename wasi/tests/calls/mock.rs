//! A host whose every answer the test decides, and a small guest memory with readers and writers for it.

use crate::shelf::Shelf;
use std::collections::VecDeque;
use stilt_wasi::host::{FileType, Stream};
use stilt_wasi::{Clock, Errno, Files, GuestMemory, WasiCtx, WasiHost};

/// What the host was asked to sleep for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sleep {
    pub(crate) clock: Clock,
    pub(crate) deadline: u64,
}

/// The host.
#[derive(Debug, Default)]
pub(crate) struct Mock {
    pub(crate) input: VecDeque<Result<Vec<u8>, Errno>>,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
    /// How much each write takes, in turn; all of it when the queue is empty.
    pub(crate) takes: VecDeque<Result<usize, Errno>>,
    pub(crate) writes: usize,
    pub(crate) terminal: bool,
    pub(crate) ready: Option<u64>,
    /// The time of clocks 0..=3; `None`: no such clock.
    pub(crate) now: [Option<u64>; 4],
    pub(crate) resolution: u64,
    pub(crate) sleeps: Vec<Sleep>,
    /// Sleeping moves all clocks on by the time slept for, less this.
    pub(crate) wakes_early: u64,
    pub(crate) sleep_fails: Option<Errno>,
    pub(crate) yields: usize,
    pub(crate) random_fails: Option<Errno>,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<Vec<u8>>,
    /// Standard input has nothing yet; the waits for it, each with its deadline, after which it is `ready`.
    pub(crate) silent: bool,
    pub(crate) waits: Vec<Option<Sleep>>,
    pub(crate) shelf: Option<Shelf>,
}

impl Mock {
    fn take(&mut self, len: usize) -> Result<usize, Errno> {
        self.writes += 1;
        self.takes.pop_front().unwrap_or(Ok(len))
    }
}

impl WasiHost for Mock {
    fn read_stdin(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        assert!(!into.is_empty(), "the host is never asked for nothing");
        let Some(next) = self.input.pop_front() else { return Ok(0) };
        let mut bytes = next?;
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        if bytes.len() > count {
            self.input.push_front(Ok(bytes.split_off(count)));
        }
        Ok(count)
    }

    fn write_stdout(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        assert!(!bytes.is_empty(), "the host is never given nothing");
        let count = self.take(bytes.len())?;
        self.output.extend(&bytes[..count.min(bytes.len())]);
        Ok(count)
    }

    fn write_stderr(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let count = self.take(bytes.len())?;
        self.errors.extend(&bytes[..count.min(bytes.len())]);
        Ok(count)
    }

    fn stream_type(&self, stream: Stream) -> FileType {
        match stream {
            Stream::Stdin => FileType::RegularFile,
            _ if self.terminal => FileType::CharacterDevice,
            _ => FileType::Unknown,
        }
    }

    fn stdin_ready(&mut self) -> Result<u64, Errno> {
        if self.silent { Err(Errno::Again) } else { self.ready.ok_or(Errno::Notsup) }
    }

    fn wait_for_stdin(&mut self, until: Option<(Clock, u64)>) -> Result<(), Errno> {
        self.waits.push(until.map(|(clock, deadline)| Sleep { clock, deadline }));
        self.silent = false;
        Ok(())
    }

    fn files(&mut self) -> Option<&mut dyn Files> {
        self.shelf.as_mut().map(|shelf| shelf as &mut dyn Files)
    }

    fn clock_time(&mut self, clock: Clock, _precision: u64) -> Result<u64, Errno> {
        self.now[clock as usize].ok_or(Errno::Inval)
    }

    fn clock_resolution(&mut self, clock: Clock) -> Result<u64, Errno> {
        self.now[clock as usize].ok_or(Errno::Inval)?;
        Ok(self.resolution)
    }

    fn sleep_until(&mut self, clock: Clock, deadline: u64) -> Result<(), Errno> {
        if let Some(errno) = self.sleep_fails {
            return Err(errno);
        }
        self.sleeps.push(Sleep { clock, deadline });
        let now = self.now[clock as usize].ok_or(Errno::Inval)?;
        let slept = (deadline - now).saturating_sub(self.wakes_early);
        for time in self.now.iter_mut().flatten() {
            *time += slept;
        }
        Ok(())
    }

    fn yield_now(&mut self) -> Result<(), Errno> {
        self.yields += 1;
        Ok(())
    }

    fn random(&mut self, into: &mut [u8]) -> Result<(), Errno> {
        assert!(!into.is_empty(), "the host is never asked for nothing");
        into.fill(0xa5);
        self.random_fails.map_or(Ok(()), Err)
    }

    fn arg(&self, index: usize) -> Option<&[u8]> {
        self.args.get(index).map(Vec::as_slice)
    }

    fn env(&self, index: usize) -> Option<&[u8]> {
        self.env.get(index).map(Vec::as_slice)
    }
}

/// The size of the guest's memory in these tests.
pub(crate) const SIZE: u32 = 4096;

/// A byte that a test finds again where nothing was written.
pub(crate) const UNTOUCHED: u8 = 0xee;

/// A program: its context, and a memory full of [`UNTOUCHED`].
pub(crate) struct Guest {
    pub(crate) ctx: WasiCtx<Mock>,
    pub(crate) bytes: Vec<u8>,
}

impl Guest {
    pub(crate) fn new(host: Mock) -> Self {
        Self { ctx: WasiCtx::new(host), bytes: vec![UNTOUCHED; SIZE as usize] }
    }

    /// Calls a function of [`stilt_wasi::calls`].
    pub(crate) fn call(
        &mut self,
        call: impl FnOnce(&mut WasiCtx<Mock>, &mut GuestMemory<'_>) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        call(&mut self.ctx, &mut GuestMemory::new(&mut self.bytes))
    }

    pub(crate) fn host(&mut self) -> &mut Mock {
        self.ctx.host_mut()
    }

    pub(crate) fn put(&mut self, at: u32, bytes: &[u8]) {
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn put_u16(&mut self, at: u32, value: u16) {
        self.put(at, &value.to_le_bytes());
    }

    pub(crate) fn put_u32(&mut self, at: u32, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    pub(crate) fn put_u64(&mut self, at: u32, value: u64) {
        self.put(at, &value.to_le_bytes());
    }

    /// A list of buffers, each an address and a length.
    pub(crate) fn put_iovs(&mut self, at: u32, buffers: &[(u32, u32)]) {
        for (place, (buf, len)) in (at..).step_by(8).zip(buffers) {
            self.put_u32(place, *buf);
            self.put_u32(place + 4, *len);
        }
    }

    pub(crate) fn slice(&self, at: u32, len: u32) -> &[u8] {
        &self.bytes[at as usize..][..len as usize]
    }

    pub(crate) fn u16(&self, at: u32) -> u16 {
        u16::from_le_bytes(self.array(at))
    }

    pub(crate) fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    pub(crate) fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.array(at))
    }

    /// Nothing at all was written to memory.
    pub(crate) fn assert_untouched(&self, at: u32, len: u32) {
        assert!(self.slice(at, len).iter().all(|byte| *byte == UNTOUCHED), "{at} {len} was written to");
    }

    fn array<const N: usize>(&self, at: u32) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.bytes[at as usize..][..N]);
        bytes
    }
}
