//! [`Error`]: whatever can go wrong above `vm/`, in two words. Everyone returns it; embedders wrap their own errors in it.
//!
//! The two things that must be told even when there is no memory, [`OutOfMemory`] and a [`Trap`], need none. All else is on
//! the heap, and creating it never aborts: without memory it becomes [`OutOfMemory`].
//!
//! `Error` does not implement [`core::error::Error`] itself, so that `?` converts every type that does.

mod context;
mod display;
mod macros;
mod object;

use core::any::Any;
use core::fmt::{Debug, Display};

use stilt_collections::{OutOfMemory, TryBox, unsize_box};

use crate::backtrace::WasmBacktrace;
use crate::trap::Trap;
use object::{Message, Object};

pub use context::{Chain, Context};
#[doc(hidden)]
pub use macros::construct as __construct;
pub(crate) use macros::message;

/// A result whose error is an [`Error`] unless said otherwise.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// An error, of any type: [`Error::downcast_ref`] tells which.
pub struct Error {
    repr: Repr,
}

enum Repr {
    OutOfMemory(OutOfMemory),
    Trap(Trap),
    /// A literal; twice a reference, to be one word.
    Fixed(Message<&'static &'static str>),
    Heap(TryBox<Heap>),
}

struct Heap {
    object: TryBox<dyn Object>,
    /// What `object` is the context of.
    cause: Option<Error>,
    /// Where the guest was.
    backtrace: Option<WasmBacktrace>,
}

impl Error {
    /// An error of any error type. It can be had back with [`Error::downcast`].
    pub fn new<E>(error: E) -> Error
    where
        E: core::error::Error + Send + Sync + 'static,
    {
        let any: &dyn Any = &error;
        let repr = match (any.downcast_ref::<OutOfMemory>(), any.downcast_ref::<Trap>()) {
            (Some(error), _) => Repr::OutOfMemory(*error),
            (_, Some(trap)) => Repr::Trap(*trap),
            _ => heap(error, None, None),
        };
        Error { repr }
    }

    /// An error that is a message: a string, or anything that can be displayed.
    pub fn msg<M>(message: M) -> Error
    where
        M: Display + Debug + Send + Sync + 'static,
    {
        Error { repr: heap(Message(message), None, None) }
    }

    /// An error that is a literal: `Error::fixed(&"what is wrong")`. Needs no memory.
    pub const fn fixed(message: &'static &'static str) -> Error {
        // Without texts, one for all: those of the callers are then not linked.
        let message = if cfg!(feature = "messages") { message } else { &"error" };
        Error { repr: Repr::Fixed(Message(message)) }
    }

    /// The same error with something said about it, which is displayed first. Both can be downcast to.
    #[must_use]
    pub fn context<C>(self, context: C) -> Error
    where
        C: Display + Send + Sync + 'static,
    {
        Error { repr: heap(object::Context(context), Some(self), None) }
    }

    /// The same error with where the guest was when it happened; the first backtrace given stays. Without memory for it, the
    /// error as it was.
    #[must_use]
    pub(crate) fn with_backtrace(self, backtrace: WasmBacktrace) -> Error {
        let repr = match self.repr {
            Repr::Heap(mut heap) => {
                heap.backtrace.get_or_insert(backtrace);
                Repr::Heap(heap)
            }
            Repr::Trap(trap) => heap_or(heap(trap, None, Some(backtrace)), Repr::Trap(trap)),
            Repr::Fixed(message) => heap_or(heap(message, None, Some(backtrace)), Repr::Fixed(message)),
            Repr::OutOfMemory(error) => Repr::OutOfMemory(error),
        };
        Error { repr }
    }

    /// Whether this is an `E`, or has one as its context or its cause.
    pub fn is<E>(&self) -> bool
    where
        E: Display + Debug + Send + Sync + 'static,
    {
        self.downcast_ref::<E>().is_some()
    }

