//! Raising traps: by a trapping instruction where there are such, else by a cold call of the trap's trampoline.

use super::context::Context;
use super::function::Translator;
use crate::names::Name;
use cranelift_codegen::ir::{self, InstBuilder as _, Value};
use stilt_artifact::trap::TrapCode;

/// A trap code as Cranelift carries it.
pub(super) const fn cranelift(code: TrapCode) -> ir::TrapCode {
    ir::TrapCode::unwrap_user(code as u8)
}

impl Translator<'_, '_, '_> {
    /// Whether tests in the code find every trap.
    pub(super) fn explicit(&self) -> bool {
        !self.env.target.instructions_trap()
    }

    /// Traps. Ends the block; what follows is not reached.
    pub(super) fn trap(&mut self, code: TrapCode) {
        if !self.explicit() {
            self.b.ins().trap(cranelift(code));
            return;
        }
        self.uses.traps.insert(code);
        let signature = || Context::trampoline(self.env.target, 0, &[]);
        let trampoline = self.entities.function(&mut self.b, Name::trap(code), signature);
        self.context.call_own(&mut self.b, trampoline, &[]);
        self.b.ins().trap(cranelift(TrapCode::Internal));
    }

    /// Traps if `condition` is not zero. Each site has a cold block of its own, as its wasm offset is its own.
    pub(super) fn trap_if(&mut self, condition: Value, code: TrapCode) {
        if !self.explicit() {
            self.b.ins().trapnz(condition, cranelift(code));
            return;
        }
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(bad);
        if self.is_copy() {
            self.b.set_cold_block(good);
        }
        self.b.ins().brif(condition, bad, &[], good, &[]);
        self.b.seal_block(bad);
        self.b.seal_block(good);
        self.b.switch_to_block(bad);
        self.trap(code);
        self.b.switch_to_block(good);
    }
}
