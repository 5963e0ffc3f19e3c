//! The ELF wrapping, so that `readelf`, `objdump`, `gdb` and `perf` understand an image: 64 bytes of header in front of it, and
//! a symbol table and section headers behind it. The runtime never reads any of this.
//!
//! It is a relocatable object of four sections: nothing, the code, its symbols, and their names, which are the strings section of
//! the image itself. Symbols count from the start of the code, as all code offsets of an image do.

use super::ImageInput;
use super::strings::Strings;
use crate::error::CompileError;
use crate::names::Name;
use crate::target::Target;
use stilt_artifact::Endian;
use stilt_artifact::builtins::Builtin;
use stilt_artifact::header::{ELF_MAGIC, ELF_PREFIX};
use stilt_artifact::target::Architecture;

/// A relocatable object.
const ET_REL: u16 = 1;
/// Sections by their kind.
const SHT_PROGBITS: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
/// The code takes memory and is executed.
const SHF_ALLOC_EXECINSTR: u64 = 2 | 4;
/// A symbol that others can refer to, and one of a function.
const STB_GLOBAL: u8 = 1 << 4;
const STT_FUNC: u8 = 2;
/// Numbers of sections.
const TEXT: u16 = 1;
const STRTAB: u16 = 3;
const SECTIONS: u16 = 4;

/// Symbols of the code, and the names of the sections.
pub(super) struct Symbols {
    local: Vec<Symbol>,
    global: Vec<Symbol>,
    section_names: [u32; 3],
}

struct Symbol {
    /// Offset among the strings.
    name: u32,
    start: u32,
    len: u32,
}

/// Collects the symbols, local ones first; their names go into `strings`. Functions have their names, as far as they have one;
/// trampolines are told apart by number, with a space that no function of another language has in its name.
pub(super) fn symbols(input: &ImageInput<'_, '_>, strings: &mut Strings) -> Result<Symbols, CompileError> {
    let mut symbols = Symbols { local: Vec::new(), global: Vec::new(), section_names: [0; 3] };
    let mut local = Vec::new();
    for (name, place) in &input.code.places {
        let mut symbol = Symbol { name: 0, start: place.start, len: place.len };
        let text = match *name {
            Name::Function(index) => {
                let Some(text) = input.names.get(index as usize).copied().flatten() else { continue };
                // The body of a function with a stub lies right behind the stub.
                let last = input.code.place(Name::Body(index)).unwrap_or(*place);
                symbol.len = last.start + last.len - place.start;
                symbol.name = strings.add(text)?.offset;
                symbols.global.push(symbol);
                continue;
            }
            Name::Entry(number) => format!("entry {number}"),
            Name::Host(number) => format!("host {number}"),
            Name::Builtin(number) => {
                format!("builtin {}", Builtin::ALL.get(number as usize).map_or("", |builtin| builtin.name()))
            }
            Name::Trap(number) => format!("trap {number}"),
            Name::ColdTrap(number) => format!("cold trap {number:#x}"),
            Name::Body(_) | Name::HostCall(_) => continue,
        };
        local.push((symbol, text));
    }
    // A trampoline that is the only one is known by that, and small images have no bytes to spare.
    if local.len() > 1 {
        for (symbol, text) in local {
            symbols.local.push(Symbol { name: strings.add(&text)?.offset, ..symbol });
        }
    }
    symbols.section_names =
        [strings.add(".text")?.offset, strings.add(".symtab")?.offset, strings.add(".strtab")?.offset];
    Ok(symbols)
}

/// What the wrapping says.
pub(super) struct Wrapping<'a> {
    pub(super) target: &'a Target,
    pub(super) symbols: Symbols,
    /// Bytes of the image.
    pub(super) image_len: usize,
    /// Where in it the code is, and how long and aligned.
    pub(super) code: usize,
    pub(super) code_len: usize,
    pub(super) code_align: u32,
    /// Where in it the strings are, and how long.
    pub(super) strings: usize,
    pub(super) strings_len: usize,
}

