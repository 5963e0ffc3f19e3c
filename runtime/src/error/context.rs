//! Chains of errors: saying something about an error on its way out, and walking from there to its cause.

use core::fmt::Display;

use super::{Error, Result};

/// What [`Error::chain`] gives.
#[derive(Clone)]
pub struct Chain<'a> {
    /// What comes after `source`.
    error: Option<&'a Error>,
    /// What comes next.
    source: Option<&'a (dyn core::error::Error + 'static)>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(error: &'a Error) -> Self {
        Chain { error: error.cause(), source: Some(error.outermost()) }
    }
}

impl<'a> Iterator for Chain<'a> {
    type Item = &'a (dyn core::error::Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(next) = self.source {
            self.source = next.source();
            return Some(next);
        }
        *self = Chain::new(self.error?);
        self.next()
    }
}

impl core::fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Adds context to the error of a result, or makes an error of a missing value.
pub trait Context<T>: Sealed {
    /// Says something about the error.
    ///
    /// # Errors
    /// The error that was there, behind `context`; or `context` alone, where a value was missing.
    fn context<C>(self, context: C) -> Result<T>
    where
        C: Display + Send + Sync + 'static;

    /// As [`Context::context`], computed only when needed.
    ///
    /// # Errors
    /// As there.
    fn with_context<C, F>(self, context: F) -> Result<T>
    where
        C: Display + Send + Sync + 'static,
        F: FnOnce() -> C;
}

#[doc(hidden)]
pub trait Sealed {}

impl<T, E: Into<Error>> Sealed for core::result::Result<T, E> {}
impl<T> Sealed for Option<T> {}

impl<T, E: Into<Error>> Context<T> for core::result::Result<T, E> {
    fn context<C>(self, context: C) -> Result<T>
    where
        C: Display + Send + Sync + 'static,
    {
        self.map_err(|error| error.into().context(context))
    }

    fn with_context<C, F>(self, context: F) -> Result<T>
    where
        C: Display + Send + Sync + 'static,
        F: FnOnce() -> C,
    {
        self.map_err(|error| error.into().context(context()))
    }
}

impl<T> Context<T> for Option<T> {
    fn context<C>(self, context: C) -> Result<T>
    where
        C: Display + Send + Sync + 'static,
    {
        self.with_context(|| context)
    }

    fn with_context<C, F>(self, context: F) -> Result<T>
    where
        C: Display + Send + Sync + 'static,
        F: FnOnce() -> C,
    {
        self.ok_or_else(|| Error::new(super::object::Context(context())))
    }
}
