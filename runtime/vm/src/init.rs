//! What instantiation writes: globals, element segments, memories; and what `table.init` and `memory.init` copy later.

use core::ptr::NonNull;

use stilt_artifact::NONE;
use stilt_artifact::tables::{const_op, elem_items, segment_mode};
use stilt_artifact::trap::TrapCode;

use crate::error::VmError;
use crate::global;
use crate::id::InstancePtr;
use crate::instance::View;
use crate::memory::block_of;
use crate::store::Store;
use crate::structs::VmMemory;

/// The value of a constant expression, as slots.
pub(crate) fn evaluate(view: View<'_>, expr: u32) -> Option<[u64; 2]> {
    let expr = view.image().const_exprs().get(expr)?;
    Some(match expr.op {
        const_op::VALUE => expr.slots(),
        const_op::NULL => [0, 0],
        const_op::FUNC => [func(view, expr.index)?, 0],
        const_op::GLOBAL => {
            let (global, ty) = view.global(expr.index)?;
            // SAFETY: a value of this type lies there.
            unsafe { global::read(global, ty) }
        }
        _ => return None,
    })
}

/// A reference to a function, as compiled code has it.
fn func(view: View<'_>, func: u32) -> Option<u64> {
    Some(view.func_ref(func)?.as_ptr().expose_provenance() as u64)
}

/// Why an instance could not be initialised.
#[derive(Clone, Copy, Debug)]
pub enum InitError {
    /// A segment lies out of bounds.
    Trap(TrapCode),
    /// The platform failed.
    Vm(VmError),
}

impl From<TrapCode> for InitError {
    fn from(code: TrapCode) -> Self {
        InitError::Trap(code)
    }
}

impl From<VmError> for InitError {
    fn from(error: VmError) -> Self {
        InitError::Vm(error)
    }
}

impl Store {
    /// Runs the active segments of a new instance, in the order of the specification.
    ///
    /// # Errors
    /// A segment lies out of bounds, or the platform failed. What earlier segments wrote stays, and so does the instance, which
    /// others may refer to by now.
    pub fn initialize(&mut self, instance: InstancePtr) -> Result<(), InitError> {
        let view = self.view(instance).ok_or(TrapCode::Internal)?;
        let placed = initialize_until_images(view);
        view.forget_images();
        placed?;
        let image = view.image();
        let elems = image.elems().len();
        for (index, data) in (0..).zip(image.data_segments().iter()) {
            if data.mode == segment_mode::ACTIVE {
                let [offset, _] = evaluate(view, data.offset).ok_or(TrapCode::Internal)?;
                memory_init(view, data.memory, index, offset, 0, data.len.into())?;
                view.drop_segment(elems.saturating_add(index));
            }
        }
        Ok(())
    }
}

/// Element segments, and prepared memories, of an instance whose store is borrowed exclusively.
fn initialize_until_images(view: View<'_>) -> Result<(), InitError> {
    let image = view.image();
    for (index, elem) in (0..).zip(image.elems().iter()) {
        if elem.mode == segment_mode::ACTIVE {
            let [offset, _] = evaluate(view, elem.offset).ok_or(TrapCode::Internal)?;
            table_init(view, elem.table, index, offset, 0, elem.len.into())?;
        }
        if elem.mode != segment_mode::PASSIVE {
            view.drop_segment(index);
        }
    }
    for (index, init) in image.memory_inits().iter().enumerate() {
        let memory = view.memory(init.memory).ok_or(TrapCode::Internal)?;
        let placed = match view.module().memory_image(index) {
            Some(image) => {
                // SAFETY: the memories of a living instance live, with their blocks.
                let block = unsafe { block_of(memory) };
                // SAFETY: as above.
                let vm = unsafe { memory.as_ref() };
                // SAFETY: it is that memory's block; the store is borrowed exclusively, so nobody refers to its bytes.
                unsafe { block.place(vm, init.destination, image) }?
            }
            None => false,
        };
        if !placed {
            let bytes = data(view, init.start, init.len).ok_or(TrapCode::Internal)?;
            write(view, init.memory, init.destination, bytes)?;
        }
    }
    Ok(())
}

