//! What a whole module says about itself before anything is translated: every body is validated, and on the way counted and
//! asked what it changes. The passes that look beyond one function rely on it.

use crate::error::CompileError;
use crate::module::{DefinedFuncIndex, FuncIndex, GlobalIndex, Module, TableIndex};
use core::sync::atomic::{AtomicUsize, Ordering};
use cranelift_codegen::entity::{PrimaryMap, SecondaryMap};
use rayon::prelude::*;
use stilt_artifact::types::ExternKind;
use wasmparser::{FuncValidatorAllocations, Operator};

/// What one body does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyFacts {
    /// Operators that become code, roughly weighted, and reading the body; never 0.
    pub cost: u32,
    /// Locals, parameters included.
    pub locals: u32,
    /// The functions that it calls directly, one entry for each call.
    pub calls: Vec<FuncIndex>,
    /// It calls functions through a table.
    indirect: bool,
    /// Globals that it sets, ascending.
    globals: Vec<GlobalIndex>,
    /// Tables that it may change, ascending.
    tables: Vec<TableIndex>,
    /// Its loops, in the order of their starts.
    pub loops: Vec<LoopFacts>,
}

/// What one loop does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoopFacts {
    /// Where it starts in the wasm file.
    pub offset: u64,
    /// The locals that it reads and never sets, ascending.
    pub constants: Vec<u32>,
}

/// The loops around an operator.
#[derive(Debug, Default)]
struct OpenLoops {
    open: Vec<OpenLoop>,
    /// Other frames in the innermost.
    blocks: usize,
}

/// What is being found out about a loop.
#[derive(Debug)]
struct OpenLoop {
    /// Its number among the body's loops.
    facts: usize,
    /// Other frames between it and the loop around it.
    outer: usize,
    read: Vec<u32>,
    set: Vec<u32>,
}

/// See the module's text.
#[derive(Debug)]
pub struct Survey {
    /// Each body's facts.
    pub bodies: PrimaryMap<DefinedFuncIndex, BodyFacts>,
    /// How often each function is called directly.
    pub call_sites: SecondaryMap<FuncIndex, u32>,
    changed_globals: SecondaryMap<GlobalIndex, bool>,
    changed_tables: SecondaryMap<TableIndex, bool>,
}

impl Survey {
    /// Validates all bodies. Of several errors, that of the first function is returned.
    pub fn new(module: &Module<'_>) -> Result<Survey, CompileError> {
        let mut survey = Survey {
            bodies: PrimaryMap::with_capacity(module.bodies.len()),
            call_sites: SecondaryMap::new(),
            changed_globals: SecondaryMap::new(),
            changed_tables: SecondaryMap::new(),
        };
        for facts in bodies(module)? {
            for callee in &facts.calls {
                survey.call_sites[*callee] += 1;
            }
            facts.globals.iter().for_each(|global| survey.changed_globals[*global] = true);
            facts.tables.iter().for_each(|table| survey.changed_tables[*table] = true);
            survey.bodies.push(facts);
        }
        for export in &module.exports {
            match export.kind {
                ExternKind::Global => survey.changed_globals[GlobalIndex::from_u32(export.index)] = true,
                ExternKind::Table => survey.changed_tables[TableIndex::from_u32(export.index)] = true,
                _ => {}
            }
        }
        Ok(survey)
    }

    /// The functions that cost at most `most`, each loop counted as one round, together with all that they call, and what these call.
    /// (Not those that call others through a table; and where calls are nested deeper than anybody nests short functions, it
    /// does not look.)
    pub fn light(&self, module: &Module<'_>, most: u32) -> SecondaryMap<FuncIndex, bool> {
        const NESTED: usize = 4;
        let mut costs: SecondaryMap<FuncIndex, Option<u32>> = SecondaryMap::new();
        for _ in 0..NESTED {
            let before = costs.clone();
            for (own, facts) in &self.bodies {
                let cost = facts.calls.iter().try_fold(facts.cost, |sum, callee| sum.checked_add(before[*callee]?));
                costs[module.function_index(own)] = cost.filter(|cost| !facts.indirect && *cost <= most);
            }
        }
        let mut light = SecondaryMap::new();
        for (function, cost) in costs.iter() {
            light[function] = cost.is_some();
        }
        light
    }

    /// Whether an own global keeps its initial value, whatever its type says.
    pub fn is_constant(&self, module: &Module<'_>, global: GlobalIndex) -> bool {
        let own = global.as_u32() >= module.imported_globals;
        own && (!module.globals[global].mutable || !self.changed_globals[global])
    }

    /// Whether nothing but active segments writes to a table, and nobody else has it.
    pub fn is_settled(&self, module: &Module<'_>, table: TableIndex) -> bool {
        table.as_u32() >= module.imported_tables && !self.changed_tables[table]
    }
}

