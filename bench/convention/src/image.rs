//! Code in executable memory: functions laid out at chosen offsets, their calls resolved by hand.

use crate::codegen::{Compiled, NAMESPACE_FUNCTION, NAMESPACE_HOST};
use cranelift_codegen::binemit::Reloc;
use std::error::Error;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

/// Functions in memory that may be executed and no longer be written. Unmapped when dropped.
#[derive(Debug)]
pub struct Image {
    memory: NonNull<u8>,
    len: usize,
    offsets: Vec<usize>,
}

// SAFETY: the mapping is immutable from here on and owned by the image, whichever thread holds it.
unsafe impl Send for Image {}
// SAFETY: as above; all access is by reading.
unsafe impl Sync for Image {}

impl Image {
    /// Lays the functions out one after another, each at a multiple of 64 plus `skew` bytes, and resolves their calls.
    pub fn new(functions: &[Compiled], skew: usize) -> Result<Self, Box<dyn Error>> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut offsets = Vec::new();
        for function in functions {
            let start = bytes.len().next_multiple_of(64) + skew;
            bytes.resize(start, 0xcc);
            bytes.extend_from_slice(function.code.code_buffer());
            offsets.push(start);
        }
        for (function, &start) in functions.iter().zip(&offsets) {
            for reloc in &function.relocations {
                let at = start + usize::try_from(reloc.offset)?;
                let index = usize::try_from(reloc.target.index)?;
                match (reloc.target.namespace, reloc.kind) {
                    (NAMESPACE_FUNCTION, Reloc::X86CallPCRel4 | Reloc::PulleyPcRel) => {
                        let target = offsets.get(index).ok_or("a call of a function outside of the image")?;
                        let delta = i64::try_from(*target)? + reloc.addend - i64::try_from(at)?;
                        let field = bytes.get_mut(at..at + 4).ok_or("a relocation outside of the code")?;
                        let mut written = [0; 4];
                        written.copy_from_slice(field);
                        // On Pulley the field holds its own distance from the instruction's start, to be added to.
                        let delta = delta + i64::from(i32::from_le_bytes(written));
                        field.copy_from_slice(&i32::try_from(delta)?.to_le_bytes());
                    }
                    // One byte of extended opcode and two of opcode stand before the id.
                    (NAMESPACE_HOST, Reloc::PulleyCallIndirectHost) => {
                        *bytes.get_mut(at + 3).ok_or("a relocation outside of the code")? =
                            u8::try_from(reloc.target.index)?;
                    }
                    _ => return Err(format!("unexpected relocation {reloc:?}").into()),
                }
            }
        }
        let memory = map(&bytes)?;
        Ok(Self { memory, len: bytes.len(), offsets })
    }

    /// The entry of the function that was given as number `index`.
    pub fn function(&self, index: usize) -> *const u8 {
        self.memory.as_ptr().wrapping_add(self.offsets[index])
    }

    /// The addresses that the code takes up.
    pub fn range(&self) -> Range<usize> {
        let start = self.memory.as_ptr().addr();
        start..start + self.len
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // SAFETY: `map` returned this mapping with this length and nothing else unmaps it.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.len) };
    }
}

fn map(bytes: &[u8]) -> io::Result<NonNull<u8>> {
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing that exists.
    let memory = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            bytes.len(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let start = NonNull::new(memory.cast::<u8>()).ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the mapping is fresh, writable and as long as the source.
    unsafe { start.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    // SAFETY: changes the protection of the mapping made above, to which no reference exists.
    if unsafe { libc::mprotect(memory, bytes.len(), libc::PROT_READ | libc::PROT_EXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(start)
}
