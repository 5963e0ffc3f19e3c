//! Tests of the store's interrupt word, which an interrupt handler, a signal handler or another core sets to stop a guest.
//!
//! | where | |
//! |---|---|
//! | in each loop, so that no way round it goes without | at its head, or in the last copy of a body that `repeat.rs` has repeated; none where a loop in it tests on every way round |
//! | before the first call | of a function that is not *light*; none behind the test of a loop; at the entry of functions of more than [`SHORT`] instructions |
//! | before each operation on a range whose length is known at run time only | so that at most one of them is between two tests |
//!
//! A light function costs at most [`SHORT`] operators, each loop counted as one round, together with all that it calls. A loop that
//! is over soon whatever happens (`memory/brief.rs`) has no test, and counts as straight code.
//!
//! So without end nothing runs that does not test: a way through one activation without end goes round some loop, and a row of calls
//! without end goes through activations that each test before they call. Between two tests runs at most, for each activation that
//! is left: the function's straight code, [`SHORT`] instructions or operators for each call in it; and one operation on a range,
//! which is as long as the largest memory or table at most.

use super::context::{Region, place};
use super::env::{ModuleEnv, Uses};
use super::function::Translator;
use super::late_test::LateTests;
use crate::error::CompileError;
use crate::module::DefinedFuncIndex;
use crate::target::Target;
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder as _};
use stilt_artifact::layout::StoreContextLayout;
use stilt_artifact::trap::TrapCode;

/// See the module's text.
pub(super) const SHORT: u32 = 256;
/// How many blocks are looked at for each block there is, to do without tests in loops.
const EFFORT: usize = 32;

/// Where a function under translation is to test the interrupt word.
#[derive(Debug, Default)]
pub(super) struct Interrupts {
    /// Those that stand further out come first.
    loops: Vec<Loop>,
    /// The heads of loops that are over soon.
    brief: EntitySet<Block>,
    /// Blocks with a test in them already.
    tested: EntitySet<Block>,
    /// Calls of functions that are not light.
    calls: Vec<Inst>,
    /// Tests so far.
    count: i32,
}

#[derive(Debug)]
struct Loop {
    head: Block,
    /// Where it is best tested.
    place: Block,
    /// In the wasm file.
    location: u32,
}

impl Translator<'_, '_, '_> {
    /// Tests the interrupt word here, if code is to.
    pub(super) fn test_interrupt(&mut self) {
        if !self.env.target.interrupt() {
            return;
        }
        if let Some(block) = self.b.current_block() {
            self.interrupts.tested.insert(block);
        }
        let store = self.context.store(&mut self.b);
        let flags = self.context.flags(Region::Context);
        let target = self.env.target;
        let (apart, offset) = apart(target, &mut self.interrupts.count);
        let base = self.b.ins().iadd_imm_s(store, apart);
        let word = self.b.ins().load(target.pointer_type(), flags, base, offset);
        let set = self.b.ins().icmp_imm_u(IntCC::NotEqual, word, 0);
        self.trap_if(set, TrapCode::Interrupt);
    }

    /// Notes a loop that starts here.
    pub(super) fn note_loop(&mut self, head: Block) {
        if self.env.target.interrupt() {
            let location = self.location();
            self.interrupts.loops.push(Loop { head, place: head, location });
        }
    }

    /// The loop noted last is over soon, whatever happens.
    pub(super) fn loop_is_brief(&mut self) {
        if let Some(noted) = self.interrupts.loops.pop() {
            self.interrupts.brief.insert(noted.head);
        }
    }

    /// Has a loop be tested in this block, which is on every way round it.
    pub(super) fn test_in_copy(&mut self, head: Block, place: Block) {
        if let Some(noted) = self.interrupts.loops.iter_mut().rev().find(|noted| noted.head == head) {
            noted.place = place;
        }
    }

    /// Notes a call of a function that is not light.
    pub(super) fn note_call(&mut self, call: Inst) {
        if self.env.target.interrupt() {
            self.interrupts.calls.push(call);
        }
    }
}

impl Interrupts {
    /// Puts the tests into the finished function, which traps there if the word is set.
    pub(super) fn insert(
        mut self,
        env: &ModuleEnv<'_, '_>,
        own: DefinedFuncIndex,
        function: &mut Function,
        uses: &mut Uses,
    ) -> Result<(), CompileError> {
        let target = env.target;
        if !target.interrupt() {
            return Ok(());
        }
        let start = env.module.bodies[own].start();
        let long = function.dfg.num_insts() > SHORT as usize;
        let mut flow = Flow::new(function, core::mem::take(&mut self.tested));
        let mut tests: Vec<(Block, u32)> = Vec::new();
        for Loop { head, place, location } in self.loops.into_iter().rev() {
            // The place is on every way; that the head is, is certain.
            for block in [place, head] {
                if flow.goes_round(head) {
                    flow.tested.insert(block);
                    tests.push((block, location));
                }
            }
        }
        if target.verify() && flow.runs_on(&self.brief) {
            let function = Some(env.module.label(env.module.function_index(own)));
            let message = "a way round a loop without a test of the interrupt word".to_owned();
            return Err(CompileError::Internal { function, message });
        }
        let calls = self.calls.iter().filter_map(|call| function.layout.inst_block(*call));
        let first = if long && !env.light[env.module.function_index(own)] {
            function.layout.entry_block()
        } else {
            flow.before_all(calls)
        };
        tests.extend(first.map(|block| (block, start)));
        let mut late = LateTests::new(target, function, uses, TrapCode::Interrupt);
        for (block, location) in tests {
            let (apart, offset) = apart(target, &mut self.count);
            late.insert(block, location, |cursor, store, flags| {
                let base = cursor.ins().iadd_imm_s(store, apart);
                let word = cursor.ins().load(target.pointer_type(), flags, base, offset);
                if target.compares_with_memory() {
                    // Set are all bits: more than any address.
                    return cursor.ins().icmp(IntCC::UnsignedLessThan, store, word);
                }
                cursor.ins().icmp_imm_u(IntCC::NotEqual, word, 0)
            });
        }
        Ok(())
    }
}

