//! Names, each kept once and known by a number.

use stilt_collections::{OutOfMemory, TryBox, TryVec, try_to_box_str};

/// The number of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameId(u32);

/// The names of a linker.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: TryVec<TryBox<str>>,
    /// The numbers of all names, in the order of the names.
    order: TryVec<NameId>,
}

impl Names {
    /// The number of a name, if it has one.
    pub(super) fn find(&self, name: &str) -> Option<NameId> {
        let place = self.place(name).ok()?;
        self.order.get(place).copied()
    }

    /// The number of a name, a new one if it has none.
    pub(super) fn intern(&mut self, name: &str) -> Result<NameId, OutOfMemory> {
        let place = match self.place(name) {
            Ok(place) => match self.order.get(place) {
                Some(id) => return Ok(*id),
                None => self.order.len(),
            },
            Err(place) => place,
        };
        let id = NameId(u32::try_from(self.names.len()).map_err(|_| OutOfMemory::new(usize::MAX))?);
        let name = try_to_box_str(name)?;
        self.order.try_reserve(1)?;
        self.names.try_push(name)?;
        // There is room for it.
        self.order.try_insert(place, id)?;
        Ok(id)
    }

    fn get(&self, id: NameId) -> &str {
        self.names.get(id.0 as usize).map_or("", |name| name)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.order.binary_search_by(|id| self.get(*id).cmp(name))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn each_name_has_one_number() {
        let mut names = Names::default();
        assert_eq!(names.find("x"), None);
        let mut ids = std::vec::Vec::new();
        for n in (0..200).rev() {
            ids.push(names.intern(&(n % 100).to_string()).expect("fits"));
        }
        assert_eq!(ids[..100], ids[100..]);
        for n in 0..100 {
            assert_eq!(names.find(&n.to_string()), Some(ids[99 - n]));
        }
        assert_eq!(names.names.len(), 100);
    }
}
