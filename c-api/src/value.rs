//! `stilt_value`: a value whose type is known at run time, and how it stands in slots.

use crate::Status;

/// `stilt_value`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Value {
    ty: u8,
    of: Of,
}

#[derive(Clone, Copy)]
#[repr(C)]
union Of {
    word: u32,
    long: u64,
    vector: [u8; 16],
    reference: usize,
}

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const F32: u8 = 0x7d;
const F64: u8 = 0x7c;
const V128: u8 = 0x7b;
const FUNCREF: u8 = 0x70;
const EXTERNREF: u8 = 0x6f;

/// Slots that a value of a type takes.
pub(crate) const fn slots(ty: u8) -> usize {
    if ty == V128 { 2 } else { 1 }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Value").field("ty", &self.ty).finish_non_exhaustive()
    }
}

impl Value {
    /// Puts the value into slots, if it is of this type.
    pub(crate) fn store(&self, ty: u8, slots: &mut [u64]) -> Result<(), Status> {
        if self.ty != ty {
            return Err(Status::TYPE);
        }
        let (low, high) = match ty {
            // SAFETY: C has written the field that the type says; every value of these fields is one.
            I32 | F32 | EXTERNREF => (u64::from(unsafe { self.of.word }), 0),
            // SAFETY: as above.
            I64 | F64 => (unsafe { self.of.long }, 0),
            // SAFETY: as above.
            FUNCREF => (unsafe { self.of.reference } as u64, 0),
            V128 => {
                // SAFETY: as above.
                let bytes = unsafe { self.of.vector };
                let all = u128::from_le_bytes(bytes);
                #[expect(clippy::cast_possible_truncation, reason = "cuts the value into its halves")]
                let halves = (all as u64, (all >> 64) as u64);
                halves
            }
            _ => return Err(Status::TYPE),
        };
        for (slot, word) in slots.iter_mut().zip([low, high]).take(self::slots(ty)) {
            *slot = word;
        }
        Ok(())
    }

    /// The value of this type in slots.
    #[expect(clippy::cast_possible_truncation, reason = "a value in a slot is zero-extended")]
    pub(crate) fn load(ty: u8, slots: &[u64]) -> Value {
        let mut words = slots.iter().copied();
        let (low, high) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
        // What the type does not use is zero.
        let mut of = Of { vector: [0; 16] };
        match ty {
            I32 | F32 | EXTERNREF => of.word = low as u32,
            FUNCREF => of.reference = low as usize,
            V128 => of.vector = (u128::from(low) | u128::from(high) << 64).to_le_bytes(),
            _ => of.long = low,
        }
        Value { ty, of }
    }
}
