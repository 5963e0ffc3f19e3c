//! The engine-wide numbers of function types, by which an indirect call checks what it calls.
//!
//! A number stands for the exact bytes of a type ([`Signature`]), never for a hash of them. Numbers are counted: one is given out
//! anew only when nobody holds it any more. Looking a type up, giving it a number and counting it is one step under one lock;
//! so is giving it back. The lock is taken when modules are loaded, when functions are made or typed, and when these things
//! are dropped; never while a guest runs, and never in a trap handler.

use core::ops::Deref;

use stilt_artifact::NONE;
use stilt_artifact::image::ModuleImage;
use stilt_artifact::order::Native;
use stilt_collections::{Arena, Source, TryVec};
use stilt_platform_abi::sync::Mutex;

use crate::types::{FuncType, Signature};
use crate::{Engine, Error, Result};

/// The function types of an engine.
pub(crate) struct Registry {
    types: Mutex<Types>,
}

struct Types {
    /// By number.
    entries: TryVec<Entry>,
    /// The numbers in use, in the order of their signatures.
    order: TryVec<u32>,
    /// First free entry, or [`NONE`].
    free: u32,
    /// The most types.
    budget: u32,
    /// Where long signatures come from, if the engine lies in storage that was given. They stay there, and so do their numbers.
    arena: Option<Arena>,
}

enum Entry {
    Used { signature: Signature, count: u32 },
    Free { next: u32 },
}

impl Registry {
    /// A registry for at most `budget` different types at a time.
    pub(crate) const fn new(budget: u32) -> Registry {
        let types = Types { entries: TryVec::new(), order: TryVec::new(), free: NONE, budget, arena: None };
        Registry { types: Mutex::new(types) }
    }

    /// The same with all its room, from an arena that is left to it.
    #[cfg(feature = "given-storage")]
    pub(crate) fn new_in(budget: u32, mut arena: Arena) -> Result<Registry> {
        let entries = TryVec::try_with_capacity_in(budget as usize, Source::of(Some(&mut arena)))?;
        let order = TryVec::try_with_capacity_in(budget as usize, Source::of(Some(&mut arena)))?;
        Ok(Registry { types: Mutex::new(Types { entries, order, free: NONE, budget, arena: Some(arena) }) })
    }

    /// What a registry takes beside itself for each type, and a `u32` behind all of them.
    #[cfg(feature = "given-storage")]
    pub(crate) const ENTRY: core::alloc::Layout = core::alloc::Layout::new::<Entry>();

    fn register(&self, params: &[u8], results: &[u8]) -> Result<u32> {
        self.types.lock().register(params, results)
    }

    /// Counts one more holder of a number that the caller holds already.
    fn retain(&self, id: u32) {
        if let Some(Entry::Used { count, .. }) = self.types.lock().entries.get_mut(id as usize) {
            *count = count.saturating_add(1);
        }
    }

    fn release(&self, id: u32) {
        self.types.lock().release(id);
    }

    /// The type with this number.
    pub(crate) fn func_type(&self, engine: &Engine, id: u32) -> Option<FuncType> {
        match self.types.lock().entries.get(id as usize)? {
            Entry::Used { signature, .. } => Some(FuncType::of_signature(engine, signature.clone())),
            Entry::Free { .. } => None,
        }
    }

    /// Whether the type with this number has these parameters and results.
    pub(crate) fn is(&self, id: u32, params: &[u8], results: &[u8]) -> bool {
        match self.types.lock().entries.get(id as usize) {
            Some(Entry::Used { signature, .. }) => signature.compare(params, results).is_eq(),
            _ => false,
        }
    }
}

impl Types {
    fn find(&self, params: &[u8], results: &[u8]) -> Result<usize, usize> {
        self.order.binary_search_by(|id| match self.entries.get(*id as usize) {
            Some(Entry::Used { signature, .. }) => signature.compare(params, results),
            _ => core::cmp::Ordering::Less,
        })
    }

    fn register(&mut self, params: &[u8], results: &[u8]) -> Result<u32> {
        let place = match self.find(params, results) {
            Ok(place) => {
                let id = self.order.get(place).copied().unwrap_or(NONE);
                if let Some(Entry::Used { count, .. }) = self.entries.get_mut(id as usize) {
                    *count = count.saturating_add(1);
                }
                return Ok(id);
            }
            Err(place) => place,
        };
        if self.order.len() >= self.budget as usize {
            return Err(Error::fixed(&"the engine's budget of function types is used up (Config::max_function_types)"));
        }
        let source = Source::of(self.arena.as_mut());
        let signature = Signature::new_in(params, results, source)?
            .ok_or(Error::fixed(&"a function type has more than 65535 parameters"))?;
        let entry = Entry::Used { signature, count: 1 };
        if self.order.capacity() == 0 {
            // Many programs have one type, and a vector that grows makes room for more.
            self.order = TryVec::try_with_capacity(1)?;
            self.entries = TryVec::try_with_capacity(1)?;
        }
        self.order.try_reserve(1)?;
        let id = match self.entries.get_mut(self.free as usize) {
            Some(slot) => {
                let id = self.free;
                if let Entry::Free { next } = *slot {
                    self.free = next;
                }
                *slot = entry;
                id
            }
            None => {
                // Below the budget, which is a `u32`.
                let id = u32::try_from(self.entries.len()).unwrap_or(NONE);
                self.entries.try_push(entry)?;
                id
            }
        };
        // There is room: nothing of this can fail any more.
        self.order.try_insert(place, id)?;
        Ok(id)
    }