/// The bytes in front of the image and behind it.
pub(super) fn wrap(wrapping: &Wrapping<'_>) -> (Vec<u8>, Vec<u8>) {
    let wide = wrapping.target.pointer_width() == 8;
    let new = || Out { endian: wrapping.target.endian(), wide, bytes: Vec::new() };
    let (word, section_len, symbol_len): (usize, u16, usize) = if wide { (8, 64, 24) } else { (4, 40, 16) };
    let image_end = ELF_PREFIX + wrapping.image_len;
    let symtab = image_end.next_multiple_of(word);
    let locals = 1 + wrapping.symbols.local.len();
    let symtab_len = symbol_len * (locals + wrapping.symbols.global.len());
    let headers = (symtab + symtab_len).next_multiple_of(word);

    let mut front = new();
    front.bytes.extend_from_slice(&ELF_MAGIC);
    let class = if wide { 2 } else { 1 };
    front.bytes.extend_from_slice(&[class, wrapping.target.endian().code(), 1, 0]);
    front.bytes.resize(16, 0);
    front.u16(ET_REL);
    front.u16(machine(wrapping.target.architecture()));
    front.u32(1);
    front.words(&[0, 0, headers]);
    front.u32(machine_flags(wrapping.target));
    for size in [if wide { 64 } else { 52 }, 0, 0, section_len, SECTIONS, STRTAB] {
        front.u16(size);
    }
    front.bytes.resize(ELF_PREFIX, 0);

    let mut back = new();
    back.bytes.resize(symtab - image_end, 0);
    back.symbol(&Symbol { name: 0, start: 0, len: 0 }, 0, 0);
    for symbol in &wrapping.symbols.local {
        back.symbol(symbol, STT_FUNC, TEXT);
    }
    for symbol in &wrapping.symbols.global {
        back.symbol(symbol, STB_GLOBAL | STT_FUNC, TEXT);
    }
    back.bytes.resize(headers - image_end, 0);
    let [text, symbols, strings] = wrapping.symbols.section_names;
    back.section(&Section::default());
    back.section(&Section {
        name: text,
        kind: SHT_PROGBITS,
        flags: SHF_ALLOC_EXECINSTR,
        place: [ELF_PREFIX + wrapping.code, wrapping.code_len],
        align: wrapping.code_align as usize,
        ..Section::default()
    });
    back.section(&Section {
        name: symbols,
        kind: SHT_SYMTAB,
        place: [symtab, symtab_len],
        link: STRTAB,
        // The first symbol that is not local.
        info: u32::try_from(locals).unwrap_or(u32::MAX),
        align: word,
        entry: symbol_len,
        ..Section::default()
    });
    back.section(&Section {
        name: strings,
        kind: SHT_STRTAB,
        place: [ELF_PREFIX + wrapping.strings, wrapping.strings_len],
        align: 1,
        ..Section::default()
    });
    (front.bytes, back.bytes)
}

const fn machine(architecture: Architecture) -> u16 {
    match architecture {
        Architecture::X86_64 => 62,
        Architecture::Aarch64 => 183,
        Architecture::Riscv64 => 243,
        Architecture::S390x => 22,
        // None is assigned to Pulley.
        Architecture::Pulley => 0,
    }
}

/// What the ELF header says beyond the machine: of riscv64, that there are compressed instructions, and how floats are passed
/// (in registers of the D extension, as compilers do by default). Others have no such flags.
fn machine_flags(target: &Target) -> u32 {
    const EF_RISCV_RVC: u32 = 1;
    const EF_RISCV_FLOAT_ABI_DOUBLE: u32 = 4;
    if target.architecture() != Architecture::Riscv64 {
        return 0;
    }
    EF_RISCV_FLOAT_ABI_DOUBLE | if target.has_feature("zca") { EF_RISCV_RVC } else { 0 }
}

#[derive(Default)]
struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    place: [usize; 2],
    link: u16,
    info: u32,
    align: usize,
    entry: usize,
}

/// Bytes in the target's byte order, with words as wide as its pointers.
struct Out {
    endian: Endian,
    wide: bool,
    bytes: Vec<u8>,
}

impl Out {
    fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&self.endian.bytes16(value));
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&self.endian.bytes32(value));
    }

    fn word(&mut self, value: u64) {
        if self.wide {
            self.bytes.extend_from_slice(&self.endian.bytes64(value));
        } else {
            // Files of more than 4 GiB are refused by their 32-bit length before.
            self.u32(u32::try_from(value).unwrap_or(u32::MAX));
        }
    }

    fn words(&mut self, values: &[usize]) {
        for value in values {
            self.word(*value as u64);
        }
    }

    fn symbol(&mut self, symbol: &Symbol, info: u8, section: u16) {
        self.u32(symbol.name);
        if self.wide {
            self.bytes.extend_from_slice(&[info, 0]);
            self.u16(section);
            self.word(symbol.start.into());
            self.word(symbol.len.into());
        } else {
            self.u32(symbol.start);
            self.u32(symbol.len);
            self.bytes.extend_from_slice(&[info, 0]);
            self.u16(section);
        }
    }

    fn section(&mut self, section: &Section) {
        self.u32(section.name);
        self.u32(section.kind);
        self.word(section.flags);
        self.word(0);
        self.words(&section.place);
        self.u32(section.link.into());
        self.u32(section.info);
        self.words(&[section.align, section.entry]);
    }
}
