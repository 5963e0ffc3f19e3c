//! Writes the object: sections, symbols, and what is left for a linker to fill in.

use super::Object;
use super::error::ObjectError;
use super::interface;
use super::machine::{Distance, Machine};
use super::options::{ObjectOptions, Unwind};
use super::unwind;
use crate::error::CompileError;
use crate::image::{self, ImageInput};
use crate::names::Name;
use crate::target::Target;
use object::elf;
use object::write::{Relocation, SectionId, Symbol, SymbolSection};
use object::{
    BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};
use stilt_artifact::Endian;
use stilt_artifact::builtins::Builtin;
use stilt_artifact::header::CODE_FIELD;
use stilt_artifact::target::Architecture;

/// Choices that fit a target.
pub(crate) struct ObjectPlan<'a> {
    options: &'a ObjectOptions,
    machine: Machine,
    sections: [String; 2],
}

/// A field that a linker fills in.
pub(super) struct Field {
    /// Where in its section.
    pub(super) offset: u64,
    /// What it leads to, and how far behind the start of that.
    pub(super) to: Place,
    pub(super) addend: i64,
    pub(super) how: Fill,
}

/// A section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Code,
    /// The one with the field.
    Itself,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    /// By one relocation.
    One(elf::RelocationType),
    /// With a distance as wide as a pointer.
    Distance,
}