/// Copies items of an element segment into a table.
pub(crate) fn table_init(
    view: View<'_>,
    table: u32,
    segment: u32,
    to: u64,
    from: u64,
    len: u64,
) -> Result<(), TrapCode> {
    const OUT: TrapCode = TrapCode::TableOutOfBounds;
    let image = view.image();
    let elem = image.elems().get(segment).ok_or(TrapCode::Internal)?;
    let items = if view.is_dropped(segment) { 0 } else { u64::from(elem.len) };
    let table = view.table_view(table).ok_or(TrapCode::Internal)?;
    if from.checked_add(len).is_none_or(|end| end > items) || to.checked_add(len).is_none_or(|end| end > table.len()) {
        return Err(OUT);
    }
    let from = u32::try_from(from).map_err(|_| OUT)?;
    let len = u32::try_from(len).map_err(|_| OUT)?;
    let first = elem.first.checked_add(from).ok_or(TrapCode::Internal)?;
    for place in 0..len {
        let item = first.checked_add(place).ok_or(TrapCode::Internal)?;
        let value = if elem.items == elem_items::FUNCS {
            match image.elem_funcs().get(item).ok_or(TrapCode::Internal)? {
                NONE => 0,
                index => func(view, index).ok_or(TrapCode::Internal)?,
            }
        } else {
            let [value, _] = evaluate(view, item).ok_or(TrapCode::Internal)?;
            value
        };
        table.write(to.saturating_add(place.into()), value).ok_or(OUT)?;
    }
    Ok(())
}

/// Copies bytes of a data segment into a memory.
pub(crate) fn memory_init(
    view: View<'_>,
    memory: u32,
    segment: u32,
    to: u64,
    from: u64,
    len: u64,
) -> Result<(), TrapCode> {
    const OUT: TrapCode = TrapCode::MemoryOutOfBounds;
    let image = view.image();
    let entry = image.data_segments().get(segment).ok_or(TrapCode::Internal)?;
    let bytes = if view.is_dropped(image.elems().len().saturating_add(segment)) {
        &[]
    } else {
        data(view, entry.start, entry.len).ok_or(TrapCode::Internal)?
    };
    let end = from.checked_add(len).ok_or(OUT)?;
    let (Ok(from), Ok(end)) = (usize::try_from(from), usize::try_from(end)) else { return Err(OUT) };
    write(view, memory, to, bytes.get(from..end).ok_or(OUT)?)
}

/// Bytes of the image's data range.
fn data(view: View<'_>, start: u32, len: u32) -> Option<&[u8]> {
    view.image().image().data().get(start as usize..)?.get(..len as usize)
}

fn write(view: View<'_>, memory: u32, to: u64, bytes: &[u8]) -> Result<(), TrapCode> {
    const OUT: TrapCode = TrapCode::MemoryOutOfBounds;
    let memory = view.memory(memory).ok_or(TrapCode::Internal)?;
    // SAFETY: the memories of a living instance live, imported ones in the same store.
    let place = range(unsafe { memory.as_ref() }, to, bytes.len() as u64).ok_or(OUT)?;
    if bytes.is_empty() {
        return Ok(());
    }
    // SAFETY: the memories of a living instance live, with their blocks.
    unsafe { block_of(memory) }.touch();
    // SAFETY: so many bytes lie there, of this memory alone (INV-MEMORY); the image's are elsewhere.
    unsafe { place.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    Ok(())
}

/// The address of `len` bytes of a memory, if they lie within it.
pub(crate) fn range(memory: &VmMemory, start: u64, len: u64) -> Option<NonNull<u8>> {
    let end = start.checked_add(len)?;
    if end > memory.len.get() as u64 {
        return None;
    }
    NonNull::new(memory.base.get().wrapping_add(usize::try_from(start).ok()?))
}
