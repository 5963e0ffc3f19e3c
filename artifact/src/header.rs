//! The fixed part of an image: its header, and one header per core module.
//!
//! ```text
//! [ELF header, 64 bytes, optional]  image header │ module headers │ tables …   code …   data …  [ELF sections, optional]
//!                                   ^ image base                             ^ code base
//! ```
//!
//! With [`flags::LINKED`] the code is not between tables and data: a linker has placed it apart.
//!
//! The image base lies 64 bytes after the start of a file that begins with the ELF magic, and at the start of any other.

use crate::order::ByteOrder;
use crate::record;
use crate::record::Field;

/// The first bytes of an image.
pub const MAGIC: [u8; 8] = *b"\x7fstilt\r\n";

/// The first bytes of a file that wraps an image in ELF.
pub const ELF_MAGIC: [u8; 4] = *b"\x7fELF";

/// Where the image base lies in such a file.
pub const ELF_PREFIX: usize = 64;

/// Alignment of the image base, in memory, in bytes. Code may be aligned to more only by `code_align`.
pub const IMAGE_ALIGN: usize = 16;

/// Bytes of [`ImageHeader::build_id`] in front of code that a linker has placed: whoever follows [`ImageHeader::code`] finds out
/// whether it led to this image's code.
pub const CODE_MARK: usize = 16;

/// Flags of [`ImageHeader::flags`].
pub mod flags {
    /// Compiled with Spectre mitigations.
    pub const SPECTRE: u32 = 1 << 0;
    /// Compiled code tests the interrupt word.
    pub const INTERRUPT: u32 = 1 << 1;
    /// Compiled code counts fuel.
    pub const FUEL: u32 = 1 << 2;
    /// Compiled code uses float registers.
    pub const FLOAT_REGISTERS: u32 = 1 << 3;
    /// Compiled code uses vector instructions.
    pub const VECTORS: u32 = 1 << 4;
    /// The image is linked into a program: the code lies where a linker has placed it, with [`super::CODE_MARK`] bytes in front of it.
    pub const LINKED: u32 = 1 << 5;
    /// Code that may be jumped to says so: branch target identification, aarch64. It runs without, too.
    pub const BRANCH_TARGETS: u32 = 1 << 6;
    /// Return addresses on the stack are signed: pointer authentication, aarch64. It runs without, too.
    pub const SIGNED_RETURNS: u32 = 1 << 7;
    /// All flags that this version knows. An image with another one is refused.
    pub const KNOWN: u32 =
        SPECTRE | INTERRUPT | FUEL | FLOAT_REGISTERS | VECTORS | LINKED | BRANCH_TARGETS | SIGNED_RETURNS;
}

record! {
    /// The image header.
    pub struct ImageHeader as ImageHeaderView by ImageHeaderPlaces {
        /// [`MAGIC`].
        pub magic: [u8; 8],
        /// [`crate::ABI`].
        pub abi: u8,
        /// [`crate::Endian::code`].
        pub byte_order: u8,
        /// 4 or 8.
        pub pointer_width: u8,
        /// [`crate::target::Architecture`].
        pub architecture: u8,
        /// [`crate::target::Convention`].
        pub convention: u8,
        /// [`crate::target::TrapMode`].
        pub trap_mode: u8,
        /// Base-2 logarithm of the alignment of the code base in memory.
        pub code_align_log2: u8,
        /// Core modules.
        pub modules: u8,
        /// CPU features needed, bits by [`crate::target::Architecture::features`].
        pub cpu_features: u64,
        /// [`flags`].
        pub flags: u32,
        /// Builtin groups needed, [`crate::builtins::Group::bit`].
        pub builtin_groups: u32,
        /// Bytes of header, module headers and tables.
        pub tables_len: u32,
        /// Bytes of code.
        pub code_len: u32,
        /// Start of the data range, from the image base.
        pub data: u32,
        /// Bytes of data.
        pub data_len: u32,
        /// Bytes from the image base to the end of the image; whatever a file has behind it is wrapping.
        pub image_len: u32,
        /// The largest frame of any function, in bytes.
        pub max_frame: u32,
        /// Bytes of the whole file, wrapping included.
        pub file_len: u32,
        /// Start of a signature over the image with this field and the next two zero, or 0. Reserved.
        pub signature: u32,
        /// Bytes of it. Reserved.
        pub signature_len: u32,
        /// [`crate::contract::FINGERPRINT`] of what wrote it.
        pub contract: u32,
        /// Identifies this build: a hash of source, options and versions.
        pub build_id: [u8; 16],
        /// Checksum of all of the file but header and tables ([`crate::checksum`]); linked, of the code and then of what follows the
        /// tables.
        pub rest_checksum: u64,
        /// Start of the code, from the image base. With [`flags::LINKED`] a linker fills it in, and the code may lie in front of the
        /// base: then it is a distance modulo the range of a pointer, and zero as far as the checksum of the tables goes.
        pub code: u64,
        /// Checksum of header (without this field), module headers and tables.
        pub tables_checksum: u64,
    }
}

