//! The opcodes of the interpreter that is linked are those that images are made of.
#![cfg(feature = "pulley")]

use stilt_artifact::contract::{EMPTY, PULLEY_OPCODES, hash};

macro_rules! hash_opcodes {
    ($( $(#[$meta:meta])* $snake:ident = $name:ident $({ $( $(#[$field_meta:meta])* $field:ident : $ty:ty ),* $(,)? })?; )*) => {
        fn opcodes(mut sum: u32) -> u32 {
            $(
                sum = hash(sum, stringify!($name));
                $( $( sum = hash(sum, concat!(stringify!($field), ":", stringify!($ty))); )* )?
            )*
            sum
        }
    };
}

mod common {
    use super::hash;
    pulley_interpreter::for_each_op!(hash_opcodes);
    pub(super) fn add(sum: u32) -> u32 {
        opcodes(sum)
    }
}

mod extended {
    use super::hash;
    pulley_interpreter::for_each_extended_op!(hash_opcodes);
    pub(super) fn add(sum: u32) -> u32 {
        opcodes(sum)
    }
}

#[test]
fn images_and_interpreter_agree_on_them() {
    let found = extended::add(common::add(EMPTY));
    assert_eq!(found, PULLEY_OPCODES, "Pulley has other opcodes now: put {found:#010x} into the contract");
}
