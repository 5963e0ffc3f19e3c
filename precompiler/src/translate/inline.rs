//! Inlining: which calls of own functions are replaced by the callee's body, and how a place in the code leads back to the calls
//! that it was reached by.
//!
//! A body is translated where the call stands, as a block whose parameters are the callee's locals. So whatever is known about
//! the arguments is known there, and every function is still compiled by itself: the outcome depends on nothing but the module
//! and the options.

use super::env::ModuleEnv;
use crate::module::{DefinedFuncIndex, FuncIndex};

/// A callee that costs at most this much is hardly more than its call.
const TINY: u32 = 6;
/// The most that a callee costs where it is called in a loop.
const IN_LOOP: u32 = 24;
/// The most that a callee costs which nobody else calls.
const ONLY_CALL: u32 = 16;
/// The most that a function costs which is inlined into itself.
const RECURSIVE: u32 = 40;
/// The most locals that such a function has: three times as many values fit into registers.
const RECURSIVE_LOCALS: u32 = 5;
/// How often a function may be inlined into itself along one path of calls.
const SELF: usize = 2;
/// How deep inlined calls nest.
const DEPTH: usize = 6;
/// Locals of a callee: more take longer to compile than the call is worth.
const LOCALS: u32 = 64;

/// One body that stands in place of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inlined {
    /// The location of the body's first byte.
    first: u32,
    /// Whose body it is.
    pub body: DefinedFuncIndex,
    /// The location of the call.
    call: u32,
}

/// Which bodies a function contains besides its own, and where its instructions come from.
///
/// A *location* is what an instruction carries: an offset in the wasm file, or, beyond the file's end, a place in an inlined body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InlineMap {
    bodies: Vec<Inlined>,
}

impl InlineMap {
    /// The location of `offset` in a body; `within` is that body's number here.
    pub(super) fn location(&self, env: &ModuleEnv<'_, '_>, within: Option<usize>, offset: u64) -> u32 {
        let own = u32::try_from(offset).unwrap_or(u32::MAX);
        match within.and_then(|number| self.bodies.get(number)) {
            None => own,
            Some(inlined) => inlined.first + (own - env.module.bodies[inlined.body].start()),
        }
    }

    /// Adds a body that is called from `call`. Returns its number; none if there is no more room.
    pub(super) fn add(&mut self, env: &ModuleEnv<'_, '_>, body: DefinedFuncIndex, call: u32) -> Option<usize> {
        let first = match self.bodies.last() {
            None => u32::try_from(env.module.wasm.len()).ok()?,
            Some(last) => last.first.checked_add(length(env, last.body)?)?,
        };
        first.checked_add(length(env, body)?)?;
        self.bodies.push(Inlined { first, body, call });
        Some(self.bodies.len() - 1)
    }

    /// The wasm offset of a location, and those of the calls around it, from the inside.
    pub fn resolve(&self, env: &ModuleEnv<'_, '_>, location: u32) -> (u32, Vec<u32>) {
        let offset = |inlined: &Inlined, at: u32| env.module.bodies[inlined.body].start() + (at - inlined.first);
        let Some(mut inlined) = self.body_at(location) else { return (location, Vec::new()) };
        let innermost = offset(inlined, location);
        let mut calls = Vec::new();
        while let Some(outer) = self.body_at(inlined.call) {
            calls.push(offset(outer, inlined.call));
            inlined = outer;
        }
        calls.push(inlined.call);
        (innermost, calls)
    }

    fn body_at(&self, location: u32) -> Option<&Inlined> {
        let place = self.bodies.partition_point(|inlined| inlined.first <= location);
        self.bodies.get(place.checked_sub(1)?)
    }
}

fn length(env: &ModuleEnv<'_, '_>, body: DefinedFuncIndex) -> Option<u32> {
    let range = env.module.bodies[body].body.range();
    u32::try_from(range.end - range.start + 1).ok()
}

/// How much a function may still grow.
#[derive(Debug)]
pub(super) struct Budget {
    left: u32,
}

impl Budget {
    pub(super) fn new(env: &ModuleEnv<'_, '_>, own: DefinedFuncIndex) -> Budget {
        Budget { left: if env.target.inlines() { 100 + env.survey.bodies[own].cost / 4 } else { 0 } }
    }

    /// Whether the bodies of all of these functions may be put in place of one call in a loop.
    pub(super) fn affords(
        &self,
        env: &ModuleEnv<'_, '_>,
        path: impl Iterator<Item = DefinedFuncIndex> + Clone,
        callees: impl Iterator<Item = FuncIndex>,
    ) -> bool {
        let mut left = self.left;
        for callee in callees {
            let Some(own) = env.module.own_index(callee) else { return false };
            let facts = &env.survey.bodies[own];
            let fits = facts.cost <= IN_LOOP && facts.locals <= LOCALS && !facts.calls.contains(&callee);
            if !fits || facts.cost > left || recursion(path.clone(), own) != Some(0) {
                return false;
            }
            left -= facts.cost;
        }
        true
    }

    /// Decides about a call. `path` is the function under translation and the bodies that are being inlined into it; `in_loop`
    /// says whether the call may run more than once in a call of the function.
    pub(super) fn take(
        &mut self,
        env: &ModuleEnv<'_, '_>,
        path: impl Iterator<Item = DefinedFuncIndex>,
        callee: FuncIndex,
        in_loop: bool,
    ) -> Option<DefinedFuncIndex> {
        let own = env.module.own_index(callee)?;
        let facts = &env.survey.bodies[own];
        // A body costs something always, so nothing is left where nothing is to be inlined.
        if self.left < facts.cost || facts.locals > LOCALS {
            return None;
        }
        let same = recursion(path, own)?;
        let most = if same > 0 {
            if facts.locals <= RECURSIVE_LOCALS { RECURSIVE } else { 0 }
        } else if facts.calls.contains(&callee) {
            // One level more of many is worth nothing.
            0
        } else if env.survey.call_sites[callee] == 1 && env.module.func_ref_place(callee).is_none() {
            ONLY_CALL
        } else if in_loop {
            IN_LOOP
        } else {
            TINY
        };
        if facts.cost > most {
            return None;
        }
        self.left -= facts.cost;
        Some(own)
    }
}

/// How often `own` is on the path already; none if the path is too long, or has it too often, for one more.
fn recursion(path: impl Iterator<Item = DefinedFuncIndex>, own: DefinedFuncIndex) -> Option<usize> {
    let (mut depth, mut same) = (0, 0);
    for body in path {
        depth += 1;
        same += usize::from(body == own);
    }
    (depth <= DEPTH && same <= SELF).then_some(same)
}
