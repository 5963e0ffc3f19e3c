//! What the runtime will rest on, on x86_64: entry, raise and fault leave the host's registers intact, whatever the
//! signature, and land where the trampoline's values still are.

#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder as _, MemFlagsData, Signature, TrapCode,
    UserExternalName, UserFuncName, Value, condcodes::IntCC, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::error::Error;
use stilt_bench_convention::codegen::{NAMESPACE_FUNCTION, Target, compile, isa};
use stilt_bench_convention::context::{Activation, Context, STACK_OVERFLOW, Store};
use stilt_bench_convention::entry::{entry, inner_signature};
use stilt_bench_convention::fib::Passing;
use stilt_bench_convention::image::Image;
use stilt_bench_convention::raise::{self, Leave};

type Outcome = Result<(), Box<dyn Error>>;

/// Calls `entry(context, code, values, activation)` with a known value in each register that System V lets the callee
/// not change, and stores what is in them afterwards: rbx, rbp, r12, r13, r14, r15, and the stack pointer's difference.
#[unsafe(naked)]
unsafe extern "C" fn probe(
    entry: *const u8,
    context: *mut Context,
    code: *const u8,
    values: *mut u64,
    activation: *mut Activation,
    after: *mut [u64; 7],
) -> u32 {
    std::arch::naked_asm!(
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push r9",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov rcx, r8",
        "mov rbx, 0x101",
        "mov rbp, 0x102",
        "mov r12, 0x103",
        "mov r13, 0x104",
        "mov r14, 0x105",
        "mov r15, 0x106",
        "call rax",
        "mov r9, [rsp]",
        "mov [r9], rbx",
        "mov [r9 + 8], rbp",
        "mov [r9 + 16], r12",
        "mov [r9 + 24], r13",
        "mov [r9 + 32], r14",
        "mov [r9 + 40], r15",
        "pop rcx",
        "sub rcx, r9",
        "mov [r9 + 48], rcx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
    )
}

const INTACT: [u64; 7] = [0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0];

/// How the compiled function ends when its first argument is not zero.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Raise,
    AccessViolation,
    Illegal,
}

const INTS: usize = 12;
const FLOATS: usize = 11;

/// 12 integers and 11 floats in (more than there are registers), the same out in reverse, each plus one; with the deep
/// end below a second function that keeps as many values alive over a call as it can.
fn swap(isa: &dyn TargetIsa, passing: Passing, end: End) -> Function {
    let pointer = isa.pointer_type();
    let params = params();
    let results: Vec<_> = params.iter().rev().copied().collect();
    let signature = inner_signature(pointer, passing, &params, &results);
    let mut function = Function::with_name_signature(UserFuncName::user(0, 0), signature.clone());
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    let (bad, good) = (b.create_block(), b.create_block());
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let all = b.block_params(start).to_vec();
    let (hidden, values) = all.split_at(passing.hidden());
    let context = hidden.first().copied();
    let first = values[0];
    b.ins().brif(first, bad, &[], good, &[]);

    b.switch_to_block(bad);
    // Another activation of the same function with all its stack arguments lies below the one that ends.
    let (deeper, last) = (b.create_block(), b.create_block());
    let one = b.ins().icmp_imm_s(IntCC::Equal, first, 1);
    b.ins().brif(one, last, &[], deeper, &[]);
    b.switch_to_block(deeper);
    let mut args = all.clone();
    args[passing.hidden()] = b.ins().iadd_imm_s(first, -1);
    let myself = import(&mut b, signature, 0);
    let call = b.ins().call(myself, &args);
    let inner = b.inst_results(call).to_vec();
    b.ins().return_(&inner);
    b.switch_to_block(last);
    match end {
        End::Raise => {
            let context = context.unwrap_or_else(|| b.ins().get_pinned_reg(pointer));
            let code = b.ins().load(pointer, MemFlagsData::trusted(), context, STACK_OVERFLOW);
            call_host(&mut b, pointer, code, context);
            b.ins().trap(TrapCode::unwrap_user(1));
        }
        End::AccessViolation => {
            let nowhere = b.ins().iconst(pointer, 64);
            let flags = MemFlagsData::new().with_trap_code(Some(TrapCode::HEAP_OUT_OF_BOUNDS));
            b.ins().store(flags, first, nowhere, 0);
            b.ins().trap(TrapCode::unwrap_user(1));
        }
        End::Illegal => {
            b.ins().trap(TrapCode::unwrap_user(2));
        }
    }

    b.switch_to_block(good);
    let mut out = Vec::new();
    for (&value, &ty) in values.iter().zip(&params).rev() {
        out.push(if ty == types::I64 {
            b.ins().iadd_imm_s(value, 1)
        } else {
            let one = b.ins().f64const(1.0);
            b.ins().fadd(value, one)
        });
    }
    b.ins().return_(&out);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    function
}

