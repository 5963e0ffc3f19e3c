//! The same on Pulley: entry trampoline in bytecode, host calls by number, a raise and a trap that set the interpreter's
//! state in place of the jump, and the chain of frames.

#![cfg(all(target_pointer_width = "64", target_endian = "little"))]

use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder as _, MemFlagsData, Signature, TrapCode,
    UserExternalName, UserFuncName, condcodes::IntCC, types,
};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use pulley_interpreter::XReg;
use pulley_interpreter::interp::{DoneReason, RegType, TrapKind, Val, Vm, XRegVal};
use std::error::Error;
use std::ptr::NonNull;
use stilt_bench_convention::codegen::{NAMESPACE_FUNCTION, NAMESPACE_HOST, Target, compile, isa};
use stilt_bench_convention::context::Activation;
use stilt_bench_convention::entry::{entry, inner_signature};
use stilt_bench_convention::fib::Passing;
use stilt_bench_convention::image::Image;

type Outcome = Result<(), Box<dyn Error>>;

/// Host call 7: raise.
const RAISE: u32 = 7;
/// Host call 200: the host doubles its argument and looks at the frames.
const DOUBLE: u32 = 200;
/// Host call 201: the host runs the whole thing again with argument 1, on the same interpreter.
const AGAIN: u32 = 201;

const PARAMS: usize = 20;

/// 20 integers (five of them on the stack) and what to do: 0 return them plus one, 1 raise, 2 trap, 3 divide by zero,
/// 4 call the host and return twenty times the double of the last, 5 recurse without end, 6 enter again, 10 + n: call
/// itself with n.
fn body(isa: &OwnedTargetIsa) -> Result<Function, Box<dyn Error>> {
    let pointer = isa.pointer_type();
    let signature = inner_signature(pointer, Passing::One, &[types::I64; PARAMS], &[types::I64; PARAMS]);
    let mut function = Function::with_name_signature(UserFuncName::user(0, 0), signature.clone());
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let all = b.block_params(start).to_vec();
    let (context, values) = (all[0], &all[1..]);
    let what = values[0];
    for case in 1..=6 {
        let (taken, next) = (b.create_block(), b.create_block());
        let equal = b.ins().icmp_imm_s(IntCC::Equal, what, case);
        b.ins().brif(equal, taken, &[], next, &[]);
        b.switch_to_block(taken);
        match case {
            1 => {
                let raise = host(&mut b, pointer, RAISE, false);
                b.ins().call(raise, &[context]);
                b.ins().trap(TrapCode::unwrap_user(9));
            }
            2 => {
                b.ins().trap(TrapCode::unwrap_user(1));
            }
            3 => {
                let zero = b.ins().isub(what, what);
                let quotient = b.ins().udiv(values[1], zero);
                b.ins().return_(&[quotient; PARAMS]);
            }
            4 => {
                let double = host(&mut b, pointer, DOUBLE, true);
                let call = b.ins().call(double, &[values[PARAMS - 1]]);
                let doubled = b.inst_results(call)[0];
                b.ins().return_(&[doubled; PARAMS]);
            }
            5 => {
                let myself = import(&mut b, &signature);
                let call = b.ins().call(myself, &all);
                let results = b.inst_results(call).to_vec();
                b.ins().return_(&results);
            }
            _ => {
                let again = host(&mut b, pointer, AGAIN, true);
                let call = b.ins().call(again, &[context]);
                let result = b.inst_results(call)[0];
                let mut results = values.to_vec();
                results[0] = result;
                b.ins().return_(&results);
            }
        }
        b.switch_to_block(next);
    }
    let (deeper, plain) = (b.create_block(), b.create_block());
    let more = b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, what, 10);
    b.ins().brif(more, deeper, &[], plain, &[]);
    b.switch_to_block(deeper);
    let mut args = all.clone();
    args[1] = b.ins().iadd_imm_s(what, -10);
    let myself = import(&mut b, &signature);
    let call = b.ins().call(myself, &args);
    let results = b.inst_results(call).to_vec();
    b.ins().return_(&results);
    b.switch_to_block(plain);
    let results: Vec<_> = values.iter().map(|&value| b.ins().iadd_imm_s(value, 1)).collect();
    b.ins().return_(&results);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    Ok(function)
}

fn host(b: &mut FunctionBuilder<'_>, pointer: types::Type, id: u32, result: bool) -> FuncRef {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.push(AbiParam::new(pointer));
    if result {
        signature.returns.push(AbiParam::new(types::I64));
    }
    let signature = b.import_signature(signature);
    let name = UserExternalName { namespace: NAMESPACE_HOST, index: id };
    let name = ExternalName::User(b.func.declare_imported_user_function(name));
    // Not colocated: that is what makes it a call of the host.
    b.import_function(ExtFuncData { name, signature, colocated: false, patchable: false })
}