impl<'a> ObjectPlan<'a> {
    /// Checks the choices.
    pub(crate) fn new(options: &'a ObjectOptions, target: &Target) -> Result<ObjectPlan<'a>, ObjectError> {
        options.check_name()?;
        let native = target.architecture() != Architecture::Pulley;
        let machine = match &options.machine {
            Some(name) => Machine::named(name).ok_or_else(|| ObjectError::UnknownMachine(name.clone()))?,
            None => Machine::native(target.architecture()).ok_or(ObjectError::NoMachine { target: target.name() })?,
        };
        if !machine.takes(target) {
            return Err(ObjectError::Machine { target: target.name(), machine: machine.name });
        }
        if options.float_abi.is_some() && machine.float_abi(target).is_none() {
            return Err(ObjectError::FloatAbi { machine: machine.name });
        }
        Ok(ObjectPlan { options, machine, sections: options.sections(native)? })
    }

    /// Writes the object and its header.
    pub(crate) fn write(&self, input: &ImageInput<'_, '_>) -> Result<Object, CompileError> {
        let header = interface::write(input, self.options)?;
        let parts = image::parts(input)?;
        let endian = match self.machine.endian {
            Endian::Little => Endianness::Little,
            Endian::Big => Endianness::Big,
        };
        let mut file = object::write::Object::new(BinaryFormat::Elf, self.machine.elf, endian);
        let e_flags = self.machine.flags(input.env.target, self.options.float_abi);
        file.flags = FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
        file.add_file_symbol(format!("{}.wasm", self.options.name).into_bytes());

        let native = input.env.target.architecture() != Architecture::Pulley;
        let [code_name, tables_name] = &self.sections;
        // Tables first: the image begins where that of a file with ELF wrapping does.
        let tables = section(&mut file, tables_name, false);
        file.append_section_data(tables, &parts.tables, parts.tables_align.into());
        let code = section(&mut file, code_name, native);
        file.append_section_data(code, &parts.code, parts.code_align.into());
        self.mark(&mut file, code, parts.code_start.into());

        // The distance from the image's base to the code, although the field lies further on.
        let field = CODE_FIELD as u64;
        let half = if self.machine.endian == Endian::Big && self.machine.pointer_width == 4 { 4 } else { 0 };
        let addend = i64::from(parts.code_start);
        let place = Field { offset: field + half, to: Place::Code, addend, how: Fill::Distance };
        self.fill(&mut file, tables, code, &place, 0)?;

        let image = symbol(&self.options.name, 0, parts.tables.len() as u64, SymbolKind::Data, tables);
        file.add_symbol(Symbol { scope: SymbolScope::Linkage, ..image });
        self.functions(&mut file, input, code, parts.code_start.into(), native);

        let options = self.options;
        if let Some(frames) =
            unwind::frames(input, &self.machine, parts.code_start, options.unwind, options.code_model)?
        {
            let loaded = options.unwind == Unwind::EhFrame;
            let (name, kind) =
                if loaded { (".eh_frame", SectionKind::ReadOnlyData) } else { (".debug_frame", SectionKind::Debug) };
            let section = file.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
            file.append_section_data(section, &frames.bytes, 8);
            for field in &frames.fields {
                let at = field.offset;
                self.fill(&mut file, section, code, field, at)?;
            }
        }
        let protection = self.machine.branch_protection(input.env.target);
        if protection != 0 {
            file.add_elf_gnu_property_u32(elf::GNU_PROPERTY_AARCH64_FEATURE_1_AND, protection);
        }
        // Nothing here needs an executable stack.
        file.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        let elf = file.write().map_err(writer)?;
        Ok(Object { elf, header })
    }

    /// Has a linker fill in a field. A distance is counted from `from` in the field's section.
    fn fill(
        &self,
        file: &mut object::write::Object<'_>,
        section: SectionId,
        code: SectionId,
        field: &Field,
        from: u64,
    ) -> Result<(), CompileError> {
        let (itself, code) = (file.section_symbol(section), file.section_symbol(code));
        let to = match field.to {
            Place::Code => code,
            Place::Itself => itself,
        };
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let mut add = |symbol, addend, r_type| {
            let flags = RelocationFlags::Elf { r_type };
            file.add_relocation(section, Relocation { offset: field.offset, symbol, addend, flags }).map_err(writer)
        };
        match (field.how, self.machine.distance) {
            (Fill::One(kind), _) => add(to, field.addend, kind),
            (Fill::Distance, Distance::FromPlace(kind)) => add(to, field.addend + signed(field.offset - from), kind),
            (Fill::Distance, Distance::Difference { add: plus, subtract }) => {
                add(to, field.addend, plus)?;
                add(itself, signed(from), subtract)
            }
        }
    }

    /// Says which bytes are data and which are code, where a machine's ABI has symbols for that.
    fn mark(&self, file: &mut object::write::Object<'_>, code: SectionId, start: u64) {
        if self.machine.elf != object::Architecture::Aarch64 {
            return;
        }
        for (name, at) in [("$d", 0), ("$x", start)] {
            let flags = SymbolFlags::Elf {
                st_info: elf::SymbolInfo::new(elf::STB_LOCAL, elf::STT_NOTYPE),
                st_other: elf::SymbolOther(0),
            };
            file.add_symbol(Symbol { flags, ..symbol(name, at, 0, SymbolKind::Text, code) });
        }
    }

    /// A symbol for each function that has a name, and for each trampoline. They are local: names of WebAssembly clash with those of
    /// programs and of other modules, which is also why each begins with the module's. (With a dot, gdb takes the name to be Ada's.)
    fn functions(
        &self,
        file: &mut object::write::Object<'_>,
        input: &ImageInput<'_, '_>,
        code: SectionId,
        start: u64,
        native: bool,
    ) {
        let kind = if native { SymbolKind::Text } else { SymbolKind::Data };
        let mut places: Vec<_> = input.code.places.iter().collect();
        places.sort_by_key(|(_, place)| place.start);
        for (name, place) in places {
            let mut end = place.start + place.len;
            let text = match *name {
                Name::Function(index) => {
                    // The body of a function with a stub lies right behind the stub.
                    end = input.code.place(Name::Body(index)).map_or(end, |body| body.start + body.len);
                    match input.names.get(index as usize).copied().flatten() {
                        Some(name) => name.replace('\0', "\u{fffd}"),
                        None => format!("function {index}"),
                    }
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
            let text = format!("{}::{text}", self.options.name);
            file.add_symbol(symbol(&text, start + u64::from(place.start), (end - place.start).into(), kind, code));
        }
    }
}

/// A section of read-only bytes that are loaded.
fn section(file: &mut object::write::Object<'_>, name: &str, executable: bool) -> SectionId {
    let kind = if executable { SectionKind::Text } else { SectionKind::ReadOnlyData };
    let section = file.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
    let execute = if executable { elf::SHF_EXECINSTR } else { elf::SectionFlags(0) };
    file.section_mut(section).flags =
        SectionFlags::Elf { sh_type: elf::SHT_PROGBITS, sh_flags: elf::SHF_ALLOC | execute };
    section
}

fn symbol(name: &str, value: u64, size: u64, kind: SymbolKind, section: SectionId) -> Symbol {
    Symbol {
        name: name.as_bytes().to_vec(),
        value,
        size,
        kind,
        scope: SymbolScope::Compilation,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    }
}

fn writer(error: object::write::Error) -> CompileError {
    ObjectError::Writer(error.to_string()).into()
}
