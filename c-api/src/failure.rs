//! [`Failure`]: what went wrong, as it is known here; and [`ErrorInfo`], how C is told: `stilt_error`.

use core::fmt::{self, Write as _};

use stilt::{OutOfMemory, Refusal, Trap};

use crate::header::number;
use crate::{Status, Text};

/// A number that is not known.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// Bytes of a message, with the zero at its end.
const MESSAGE: usize = number("define STILT_MESSAGE_SIZE ");

/// `stilt_error`.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ErrorInfo {
    status: Status,
    trap: u32,
    function: u32,
    offset: u32,
    import_index: u32,
    import_module: Text,
    import_name: Text,
    needed_size: usize,
    needed_align: usize,
    message: [u8; MESSAGE],
}

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) trap: Option<Trap>,
    pub(crate) function: u32,
    pub(crate) offset: u32,
    pub(crate) import_index: u32,
    pub(crate) import_module: Text,
    pub(crate) import_name: Text,
    pub(crate) needed_size: usize,
    pub(crate) needed_align: usize,
    pub(crate) message: Message,
}

/// Words about it.
#[derive(Debug)]
pub(crate) enum Message {
    /// Those of the status.
    None,
    /// Why an image will not load.
    Refusal(Refusal),
    /// An error of the runtime's.
    Error(stilt::Error),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure {
            status,
            trap: None,
            function: UNKNOWN,
            offset: UNKNOWN,
            import_index: UNKNOWN,
            import_module: Text::EMPTY,
            import_name: Text::EMPTY,
            needed_size: 0,
            needed_align: 0,
            message: Message::None,
        }
    }
}

impl From<stilt::Error> for Failure {
    fn from(error: stilt::Error) -> Failure {
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Failure { trap: Some(*trap), ..Status::TRAP.into() };
        }
        if let Some(memory) = error.downcast_ref::<OutOfMemory>() {
            return Failure { needed_size: memory.size(), ..Status::STORAGE_SIZE.into() };
        }
        Failure { message: Message::Error(error), ..Status::FAILED.into() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let (status, needed_size, needed_align) = match refusal {
            Refusal::Image(_) => (Status::IMAGE, 0, 0),
            Refusal::Ground(_) => (Status::GROUND, 0, 0),
            Refusal::Place { align, .. } => (Status::IMAGE_ALIGN, 0, align),
            Refusal::Storage { needed } => (Status::STORAGE_SIZE, needed, crate::sizes::ALIGN),
            Refusal::Types => (Status::TYPES, 0, 0),
            Refusal::Platform(_) => (Status::PLATFORM, 0, 0),
            _ => (Status::FAILED, 0, 0),
        };
        Failure { needed_size, needed_align, message: Message::Refusal(refusal), ..status.into() }
    }
}

/// Answers C: fills `error` in if there is one and something went wrong.
///
/// # Safety
/// `error` is null, or leads to room for an [`ErrorInfo`] that nobody else uses.
pub(crate) unsafe fn answer(result: Result<(), Failure>, error: *mut ErrorInfo) -> Status {
    let Err(failure) = result else { return Status::OK };
    if error.is_null() || !error.is_aligned() {
        return failure.status;
    }
    let status = failure.status;
    // SAFETY: not null, aligned; else the caller's promise.
    unsafe { error.write(failure.into()) };
    status
}

impl From<Failure> for ErrorInfo {
    fn from(failure: Failure) -> ErrorInfo {
        let mut message = Words { bytes: [0; MESSAGE], length: 0 };
        if cfg!(feature = "messages") {
            // What does not fit is left out.
            let _ = match &failure.message {
                Message::None => match failure.trap {
                    Some(trap) => write!(message, "{trap}"),
                    None => message.write_str(failure.status.text().to_str().unwrap_or_default()),
                },
                Message::Refusal(refusal) => write!(message, "{refusal}"),
                Message::Error(error) => write!(message, "{error}"),
            };
        } else if let Message::Refusal(Refusal::Ground(error)) = &failure.message
            && let Some(name) = error.missing()
        {
            let _ = message.write_str(name);
        }
        ErrorInfo {
            status: failure.status,
            trap: failure.trap.map_or(0, |trap| trap as u32),
            function: failure.function,
            offset: failure.offset,
            import_index: failure.import_index,
            import_module: failure.import_module,
            import_name: failure.import_name,
            needed_size: failure.needed_size,
            needed_align: failure.needed_align,
            message: message.bytes,
        }
    }
}

/// A message, cut where there is no room, with a zero at the end.
struct Words {
    bytes: [u8; MESSAGE],
    length: usize,
}

impl fmt::Write for Words {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let next = self.length.saturating_add(1);
            if next >= MESSAGE {
                return Err(fmt::Error);
            }
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
            }
            self.length = next;
        }
        Ok(())
    }
}
