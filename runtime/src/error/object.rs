//! What an error on the heap holds: any error type as itself, and wrappers that make errors of messages and contexts. The
//! wrappers are invisible to downcasts.

use core::any::Any;
use core::fmt::{self, Debug, Display};

use stilt_collections::{TryBox, unsize_box};

/// An error that can be downcast.
pub(super) trait Object: core::error::Error + Any + Send + Sync {}

impl<E: core::error::Error + Any + Send + Sync> Object for E {}

/// A message as an error.
#[derive(Clone, Copy)]
pub(super) struct Message<M>(pub(super) M);

impl<M: Display> Display for Message<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<M: Display> Debug for Message<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<M: Display + Debug> core::error::Error for Message<M> {}

/// What was said about another error.
pub(super) struct Context<C>(pub(super) C);

impl<C: Display> Display for Context<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<C: Display> Debug for Context<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<C: Display> core::error::Error for Context<C> {}

/// An error as it is kept on the heap: itself, or without texts only its name.
#[cfg(feature = "messages")]
mod kept {
    /// The error itself.
    pub(crate) type Kept<E> = E;

    pub(crate) fn keep<E>(error: E) -> Kept<E> {
        error
    }
    pub(crate) fn get<E>(kept: &Kept<E>) -> &E {
        kept
    }
    pub(crate) fn get_mut<E>(kept: &mut Kept<E>) -> &mut E {
        kept
    }
    pub(crate) fn take<E>(kept: Kept<E>) -> E {
        kept
    }
}

/// Texts are linked through the table of an error's methods: here is one without.
#[cfg(not(feature = "messages"))]
mod kept {
    use core::fmt;

    /// An error that displays as the name of its type.
    pub(crate) struct Kept<E>(E);

    pub(crate) fn keep<E>(error: E) -> Kept<E> {
        Kept(error)
    }
    pub(crate) fn get<E>(kept: &Kept<E>) -> &E {
        &kept.0
    }
    pub(crate) fn get_mut<E>(kept: &mut Kept<E>) -> &mut E {
        &mut kept.0
    }
    pub(crate) fn take<E>(kept: Kept<E>) -> E {
        kept.0
    }

    impl<E> fmt::Display for Kept<E> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(core::any::type_name::<E>())
        }
    }

    impl<E> fmt::Debug for Kept<E> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Display::fmt(self, f)
        }
    }

    impl<E> core::error::Error for Kept<E> {}
}

pub(super) use kept::{Kept, keep};

fn found<E: 'static>(object: &dyn Object) -> Option<&E> {
    let any: &dyn Any = object;
    any.downcast_ref::<Kept<E>>().map(kept::get)
}

pub(super) fn downcast_ref<E: 'static>(object: &dyn Object) -> Option<&E> {
    found::<E>(object)
        .or_else(|| Some(&found::<Message<E>>(object)?.0))
        .or_else(|| Some(&found::<Context<E>>(object)?.0))
}

pub(super) fn downcast_mut<E: 'static>(object: &mut dyn Object) -> Option<&mut E> {
    let any: &mut dyn Any = object;
    if any.is::<Kept<E>>() {
        any.downcast_mut().map(kept::get_mut)
    } else if any.is::<Kept<Message<E>>>() {
        Some(&mut kept::get_mut(any.downcast_mut::<Kept<Message<E>>>()?).0)
    } else {
        Some(&mut kept::get_mut(any.downcast_mut::<Kept<Context<E>>>()?).0)
    }
}

pub(super) fn downcast<E: 'static>(object: TryBox<dyn Object>) -> Option<E> {
    let any = unsize_box!(object => dyn Any + Send + Sync);
    let any = match any.downcast::<Kept<E>>() {
        Ok(found) => return Some(kept::take(found.into_inner())),
        Err(any) => any,
    };
    match any.downcast::<Kept<Message<E>>>() {
        Ok(found) => Some(kept::take(found.into_inner()).0),
        Err(any) => Some(kept::take(any.downcast::<Kept<Context<E>>>().ok()?.into_inner()).0),
    }
}

/// `value`, if `A` and `B` are the same type.
pub(super) fn same<A: 'static, B: 'static>(value: A) -> Option<B> {
    let mut value = Some(value);
    let any: &mut dyn Any = &mut value;
    any.downcast_mut::<Option<B>>()?.take()
}
