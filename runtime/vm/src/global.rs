//! Globals: values in an instance's context, or in a block of their own.
//!
//! A global's value lies at an address that is aligned to its size; who uses it knows its type (INV-TYPES).

use core::alloc::Layout;
use core::mem::offset_of;
use core::ptr::NonNull;

use stilt_artifact::types::ValueType;

use crate::block::{Block, Rooms};
use crate::error::VmError;
use crate::id::GlobalPtr;
use crate::store::Store;
use crate::structs::VmGlobal;

#[repr(C, align(16))]
struct Value([u64; 2]);

#[repr(C)]
struct LooseGlobal {
    block: Block,
    value: Value,
}

const unsafe fn drop_loose(_block: NonNull<Block>) {}

/// Reads a value as slots.
///
/// # Safety
/// A value of this type lies there.
pub(crate) unsafe fn read(global: NonNull<VmGlobal>, ty: ValueType) -> [u64; 2] {
    match ty {
        ValueType::I32 | ValueType::F32 | ValueType::ExternRef => {
            // SAFETY: the value has 32 bits.
            [u64::from(unsafe { global.cast::<u32>().read() }), 0]
        }
        ValueType::FuncRef => {
            // SAFETY: the value is as wide as a pointer.
            [(unsafe { global.cast::<usize>().read() }) as u64, 0]
        }
        ValueType::V128 => {
            // SAFETY: the value has 128 bits.
            let bytes = unsafe { global.cast::<[u8; 16]>().read() };
            v128_slots(bytes)
        }
        _ => {
            // SAFETY: the value has 64 bits.
            [unsafe { global.cast::<u64>().read() }, 0]
        }
    }
}

/// Writes a value from slots.
///
/// # Safety
/// A value of this type lies there.
#[expect(clippy::cast_possible_truncation, reason = "a slot holds a value zero-extended")]
pub(crate) unsafe fn write(global: NonNull<VmGlobal>, ty: ValueType, [low, high]: [u64; 2]) {
    match ty {
        ValueType::I32 | ValueType::F32 | ValueType::ExternRef => {
            // SAFETY: the value has 32 bits.
            unsafe { global.cast::<u32>().write(low as u32) };
        }
        ValueType::FuncRef => {
            // SAFETY: the value is as wide as a pointer.
            unsafe { global.cast::<usize>().write(low as usize) };
        }
        ValueType::V128 => {
            // SAFETY: the value has 128 bits.
            unsafe { global.cast::<[u8; 16]>().write(v128_bytes([low, high])) };
        }
        _ => {
            // SAFETY: the value has 64 bits.
            unsafe { global.cast::<u64>().write(low) };
        }
    }
}

/// A vector in memory is little-endian on every target, as wasm defines its lanes.
fn v128_slots(bytes: [u8; 16]) -> [u64; 2] {
    let value = u128::from_le_bytes(bytes);
    #[expect(clippy::cast_possible_truncation, reason = "cuts the value in halves")]
    [value as u64, (value >> 64) as u64]
}

fn v128_bytes([low, high]: [u64; 2]) -> [u8; 16] {
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}

impl Store {
    /// Makes a global that no instance owns.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn add_global(&mut self, ty: ValueType, value: [u64; 2], rooms: &mut dyn Rooms) -> Result<GlobalPtr, VmError> {
        let storage = rooms.room(Layout::new::<LooseGlobal>())?;
        let place = storage.as_ptr().cast::<LooseGlobal>();
        let block = LooseGlobal { block: Block::new(storage, drop_loose), value: Value([0; 2]) };
        // SAFETY: the storage was asked for with this layout, and is ours.
        unsafe { place.write(block) };
        // SAFETY: the block was just made, with the drop that fits it (INV-BLOCK), and is in no list.
        unsafe { self.block().blocks.push(place.cast()) };
        // SAFETY: the field lies within the block.
        let global = unsafe { place.byte_add(offset_of!(LooseGlobal, value)) }.cast();
        // SAFETY: there is room for a value of any type.
        unsafe { write(global, ty, value) };
        Ok(GlobalPtr::new(global, self.id()))
    }

    /// The value, of this type (INV-TYPES), as slots. `None` for a global of another store.
    #[must_use]
    pub fn global_read(&self, global: GlobalPtr, ty: ValueType) -> Option<[u64; 2]> {
        if global.store() != self.id() {
            return None;
        }
        // SAFETY: it is of this store, which lives (INV-HANDLE), and of this type.
        Some(unsafe { read(global.ptr(), ty) })
    }

    /// Changes the value, of this type (INV-TYPES). `None` for a global of another store.
    pub fn global_write(&mut self, global: GlobalPtr, ty: ValueType, value: [u64; 2]) -> Option<()> {
        if global.store() != self.id() {
            return None;
        }
        // SAFETY: it is of this store, which lives (INV-HANDLE), and of this type.
        unsafe { write(global.ptr(), ty, value) };
        Some(())
    }
}
