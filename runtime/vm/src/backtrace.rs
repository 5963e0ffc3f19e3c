//! Backtraces: return addresses along the frame pointers of compiled code, through all activations of the store, into a
//! buffer that the store was made with. Taken before anything is unwound.

use crate::activation::Activation;
use crate::raise::frame;
use crate::store::StoreBlock;

/// Records where the guest is. `exit_fp` and `exit_pc` say where it was left.
pub(crate) fn capture(block: &StoreBlock) {
    block.frames_len.set(0);
    if block.frames_capacity == 0 {
        return;
    }
    let interpreted = block.interpreted();
    let context = &block.context;
    walk(block, context.exit_fp.get(), context.exit_pc.get(), context.entry_fp.get(), interpreted);
    // The activation that runs has its own exit in the store's context, and the record has that of the one outside it.
    let mut next: *const Activation = block.activation.get();
    while !next.is_null() {
        // SAFETY: the chain consists of records on the stacks of running `call`s.
        let outer = unsafe { &*next };
        if !outer.outer.is_null() {
            walk(block, outer.exit_fp, outer.exit_pc, outer.entry_fp, interpreted);
        }
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

fn push(block: &StoreBlock, address: usize) -> bool {
    let len = block.frames_len.get();
    if len >= block.frames_capacity {
        return false;
    }
    // SAFETY: the buffer has this capacity, and lies behind the block (INV-STORE).
    let place = unsafe { block.frames.add(len) };
    // SAFETY: it is a cell of the buffer, which lives as long as the block.
    unsafe { place.as_ref() }.set(address);
    block.frames_len.set(len.saturating_add(1));
    true
}
