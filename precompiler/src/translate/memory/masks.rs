//! With Spectre mitigations no access may be reached on a mispredicted path with an index that is out of bounds, and nothing that runs
//! tells whether that is so. So this looks at the code in its intermediate form: what every access to a memory goes by.

use crate::module::{DefinedFuncIndex, Module};
use crate::options::Options;
use crate::target::Target;
use crate::translate::context::Region;
use crate::translate::{ModuleEnv, Scratch, translate};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Function, Inst, Opcode, Value, ValueDef};
use stilt_artifact::target::TrapMode;

/// Functions with accesses of each kind; the first three are masked, the last needs no mask.
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

/// Whether an address is what a mask has left, with something added to it.
fn is_masked(function: &Function, address: Value) -> bool {
    let dfg = &function.dfg;
    let ValueDef::Result(inst, _) = dfg.value_def(dfg.resolve_aliases(address)) else { return false };
    match dfg.insts[inst].opcode() {
        Opcode::SelectSpectreGuard => true,
        Opcode::Iadd => dfg.inst_args(inst).iter().any(|arg| is_masked(function, *arg)),
        _ => false,
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
        // The row stands there twice, and so does the loop.
        for (number, least) in [(0, 2), (1, 5), (2, 4), (3, 1)] {
            let own = DefinedFuncIndex::from_u32(number);
            let function = translate(&env, own, &mut Scratch::default(), false).expect("it compiles").function;
            let accesses = accesses(&function);
            assert!(accesses.len() >= least, "{} accesses\n{function}", accesses.len());
            for (inst, address) in accesses {
                let masked = is_masked(&function, address);
                assert_eq!(masked, spectre && number < 3, "{}\n{function}", function.dfg.display_inst(inst));
            }
        }
    }
}
