//! Why no object can be made.

use super::machine::{all_machine_names, machine_names};
use core::fmt;

/// Why no object can be made with these choices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectError {
    /// The name is no identifier of C.
    Name(String),
    /// The name is an identifier that C or C++ keep for themselves.
    ReservedName(String),
    /// The section cannot have this name.
    Section {
        /// What would lie in it.
        what: &'static str,
        /// The name.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// Bytecode runs on every machine, but an object is for one.
    NoMachine {
        /// The target.
        target: &'static str,
    },
    /// No such machine is known.
    UnknownMachine(String),
    /// The target's code or tables cannot be in a program for this machine.
    Machine {
        /// The target.
        target: &'static str,
        /// The machine.
        machine: &'static str,
    },
    /// Objects for this machine do not say how floats are passed.
    FloatAbi {
        /// The machine.
        machine: &'static str,
    },
    /// The writer of ELF files refuses. A bug of this crate.
    Writer(String),
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectError::Name(name) => write!(
                f,
                "`{name}` cannot be the name of an object: it must be an identifier of C, letters, digits and underscores, \
                 not beginning with a digit"
            ),
            ObjectError::ReservedName(name) => {
                write!(
                    f,
                    "`{name}` cannot be the name of an object: C or C++ keep this word for themselves, or stilt.h does"
                )
            }
            ObjectError::Section { what, name, why } => {
                write!(f, "`{}` cannot be the name of the section for {what}: {why}", name.escape_default())
            }
            ObjectError::NoMachine { target } => {
                write!(f, "an object with code for {target} has to say what machine it is linked for (`--machine`): ")?;
                f.write_str(&machine_names(target).join(", "))
            }
            ObjectError::UnknownMachine(machine) => {
                write!(f, "unknown machine `{machine}`: known are ")?;
                f.write_str(&all_machine_names().collect::<Vec<_>>().join(", "))
            }
            ObjectError::Machine { target, machine } => {
                write!(f, "code for {target} cannot be linked for {machine}: possible are ")?;
                f.write_str(&machine_names(target).join(", "))
            }
            ObjectError::FloatAbi { machine } => {
                write!(f, "objects for {machine} do not say how floats are passed: leave out the float ABI")
            }
            ObjectError::Writer(what) => write!(f, "the object cannot be written: {what}; please report it"),
        }
    }
}

impl core::error::Error for ObjectError {}
