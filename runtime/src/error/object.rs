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

pub(super) fn downcast_ref<E: 'static>(object: &dyn Object) -> Option<&E> {
    let any: &dyn Any = object;
    any.downcast_ref::<E>()
        .or_else(|| Some(&any.downcast_ref::<Message<E>>()?.0))
        .or_else(|| Some(&any.downcast_ref::<Context<E>>()?.0))
}

pub(super) fn downcast_mut<E: 'static>(object: &mut dyn Object) -> Option<&mut E> {
    let any: &mut dyn Any = object;
    if any.is::<E>() {
        any.downcast_mut::<E>()
    } else if any.is::<Message<E>>() {
        Some(&mut any.downcast_mut::<Message<E>>()?.0)
    } else {
        Some(&mut any.downcast_mut::<Context<E>>()?.0)
    }
}

pub(super) fn downcast<E: 'static>(object: TryBox<dyn Object>) -> Option<E> {
    let any = unsize_box!(object => dyn Any + Send + Sync);
    let any = match any.downcast::<E>() {
        Ok(found) => return Some(found.into_inner()),
        Err(any) => any,
    };
    match any.downcast::<Message<E>>() {
        Ok(found) => Some(found.into_inner().0),
        Err(any) => Some(any.downcast::<Context<E>>().ok()?.into_inner().0),
    }
}

/// `value`, if `A` and `B` are the same type.
pub(super) fn same<A: 'static, B: 'static>(value: A) -> Option<B> {
    let mut value = Some(value);
    let any: &mut dyn Any = &mut value;
    any.downcast_mut::<Option<B>>()?.take()
}
