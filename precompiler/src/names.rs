//! What compiled functions may refer to by name: the one list of namespaces of Cranelift's external names, used by the
//! translator and the trampolines to name, and by `code.rs` to resolve.

use cranelift_codegen::ir::UserExternalName;
use stilt_artifact::builtins::Builtin;
use stilt_artifact::trap::TrapCode;

/// Something that code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// A function of the module's own, by its index in the function index space.
    Function(u32),
    /// The trampoline of a builtin, by its place in [`Builtin::ALL`].
    Builtin(u32),
    /// The trampoline that raises a trap, by the number of its code.
    Trap(u32),
    /// What fetches the context for [`Name::Trap`], by a number that `trampoline/cold_trap.rs` makes.
    ColdTrap(u32),
    /// A host call of the interpreter, by its id.
    HostCall(u32),
    /// The entry trampoline of a function type, by the number of its signature.
    Entry(u32),
    /// The host trampoline of a function type, by the number of its signature.
    Host(u32),
    /// The body behind a stack-check stub, by its index in the function index space.
    Body(u32),
}

impl Name {
    /// The name of a builtin's trampoline.
    pub fn builtin(builtin: Builtin) -> Name {
        // The position exists for every builtin; were it missing, the number would name nothing and be refused.
        let place = Builtin::ALL.iter().position(|other| *other == builtin);
        Name::Builtin(place.and_then(|place| u32::try_from(place).ok()).unwrap_or(u32::MAX))
    }

    /// The name of a trap's trampoline.
    pub const fn trap(code: TrapCode) -> Name {
        Name::Trap(code as u32)
    }

    /// As Cranelift takes it.
    pub const fn external(self) -> UserExternalName {
        let (namespace, index) = match self {
            Name::Function(index) => (0, index),
            Name::Builtin(index) => (1, index),
            Name::Trap(index) => (2, index),
            Name::HostCall(index) => (3, index),
            Name::Entry(index) => (4, index),
            Name::Host(index) => (5, index),
            Name::Body(index) => (6, index),
            Name::ColdTrap(index) => (7, index),
        };
        UserExternalName { namespace, index }
    }

    /// What an external name means.
    pub const fn from_external(name: &UserExternalName) -> Option<Name> {
        Some(match name.namespace {
            0 => Name::Function(name.index),
            1 => Name::Builtin(name.index),
            2 => Name::Trap(name.index),
            3 => Name::HostCall(name.index),
            4 => Name::Entry(name.index),
            5 => Name::Host(name.index),
            6 => Name::Body(name.index),
            7 => Name::ColdTrap(name.index),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_names_lead_back() {
        for name in [
            Name::Function(7),
            Name::builtin(Builtin::ElemDrop),
            Name::trap(TrapCode::StackOverflow),
            Name::HostCall(5),
            Name::Entry(1),
            Name::Host(2),
            Name::Body(3),
            Name::ColdTrap(9),
        ] {
            assert_eq!(Name::from_external(&name.external()), Some(name));
        }
    }
}
