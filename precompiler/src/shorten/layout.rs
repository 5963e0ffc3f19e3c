//! Which jumps are short, and where everything comes to lie.

use super::decode::Decoded;
use super::edit::{Edit, To};
use super::{Unknown, distance, read, target};

/// How often jumps are looked at again after others became long.
const ROUNDS: usize = 24;

/// The new places.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    edits: &'a [Edit],
    /// Bytes taken away in front of each edit, and, last, altogether.
    removed: Vec<u32>,
    /// Start of the constants, before and after.
    constants: (u32, u32),
}

impl<'a> Layout<'a> {
    /// Takes all jumps to be short, and makes long what does not reach, until all do. What becomes long stays so: the number of
    /// rounds is bounded, and the outcome depends on nothing but the code.
    pub(super) fn new(decoded: &'a Decoded, align: u32) -> Layout<'a> {
        let edits = decoded.edits.as_slice();
        // The jumps among the edits, with how many edits stand in front of their targets.
        let jumps: Vec<(usize, u32, usize)> = edits
            .iter()
            .enumerate()
            .filter_map(|(place, edit)| match edit.to {
                To::Jump { target, .. } => Some((place, target, edits.partition_point(|other| other.at < target))),
                To::Bytes(..) | To::Nothing => None,
            })
            .collect();
        let mut long = vec![false; edits.len()];
        let mut layout = Layout { edits, removed: Vec::with_capacity(edits.len() + 1), constants: (0, 0) };
        for round in 0..=ROUNDS {
            layout.measure(&long);
            // Where long jumps keep making others long, the last round takes those only that reach over all long ones.
            let last = round == ROUNDS;
            let removed = |place: usize| if last { 0 } else { layout.removed[place] };
            let mut changed = false;
            for (place, target, before) in &jumps {
                let edit = edits[*place];
                if long[*place] {
                    continue;
                }
                // Counted from the end of the long form, a jump backwards is farther.
                let len = if last && *target <= edit.at { edit.len } else { edit.least() };
                let from = edit.at - removed(*place) + len;
                if i8::try_from(distance(from, target - removed(*before))).is_err() {
                    long[*place] = true;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        layout.measure(&long);
        let end = layout.code(decoded.end);
        let padding = decoded.constants.wrapping_sub(end) & (align - 1);
        layout.constants = (decoded.constants, end + padding);
        layout
    }

    fn measure(&mut self, long: &[bool]) {
        self.removed.clear();
        let mut sum = 0;
        for (edit, long) in self.edits.iter().zip(long) {
            self.removed.push(sum);
            sum += if *long { 0 } else { edit.len - edit.least() };
        }
        self.removed.push(sum);
    }

    /// The new place of code or of a jump table.
    pub(super) fn code(&self, old: u32) -> u32 {
        old - self.removed[self.edits.partition_point(|edit| edit.at < old)]
    }

    /// The new place of anything that an instruction can name.
    pub(super) fn place(&self, old: u32) -> u32 {
        let (before, after) = self.constants;
        if old >= before { old - before + after } else { self.code(old) }
    }

    /// The function's bytes.
    pub(super) fn bytes(&self, decoded: &Decoded, old: &[u8]) -> Result<Vec<u8>, Unknown> {
        let mut bytes = Vec::with_capacity(old.len());
        let mut done = 0;
        for (place, edit) in self.edits.iter().enumerate() {
            let next = edit.at + edit.len;
            bytes.extend_from_slice(&old[done..edit.at as usize]);
            done = next as usize;
            match edit.to {
                To::Jump { target, short } => {
                    let distance = distance(self.code(next), self.code(target));
                    if self.removed[place] == self.removed[place + 1] {
                        bytes.extend_from_slice(&old[edit.at as usize..done - 4]);
                        bytes.extend_from_slice(&distance.to_le_bytes());
                    } else {
                        let distance = i8::try_from(distance).map_err(|_| "a short jump that does not reach")?;
                        bytes.extend_from_slice(&[short, distance.cast_unsigned()]);
                    }
                }
                To::Bytes(new, len) => bytes.extend_from_slice(new.get(..len.into()).unwrap_or_default()),
                To::Nothing => {}
            }
        }
        bytes.extend_from_slice(&old[done..decoded.end as usize]);
        let (constants, moved) = self.constants;
        bytes.resize(moved as usize, 0);
        bytes.extend_from_slice(&old[constants as usize..]);
        let mut write = |at: u32, value: i32| {
            let field = bytes.get_mut(at as usize..).and_then(|bytes| bytes.first_chunk_mut::<4>());
            *field.ok_or("a field out of the function")? = value.to_le_bytes();
            Ok::<(), Unknown>(())
        };
        for reference in &decoded.references {
            let field = self.code(reference.field);
            write(field, distance(self.code(reference.next), self.place(reference.target)))?;
        }
        for table in &decoded.tables {
            let start = self.code(table.start);
            for entry in table.entries() {
                let goal = read(old, entry).and_then(|distance| target(table.start, distance));
                let goal = goal.ok_or("a jump table out of the function")?;
                write(self.code(entry), distance(start, self.code(goal)))?;
            }
        }
        Ok(bytes)
    }
}
