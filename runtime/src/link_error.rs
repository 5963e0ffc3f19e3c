//! Why a module could not be linked: an import that nobody defines, or one whose definition has another type.

use core::fmt;

use stilt_collections::{TryBox, TryString, try_to_box_str};

use crate::{Error, ExternType, ImportType};

/// A module imports something that is not defined.
pub struct UnknownImportError {
    module: TryBox<str>,
    name: TryBox<str>,
    ty: ExternType,
}

impl UnknownImportError {
    /// The error for an import; without memory for its names, that.
    pub(crate) fn of(import: &ImportType<'_>) -> Error {
        let error = try_to_box_str(import.module()).and_then(|module| {
            let name = try_to_box_str(import.name())?;
            Ok(UnknownImportError { module, name, ty: import.ty() })
        });
        error.map_or_else(Error::from, Error::from)
    }

    /// The name of the module that it was to come from.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Its name there.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type that it must have.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

impl fmt::Display for UnknownImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown import: `{}::{}` has not been defined", self.module, self.name)
    }
}

impl core::error::Error for UnknownImportError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for UnknownImportError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// What a module imports is defined with another type.
pub struct ImportTypeError {
    module: TryBox<str>,
    name: TryBox<str>,
    expected: ExternType,
    found: ExternType,
}

impl ImportTypeError {
    /// The error for an import that was given something of type `found`; without memory for its names, that.
    pub(crate) fn of(import: &ImportType<'_>, found: ExternType) -> Error {
        let error = try_to_box_str(import.module()).and_then(|module| {
            let name = try_to_box_str(import.name())?;
            Ok(ImportTypeError { module, name, expected: import.ty(), found })
        });
        error.map_or_else(Error::from, Error::from)
    }

    /// The name of the module that it was to come from.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Its name there.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type that it must have.
    pub fn expected(&self) -> ExternType {
        self.expected.clone()
    }

    /// The type that it has.
    pub fn found(&self) -> ExternType {
        self.found.clone()
    }
}

impl fmt::Display for ImportTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImportTypeError { module, name, expected, found } = self;
        write!(f, "incompatible import type for `{module}::{name}`: expected {expected}, found {found}")
    }
}

impl core::error::Error for ImportTypeError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for ImportTypeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// Something was defined twice in a linker.
pub(crate) struct Redefinition(TryString);

impl Redefinition {
    pub(crate) fn of(module: &str, name: &str) -> Error {
        let names = stilt_collections::try_format(format_args!("`{module}::{name}`"));
        names.map_or_else(Error::from, |names| Redefinition(names).into())
    }
}

impl fmt::Display for Redefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import of {} defined twice (Linker::allow_shadowing allows it)", self.0.as_str())
    }
}

impl core::error::Error for Redefinition {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for Redefinition {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{GlobalType, MemoryType, Mutability, ValType};
    use std::string::ToString;

    #[test]
    fn texts_say_what_and_which() {
        let import = ImportType::new("env", "memory", MemoryType::new(2, None).into());
        assert_eq!(UnknownImportError::of(&import).to_string(), "unknown import: `env::memory` has not been defined");
        let found = GlobalType::new(ValType::I32, Mutability::Var).into();
        let error = ImportTypeError::of(&import, found);
        assert_eq!(
            error.to_string(),
            "incompatible import type for `env::memory`: expected (memory 2), found (global (mut i32))"
        );
        let error = error.downcast::<ImportTypeError>().expect("kept");
        assert_eq!((error.module(), error.name()), ("env", "memory"));
        assert!(error.expected().memory().is_some() && error.found().global().is_some());
        assert!(Redefinition::of("a", "b").to_string().contains("`a::b` defined twice"));
    }
}