fn import(b: &mut FunctionBuilder<'_>, signature: &Signature) -> FuncRef {
    let signature = b.import_signature(signature.clone());
    let name = UserExternalName { namespace: NAMESPACE_FUNCTION, index: 0 };
    let name = ExternalName::User(b.func.declare_imported_user_function(name));
    b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false })
}

struct Machine {
    image: Image,
    vm: Vm,
    frames: Vec<usize>,
    traps: Vec<(Option<usize>, &'static str)>,
}

impl Machine {
    fn new() -> Result<Self, Box<dyn Error>> {
        let isa = isa(Target::Pulley64)?;
        let body = compile(&*isa, body(&isa)?)?;
        let entry = compile(&*isa, entry(&*isa, Passing::One, &[types::I64; PARAMS], &[types::I64; PARAMS]))?;
        let image = Image::new(&[body, entry], 0)?;
        Ok(Self { image, vm: Vm::with_stack(64 << 10)?, frames: Vec::new(), traps: Vec::new() })
    }

    /// Whether it returned, and the values.
    fn run(&mut self, what: u64) -> Result<(bool, Vec<u64>), Box<dyn Error>> {
        let mut values: Vec<u64> = (0..20).map(|i| i * 1000).collect();
        values[0] = what;
        let mut activation = Activation::default();
        let activation = &raw mut activation;
        let args: [Val; 4] = [
            XRegVal::new_ptr(std::ptr::without_provenance_mut::<u8>(0x1000)).into(),
            XRegVal::new_ptr(self.image.function(0).cast_mut()).into(),
            XRegVal::new_ptr(values.as_mut_ptr()).into(),
            XRegVal::new_ptr(activation).into(),
        ];
        let sp = self.vm[XReg::sp].get_u64();
        let fp = self.vm.fp();
        // SAFETY: four integer arguments, as the trampoline takes.
        let lr = unsafe { self.vm.call_start(&args) };
        let mut pc = NonNull::new(self.image.function(1).cast_mut()).ok_or("no entry")?;
        loop {
            // SAFETY: the image holds what Cranelift compiled, with its relocations resolved.
            match unsafe { self.vm.call_run(pc) } {
                DoneReason::ReturnToHost(()) => break,
                DoneReason::CallIndirectHost { id, resume } => {
                    pc = resume;
                    match u32::from(id) {
                        RAISE => {
                            assert_eq!(self.vm[XReg::x0].get_u64(), 0x1000);
                            // SAFETY: the trampoline of this run has filled it.
                            pc = self.resume(unsafe { *activation })?;
                        }
                        DOUBLE => {
                            let value = self.vm[XReg::x0].get_u64();
                            self.walk(resume.addr().get(), fp.addr());
                            self.vm[XReg::x0].set_u64(2 * value);
                        }
                        AGAIN => {
                            let (returned, _) = self.run(1)?;
                            assert!(!returned);
                            self.vm[XReg::x0].set_u64(77);
                        }
                        _ => return Err(format!("host call {id}").into()),
                    }
                }
                DoneReason::Trap { pc: at, kind } => {
                    let kind = match kind {
                        None => "opcode",
                        Some(TrapKind::DivideByZero) => "division",
                        Some(TrapKind::StackOverflow) => "stack",
                        Some(_) => "other",
                    };
                    self.traps.push((at.addr().get().checked_sub(self.image.range().start), kind));
                    // SAFETY: the trampoline of this run has filled it.
                    pc = self.resume(unsafe { *activation })?;
                }
            }
        }
        // SAFETY: after `call_run`; the trampoline returns one integer.
        let result = unsafe { self.vm.call_end(lr, [RegType::XReg]) }.next();
        let Some(Val::XReg(result)) = result else {
            return Err("no result".into());
        };
        assert_eq!((self.vm[XReg::sp].get_u64(), self.vm.fp()), (sp, fp), "the interpreter's stack is as before");
        Ok((result.get_u32() == 0, values))
    }

    /// What `mov rsp; mov rbp; jmp` is on x86_64.
    fn resume(&mut self, activation: Activation) -> Result<NonNull<u8>, Box<dyn Error>> {
        self.vm[XReg::x0].set_u64(0);
        self.vm[XReg::x1].set_u64(0);
        self.vm[XReg::sp].set_ptr(std::ptr::with_exposed_provenance_mut::<u8>(activation.sp));
        // SAFETY: the trampoline's own frame pointer, while its frame is there.
        unsafe { self.vm.set_fp(std::ptr::with_exposed_provenance_mut(activation.fp)) };
        NonNull::new(std::ptr::with_exposed_provenance_mut(activation.pc)).ok_or_else(|| "no landing pad".into())
    }

