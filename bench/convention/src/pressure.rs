//! The other side of the balance: a loop that could use every register and never needs the context.
//!
//! A pinned register is one fewer for the allocator everywhere; a hidden parameter that is not used in a loop is none.

use crate::entry::inner_signature;
use crate::fib::Passing;
use cranelift_codegen::ir::{BlockArg, Function, InstBuilder as _, UserFuncName, condcodes::IntCC, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// Builds `f(n: i32) -> i32`: n rounds over a ring of `values` numbers, each replaced by a mixture of itself and the next.
pub fn pressure(isa: &dyn TargetIsa, passing: Passing, values: usize) -> Function {
    let signature = inner_signature(isa.pointer_type(), passing, &[types::I32], &[types::I32]);
    let mut function = Function::with_name_signature(UserFuncName::user(0, 0), signature);
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    let round = b.create_block();
    let end = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let n = b.block_params(start)[passing.hidden()];
    let ring: Vec<BlockArg> = (1..).take(values).map(|i| b.ins().iadd_imm_s(n, i).into()).collect();
    b.ins().jump(round, &[&[n.into()], ring.as_slice()].concat());

    let left = b.append_block_param(round, types::I32);
    let mut ring: Vec<_> = (0..values).map(|_| b.append_block_param(round, types::I32)).collect();
    b.switch_to_block(round);
    for i in 0..values {
        let turned = b.ins().rotl_imm_s(ring[(i + 1) % values], 7);
        ring[i] = b.ins().iadd(ring[i], turned);
    }
    let left = b.ins().iadd_imm_s(left, -1);
    let more = b.ins().icmp_imm_s(IntCC::SignedGreaterThan, left, 0);
    let next: Vec<BlockArg> = std::iter::once(left).chain(ring.iter().copied()).map(BlockArg::from).collect();
    let first = b.append_block_param(end, types::I32);
    b.ins().brif(more, round, &next, end, &[ring[0].into()]);
    b.switch_to_block(end);
    b.ins().return_(&[first]);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    function
}

/// What it returns.
pub fn expected(values: usize, n: i32) -> i32 {
    let mut ring: Vec<i32> = (1..).take(values).map(|i| n.wrapping_add(i)).collect();
    for _ in 0..n.max(1) {
        for i in 0..values {
            ring[i] = ring[i].wrapping_add(ring[(i + 1) % values].rotate_left(7));
        }
    }
    ring[0]
}