fn bodies(module: &Module<'_>) -> Result<Vec<BodyFacts>, CompileError> {
    let first_bad = AtomicUsize::new(usize::MAX);
    let results: Vec<_> = (0..module.bodies.len())
        .into_par_iter()
        .map_init(FuncValidatorAllocations::default, |allocations, number| {
            // What stands behind an error is not needed any more.
            if first_bad.load(Ordering::Relaxed) < number {
                return None;
            }
            let own = DefinedFuncIndex::from_u32(u32::try_from(number).unwrap_or(u32::MAX));
            let facts = body(module, own, allocations);
            if facts.is_err() {
                first_bad.fetch_min(number, Ordering::Relaxed);
            }
            let wrong = |error| module.error(&error, Some(module.function_index(own)));
            Some(facts.map_err(wrong))
        })
        .collect();
    // Nothing in front of the first error was left out.
    results.into_iter().flatten().collect()
}

fn body(
    module: &Module<'_>,
    own: DefinedFuncIndex,
    allocations: &mut FuncValidatorAllocations,
) -> Result<BodyFacts, wasmparser::Error> {
    let body = &module.bodies[own];
    let mut validator = body.to_validate().into_validator(core::mem::take(allocations));
    let params = module.function_type(module.function_index(own)).params.len();
    let mut facts = BodyFacts { locals: u32::try_from(params).unwrap_or(u32::MAX), ..BodyFacts::default() };
    let mut locals = body.body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let offset = locals.original_position();
        let (count, ty) = locals.read()?;
        validator.define_locals(offset, count, ty)?;
        facts.locals = facts.locals.saturating_add(count);
    }
    let mut operators = body.body.get_operators_reader()?;
    let mut loops = OpenLoops::default();
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        validator.op(offset, &operator)?;
        facts.note(&operator);
        facts.note_in_loop(&operator, offset, &mut loops);
    }
    operators.finish()?;
    let range = body.body.range();
    let reading = u32::try_from((range.end - range.start) / 8).unwrap_or(u32::MAX);
    facts.cost = facts.cost.max(reading).saturating_add(1);
    facts.globals.sort_unstable();
    facts.globals.dedup();
    facts.tables.sort_unstable();
    facts.tables.dedup();
    *allocations = validator.into_allocations();
    Ok(facts)
}

impl BodyFacts {
    /// What a loop that starts there does.
    pub fn loop_at(&self, offset: u64) -> Option<&LoopFacts> {
        let place = self.loops.binary_search_by_key(&offset, |facts| facts.offset).ok()?;
        self.loops.get(place)
    }

    /// Follows the loops of a body.
    fn note_in_loop(&mut self, operator: &Operator<'_>, offset: u64, loops: &mut OpenLoops) {
        use Operator as O;
        match *operator {
            O::Block { .. } | O::If { .. } => loops.blocks += 1,
            O::Loop { .. } => {
                let outer = core::mem::take(&mut loops.blocks);
                loops.open.push(OpenLoop { facts: self.loops.len(), outer, read: Vec::new(), set: Vec::new() });
                self.loops.push(LoopFacts { offset, constants: Vec::new() });
            }
            O::LocalGet { local_index } => {
                if let Some(open) = loops.open.last_mut() {
                    open.read.push(local_index);
                }
            }
            O::LocalSet { local_index } | O::LocalTee { local_index } => {
                if let Some(open) = loops.open.last_mut() {
                    open.set.push(local_index);
                }
            }
            O::End if loops.blocks > 0 => loops.blocks -= 1,
            O::End => {
                let Some(OpenLoop { facts, outer, mut read, mut set }) = loops.open.pop() else { return };
                loops.blocks = outer;
                for locals in [&mut read, &mut set] {
                    locals.sort_unstable();
                    locals.dedup();
                }
                let constants = read.iter().copied().filter(|local| set.binary_search(local).is_err());
                self.loops[facts].constants = constants.collect();
                if let Some(open) = loops.open.last_mut() {
                    open.read.extend(read);
                    open.set.extend(set);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, operator: &Operator<'_>) {
        use Operator as O;
        let cost = match *operator {
            O::LocalGet { .. } | O::LocalSet { .. } | O::LocalTee { .. } | O::I32Const { .. } | O::I64Const { .. } => 0,
            O::Block { .. } | O::Else | O::End | O::Nop | O::Drop | O::Return | O::Unreachable => 0,
            O::Loop { .. } => 1,
            O::Call { function_index } => {
                self.calls.push(FuncIndex::from_u32(function_index));
                3
            }
            O::CallIndirect { .. } => {
                self.indirect = true;
                8
            }
            O::BrTable { ref targets } => 3 + targets.len() / 4,
            O::GlobalSet { global_index } => {
                self.globals.push(GlobalIndex::from_u32(global_index));
                1
            }
            O::TableSet { table }
            | O::TableGrow { table }
            | O::TableFill { table }
            | O::TableInit { table, .. }
            | O::TableCopy { dst_table: table, .. } => {
                self.tables.push(TableIndex::from_u32(table));
                6
            }
            O::MemoryCopy { .. } | O::MemoryFill { .. } | O::MemoryInit { .. } | O::MemoryGrow { .. } => 6,
            _ => 1,
        };
        self.cost = self.cost.saturating_add(cost);
    }
}