fn params() -> Vec<types::Type> {
    (0..INTS + FLOATS).map(|i| if i % 2 == 0 || i >= 2 * FLOATS { types::I64 } else { types::F64 }).collect()
}

fn arguments(first: u64) -> Vec<u64> {
    let mut values: Vec<u64> = params()
        .iter()
        .zip(1_u32..)
        .map(|(&ty, i)| if ty == types::I64 { u64::from(i) << 32 } else { f64::from(i).to_bits() })
        .collect();
    values[0] = first;
    values
}

fn expected() -> Vec<u64> {
    let arguments = arguments(0);
    let plus = |(&value, &ty): (&u64, &types::Type)| {
        if ty == types::I64 { value + 1 } else { (f64::from_bits(value) + 1.0).to_bits() }
    };
    arguments.iter().zip(&params()).rev().map(plus).collect()
}

fn exercise(passing: Passing, end: End, leave: Leave) -> Outcome {
    let target = if passing == Passing::Pinned { Target::X64Pinned } else { Target::X64 };
    let isa = isa(target)?;
    let params = params();
    let results: Vec<_> = params.iter().rev().copied().collect();
    let functions =
        [compile(&*isa, swap(&*isa, passing, end))?, compile(&*isa, entry(&*isa, passing, &params, &results))?];
    let image = Image::new(&functions, 0)?;
    let mut store = Store::default();
    let mut context = context(&mut store, raise::raise as *const u8);
    raise::install()?;
    for round in 0..1000_u64 {
        for depth in [0, 1, 2, 5] {
            let mut values = arguments(depth);
            let mut after = [0; 7];
            let activation = &raw mut store.activation;
            let faults = raise::faults();
            // SAFETY: the image's code runs only in the call below, through the trampoline, which fills the activation.
            unsafe { raise::arm(&image.range(), activation, leave) };
            // SAFETY: the image's functions have the signatures that the values were made for.
            let ended = unsafe {
                probe(
                    image.function(1),
                    &raw mut context,
                    image.function(0),
                    values.as_mut_ptr(),
                    activation,
                    &raw mut after,
                )
            };
            assert_eq!(after, INTACT, "{passing:?} {end:?} {leave:?} depth {depth} round {round}");
            if depth == 0 {
                assert_eq!((ended, &values), (0, &expected()));
            } else {
                assert_eq!((ended, &values), (1, &arguments(depth)));
                if end != End::Raise {
                    assert!(raise::faults() > faults);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn raise_pinned() -> Outcome {
    exercise(Passing::Pinned, End::Raise, Leave::Jump)
}

#[test]
fn raise_one_parameter() -> Outcome {
    exercise(Passing::One, End::Raise, Leave::Jump)
}

#[test]
fn raise_two_parameters() -> Outcome {
    exercise(Passing::Two, End::Raise, Leave::Jump)
}

#[test]
fn access_violation_leaves_by_jump() -> Outcome {
    exercise(Passing::Pinned, End::AccessViolation, Leave::Jump)
}

#[test]
fn access_violation_leaves_by_editing_the_frame() -> Outcome {
    exercise(Passing::Pinned, End::AccessViolation, Leave::Edit)
}

#[test]
fn illegal_instruction_leaves_by_jump() -> Outcome {
    exercise(Passing::Pinned, End::Illegal, Leave::Jump)
}

#[test]
fn illegal_instruction_leaves_by_editing_the_frame() -> Outcome {
    exercise(Passing::One, End::Illegal, Leave::Edit)
}

/// A function with one argument that tail-calls one with 30, and that one either returns their sum or raises.
#[test]
fn raise_after_a_tail_call_that_grew_the_arguments() -> Outcome {
    let isa = isa(Target::X64Pinned)?;
    let pointer = isa.pointer_type();
    let many = inner_signature(pointer, Passing::Pinned, &[types::I64; 30], &[types::I64]);
    let one = inner_signature(pointer, Passing::Pinned, &[types::I64], &[types::I64]);
    let mut state = FunctionBuilderContext::new();

    let mut small = Function::with_name_signature(UserFuncName::user(0, 0), one);
    let mut b = FunctionBuilder::new(&mut small, &mut state);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let first = b.block_params(start)[0];
    let callee = import(&mut b, many.clone(), 1);
    let args = vec![first; 30];
    b.ins().return_call(callee, &args);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());

    let mut large = Function::with_name_signature(UserFuncName::user(0, 1), many);
    let mut b = FunctionBuilder::new(&mut large, &mut state);
    let start = b.create_block();
    let (bad, good) = (b.create_block(), b.create_block());
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let values = b.block_params(start).to_vec();
    let odd = b.ins().band_imm_u(values[0], 1);
    b.ins().brif(odd, bad, &[], good, &[]);
    b.switch_to_block(bad);
    call_builtin(&mut b, pointer);
    b.ins().trap(TrapCode::unwrap_user(1));
    b.switch_to_block(good);
    let sum = values[1..].iter().fold(values[0], |sum, &value| b.ins().iadd(sum, value));
    b.ins().return_(&[sum]);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());

    let functions = [
        compile(&*isa, small)?,
        compile(&*isa, large)?,
        compile(&*isa, entry(&*isa, Passing::Pinned, &[types::I64], &[types::I64]))?,
    ];
    let image = Image::new(&functions, 0)?;
    let mut store = Store::default();
    let mut context = context(&mut store, raise::raise as *const u8);
    for value in 0..100 {
        let mut values = [value];
        let mut after = [0; 7];
        let activation = &raw mut store.activation;
        let (entry, code) = (image.function(2), image.function(0));
        // SAFETY: the functions have the signature that the one value was made for.
        let ended = unsafe { probe(entry, &raw mut context, code, values.as_mut_ptr(), activation, &raw mut after) };
        assert_eq!(after, INTACT);
        let expected = if value % 2 == 0 { (0, [30 * value]) } else { (1, [value]) };
        assert_eq!((ended, values), expected);
    }
    Ok(())
}

/// What the builtin below calls again: trampoline, code.
#[repr(C)]
struct Again {
    store: Store,
    entry: *const u8,
    code: *const u8,
}

/// A host function that enters compiled code anew, in an activation of its own that ends by a raise, and returns.
unsafe extern "C" fn reenter(context: *mut Context) {
    // SAFETY: the store of this test is the first field of an `Again`, which outlives the call.
    let again = unsafe { (*context).store.cast::<Again>() };
    // SAFETY: as above; nothing else refers to it while the builtin runs.
    let again = unsafe { &mut *again };
    let outer = again.store.activation;
    let mut values = [1];
    let mut after = [0; 7];
    let activation = &raw mut again.store.activation;
    // SAFETY: the functions have the signature that the one value was made for.
    let ended = unsafe { probe(again.entry, context, again.code, values.as_mut_ptr(), activation, &raw mut after) };
    assert_eq!((ended, after), (1, INTACT));
    again.store.activation = outer;
}

/// host → wasm → host → wasm raises → host → wasm returns, or raises as well, to the outer trampoline.
#[test]
fn activations_nest() -> Outcome {
    let isa = isa(Target::X64Pinned)?;
    let pointer = isa.pointer_type();
    let signature = inner_signature(pointer, Passing::Pinned, &[types::I64], &[types::I64]);
    let mut state = FunctionBuilderContext::new();
    let mut functions = Vec::new();
    // Function 0 calls the builtin in the context; function 1 raises if its argument is odd, and is called after it.
    for index in 0..2 {
        let mut function = Function::with_name_signature(UserFuncName::user(0, index), signature.clone());
        let mut b = FunctionBuilder::new(&mut function, &mut state);
        let start = b.create_block();
        b.append_block_params_for_function_params(start);
        b.switch_to_block(start);
        let value = b.block_params(start)[0];
        if index == 0 {
            call_builtin(&mut b, pointer);
            let callee = import(&mut b, signature.clone(), 1);
            let call = b.ins().call(callee, &[value]);
            let value = b.inst_results(call)[0];
            b.ins().return_(&[value]);
        } else {
            let (bad, good) = (b.create_block(), b.create_block());
            let odd = b.ins().band_imm_u(value, 1);
            b.ins().brif(odd, bad, &[], good, &[]);
            b.switch_to_block(bad);
            let context = b.ins().get_pinned_reg(pointer);
            let raise = b.ins().iconst(pointer, i64::try_from((raise::raise as *const u8).addr())?);
            call_host(&mut b, pointer, raise, context);
            b.ins().trap(TrapCode::unwrap_user(1));
            b.switch_to_block(good);
            let value = b.ins().iadd_imm_s(value, 1);
            b.ins().return_(&[value]);
        }
        b.seal_all_blocks();
        b.finalize(isa.frontend_config());
        functions.push(compile(&*isa, function)?);
    }
    functions.push(compile(&*isa, entry(&*isa, Passing::Pinned, &[types::I64], &[types::I64]))?);
    let image = Image::new(&functions, 0)?;
    let mut again = Again { store: Store::default(), entry: image.function(2), code: image.function(1) };
    let again = &raw mut again;
    let mut context = context(again.cast(), reenter as *const u8);
    for value in 0..100 {
        let mut values = [value];
        let mut after = [0; 7];
        let (entry, code) = (image.function(2), image.function(0));
        // SAFETY: `again` points to the local above.
        let activation = unsafe { &raw mut (*again).store.activation };
        // SAFETY: the functions have the signature that the one value was made for.
        let ended = unsafe { probe(entry, &raw mut context, code, values.as_mut_ptr(), activation, &raw mut after) };
        assert_eq!(after, INTACT);
        let expected = if value % 2 == 0 { (0, [value + 1]) } else { (1, [value]) };
        assert_eq!((ended, values), expected);
    }
    Ok(())
}

fn context(store: *mut Store, builtin: *const u8) -> Context {
    Context {
        store,
        caller: std::ptr::null_mut(),
        stack_limit: 0,
        stack_overflow: builtin,
        table: std::ptr::null(),
        table_len: 0,
        type_id: 0,
        callee: std::ptr::null(),
    }
}

fn import(b: &mut FunctionBuilder<'_>, signature: Signature, index: u32) -> FuncRef {
    let signature = b.import_signature(signature);
    let name = UserExternalName { namespace: NAMESPACE_FUNCTION, index };
    let name = ExternalName::User(b.func.declare_imported_user_function(name));
    b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false })
}

/// Calls the builtin whose address stands in the pinned context.
fn call_builtin(b: &mut FunctionBuilder<'_>, pointer: types::Type) {
    let context = b.ins().get_pinned_reg(pointer);
    let code = b.ins().load(pointer, MemFlagsData::trusted(), context, STACK_OVERFLOW);
    call_host(b, pointer, code, context);
}

fn call_host(b: &mut FunctionBuilder<'_>, pointer: types::Type, code: Value, context: Value) {
    let mut host = Signature::new(CallConv::SystemV);
    host.params.push(AbiParam::new(pointer));
    let host = b.import_signature(host);
    b.ins().call_indirect(host, code, &[context]);
}