    fn release(&mut self, id: u32) {
        let Some(Entry::Used { signature, count }) = self.entries.get_mut(id as usize) else { return };
        // A count that has reached the end of its range is not known any more: its type stays.
        if *count == u32::MAX {
            return;
        }
        *count = count.saturating_sub(1);
        // A signature in an arena stays, and so does its number, for whoever has this type next.
        if *count > 0 || (self.arena.is_some() && !signature.is_inline()) {
            return;
        }
        let signature = signature.clone();
        if let Ok(place) = self.find(signature.params(), signature.results()) {
            self.order.remove(place);
        }
        if let Some(entry) = self.entries.get_mut(id as usize) {
            *entry = Entry::Free { next: self.free };
            self.free = id;
        }
    }
}

/// One counted number.
pub(crate) struct RegisteredType {
    engine: Engine,
    id: u32,
}

impl RegisteredType {
    /// The number of the type with these bytes, in this engine.
    pub(crate) fn of(engine: &Engine, params: &[u8], results: &[u8]) -> Result<RegisteredType> {
        let id = engine.registry().register(params, results)?;
        Ok(RegisteredType { engine: engine.clone(), id })
    }

    /// The number, which stands for the type as long as `self` lives.
    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    /// The engine in which the number stands for the type.
    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The type.
    pub(crate) fn func_type(&self) -> FuncType {
        let ty = self.engine.registry().func_type(&self.engine, self.id);
        ty.unwrap_or_else(|| FuncType::new(&self.engine, [], []))
    }
}

impl Clone for RegisteredType {
    fn clone(&self) -> Self {
        self.engine.registry().retain(self.id);
        RegisteredType { engine: self.engine.clone(), id: self.id }
    }
}

impl Drop for RegisteredType {
    fn drop(&mut self) {
        self.engine.registry().release(self.id);
    }
}

impl core::fmt::Debug for RegisteredType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} = {}", self.id, self.func_type())
    }
}

/// The counted numbers of all types of a module, by type index. Contexts point to them.
pub(crate) struct TypeIds {
    engine: Engine,
    ids: TryVec<u32>,
}

impl TypeIds {
    /// The engine in which the numbers stand for types.
    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Numbers for the types of a module: all, or none.
    pub(crate) fn register_in(
        engine: &Engine,
        module: &ModuleImage<'_, Native>,
        source: Source<'_>,
    ) -> Result<TypeIds> {
        let types = module.types();
        let ids = TryVec::try_with_capacity_in(types.len() as usize, source)?;
        let mut all = TypeIds { engine: engine.clone(), ids };
        for ty in types.iter() {
            let (params, results) = module.type_bytes(ty).unwrap_or_default();
            let id = engine.registry().register(params, results)?;
            if let Err(id) = all.ids.push_within_capacity(id) {
                // There are as many as the table says.
                engine.registry().release(id);
            }
        }
        Ok(all)
    }
}

impl Deref for TypeIds {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.ids
    }
}

impl Drop for TypeIds {
    fn drop(&mut self) {
        for id in &self.ids {
            self.engine.registry().release(*id);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{Config, ValType};
    use std::vec::Vec;

    fn ty(engine: &Engine, n: usize) -> FuncType {
        FuncType::new(engine, (0..n).map(|_| ValType::I32), [])
    }

    fn register(engine: &Engine, ty: &FuncType) -> Result<RegisteredType> {
        RegisteredType::of(engine, ty.param_bytes(), ty.result_bytes())
    }

    fn budget(types: u32) -> Engine {
        let mut config = Config::new();
        config.max_function_types(types);
        Engine::new(&config).expect("an engine")
    }

    #[test]
    fn one_number_for_each_type() {
        let engine = Engine::default();
        let all: Vec<_> = (0..100).map(|n| register(&engine, &ty(&engine, n)).expect("fits")).collect();
        for (n, one) in all.iter().enumerate() {
            let again = register(&engine, &ty(&engine, n)).expect("fits");
            assert_eq!(again.id(), one.id());
            assert!(again.func_type() == ty(&engine, n));
            assert!(engine.registry().is(one.id(), &std::vec![0x7f; n], &[]));
            assert!(!engine.registry().is(one.id(), &std::vec![0x7f; n], &[0x7f]));
        }
        let mut ids: Vec<_> = all.iter().map(RegisteredType::id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 100);
    }

    #[test]
    fn a_number_lives_as_long_as_its_holders() {
        let engine = budget(2);
        let (a, b, c) = (ty(&engine, 1), ty(&engine, 2), ty(&engine, 3));
        let first = register(&engine, &a).expect("fits");
        let copy = first.clone();
        let second = register(&engine, &b).expect("fits");
        assert!(register(&engine, &c).is_err(), "over budget");
        assert!(register(&engine, &a).is_ok(), "known already");
        let id = first.id();
        drop(first);
        assert!(register(&engine, &c).is_err(), "the copy still holds it");
        drop(copy);
        let third = register(&engine, &c).expect("there is room again");
        assert_eq!(third.id(), id, "numbers are used again");
        assert!(second.func_type() == b && third.func_type() == c);
    }

    #[test]
    fn threads() {
        let engine = budget(8);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..2000 {
                        let held = register(&engine, &ty(&engine, n % 8)).expect("fits");
                        assert!(held.func_type() == ty(&engine, n % 8));
                    }
                });
            }
        });
        let types = engine.registry().types.lock();
        assert!(types.order.is_empty() && types.entries.len() <= 8);
    }
}
