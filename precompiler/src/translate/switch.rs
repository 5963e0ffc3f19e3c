//! Going one of several ways by a number: `br_table`, and `call_indirect` among a few functions.
//!
//! A jump table ends in one jump, which the processor predicts from where it and others led before. How well depends on the
//! addresses of what it leads to. A few ways are told apart by comparisons instead, which are predicted wherever they lie, and are
//! not more code (RATIONALE, "Why is a small switch a search?"). Whatever is predicted, control goes one of the ways.

use super::function::Translator;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder as _, JumpTableData, Value, types};
use stilt_artifact::header::flags;

/// Numbers that go the same way: from this one up to the next range's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u32,
    way: Block,
}

impl Translator<'_, '_, '_> {
    /// Goes to `ways[index - first]`, or to `default` if there is none. Each way gets these arguments.
    pub(super) fn switch(&mut self, index: Value, first: u32, ways: &[Block], default: Block, arguments: &[BlockArg]) {
        let ranges = ranges(first, ways, default);
        if ranges.len() <= self.env.target.compared_ways() {
            self.search(index, &ranges, arguments);
            return;
        }
        let from = if first == 0 {
            index
        } else {
            let first = self.b.ins().iconst(types::I32, i64::from(first));
            self.b.ins().isub(index, first)
        };
        let lists = &mut self.b.func.dfg.value_lists;
        // Where places that are jumped to are marked, Cranelift marks those that have a number, and jumps to the default all the same: so
        // it has one, too.
        let marked = self.env.target.protection() & flags::BRANCH_TARGETS != 0;
        let ways = ways.iter().chain(marked.then_some(&default));
        let calls: Vec<BlockCall> = ways.map(|way| BlockCall::new(*way, arguments.iter().copied(), lists)).collect();
        let default = BlockCall::new(default, arguments.iter().copied(), lists);
        let table = self.b.create_jump_table(JumpTableData::new(default, &calls));
        self.b.ins().br_table(from, table);
    }

    /// Goes the way of the range that the index lies in, which is one of these.
    fn search(&mut self, index: Value, ranges: &[Range], arguments: &[BlockArg]) {
        let (low, high) = ranges.split_at(ranges.len() / 2);
        let (Some(middle), [_, ..]) = (high.first(), low) else {
            self.b.ins().jump(ranges[0].way, arguments);
            return;
        };
        let below = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, index, i64::from(middle.first));
        let mut sides = [low, high].map(|side| match side {
            [range] => (range.way, arguments, None),
            _ => (self.b.create_block(), &[][..], Some(side)),
        });
        self.b.ins().brif(below, sides[0].0, sides[0].1, sides[1].0, sides[1].1);
        for (block, _, side) in &mut sides {
            if let Some(side) = side.take() {
                self.b.seal_block(*block);
                self.b.switch_to_block(*block);
                self.search(index, side, arguments);
            }
        }
    }
}

/// What goes the same way, ascending, from 0 to all that an index can be.
fn ranges(first: u32, ways: &[Block], default: Block) -> Vec<Range> {
    let mut ranges =
        vec![Range { first: 0, way: if first == 0 { ways.first().copied().unwrap_or(default) } else { default } }];
    for (number, way) in (first..).zip(ways.iter().copied().chain([default])) {
        if ranges.last().is_some_and(|last| last.way != way) {
            ranges.push(Range { first: number, way });
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{DefinedFuncIndex, Module};
    use crate::options::{OptLevel, Options};
    use crate::target::Target;
    use crate::translate::{ModuleEnv, Scratch, translate};
    use cranelift_codegen::entity::EntityRef as _;

    /// How many jump tables a `br_table` of so many ways and a default has.
    fn tables(target: &str, level: OptLevel, ways: usize) -> usize {
        let blocks = "(block ".repeat(ways + 1);
        let labels: Vec<String> = (0..=ways).map(|label| label.to_string()).collect();
        let arms: String = (0..=ways).map(|way| format!(") (global.set 0 (i32.const {way}))")).collect();
        let wat = format!(
            "(module (global (mut i32) (i32.const 0)) (func (param i32) {blocks} (br_table {} (local.get 0)) {arms}))",
            labels.join(" ")
        );
        let wasm = wat::parse_str(&wat).expect("the module is well-formed");
        let module = Module::parse(&wasm).expect("the module is valid");
        let mut options = Options::for_target(target);
        options.opt_level = level;
        let target = Target::new(&options).expect("a target");
        let env = ModuleEnv::new(&module, &target).expect("a plan");
        let own = DefinedFuncIndex::from_u32(0);
        translate(&env, own, &mut Scratch::default(), false)
            .expect("it compiles")
            .function
            .stencil
            .dfg
            .jump_tables
            .len()
    }

    #[test]
    fn few_ways_have_no_jump_table() {
        for (target, level, most) in [
            ("x86_64", OptLevel::Speed, 15),
            ("x86_64", OptLevel::Size, 3),
            ("x86_64", OptLevel::None, 0),
            ("aarch64", OptLevel::Speed, 0),
            ("pulley64", OptLevel::Speed, 0),
        ] {
            for ways in [1, 3, 4, 15, 16, 40] {
                let expected = usize::from(ways > most);
                assert_eq!(tables(target, level, ways), expected, "{target} {level:?}, {ways} ways and a default");
            }
        }
    }

    #[test]
    fn ranges_are_as_few_as_can_be() {
        let [a, b, default] = [1, 2, 3].map(Block::new);
        let found = |first, ways: &[Block]| -> Vec<(u32, Block)> {
            ranges(first, ways, default).into_iter().map(|range| (range.first, range.way)).collect()
        };
        assert_eq!(found(0, &[]), [(0, default)]);
        assert_eq!(found(0, &[default, default]), [(0, default)]);
        assert_eq!(found(0, &[a]), [(0, a), (1, default)]);
        assert_eq!(found(0, &[a, a, b, b, a]), [(0, a), (2, b), (4, a), (5, default)]);
        assert_eq!(found(0, &[default, a]), [(0, default), (1, a), (2, default)]);
        assert_eq!(found(7, &[a, default, b]), [(0, default), (7, a), (8, default), (9, b), (10, default)]);
    }
}