/// The sections of a module, in the order in which they lie in the image.
pub mod section {
    /// [`crate::tables::TypeEntry`] per wasm type.
    pub const TYPES: usize = 0;
    /// [`crate::tables::ImportEntry`] per import.
    pub const IMPORTS: usize = 1;
    /// [`crate::tables::ExportEntry`] per export.
    pub const EXPORTS: usize = 2;
    /// [`crate::tables::FuncEntry`] per function of its own.
    pub const FUNCS: usize = 3;
    /// [`crate::tables::TableEntry`] per table.
    pub const TABLES: usize = 4;
    /// [`crate::tables::MemoryEntry`] per memory.
    pub const MEMORIES: usize = 5;
    /// [`crate::tables::GlobalEntry`] per global.
    pub const GLOBALS: usize = 6;
    /// `u32` per function that can be referred to: its index, ascending. Its place is that of its
    /// [`crate::layout::FuncRefLayout`].
    pub const FUNC_REFS: usize = 7;
    /// [`crate::tables::ElemEntry`] per element segment.
    pub const ELEMS: usize = 8;
    /// `u32` function indexes of element segments.
    pub const ELEM_FUNCS: usize = 9;
    /// [`crate::tables::DataEntry`] per data segment.
    pub const DATA: usize = 10;
    /// [`crate::tables::MemoryInit`] per prepared memory.
    pub const MEMORY_INITS: usize = 11;
    /// [`crate::tables::ConstExpr`].
    pub const CONST_EXPRS: usize = 12;
    /// [`crate::sites::SiteBlock`].
    pub const SITE_INDEX: usize = 13;
    /// [`crate::tables::StringRef`] per function (imported ones first): its name; empty when there is none. May be absent.
    pub const FUNC_NAMES: usize = 14;
    /// [`crate::tables::StackPath`], then `u32` per function along it. May be absent.
    pub const STACK_PATH: usize = 15;
    /// Bytes of function types.
    pub const TYPE_BYTES: usize = 16;
    /// Bytes of sites.
    pub const SITE_BYTES: usize = 17;
    /// UTF-8.
    pub const STRINGS: usize = 18;
    /// Lines `key=value` of UTF-8: versions, options, source hash. May be absent.
    pub const PRODUCER: usize = 19;
    /// How many there are.
    pub const COUNT: usize = 20;
}

/// Names of the sections, in their order.
pub const SECTION_NAMES: [&str; section::COUNT] = [
    "types",
    "imports",
    "exports",
    "functions",
    "tables",
    "memories",
    "globals",
    "function references",
    "element segments",
    "element functions",
    "data segments",
    "memory images",
    "constant expressions",
    "site index",
    "function names",
    "stack path",
    "type bytes",
    "sites",
    "strings",
    "producer",
];

record! {
    /// The header of one core module: where its sections are, and how its context is laid out: in the order of
    /// [`crate::layout::InstanceLayout`], without overlaps.
    pub struct ModuleHeader as ModuleHeaderView by ModuleHeaderPlaces {
        /// Start of each section from the image base; a section ends where the next starts. Sections of records start at
        /// multiples of four, and the padding in front of one belongs to the section before it: as records are multiples
        /// of four bytes, only sections of bytes have any.
        pub sections: [u32; 20],
        /// End of the last section.
        pub end: u32,
        /// Start function, or [`crate::NONE`].
        pub start: u32,
        /// Imported functions.
        pub imported_funcs: u32,
        /// Imported tables.
        pub imported_tables: u32,
        /// Imported memories.
        pub imported_memories: u32,
        /// Imported globals.
        pub imported_globals: u32,
        /// Size of an instance's context in bytes.
        pub context_size: u32,
        /// Where in the context the imported functions lie ([`crate::layout::FuncImportLayout`]).
        pub context_imported_funcs: u32,
        /// Where in the context the function references lie ([`crate::layout::FuncRefLayout`]).
        pub context_func_refs: u32,
        /// Where in the context the bit set of dropped segments lies.
        pub context_dropped: u32,
        /// Name of the module in the strings section, or empty.
        pub name: crate::tables::StringRef,
    }
}

impl<O: ByteOrder> ModuleHeaderView<'_, O> {
    /// Where a section starts, and where it ends.
    #[inline]
    pub fn section(&self, index: usize) -> Option<(u32, u32)> {
        // The starts come first, and the end of the last follows them.
        if index >= section::COUNT {
            return None;
        }
        let bytes = self.bytes.get(index.checked_mul(u32::SIZE)?..)?;
        Some((u32::read(self.order, bytes)?, u32::read(self.order, bytes.get(u32::SIZE..)?)?))
    }
}

/// Where in the header of an image [`ImageHeader::code`] lies, which a linker may fill in.
pub const CODE_FIELD: usize = core::mem::offset_of!(ImageHeaderPlaces, code);

const _: () = {
    assert!(CODE_FIELD.is_multiple_of(u64::SIZE), "linkers fill in aligned fields");
    assert!(
        core::mem::offset_of!(ImageHeaderPlaces, tables_checksum) == CODE_FIELD + u64::SIZE,
        "the checksum leaves out what follows: it",
    );
    assert!(CODE_FIELD + 2 * u64::SIZE == ImageHeader::SIZE, "nothing follows the checksum");
    assert!(core::mem::offset_of!(ModuleHeaderPlaces, sections) == 0, "the starts of the sections come first");
    assert!(core::mem::offset_of!(ModuleHeaderPlaces, end) == u32::SIZE * section::COUNT, "their end follows them");
};
const _: () = assert!(section::COUNT == 20, "ModuleHeader::sections has one entry per section");
