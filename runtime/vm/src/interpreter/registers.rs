//! Values between slots and the interpreter's registers: see [`stilt_artifact::bytecode`].

use pulley_interpreter::interp::Vm;
use pulley_interpreter::{FReg, Reg, XReg};
use stilt_artifact::types::ValueType;

use crate::activation::Words;

/// The bytes of types that do not go the way of 32-bit integers.
const I64: u8 = ValueType::I64 as u8;
const F32: u8 = ValueType::F32 as u8;
const F64: u8 = ValueType::F64 as u8;
const FUNC_REF: u8 = ValueType::FuncRef as u8;

/// The registers of the values that come next.
struct Next {
    integer: u8,
    float: u8,
}

impl Next {
    /// Puts a value of this type into its register.
    fn put(&mut self, vm: &mut Vm, ty: u8, slot: u64) {
        match ty {
            F32 => {
                if let Some(register) = next::<FReg>(&mut self.float) {
                    vm[register].set_f32(f32::from_bits(low(slot)));
                }
            }
            F64 => {
                if let Some(register) = next::<FReg>(&mut self.float) {
                    vm[register].set_f64(f64::from_bits(slot));
                }
            }
            _ => {
                if let Some(register) = next::<XReg>(&mut self.integer) {
                    vm[register].set_u64(slot);
                }
            }
        }
    }

    /// Takes a value of this type from its register.
    fn take(&mut self, vm: &Vm, ty: u8) -> u64 {
        let value = match ty {
            F32 => next::<FReg>(&mut self.float).map(|register| u64::from(vm[register].get_f32().to_bits())),
            F64 => next::<FReg>(&mut self.float).map(|register| vm[register].get_f64().to_bits()),
            // What lies above 32 bits, or above a pointer, is left over from something else.
            I64 => next::<XReg>(&mut self.integer).map(|register| vm[register].get_u64()),
            FUNC_REF => next::<XReg>(&mut self.integer).map(|register| vm[register].get_ptr::<u8>().addr() as u64),
            _ => next::<XReg>(&mut self.integer).map(|register| u64::from(vm[register].get_u32())),
        };
        value.unwrap_or(0)
    }
}

/// Puts values of these types from slots into registers; integers from the given one on.
#[inline]
pub(super) fn put(vm: &mut Vm, first: u8, types: &[u8], slots: &[u64]) {
    let mut place = Next { integer: first, float: 0 };
    // Mostly there is one, which needs no loop.
    if let ([ty], [slot, ..]) = (types, slots) {
        place.put(vm, *ty, *slot);
        return;
    }
    for (ty, slot) in types.iter().zip(slots) {
        place.put(vm, *ty, *slot);
    }
}

/// Takes values of these types from registers into slots; integers from the given one on.
#[inline]
pub(super) fn take(vm: &Vm, first: u8, types: &[u8], slots: &mut [u64]) {
    let mut place = Next { integer: first, float: 0 };
    for (ty, slot) in types.iter().zip(slots) {
        *slot = place.take(vm, *ty);
    }
}

/// Takes values of these types as words, of which those behind the last are 0. (Slots that are cleared first would cost more than all
/// else here where the compiler's library is built for size.)
#[inline]
pub(super) fn words(vm: &Vm, first: u8, types: &[u8]) -> Words {
    let mut place = Next { integer: first, float: 0 };
    let mut word = |number: usize| types.get(number).map_or(0, |ty| place.take(vm, *ty));
    [word(0), word(1), word(2), word(3)]
}

/// The register with this number, which becomes the next one's.
#[inline(always)]
fn next<R: Reg>(number: &mut u8) -> Option<R> {
    let register = R::new(*number);
    *number = number.wrapping_add(1);
    register
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
const fn low(slot: u64) -> u32 {
    slot as u32
}

/// The integer registers that a callee keeps, for when it does not come to that.
pub(super) struct Kept([u64; Kept::COUNT as usize]);

impl Kept {
    const FIRST: u8 = 16;
    const COUNT: u8 = 14;

    pub(super) fn save(vm: &Vm) -> Kept {
        let mut registers = [0; Kept::COUNT as usize];
        let mut number = Kept::FIRST;
        for value in &mut registers {
            if let Some(register) = next::<XReg>(&mut number) {
                *value = vm[register].get_u64();
            }
        }
        Kept(registers)
    }

    pub(super) fn restore(&self, vm: &mut Vm) {
        let mut number = Kept::FIRST;
        for value in &self.0 {
            if let Some(register) = next::<XReg>(&mut number) {
                vm[register].set_u64(*value);
            }
        }
    }
}