/// The address of a word in the store's context, as a distance from it and an offset that make up the same in every test.
///
/// Somebody else writes the word: what one test has read is not what the next will. So Cranelift, which would have the first load do
/// for all, sees an address of its own in each; in the instruction it is the same one again.
fn apart(target: &Target, count: &mut i32) -> (i64, i32) {
    let width = target.pointer_width();
    *count += 1;
    let apart = *count * i32::from(width);
    (i64::from(apart), place(StoreContextLayout::interrupt(width)) - apart)
}

/// How control flows through a function, and where it is tested.
struct Flow {
    graph: ControlFlowGraph,
    dominators: DominatorTree,
    /// Blocks with a test in them.
    tested: EntitySet<Block>,
    /// How many blocks may still be looked at.
    effort: usize,
}

impl Flow {
    fn new(function: &Function, tested: EntitySet<Block>) -> Flow {
        let graph = ControlFlowGraph::with_function(function);
        let dominators = DominatorTree::with_function(function, &graph);
        Flow { graph, dominators, tested, effort: EFFORT * function.dfg.num_blocks() }
    }

    /// Whether a loop has a way round from its head that meets no test.
    fn goes_round(&mut self, head: Block) -> bool {
        if self.tested.contains(head) {
            return false;
        }
        // From the ends of the loop's ways towards its head, which they cannot miss.
        let mut seen = EntitySet::new();
        let mut waiting: Vec<Block> =
            self.before(head).filter(|end| self.dominators.block_dominates(head, *end)).collect();
        while let Some(block) = waiting.pop() {
            if self.tested.contains(block) || !seen.insert(block) {
                continue;
            }
            if block == head || self.effort == 0 {
                return true;
            }
            self.effort -= 1;
            waiting.extend(self.before(block));
        }
        false
    }

    /// Whether something goes round and round without a test, but for loops with these heads.
    fn runs_on(&self, brief: &EntitySet<Block>) -> bool {
        // Blocks to which no other leads are taken away one after another. What goes round is left.
        let passes = |from: Block, to: Block| {
            let back = brief.contains(to) && self.dominators.block_dominates(to, from);
            !back && !self.tested.contains(from) && !self.tested.contains(to)
        };
        let mut ways: SecondaryMap<Block, usize> = SecondaryMap::new();
        for &to in self.dominators.cfg_postorder() {
            ways[to] = self.before(to).filter(|from| passes(*from, to)).count();
        }
        let mut ended: Vec<Block> =
            self.dominators.cfg_postorder().iter().copied().filter(|block| ways[*block] == 0).collect();
        let mut left = self.dominators.cfg_postorder().len();
        while let Some(from) = ended.pop() {
            left -= 1;
            for to in self.graph.succ_iter(from).filter(|to| passes(from, *to)) {
                ways[to] -= 1;
                if ways[to] == 0 {
                    ended.push(to);
                }
            }
        }
        left > 0
    }

    /// The blocks from which control comes.
    fn before(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        self.graph.pred_iter(block).map(|from| from.block).filter(|block| self.dominators.is_reachable(*block))
    }

    /// The block that is passed before any of these, of which those behind a test do not count. None if there are no others.
    fn before_all(&self, blocks: impl Iterator<Item = Block>) -> Option<Block> {
        let mut behind_test: EntitySet<Block> = EntitySet::new();
        for &block in self.dominators.cfg_rpo() {
            let dominator = self.dominators.idom(block);
            if self.tested.contains(block) || dominator.is_some_and(|dominator| behind_test.contains(dominator)) {
                behind_test.insert(block);
            }
        }
        let mut below: SecondaryMap<Block, usize> = SecondaryMap::new();
        let mut all = 0;
        for block in blocks.filter(|block| self.dominators.is_reachable(*block) && !behind_test.contains(*block)) {
            below[block] += 1;
            all += 1;
        }
        if all == 0 {
            return None;
        }
        // A block comes before those that it dominates, so the first one that all are below is the innermost.
        for &block in self.dominators.cfg_postorder() {
            if below[block] == all {
                return Some(block);
            }
            if let Some(dominator) = self.dominators.idom(block) {
                below[dominator] += below[block];
            }
        }
        None
    }
}