    /// The `E` that this error is, or has as its context or its cause. A [`WasmBacktrace`] counts as context.
    pub fn downcast_ref<E>(&self) -> Option<&E>
    where
        E: Display + Debug + Send + Sync + 'static,
    {
        let mut error = self;
        loop {
            match &error.repr {
                Repr::OutOfMemory(inner) => return (inner as &dyn Any).downcast_ref(),
                Repr::Trap(trap) => return (trap as &dyn Any).downcast_ref(),
                Repr::Fixed(message) => return (message.0 as &dyn Any).downcast_ref(),
                Repr::Heap(heap) => {
                    if let Some(found) = object::downcast_ref(&*heap.object) {
                        return Some(found);
                    }
                    if let Some(backtrace) = &heap.backtrace
                        && let Some(found) = (backtrace as &dyn Any).downcast_ref()
                    {
                        return Some(found);
                    }
                    error = heap.cause.as_ref()?;
                }
            }
        }
    }

    /// As [`Error::downcast_ref`], to be changed. Not for literals.
    pub fn downcast_mut<E>(&mut self) -> Option<&mut E>
    where
        E: Display + Debug + Send + Sync + 'static,
    {
        let mut error = self;
        loop {
            match &mut error.repr {
                Repr::OutOfMemory(inner) => return (inner as &mut dyn Any).downcast_mut(),
                Repr::Trap(trap) => return (trap as &mut dyn Any).downcast_mut(),
                Repr::Fixed(_) => return None,
                Repr::Heap(heap) => {
                    let Heap { object, cause, backtrace } = &mut **heap;
                    if object::downcast_ref::<E>(&**object).is_some() {
                        return object::downcast_mut(&mut **object);
                    }
                    if let Some(backtrace) = backtrace
                        && (backtrace as &dyn Any).is::<E>()
                    {
                        return (backtrace as &mut dyn Any).downcast_mut();
                    }
                    error = cause.as_mut()?;
                }
            }
        }
    }

    /// The `E` that this error is, or has as its context or its cause.
    ///
    /// # Errors
    /// The error itself, as it was, if there is no `E` in it.
    pub fn downcast<E>(self) -> Result<E>
    where
        E: Display + Debug + Send + Sync + 'static,
    {
        if !self.is::<E>() {
            return Err(self);
        }
        let mut error = self;
        let found = loop {
            match error.repr {
                Repr::OutOfMemory(inner) => break object::same(inner),
                Repr::Trap(trap) => break object::same(trap),
                Repr::Fixed(message) => break object::same(*message.0),
                Repr::Heap(heap) => {
                    let Heap { object, cause, backtrace } = heap.into_inner();
                    let found = object::downcast(object).or_else(|| object::same(backtrace?));
                    match (found, cause) {
                        (None, Some(cause)) => error = cause,
                        (found, _) => break found,
                    }
                }
            }
        };
        found.ok_or(Error::fixed(&"an error that changed its type"))
    }

    /// This error and all behind it, the outermost context first.
    pub fn chain(&self) -> Chain<'_> {
        Chain::new(self)
    }

    /// The last error of [`Error::chain`].
    pub fn root_cause(&self) -> &(dyn core::error::Error + 'static) {
        self.chain().last().unwrap_or(self.outermost())
    }

    /// Where the guest was, if it was running.
    pub(crate) fn backtrace(&self) -> Option<&WasmBacktrace> {
        self.downcast_ref()
    }

    fn outermost(&self) -> &(dyn core::error::Error + 'static) {
        match &self.repr {
            Repr::OutOfMemory(error) => error,
            Repr::Trap(trap) => trap,
            Repr::Fixed(message) => message,
            Repr::Heap(heap) => &*heap.object,
        }
    }

    fn cause(&self) -> Option<&Error> {
        match &self.repr {
            Repr::Heap(heap) => heap.cause.as_ref(),
            _ => None,
        }
    }
}

fn heap(object: impl Object, cause: Option<Error>, backtrace: Option<WasmBacktrace>) -> Repr {
    let heap = TryBox::new(object::keep(object)).and_then(|object| {
        let object = unsize_box!(object => dyn Object);
        TryBox::new(Heap { object, cause, backtrace })
    });
    heap.map_or_else(Repr::OutOfMemory, Repr::Heap)
}

fn heap_or(repr: Repr, without_memory: Repr) -> Repr {
    match repr {
        Repr::OutOfMemory(_) => without_memory,
        repr => repr,
    }
}

impl<E> From<E> for Error
where
    E: core::error::Error + Send + Sync + 'static,
{
    fn from(error: E) -> Error {
        Error::new(error)
    }
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Error>();
    assert!(size_of::<Error>() == 2 * size_of::<usize>());
};

#[cfg(test)]
mod tests;
