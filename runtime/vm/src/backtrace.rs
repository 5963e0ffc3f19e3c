//! Backtraces: return addresses along the frame pointers of compiled code, through all activations of the store, into a
//! buffer that the store was made with. Taken before anything is unwound.

use core::cell::Cell;

use crate::activation::Activation;
use crate::raise::frame;
use crate::store::StoreBlock;

/// Records where the guest is. `exit_fp` and `exit_pc` say where it was left; if that was before there was a frame, `exit_fp` is
/// the caller's, and `return_address` where it would have gone on, otherwise 0.
pub(crate) fn capture(block: &StoreBlock, return_address: usize) {
    block.frames_len.set(0);
    if block.frames_capacity == 0 {
        return;
    }
    let interpreted = block.interpreted();
    let context = &block.context;
    let exit_pc = context.exit_pc.get();
    let (exit_fp, entry_fp) = (context.exit_fp.get(), context.entry_fp.get());
    // That the entry trampoline is the caller is nothing to tell.
    if return_address != 0 && exit_fp < entry_fp {
        if push(block, exit_pc) && push(block, return_address) {
            walk(block, exit_fp, 0, entry_fp, interpreted);
        }
    } else {
        walk(block, exit_fp, exit_pc, entry_fp, interpreted);
    }
    // The activation that runs has its exit in the store's context, and those that wait for it in their records.
    let mut next: *const Activation = block.activation.get();
    while !next.is_null() {
        // SAFETY: the chain consists of records on the stacks of running calls.
        let outer = unsafe { &*next };
        walk(block, outer.exit_fp, 0, outer.entry_fp, interpreted);
        next = outer.outer;
    }
}

/// The frames of one activation.
fn walk(block: &StoreBlock, exit_fp: usize, exit_pc: usize, entry_fp: usize, interpreted: bool) {
    if exit_pc != 0 && !push(block, exit_pc) {
        return;
    }
    let mut fp = exit_fp;
    // Frames lie at rising addresses up to the entry trampoline's; anything else would be a damaged stack.
    while fp != 0 && fp < entry_fp {
        // SAFETY: compiled code keeps frame pointers (INV-CODE), and this one lies below that of the entry.
        let (outer, address) = unsafe { frame(fp, interpreted) };
        if outer == entry_fp || outer <= fp || !push(block, address) {
            return;
        }
        fp = outer;
    }
}

/// In front of an address that is told in full, in two words.
const FAR: u32 = 1 << 31;

/// Words of a buffer for so many frames. A frame takes one word, its distance from the one before it; the first one, and one of
/// other code more than 2 GiB away, takes three.
pub(crate) fn words(frames: usize) -> Option<u32> {
    if frames == 0 { Some(0) } else { u32::try_from(frames).ok()?.checked_add(2) }
}

fn push(block: &StoreBlock, address: usize) -> bool {
    let len = block.frames_len.get();
    let distance = address.wrapping_sub(block.frames_last.get()).cast_signed();
    let near = i32::try_from(distance).map(i32::cast_unsigned).ok().filter(|near| *near != FAR && len != 0);
    let (first, second) = (low(address as u64), low((address as u64) >> 32));
    let (words, count) = near.map_or(([FAR, first, second], 3usize), |near| ([near, 0, 0], 1));
    if len.saturating_add(count) > block.frames_capacity as usize {
        return false;
    }
    for (place, word) in (len..).zip(words).take(count) {
        // SAFETY: the buffer has this capacity, and lies behind the block (INV-STORE).
        let place = unsafe { block.frames.add(place) };
        // SAFETY: it is a cell of the buffer, which lives as long as the block.
        unsafe { place.as_ref() }.set(word);
    }
    block.frames_len.set(len.saturating_add(count));
    block.frames_last.set(address);
    true
}

/// The addresses in the buffer, the innermost first.
pub(crate) fn frames(block: &StoreBlock) -> impl Iterator<Item = usize> + '_ {
    let len = block.frames_len.get().min(block.frames_capacity as usize);
    // SAFETY: the buffer lies behind the block, has this capacity (INV-STORE), and consists of zeroed cells.
    let words = unsafe { core::slice::from_raw_parts(block.frames.as_ptr(), len) };
    let mut words = words.iter().map(Cell::get);
    let mut last = 0usize;
    core::iter::from_fn(move || {
        last = match words.next()? {
            FAR => {
                let (low, high) = (u64::from(words.next()?), u64::from(words.next()?));
                usize::try_from(low | high.wrapping_shl(32)).ok()?
            }
            near => last.wrapping_add_signed(near.cast_signed() as isize),
        };
        Some(last)
    })
}

/// The lower half.
fn low(value: u64) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests may fail loudly")]
mod tests {
    extern crate std;
    use super::*;
    use crate::id::StoreId;
    use crate::store::{Limits, Store};
    use std::vec::Vec;
    use stilt_collections::{Storage, TryArc};

    #[test]
    fn addresses_come_back() {
        const NEAR: usize = 0x5555_1234;
        let far = NEAR.wrapping_add(usize::MAX / 2);
        let limits = Limits { wasm_stack: 0, lowest: 0, interpreter_stack: 0, reserve: 0, hardware: false };
        for addresses in [
            &[][..],
            &[NEAR],
            &[NEAR, NEAR.wrapping_add(7), NEAR, NEAR.wrapping_sub(4096)],
            &[far, NEAR, far, far.wrapping_sub(1), NEAR.wrapping_add(1 << 31), NEAR, NEAR.wrapping_sub(1 << 31)],
        ] {
            let layout = Store::layout(30).expect("small");
            let storage = TryArc::new(Storage::try_new(layout).expect("memory")).expect("memory");
            let store = Store::new(storage, 30, StoreId::new().expect("a number"), limits).expect("a store");
            for address in addresses {
                assert!(push(store.block(), *address));
            }
            assert_eq!(store.frames().collect::<Vec<_>>(), addresses);
        }
    }

    #[test]
    fn as_many_as_there_is_room_for() {
        let limits = Limits { wasm_stack: 0, lowest: 0, interpreter_stack: 0, reserve: 0, hardware: false };
        for count in [0, 1, 20] {
            let layout = Store::layout(count).expect("small");
            let storage = TryArc::new(Storage::try_new(layout).expect("memory")).expect("memory");
            let store = Store::new(storage, count, StoreId::new().expect("a number"), limits).expect("a store");
            let kept = (0..40_usize).take_while(|frame| push(store.block(), 4096_usize.wrapping_add(*frame))).count();
            assert_eq!((kept, store.frames().count()), (count, count));
        }
    }
}
