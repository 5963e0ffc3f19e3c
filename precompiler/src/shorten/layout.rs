//! Which jumps are short, and where everything comes to lie.

use super::decode::{Decoded, Jump};
use super::{Unknown, distance, read, target};

/// How often jumps are looked at again after others became long.
const ROUNDS: usize = 24;

/// The new places.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    jumps: &'a [Jump],
    /// Bytes taken away in front of each jump, and, last, altogether.
    removed: Vec<u32>,
    /// Start of the constants, before and after.
    constants: (u32, u32),
}

impl<'a> Layout<'a> {
    /// Takes all jumps to be short, and makes long what does not reach, until all do. What becomes long stays so: the number of
    /// rounds is bounded, and the outcome depends on nothing but the code.
    pub(super) fn new(decoded: &'a Decoded, align: u32) -> Layout<'a> {
        let jumps = decoded.jumps.as_slice();
        // How many jumps stand in front of each jump's target.
        let before: Vec<usize> = jumps.iter().map(|jump| jumps.partition_point(|j| j.at < jump.target)).collect();
        let mut long = vec![false; jumps.len()];
        let mut layout = Layout { jumps, removed: Vec::with_capacity(jumps.len() + 1), constants: (0, 0) };
        for round in 0..=ROUNDS {
            layout.measure(&long);
            // Where long jumps keep making others long, the last round takes those only that reach over all long ones.
            let removed = |place: usize| if round == ROUNDS { 0 } else { layout.removed[place] };
            let mut changed = false;
            for (place, (jump, long)) in jumps.iter().zip(&mut long).enumerate() {
                if *long || jump.dead {
                    continue;
                }
                let from = jump.at - removed(place) + jump.short_len();
                let to = jump.target - removed(before[place]);
                // Counted from the end of the long form, a jump backwards is farther.
                let from = if round == ROUNDS && jump.target <= jump.at { jump.at + jump.len() } else { from };
                if i8::try_from(distance(from, to)).is_err() {
                    *long = true;
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
        for (jump, long) in self.jumps.iter().zip(long) {
            self.removed.push(sum);
            sum += if *long { 0 } else { jump.len() - jump.short_len() };
        }
        self.removed.push(sum);
    }

    /// The new place of code or of a jump table.
    pub(super) fn code(&self, old: u32) -> u32 {
        old - self.removed[self.jumps.partition_point(|jump| jump.at < old)]
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
        for (place, jump) in self.jumps.iter().enumerate() {
            let next = jump.at + jump.len();
            bytes.extend_from_slice(&old[done..jump.at as usize]);
            done = next as usize;
            let distance = distance(self.code(next), self.code(jump.target));
            if self.removed[place] == self.removed[place + 1] {
                bytes.extend_from_slice(&old[jump.at as usize..done - 4]);
                bytes.extend_from_slice(&distance.to_le_bytes());
            } else if !jump.dead {
                let distance = i8::try_from(distance).map_err(|_| "a short jump that does not reach")?;
                bytes.extend_from_slice(&[jump.short, distance.cast_unsigned()]);
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
