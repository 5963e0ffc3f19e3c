//! Values between slots and the interpreter's registers: see [`stilt_artifact::bytecode`].

use pulley_interpreter::interp::Vm;
use pulley_interpreter::{FReg, Reg, XReg};
use stilt_artifact::types::ValueType;

/// Puts values of these types from slots into registers; integers from the given one on.
#[inline]
pub(super) fn put(vm: &mut Vm, first: u8, types: &[u8], slots: &[u64]) {
    let (mut integer, mut float) = (first, 0);
    for (ty, slot) in types.iter().zip(slots) {
        match ValueType::from_u8(*ty) {
            Some(ValueType::F32) => {
                if let Some(register) = next::<FReg>(&mut float) {
                    vm[register].set_f32(f32::from_bits(low(*slot)));
                }
            }
            Some(ValueType::F64) => {
                if let Some(register) = next::<FReg>(&mut float) {
                    vm[register].set_f64(f64::from_bits(*slot));
                }
            }
            _ => {
                if let Some(register) = next::<XReg>(&mut integer) {
                    vm[register].set_u64(*slot);
                }
            }
        }
    }
}

/// Takes values of these types from registers into slots; integers from the given one on.
#[inline]
pub(super) fn take(vm: &Vm, first: u8, types: &[u8], slots: &mut [u64]) {
    let (mut integer, mut float) = (first, 0);
    for (ty, slot) in types.iter().zip(slots) {
        let value = match ValueType::from_u8(*ty) {
            Some(ValueType::F32) => {
                next::<FReg>(&mut float).map(|register| u64::from(vm[register].get_f32().to_bits()))
            }
            Some(ValueType::F64) => next::<FReg>(&mut float).map(|register| vm[register].get_f64().to_bits()),
            // What lies above 32 bits, or above a pointer, is left over from something else.
            Some(ValueType::I64) => next::<XReg>(&mut integer).map(|register| vm[register].get_u64()),
            Some(ValueType::FuncRef) => {
                next::<XReg>(&mut integer).map(|register| vm[register].get_ptr::<u8>().addr() as u64)
            }
            _ => next::<XReg>(&mut integer).map(|register| u64::from(vm[register].get_u32())),
        };
        *slot = value.unwrap_or(0);
    }
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
