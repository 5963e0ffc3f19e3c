//! Tables whose elements are known: nothing but the module's own active segments ever writes to them.

use super::{ConstExpr, ElemItems, FuncIndex, Module, SegmentMode, TableIndex};
use crate::signature::WasmSignature;
use std::collections::HashMap;
use stilt_artifact::types::ValueType;

/// The most elements of a table that are looked at.
const MOST: u64 = 1 << 20;
/// The most different functions that are told one by one.
const FEW: usize = 8;

/// What a table holds from the end of instantiation on.
#[derive(Clone, Debug)]
pub struct SettledTable {
    /// Elements.
    pub len: u32,
    /// How many of them are null.
    pub nulls: u32,
    callees: HashMap<WasmSignature, Callees>,
}

/// The elements of one function type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callees {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// How many.
    pub count: u32,
    /// Whether all are functions of the module's own.
    pub own: bool,
    /// All of them, by element, if they are at most `FEW`.
    pub few: Vec<(u32, FuncIndex)>,
}

impl Callees {
    /// Whether every element from the first to the last is of this type.
    pub const fn dense(&self) -> bool {
        self.last - self.first + 1 == self.count
    }
}

impl SettledTable {
    /// The elements of a type; none if there are none.
    pub fn callees(&self, signature: &WasmSignature) -> Option<&Callees> {
        self.callees.get(signature)
    }

    /// The elements of a table which only active segments write to. `None` if what they write is not known, or not all of it is
    /// certain to be there when code runs for the first time.
    pub fn new(module: &Module<'_>, table: TableIndex) -> Option<SettledTable> {
        let description = module.tables[table];
        if description.element != ValueType::FuncRef || description.min > MOST {
            return None;
        }
        let mut elements = vec![None; usize::try_from(description.min).ok()?];
        for elem in module.elems.values() {
            let SegmentMode::Active { target, offset } = elem.mode else { continue };
            // A segment of an imported table may hand out functions and a later segment fail: then they run though the
            // instance was never finished.
            if target.as_u32() < module.imported_tables {
                return None;
            }
            let (ConstExpr::Value(offset), ElemItems::Functions(items)) = (offset, &elem.items) else {
                if target == table {
                    return None;
                }
                continue;
            };
            if target == table {
                let start = usize::try_from(offset).ok()?;
                elements.get_mut(start..start.checked_add(items.len())?)?.copy_from_slice(items);
            }
        }
        let mut known = SettledTable { len: u32::try_from(elements.len()).ok()?, nulls: 0, callees: HashMap::new() };
        for (index, element) in (0..).zip(elements) {
            match element {
                Some(function) => known.add(module, index, function),
                None => known.nulls += 1,
            }
        }
        Some(known)
    }

    fn add(&mut self, module: &Module<'_>, index: u32, function: FuncIndex) {
        let signature = module.function_type(function);
        if !self.callees.contains_key(signature) {
            let none = Callees { first: index, last: index, count: 0, own: true, few: Vec::new() };
            self.callees.insert(signature.clone(), none);
        }
        let Some(callees) = self.callees.get_mut(signature) else { return };
        callees.last = index;
        callees.count += 1;
        callees.own &= module.own_index(function).is_some();
        if callees.count as usize <= FEW {
            callees.few.push((index, function));
        } else {
            callees.few.clear();
        }
    }
}