    /// Collects the offsets of the return addresses from the frame that calls the host up to the trampoline.
    fn walk(&mut self, resume: usize, outermost: usize) {
        self.frames.clear();
        let base = self.image.range().start;
        let mut pc = resume;
        let mut fp = self.vm.fp().addr();
        while fp != outermost {
            self.frames.push(pc - base);
            let frame = std::ptr::with_exposed_provenance::<usize>(fp);
            // SAFETY: each frame begins with the older frame pointer.
            let older = unsafe { *frame };
            // SAFETY: and the return address stands above it.
            pc = unsafe { *frame.wrapping_add(1) };
            fp = older;
        }
        assert_eq!(pc, usize::MAX, "the trampoline returns to the host");
    }
}

fn arguments(what: u64) -> Vec<u64> {
    let mut values: Vec<u64> = (0..20).map(|i| i * 1000).collect();
    values[0] = what;
    values
}

#[test]
fn returns_arguments_from_registers_and_stack() -> Outcome {
    let mut machine = Machine::new()?;
    for depth in [0, 10, 50] {
        let (returned, values) = machine.run(depth)?;
        assert!(returned);
        let expected: Vec<u64> = arguments(0).iter().map(|value| value + 1).collect();
        assert_eq!(values, expected);
    }
    Ok(())
}

#[test]
fn raises_and_traps_end_at_the_landing_pad() -> Outcome {
    let mut machine = Machine::new()?;
    for depth in [0, 10, 30] {
        for (what, trap) in [(1, None), (2, Some("opcode")), (3, Some("division")), (5, Some("stack"))] {
            machine.traps.clear();
            let (returned, values) = machine.run(depth + what)?;
            assert!(!returned);
            assert_eq!(values, arguments(depth + what));
            assert_eq!(machine.traps.iter().map(|&(_, kind)| kind).collect::<Vec<_>>(), Vec::from_iter(trap));
        }
    }
    Ok(())
}

/// The pc that the interpreter reports for a trap is the site that Cranelift recorded.
#[test]
fn traps_are_at_the_recorded_sites() -> Outcome {
    let isa = isa(Target::Pulley64)?;
    let compiled = compile(&*isa, body(&isa)?)?;
    let sites: Vec<_> = compiled.code.buffer.traps().iter().map(|trap| (trap.offset, trap.code)).collect();
    let mut machine = Machine::new()?;
    for (what, code) in [(2, TrapCode::unwrap_user(1)), (3, TrapCode::INTEGER_DIVISION_BY_ZERO)] {
        machine.run(what)?;
        let (Some(at), kind) = machine.traps.remove(0) else {
            return Err("the trap is outside of the code".into());
        };
        // A trap with a kind needs no table.
        if kind == "opcode" {
            assert!(sites.contains(&(u32::try_from(at)?, code)), "{at} {kind} {sites:?}");
        }
    }
    Ok(())
}

#[test]
fn host_calls_and_frames() -> Outcome {
    let mut machine = Machine::new()?;
    let isa = isa(Target::Pulley64)?;
    let compiled = compile(&*isa, body(&isa)?)?;
    let sites: Vec<usize> = compiled.code.buffer.call_sites().map(|site| site.ret_addr as usize).collect();
    let (returned, values) = machine.run(24)?;
    assert_eq!((returned, values), (true, vec![2 * 19_000; PARAMS]));
    // Three activations of the function, and the trampoline.
    assert_eq!(machine.frames.len(), 4);
    let body_end = compiled.code.code_buffer().len();
    for frame in &machine.frames {
        assert!(sites.contains(frame) || *frame > body_end, "{frame} {sites:?}");
    }
    Ok(())
}

#[test]
fn activations_nest() -> Outcome {
    let mut machine = Machine::new()?;
    let (returned, values) = machine.run(16)?;
    let mut expected = arguments(6);
    expected[0] = 77;
    assert_eq!((returned, values), (true, expected));
    Ok(())
}

/// The frame and its size as seen from compiled code.
#[test]
fn frame_pointer_and_return_address_are_readable() -> Outcome {
    let isa = isa(Target::Pulley64)?;
    let pointer = isa.pointer_type();
    let signature = inner_signature(pointer, Passing::One, &[types::I64; PARAMS], &[types::I64; PARAMS]);
    let mut function = Function::with_name_signature(UserFuncName::user(0, 0), signature);
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let fp = b.ins().get_frame_pointer(pointer);
    let saved = b.ins().load(pointer, MemFlagsData::trusted(), fp, 8);
    let address = b.ins().get_return_address(pointer);
    let sp = b.ins().get_stack_pointer(pointer);
    let size = b.ins().isub(fp, sp);
    let mut results = vec![size; PARAMS];
    results[1] = saved;
    results[2] = address;
    b.ins().return_(&results);
    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    let compiled = compile(&*isa, function)?;
    let size = compiled.code.buffer.frame_layout().ok_or("no layout")?.frame_to_fp_offset;
    let entry = compile(&*isa, entry(&*isa, Passing::One, &[types::I64; PARAMS], &[types::I64; PARAMS]))?;
    let mut machine = Machine::new()?;
    machine.image = Image::new(&[compiled, entry], 0)?;
    let (returned, values) = machine.run(0)?;
    assert!(returned);
    assert_eq!(values[0], u64::from(size));
    assert_eq!(values[1], values[2]);
    Ok(())
}
