//! Bulk operations. Copies and fills test their bounds here; small ones of a constant size are done in place.

use super::place::Place;
use crate::module::MemoryIndex;
use crate::translate::function::Translator;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use stilt_artifact::builtins::Builtin;
use stilt_artifact::trap::TrapCode;

/// Copies and fills of at most so many bytes are done in place, if the size is constant.
const IN_PLACE: u64 = 64;

/// What the ranges of a bulk operation have to do with the bounds.
struct Tested {
    /// Where each starts, as an index as wide as a pointer.
    starts: Vec<Value>,
    /// Bytes of each: 64 bits.
    len: Value,
}

impl Translator<'_, '_, '_> {
    /// `memory.copy`.
    pub(in crate::translate) fn memory_copy(&mut self, destination: u32, source: u32) {
        let (to, from, len) = self.state.pop3();
        let (destination, source) = (MemoryIndex::from_u32(destination), MemoryIndex::from_u32(source));
        if let Some(size) = self.size_in_place(len, &[destination, source]) {
            self.copy_in_place((destination, to), (source, from), size);
            return;
        }
        self.test_interrupt();
        let Tested { starts, len } = self.test_ranges(&[(destination, to), (source, from)], len);
        let [to, from] = starts[..] else { unreachable!("one start for each range") };
        let to = self.start_of(destination, to);
        let from = self.start_of(source, from);
        self.leaf_builtin(Builtin::MemoryCopy, to, &[from, len]);
    }

    /// `memory.fill`.
    pub(in crate::translate) fn memory_fill(&mut self, memory: u32) {
        let (to, byte, len) = self.state.pop3();
        let memory = MemoryIndex::from_u32(memory);
        if let Some(size) = self.size_in_place(len, &[memory]) {
            self.fill_in_place(memory, to, byte, size);
            return;
        }
        self.test_interrupt();
        let Tested { starts, len } = self.test_ranges(&[(memory, to)], len);
        let [to] = starts[..] else { unreachable!("one start for each range") };
        let to = self.start_of(memory, to);
        self.leaf_builtin(Builtin::MemoryFill, to, &[byte, len]);
    }

    /// The size of an operation that is done in place. Not of an empty one, which accesses nothing and yet can trap; and not
    /// of one larger than a memory may be, so that a mispredicted access at index 0 stays within it.
    fn size_in_place(&self, len: Value, memories: &[MemoryIndex]) -> Option<u32> {
        let len = self.constant(self.b.func.dfg.resolve_aliases(len))?;
        let holds = |memory: &MemoryIndex| self.env.module.memories[*memory].min_bytes() >= len;
        let small = (1..=IN_PLACE).contains(&len) && memories.iter().all(holds);
        small.then(|| u32::try_from(len).ok()).flatten()
    }

    /// All is loaded before the first byte is stored, as the ranges may overlap.
    fn copy_in_place(&mut self, to: (MemoryIndex, Value), from: (MemoryIndex, Value), size: u32) {
        let places = self.reach_all(&[from, to], size);
        let [from, to] = places[..] else { unreachable!("one place for each range") };
        let pieces = pieces(size);
        let load = |(place, ty)| {
            let at = self.piece(from, place, size, ty);
            (place, self.b.ins().load(ty, at.flags, at.base, at.offset))
        };
        let loaded: Vec<(u32, Value)> = pieces.into_iter().map(load).collect();
        for (place, value) in loaded {
            let at = self.piece(to, place, size, self.b.func.dfg.value_type(value));
            self.b.ins().store(at.flags, value, at.base, at.offset);
        }
    }

    fn fill_in_place(&mut self, memory: MemoryIndex, to: Value, byte: Value, size: u32) {
        let places = self.reach_all(&[(memory, to)], size);
        let [to] = places[..] else { unreachable!("one place for each range") };
        let ones = i64::from_le_bytes([1; 8]);
        let byte = self.b.ins().band_imm_u(byte, 0xff);
        let byte = self.widen(byte);
        let eight = self.b.ins().imul_imm_s(byte, ones);
        for (place, ty) in pieces(size) {
            let value = if ty == types::I64 { eight } else { self.b.ins().ireduce(ty, eight) };
            let at = self.piece(to, place, size, ty);
            self.b.ins().store(at.flags, value, at.base, at.offset);
        }
    }

    /// Where accesses to these ranges go, after testing what needs to be tested.
    fn reach_all(&mut self, ranges: &[(MemoryIndex, Value)], size: u32) -> Vec<Place> {
        if !self.env.target.joined_tests() {
            return ranges.iter().map(|(memory, start)| self.reach_start(*memory, *start, size)).collect();
        }
        // An access that tests its own bounds cannot be taken to pieces.
        let len = self.number(size);
        let Tested { starts, .. } = self.test_ranges(ranges, len);
        let flags = self.access_flags();
        let place = |((memory, _), start): (&(MemoryIndex, Value), Value)| {
            let base = self.start_of(*memory, start);
            Place { base, offset: 0, flags }
        };
        ranges.iter().zip(starts).map(place).collect()
    }

    /// The same for one range. Its pieces' offsets are added to what comes back, so that has none of its own.
    fn reach_start(&mut self, memory: MemoryIndex, start: Value, size: u32) -> Place {
        let Place { base, offset, flags } = self.reach(memory, start, 0, size);
        // Of an index that is the sum of a tested one and a constant, the constant may be as large as an offset can be.
        let base = if offset == 0 { base } else { self.b.ins().iadd_imm_s(base, i64::from(offset)) };
        Place { base, offset: 0, flags }
    }

    /// Where one piece of a range goes. If the range can fault, its last byte does, which is in the first of the [`pieces`].
    fn piece(&self, range: Place, place: u32, size: u32, ty: Type) -> Place {
        let last = place + ty.bytes() == size;
        let flags = if last { range.flags } else { range.flags.with_trap_code(None) };
        Place { offset: place.cast_signed(), flags, ..range }
    }

    /// Traps unless all of these ranges of `len` bytes lie within their memories. One test for all: nothing happens before it.
    ///
    /// No sum needs more than 34 bits, of 64. With Spectre mitigations, ranges are empty and start at 0 on paths that are only
    /// mispredicted; the masks come from the difference that is tested, not from the branch.
    fn test_ranges(&mut self, ranges: &[(MemoryIndex, Value)], len: Value) -> Tested {
        if self.context.pointer() == types::I32 {
            return self.test_ranges_narrow(ranges, len);
        }
        let len = self.widen(len);
        let mut starts: Vec<Value> = ranges.iter().map(|(_, start)| self.widen(*start)).collect();
        let room = match (ranges, &starts[..]) {
            ([(one, _), (other, _)], [first, second]) if one == other => {
                let highest = self.b.ins().umax(*first, *second);
                self.room(*one, highest, len)
            }
            _ => {
                let rooms: Vec<Value> =
                    ranges.iter().zip(&starts).map(|((memory, _), start)| self.room(*memory, *start, len)).collect();
                let both = rooms.into_iter().reduce(|one, other| self.b.ins().bor(one, other));
                both.expect("there is a range")
            }
        };
        let outside = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, room, 0);
        self.trap_if(outside, TrapCode::MemoryOutOfBounds);
        let mut len = len;
        if self.env.target.spectre() {
            let room = self.b.ins().bnot(room);
            let mask = self.b.ins().sshr_imm_u(room, 63);
            len = self.b.ins().band(len, mask);
            for start in &mut starts {
                *start = self.b.ins().band(*start, mask);
            }
        }
        Tested { starts, len }
    }

    /// The same where a memory's length has 32 bits: two short tests are less than 64 bits of everything.
    fn test_ranges_narrow(&mut self, ranges: &[(MemoryIndex, Value)], len: Value) -> Tested {
        let starts: Vec<Value> = ranges.iter().map(|(_, start)| *start).collect();
        let mut tests: Vec<_> = ranges.to_vec();
        if let [(one, first), (other, second)] = *ranges
            && one == other
        {
            tests = vec![(one, self.b.ins().umax(first, second))];
        }
        let constant = self.constant(self.b.func.dfg.resolve_aliases(len));
        let len = self.narrow(len);
        for (memory, start) in tests {
            let all = self.memory_len(memory);
            // A memory is never smaller than at first.
            if constant.is_none_or(|len| len > self.env.module.memories[memory].min_bytes()) {
                let longer = self.b.ins().icmp(IntCC::UnsignedGreaterThan, len, all);
                self.trap_if(longer, TrapCode::MemoryOutOfBounds);
            }
            let last = self.b.ins().isub(all, len);
            let behind = self.b.ins().icmp(IntCC::UnsignedGreaterThan, start, last);
            self.trap_if(behind, TrapCode::MemoryOutOfBounds);
        }
        Tested { starts, len: self.widen(len) }
    }

    /// How many bytes lie behind a range: negative if it is not within the memory.
    fn room(&mut self, memory: MemoryIndex, start: Value, len: Value) -> Value {
        let end = self.b.ins().iadd(start, len);
        let all = self.memory_len(memory);
        let all = self.widen(all);
        self.b.ins().isub(all, end)
    }

    /// The address of an index that is as wide as a pointer.
    fn start_of(&mut self, memory: MemoryIndex, index: Value) -> Value {
        let base = self.memory_base(memory);
        self.b.ins().iadd(base, index)
    }

    /// `memory.init`.
    pub(in crate::translate) fn memory_init(&mut self, memory: u32, segment: u32) {
        let (to, from, len) = self.state.pop3();
        let both = self.numbers(memory, segment);
        self.test_interrupt();
        self.builtin(Builtin::MemoryInit, &[to, from, len, both]);
    }

    /// `data.drop`.
    pub(in crate::translate) fn data_drop(&mut self, segment: u32) {
        let segment = self.number(segment);
        self.builtin(Builtin::DataDrop, &[segment]);
    }
}

/// How `size` bytes are accessed: where each piece starts, and its type. The first one has the last byte, so that whatever faults
/// does so before anything is written. Pieces may overlap.
fn pieces(size: u32) -> Vec<(u32, Type)> {
    let ty = match size {
        8.. => types::I64,
        4.. => types::I32,
        2.. => types::I16,
        _ => types::I8,
    };
    let step = ty.bytes();
    let mut pieces = vec![(size - step, ty)];
    pieces.extend((0..(size - 1) / step).map(|number| (number * step, ty)));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_all_and_no_more() {
        for size in 1..=64 {
            let pieces = pieces(size);
            let mut covered = [false; 64];
            for (place, ty) in &pieces {
                covered[*place as usize..(place + ty.bytes()) as usize].fill(true);
            }
            assert_eq!(covered.iter().filter(|byte| **byte).count(), size as usize);
            assert!(covered[..size as usize].iter().all(|byte| *byte), "{size}: {pieces:?}");
            assert_eq!(pieces[0].0 + pieces[0].1.bytes(), size);
            assert_eq!(pieces.iter().filter(|(place, ty)| place + ty.bytes() == size).count(), 1, "{size}");
        }
    }
}
