//! Physical memory: frames of a page each, with a count of users, and a promise for each page that will need one when it is touched.
//!
//! Invariant: there are always as many free frames as were promised, so that a page fault never lacks one: what cannot be kept is
//! refused when it is asked for.

/// Bytes of a frame, and of a page.
pub(crate) const PAGE: usize = 4096;
/// The most frames that are managed.
const MOST: usize = 12_288;
const NO_FRAME: u16 = u16::MAX;

/// There is no frame left that is not promised to somebody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoMemory;

/// All frames. Each is free, in use, or (until [`Frames::settle`]) waiting for the processor to forget it.
pub(crate) struct Frames {
    start: usize,
    users: [u16; MOST],
    next: [u16; MOST],
    free: u16,
    waiting: u16,
    free_count: usize,
    promised: usize,
    total: usize,
}

impl Frames {
    pub(crate) const fn new() -> Self {
        Self {
            start: 0,
            users: [0; MOST],
            next: [NO_FRAME; MOST],
            free: NO_FRAME,
            waiting: NO_FRAME,
            free_count: 0,
            promised: 0,
            total: 0,
        }
    }

    /// Takes the memory from `start` to `end` over, which nobody else uses and which lies at its own address.
    pub(crate) fn add(&mut self, start: usize, end: usize) {
        self.start = start.next_multiple_of(PAGE);
        let count = (end.saturating_sub(self.start) / PAGE).min(MOST);
        for number in (0..count).rev() {
            self.next[number] = self.free;
            self.free = number_of(number);
        }
        (self.free_count, self.total) = (count, count);
    }

    /// A frame of zeroes that nobody was promised.
    pub(crate) fn take(&mut self) -> Result<usize, NoMemory> {
        if self.free_count <= self.promised { Err(NoMemory) } else { self.take_promised_or_free() }
    }

    /// A frame of zeroes for a page that was promised one.
    pub(crate) fn take_promised(&mut self) -> Result<usize, NoMemory> {
        self.promised = self.promised.saturating_sub(1);
        self.take_promised_or_free()
    }

    fn take_promised_or_free(&mut self) -> Result<usize, NoMemory> {
        let number = usize::from(self.free);
        if self.free == NO_FRAME {
            return Err(NoMemory);
        }
        self.free = self.next[number];
        self.free_count -= 1;
        self.users[number] = 1;
        let frame = self.start + number * PAGE;
        // SAFETY: a free frame, which nobody uses, at its own address.
        unsafe { core::ptr::with_exposed_provenance_mut::<u8>(frame).write_bytes(0, PAGE) };
        Ok(frame)
    }

    /// Promises a page a frame.
    pub(crate) fn promise(&mut self) -> Result<(), NoMemory> {
        if self.free_count <= self.promised {
            return Err(NoMemory);
        }
        self.promised += 1;
        Ok(())
    }

    /// A promise is not needed any more.
    pub(crate) fn take_promise_back(&mut self) {
        self.promised = self.promised.saturating_sub(1);
    }

    /// One user more of a frame.
    pub(crate) fn share(&mut self, frame: usize) -> Result<(), NoMemory> {
        let users = &mut self.users[(frame - self.start) / PAGE];
        *users = users.checked_add(1).ok_or(NoMemory)?;
        Ok(())
    }

    /// Whether a frame has one user only.
    pub(crate) fn has_one_user(&self, frame: usize) -> bool {
        self.users[(frame - self.start) / PAGE] == 1
    }

    /// One user less. Without any, the frame is free after the next [`Frames::settle`].
    pub(crate) fn release(&mut self, frame: usize) {
        let number = (frame - self.start) / PAGE;
        self.users[number] -= 1;
        if self.users[number] == 0 {
            self.next[number] = self.waiting;
            self.waiting = number_of(number);
        }
    }

    /// The processor has forgotten all that was released.
    pub(crate) fn settle(&mut self) {
        while self.waiting != NO_FRAME {
            let number = usize::from(self.waiting);
            self.waiting = self.next[number];
            self.next[number] = self.free;
            self.free = number_of(number);
            self.free_count += 1;
        }
    }

    /// Frames that are free and not promised, and all that there are.
    pub(crate) const fn left(&self) -> (usize, usize) {
        (self.free_count.saturating_sub(self.promised), self.total)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are fewer frames than that")]
const fn number_of(number: usize) -> u16 {
    const { assert!(MOST < NO_FRAME as usize) };
    number as u16
}
