//! `format_err!`, `bail!` and `ensure!`, and how they tell errors from messages.

/// An [`Error`](crate::Error) from a literal, from a format string with arguments, or from a value: one that is an error type
/// keeps it, anything else that can be displayed becomes a message.
#[macro_export]
macro_rules! format_err {
    ($message:literal $(,)?) => {
        $crate::__error::text(::core::format_args!($message))
    };
    ($value:expr $(,)?) => {{
        #[allow(unused_imports, reason = "one of the two is needed")]
        use $crate::__error::{OfError as _, OfMessage as _};
        let value = $value;
        (&&$crate::__error::Holder(::core::cell::Cell::new(::core::option::Option::Some(value)))).error()
    }};
    ($($format:tt)+) => {
        $crate::__error::text(::core::format_args!($($format)+))
    };
}

/// An error of the runtime itself: a literal where texts were left out, a message with arguments elsewhere.
#[cfg(feature = "messages")]
macro_rules! message {
    ($fixed:literal; $($format:tt)+) => {
        $crate::format_err!($($format)+)
    };
}

/// As above, without texts.
#[cfg(not(feature = "messages"))]
macro_rules! message {
    ($fixed:literal; $format:literal) => {{
        // What it would have named is used no further.
        let _ = || ::core::format_args!($format).as_str().is_some();
        $crate::Error::fixed(&$fixed)
    }};
}

pub(crate) use message;

/// Returns early with an error, made as [`format_err!`](crate::format_err) makes it.
#[macro_export]
macro_rules! bail {
    ($($arguments:tt)+) => {
        return ::core::result::Result::Err($crate::format_err!($($arguments)+))
    };
}

/// Returns early with an error unless a condition holds. The error is made as [`format_err!`](crate::format_err) makes it; without
/// one it names the condition.
#[macro_export]
macro_rules! ensure {
    ($condition:expr $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err($crate::Error::fixed(&::core::concat!(
                "condition failed: `",
                ::core::stringify!($condition),
                "`"
            )));
        }
    };
    ($condition:expr, $($arguments:tt)+) => {
        if !$condition {
            $crate::bail!($($arguments)+);
        }
    };
}

/// What the macros expand to. The method `error` is found on `&Holder<E>` for error types, and only failing that on `Holder<M>`
/// for messages.
pub mod construct {
    use crate::Error;
    use core::cell::Cell;
    use core::fmt::{self, Debug, Display};
    use stilt_collections::try_format;

    /// A formatted message; a literal without arguments takes no memory of its own.
    #[must_use]
    pub fn text(arguments: fmt::Arguments<'_>) -> Error {
        match arguments.as_str() {
            Some(literal) => Error::msg(literal),
            None => match try_format(arguments) {
                Ok(text) => Error::msg(text),
                Err(error) => Error::new(error),
            },
        }
    }

    /// Holds a value until its kind is known.
    pub struct Holder<T>(pub Cell<Option<T>>);

    fn taken<T>(holder: &Holder<T>) -> Result<T, Error> {
        holder.0.take().ok_or(Error::fixed(&"an error used twice"))
    }

    /// Of error types, and of [`Error`] itself.
    pub trait OfError {
        /// The error.
        fn error(&self) -> Error;
    }

    impl<E: Into<Error>> OfError for &Holder<E> {
        fn error(&self) -> Error {
            taken(self).map_or_else(|missing| missing, Into::into)
        }
    }

    /// Of messages.
    pub trait OfMessage {
        /// The error.
        fn error(&self) -> Error;
    }

    impl<M: Display + Debug + Send + Sync + 'static> OfMessage for Holder<M> {
        fn error(&self) -> Error {
            taken(self).map_or_else(|missing| missing, Error::msg)
        }
    }
}
