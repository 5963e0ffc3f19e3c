//! The fingerprint of the contract: a number over the declarations of everything that both sides must agree on. An image
//! records it ([`ImageHeader::contract`]); while the ABI is 0, one with another number is refused.

use crate::builtins::Builtin;
use crate::header::{ImageHeader, ModuleHeader, SECTION_NAMES};
use crate::layout::{ContextLayout, FuncImportLayout, FuncRefLayout, MemoryLayout, StoreContextLayout, TableLayout};
use crate::sites::SiteBlock;
use crate::tables::{
    ConstExpr, DataEntry, ElemEntry, ExportEntry, FuncEntry, GlobalEntry, ImportEntry, MemoryEntry, MemoryInit,
    StackPath, StringRef, TableEntry, TypeEntry,
};
use crate::target::Architecture;
use crate::trap::TrapCode;

/// To be raised when something changes its meaning that no declaration below shows.
const REVISION: u32 = 5;

/// The opcode table of Pulley that images and interpreter agree on, as [`hash`] of each opcode's name and the names and types of
/// its operands in their order. The tests of the virtual machine compare it with the interpreter that is linked.
pub const PULLEY_OPCODES: u32 = 0xda8b_f884;

/// Changes with the contract.
pub const FINGERPRINT: u32 = {
    let mut sum = hash_all(
        hash(EMPTY, "stilt"),
        &[
            ImageHeader::SHAPE,
            ModuleHeader::SHAPE,
            StringRef::SHAPE,
            TypeEntry::SHAPE,
            ImportEntry::SHAPE,
            ExportEntry::SHAPE,
            FuncEntry::SHAPE,
            TableEntry::SHAPE,
            MemoryEntry::SHAPE,
            GlobalEntry::SHAPE,
            ConstExpr::SHAPE,
            ElemEntry::SHAPE,
            DataEntry::SHAPE,
            MemoryInit::SHAPE,
            StackPath::SHAPE,
            SiteBlock::SHAPE,
            StoreContextLayout::SHAPE,
            ContextLayout::SHAPE,
            FuncImportLayout::SHAPE,
            FuncRefLayout::SHAPE,
            MemoryLayout::SHAPE,
            TableLayout::SHAPE,
            Builtin::SHAPE,
            TrapCode::SHAPE,
        ],
    );
    sum = hash_all(sum, &SECTION_NAMES);
    let mut number = 0;
    while number < u8::MAX {
        if let Some(architecture) = Architecture::from_u8(number) {
            sum = hash_all(hash(sum, architecture.name()), architecture.features());
        }
        number = number.wrapping_add(1);
    }
    sum ^ REVISION.wrapping_mul(PRIME) ^ PULLEY_OPCODES
};

/// What [`hash`] starts from.
pub const EMPTY: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// `sum`, carried on over a text and its end (FNV-1a). It tells changes from each other; it does not withstand intent.
pub const fn hash(mut sum: u32, text: &str) -> u32 {
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        sum = (sum ^ *byte as u32).wrapping_mul(PRIME);
        rest = tail;
    }
    (sum ^ 0xff).wrapping_mul(PRIME)
}

const fn hash_all(mut sum: u32, texts: &[&str]) -> u32 {
    let mut rest = texts;
    while let Some((text, tail)) = rest.split_first() {
        sum = hash(sum, text);
        rest = tail;
    }
    sum
}
