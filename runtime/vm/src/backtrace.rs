//! Backtraces: return addresses along the frame pointers of compiled code, through all activations of the store, into a
//! buffer that the store was made with. Taken before anything is unwound.

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
