//! With Spectre mitigations no access may be reached on a mispredicted path with an index that is out of bounds, and nothing that runs
//! tells whether that is so. So this looks at the code in its intermediate form: what every access to a memory goes by, and whether it
//! reaches beyond what the mask lets through, or, with index 0, beyond the memory's minimal size.

use crate::module::{DefinedFuncIndex, Module};
use crate::options::Options;
use crate::target::Target;
use crate::translate::context::Region;
use crate::translate::{ModuleEnv, Scratch, translate};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value};
use stilt_artifact::target::TrapMode;

/// Functions with accesses of each kind. All are masked but those of the last, which need no mask. The indexes of `$far` are too far
/// apart for one mask.
const MODULE: &str = "(module (memory 1)
    (func $alone (param i32) (result i64)
      (i64.add (i64.load (local.get 0)) (i64.load offset=70000 (local.get 0))))
    (func $row (param i32) (result i32)
      (i32.store offset=8 (local.get 0) (i32.const 1))
      (i32.store offset=4 (local.get 0) (i32.const 1))
      (i32.store offset=12 (local.get 0) (i32.const 1))
      (i32.load8_u (i32.add (local.get 0) (i32.const 2))))
    (func $loop (param i32 i32 i32) (result i32) (local i32)
      (loop $again
        (local.set 3 (i32.add (local.get 3) (i32.load (local.get 0))))
        (i32.store offset=16 (local.get 1) (local.get 3))
        (local.set 0 (i32.add (local.get 0) (i32.const 4)))
        (local.set 1 (i32.add (local.get 1) (i32.const 4)))
        (br_if $again (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
      (local.get 3))
    (func $group (param i32 i32) (result i32) (local i32)
      (loop $again
        (local.set 2 (i32.add (local.get 2) (i32.load offset=4 (local.get 0))))
        (i32.store8 offset=20 (i32.add (local.get 0) (i32.const 8)) (local.get 2))
        (local.set 0 (i32.add (local.get 0) (i32.const 12)))
        (i64.store (i32.add (local.get 0) (i32.const -40)) (i64.load offset=1 (i32.add (local.get 0) (i32.const 4))))
        (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
      (local.get 2))
    (func $far (param i32 i32) (result i32) (local i32)
      (loop $again
        (local.set 2 (i32.add (local.get 2) (i32.load (local.get 0))))
        (local.set 2 (i32.add (local.get 2) (i32.load offset=30000 (i32.add (local.get 0) (i32.const 30000)))))
        (i32.store (i32.add (local.get 0) (i32.const 70000)) (local.get 2))
        (local.set 0 (i32.add (local.get 0) (i32.const 4)))
        (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
      (local.get 2))
    (func $below (param i32) (result i32) (i32.load (i32.and (local.get 0) (i32.const 1023)))))";

/// The accesses to memories that are reached, and what address each goes by.
fn accesses(function: &Function) -> Vec<(Inst, Value)> {
    let reached = DominatorTree::with_function(function, &ControlFlowGraph::with_function(function));
    let blocks = function.layout.blocks().filter(|block| reached.is_reachable(*block));
    let insts = blocks.flat_map(|block| function.layout.block_insts(block));
    let accesses = insts.filter(|inst| {
        let flags = function.dfg.insts[*inst].memflags_data(&function.dfg);
        let region = flags.and_then(|flags| flags.alias_region());
        region.is_some_and(|region| function.dfg.alias_regions[region].user_id == Region::Memory as u32)
    });
    let address = |inst| {
        let stores = function.dfg.insts[inst].opcode().can_store();
        (inst, function.dfg.inst_args(inst)[usize::from(stores)])
    };
    accesses.map(address).collect()
}

/// The instruction that a value is the result of.
fn made_by(function: &Function, value: Value) -> Option<Inst> {
    function.dfg.value_def(function.dfg.resolve_aliases(value)).inst()
}

fn constant(function: &Function, value: Value) -> Option<u64> {
    match function.dfg.insts[made_by(function, value)?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits().cast_unsigned()),
        _ => None,
    }
}

/// If an address is what a mask has left, with something added to it: the mask, and the sum of the constants among that.
fn mask(function: &Function, address: Value) -> Option<(Inst, u64)> {
    let inst = made_by(function, address)?;
    let args = function.dfg.inst_args(inst);
    match function.dfg.insts[inst].opcode() {
        Opcode::SelectSpectreGuard => Some((inst, 0)),
        Opcode::Iadd => [(args[0], args[1]), (args[1], args[0])].into_iter().find_map(|(arg, other)| {
            let (mask, sum) = mask(function, arg)?;
            Some((mask, sum + constant(function, other).unwrap_or(0)))
        }),
        _ => None,
    }
}

/// What a mask of an index lets through: all below `index + end` is in the memory. `None` if it masks the whole address.
fn end(function: &Function, mask: Inst) -> Option<u64> {
    let args = function.dfg.inst_args(mask);
    if constant(function, args[1]) != Some(0) {
        return None;
    }
    let outside = made_by(function, args[0]).expect("a comparison");
    let (index, most) = match function.dfg.insts[outside] {
        InstructionData::IntCompare { cond: IntCC::UnsignedGreaterThanOrEqual, args: [index, _], .. } => (index, 1),
        InstructionData::IntCompare { cond: IntCC::UnsignedGreaterThan, args: [index, last], .. } => {
            let last = function.dfg.inst_args(made_by(function, last).expect("length - end"));
            (index, constant(function, last[1]).expect("an end"))
        }
        ref other => panic!("{other:?}"),
    };
    assert_eq!(index, args[2], "what is compared is what is masked");
    Some(most)
}

/// Bytes of an access.
fn size(function: &Function, access: Inst) -> u64 {
    let dfg = &function.dfg;
    match dfg.insts[access].opcode() {
        Opcode::Uload8 | Opcode::Istore8 => 1,
        Opcode::Load => dfg.value_type(dfg.first_result(access)).bytes().into(),
        Opcode::Store => dfg.value_type(dfg.inst_args(access)[0]).bytes().into(),
        other => panic!("{other}"),
    }
}

#[test]
fn accesses_with_a_test_have_a_mask() {
    let wasm = wat::parse_str(MODULE).expect("the module is well-formed");
    let module = Module::parse(&wasm).expect("the module is valid");
    for spectre in [true, false] {
        let mut options = Options::for_target("x86_64");
        options.traps = Some(TrapMode::Explicit);
        options.spectre = spectre;
        let target = Target::new(&options).expect("a target");
        let env = ModuleEnv::new(&module, &target).expect("a plan");
        // The row stands there twice, and so do the loops.
        for (number, least) in [(0, 2), (1, 5), (2, 4), (3, 8), (4, 6), (5, 1)] {
            let own = DefinedFuncIndex::from_u32(number);
            let function = translate(&env, own, &mut Scratch::default(), false).expect("it compiles").function;
            let accesses = accesses(&function);
            assert!(accesses.len() >= least, "{} accesses\n{function}", accesses.len());
            for (inst, address) in accesses {
                let mask = mask(&function, address);
                assert_eq!(mask.is_some(), spectre && number < 5, "{}\n{function}", function.dfg.display_inst(inst));
                if let Some((mask, sum)) = mask
                    && let Some(end) = end(&function, mask)
                {
                    let offset = function.dfg.insts[inst].load_store_offset().expect("every access has one");
                    let reach = sum + u64::try_from(offset).expect("no access goes back") + size(&function, inst);
                    let inside = reach <= end && end <= 65536;
                    assert!(inside, "{reach}, {end}: {}\n{function}", function.dfg.display_inst(inst));
                }
            }
        }
    }
}
