//! Facts of the contract that both sides rely on and that no type can express.

use std::collections::BTreeSet;
use stilt_artifact::builtins::{Builtin, Group, MAX_ARGUMENTS};
use stilt_artifact::checksum::Checksum;
use stilt_artifact::contract::FINGERPRINT;
use stilt_artifact::header::{ImageHeader, MAGIC, ModuleHeader};
use stilt_artifact::layout::{
    ContextCounts, ContextLayout, FuncRefLayout, InstanceLayout, MemoryLayout, StoreContextLayout, TableLayout,
};
use stilt_artifact::record::Field;
use stilt_artifact::tables::{
    ConstExpr, DataEntry, ElemEntry, ExportEntry, FuncEntry, GlobalEntry, ImportEntry, MemoryEntry, MemoryInit,
    TableEntry, TypeEntry,
};
use stilt_artifact::target::Architecture;
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;
use stilt_artifact::{Endian, Image, ImageError};

#[test]
fn records_are_whole_words() {
    let sizes = [
        TypeEntry::SIZE,
        ImportEntry::SIZE,
        ExportEntry::SIZE,
        FuncEntry::SIZE,
        TableEntry::SIZE,
        MemoryEntry::SIZE,
        GlobalEntry::SIZE,
        ElemEntry::SIZE,
        DataEntry::SIZE,
        MemoryInit::SIZE,
        ConstExpr::SIZE,
        ModuleHeader::SIZE,
    ];
    assert!(sizes.iter().all(|size| size % 4 == 0), "{sizes:?}");
    assert_eq!(ImageHeader::SIZE % 8, 0);
}

#[test]
fn records_survive_both_byte_orders() {
    for endian in [Endian::Little, Endian::Big] {
        let entry = FuncEntry { code: 1, len: 0x0203_0405, ty: u32::MAX, frame: 7, wasm: 9 };
        let mut bytes = Vec::new();
        entry.write(endian, &mut |part| bytes.extend_from_slice(part));
        assert_eq!(bytes.len(), FuncEntry::SIZE);
        assert_eq!(FuncEntry::read(endian, &bytes), Some(entry));
        assert_eq!(FuncEntry::read(endian, &bytes[1..]), None);
    }
}

#[test]
fn numbers_are_unique_and_dense() {
    for group in Group::ALL {
        let members = Builtin::ALL.iter().filter(|builtin| builtin.group() == *group);
        let numbers: Vec<u8> = members.map(|builtin| builtin.number()).collect();
        let expected: Vec<u8> = (0..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "{}", group.name());
    }
    assert!(Builtin::ALL.iter().all(|builtin| builtin.arguments() <= MAX_ARGUMENTS));
    for (number, code) in (1u8..).zip(TrapCode::ALL) {
        assert_eq!(*code as u8, number);
        assert_eq!(TrapCode::from_u8(number), Some(*code));
    }
    let messages: BTreeSet<_> = TrapCode::ALL.iter().map(|code| code.message()).collect();
    assert_eq!(messages.len(), TrapCode::ALL.len());
    for number in 1..=5 {
        let architecture = Architecture::from_u8(number).expect("numbered without holes");
        assert_eq!(architecture as u8, number);
        let names: BTreeSet<_> = architecture.features().iter().collect();
        assert_eq!(names.len(), architecture.features().len());
        assert!(names.len() <= 64);
    }
}

#[test]
fn context_arrays_are_aligned_and_apart() {
    let counts = ContextCounts {
        imported_funcs: 3,
        imported_tables: 1,
        imported_memories: 1,
        imported_globals: 5,
        tables: 2,
        memories: 1,
        global_bytes: 20,
        func_refs: 7,
        segments: 33,
    };
    for word in [4u8, 8] {
        let layout = InstanceLayout::new(&counts, word).expect("small");
        let w = u32::from(word);
        let mut ranges = [
            (0, ContextLayout::size(word), w),
            (layout.memories, MemoryLayout::size(word), w),
            (layout.globals, 20, 16),
            (layout.tables, 2 * TableLayout::size(word), w),
            (layout.imported_funcs, 3 * 2 * w, w),
            (layout.imported_memories, w, w),
            (layout.imported_globals, 5 * w, w),
            (layout.imported_tables, w, w),
            (layout.func_refs, 7 * FuncRefLayout::size(word), w),
            (layout.dropped, 8, 4),
        ];
        assert!(ranges.iter().all(|(start, _, align)| start % align == 0), "{ranges:?}");
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?} overlap");
        }
        let last = ranges[ranges.len() - 1];
        assert!(last.0 + last.1 <= layout.size);
    }
    let huge = ContextCounts { func_refs: u32::MAX, ..counts };
    assert_eq!(InstanceLayout::new(&huge, 8), None);
}

#[test]
fn structures_have_no_surprises_in_either_width() {
    // A 32-bit target aligns the 64-bit fuel counter to eight bytes.
    assert_eq!(StoreContextLayout::fuel(4), 8);
    assert_eq!(StoreContextLayout::fuel(8), 16);
    assert_eq!(ContextLayout::caller(8), 8);
    assert_eq!(ContextLayout::size(4), 20);
    assert_eq!(ContextLayout::size(8), 32);
    for group in Group::ALL {
        let offset = StoreContextLayout::group(8, *group as u8);
        assert!(offset + 8 <= StoreContextLayout::size(8), "{}", group.name());
    }
    assert_eq!(StoreContextLayout::group(4, Group::Float as u8), StoreContextLayout::group_float(4));
    assert_eq!(ValueType::FuncRef.size(4), 4);
}

#[test]
fn every_changed_byte_changes_the_checksum() {
    let bytes: Vec<u8> = (0..=255).cycle().take(1021).collect();
    let sum = Checksum::new().range(&bytes).finish();
    for at in 0..bytes.len() {
        for flip in [1u8, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            assert_ne!(Checksum::new().range(&changed).finish(), sum, "byte {at}");
        }
    }
    assert_ne!(Checksum::new().range(&bytes[..1020]).finish(), sum);
}

#[test]
fn what_is_not_an_image_says_so() {
    let parse = |bytes: &[u8]| Image::parse(bytes, Endian::Little).map(|_| ());
    assert_eq!(parse(b""), Err(ImageError::NotAnImage));
    assert_eq!(parse(b"\0asm\x01\0\0\0"), Err(ImageError::WasmModule));
    assert_eq!(parse(b"\x7fELF"), Err(ImageError::NotAnImage));
    assert!(matches!(parse(&MAGIC), Err(ImageError::Truncated { .. })));
    let mut header = MAGIC.to_vec();
    header.resize(ImageHeader::SIZE, 0);
    header[8] = 200;
    assert_eq!(parse(&header), Err(ImageError::Abi { expected: stilt_artifact::ABI, found: 200 }));
    header[8] = stilt_artifact::ABI;
    header[9] = Endian::Big.code();
    assert_eq!(parse(&header), Err(ImageError::ByteOrder { expected: Endian::Little, found: Some(Endian::Big) }));
    header[9] = Endian::Little.code();
    assert_eq!(parse(&header), Err(ImageError::Contract { expected: FINGERPRINT, found: 0 }));
}
