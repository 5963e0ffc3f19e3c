//! The C header that goes with an object: what a program needs to know of a module to link and use it.

use super::calls;
use super::error::ObjectError;
use super::identifier::{Identifiers, literal};
use super::options::ObjectOptions;
use super::storage::Storage;
use crate::image::ImageInput;
use crate::module::{FuncIndex, GlobalIndex, MemoryIndex, Module, TableIndex};
use crate::signature::WasmSignature;
use core::fmt::Write as _;
use stilt_artifact::storage::BLOCK_ALIGN;
use stilt_artifact::target::Architecture;
use stilt_artifact::types::{ExternKind, ValueType};

/// What headers of several modules share.
const SHARED: &str = "\
#ifndef STILT_LINKED_IMAGE
#define STILT_LINKED_IMAGE
/* An image that is part of a program. Only its address is of use: the runtime takes it. */
struct stilt_linked_image;
/* A v128: lane 0 comes first, each lane in little-endian order. */
typedef struct stilt_v128 { uint8_t bytes[16]; } stilt_v128;
/* References: null, or a function of the store; 0, or a number that the host has chosen. */
typedef struct stilt_function_reference *stilt_funcref;
typedef uint32_t stilt_externref;
#endif
";

/// Writes the header.
pub(super) fn write(input: &ImageInput<'_, '_>, options: &ObjectOptions) -> Result<String, ObjectError> {
    let storage = Storage::new(input)?;
    let (module, name, target) = (input.env.module, &options.name, input.env.target);
    let upper = name.to_ascii_uppercase();
    let mut text = format!(
        "\
/* What a program needs to know of the WebAssembly module `{name}`, compiled for {}. Made by stilt {}; do not edit. */
#ifndef STILT_MODULE_{name}
#define STILT_MODULE_{name}

#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {{
#endif

{SHARED}
/* The module, for the runtime: `&{name}` goes to Module::from_linked. */
extern const struct stilt_linked_image {name};

/* Bytes of storage that one instance takes: one block with all of fixed size, so aligned; the elements of its own
   tables; its own memories. Tables and memories as they are at first; they may grow, as far as the host lets them. */
#define {upper}_INSTANCE_SIZE {}
#define {upper}_INSTANCE_ALIGN {BLOCK_ALIGN}
#define {upper}_TABLES_SIZE {}
#define {upper}_MEMORIES_SIZE {}
#define {upper}_STORAGE_SIZE {}
",
        target.name(),
        crate::identity::VERSION,
        constant(storage.block),
        constant(storage.tables),
        constant(storage.memories),
        constant(storage.total()),
    );
    imports(&mut text, module, name, &upper);
    exports(&mut text, module, name, &upper);
    calls::write(&mut text, module, name, &upper, target.architecture() == Architecture::Pulley);
    text.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    Ok(text)
}

fn imports(text: &mut String, module: &Module<'_>, name: &str, upper: &str) {
    text.push_str("\n/* Imports, in the order in which they are given: ITEM(identifier, module, name, kind, type), all of them. */\n");
    let mut identifiers = Identifiers::default();
    let mut items = Vec::new();
    let mut declared = String::new();
    for import in &module.imports {
        let identifier = identifiers.give(&format!("{}_{}", import.module, import.name));
        let ty = item_type(module, import.kind, import.index);
        items.push(format!(
            "ITEM({identifier}, {}, {}, {}, \"{ty}\")",
            literal(import.module),
            literal(import.name),
            word(import.kind)
        ));
        if import.kind == ExternKind::Func {
            function(
                &mut declared,
                &format!("{name}_import_{identifier}"),
                module.function_type(FuncIndex::from_u32(import.index)),
            );
        }
    }
    list(text, &format!("{upper}_IMPORTS"), &items);
    if !declared.is_empty() {
        text.push_str("\n/* The types of imported functions. */\n");
        text.push_str(&declared);
    }
}

fn exports(text: &mut String, module: &Module<'_>, name: &str, upper: &str) {
    text.push_str("\n/* Exports: ITEM(identifier, name, kind, type), all of them. */\n");
    let mut identifiers = Identifiers::default();
    let mut items = Vec::new();
    let (mut names, mut declared) = (String::new(), String::new());
    for export in &module.exports {
        let identifier = identifiers.give(export.name);
        let ty = item_type(module, export.kind, export.index);
        let string = literal(export.name);
        items.push(format!("ITEM({identifier}, {string}, {}, \"{ty}\")", word(export.kind)));
        // Writing to a string does not fail.
        let _ = writeln!(names, "#define {upper}_EXPORT_{identifier} {string}");
        if export.kind == ExternKind::Func {
            function(
                &mut declared,
                &format!("{name}_export_{identifier}"),
                module.function_type(FuncIndex::from_u32(export.index)),
            );
        }
    }
    list(text, &format!("{upper}_EXPORTS"), &items);
    if !names.is_empty() {
        text.push_str("\n/* Their names. */\n");
        text.push_str(&names);
    }
    if !declared.is_empty() {
        text.push_str("\n/* The types of exported functions. */\n");
        text.push_str(&declared);
    }
}

/// A macro that applies another to each item, and their number.
fn list(text: &mut String, name: &str, items: &[String]) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "#define {name}_COUNT {}", items.len());
    let _ = write!(text, "#define {name}(ITEM)");
    for item in items {
        let _ = write!(text, " \\\n  {item}");
    }
    text.push('\n');
}

/// A function type with this name. What returns several values returns a structure of them.
fn function(text: &mut String, name: &str, ty: &WasmSignature) {
    let result = match &*ty.results {
        [] => "void".to_owned(),
        [one] => c_type(*one).to_owned(),
        several => {
            let fields: Vec<_> =
                several.iter().zip(0..).map(|(ty, place)| format!("{} r{place};", c_type(*ty))).collect();
            let _ = writeln!(text, "struct {name}_results {{ {} }};", fields.join(" "));
            format!("struct {name}_results")
        }
    };
    let params: Vec<_> = ty.params.iter().zip(0..).map(|(ty, place)| format!("{} p{place}", c_type(*ty))).collect();
    let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
    let _ = writeln!(text, "typedef {result} {name}({params});");
}

pub(super) const fn c_type(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I32 => "int32_t",
        ValueType::I64 => "int64_t",
        ValueType::F32 => "float",
        ValueType::F64 => "double",
        ValueType::V128 => "stilt_v128",
        ValueType::FuncRef => "stilt_funcref",
        // A type that is new to the artifact is refused before it gets here.
        _ => "stilt_externref",
    }
}

/// A kind, as a word that a macro can paste.
const fn word(kind: ExternKind) -> &'static str {
    match kind {
        ExternKind::Func => "func",
        ExternKind::Table => "table",
        ExternKind::Memory => "memory",
        ExternKind::Global => "global",
    }
}

/// A type in the words of the text format.
fn item_type(module: &Module<'_>, kind: ExternKind, index: u32) -> String {
    let limits = |min: u64, max: Option<u64>| max.map_or(min.to_string(), |max| format!("{min} {max}"));
    match kind {
        ExternKind::Func => {
            let ty = module.function_type(FuncIndex::from_u32(index));
            let list = |word: &str, types: &[ValueType]| {
                let names: Vec<_> = types.iter().map(|ty| ty.name()).collect();
                if names.is_empty() { String::new() } else { format!(" ({word} {})", names.join(" ")) }
            };
            format!("(func{}{})", list("param", &ty.params), list("result", &ty.results))
        }
        ExternKind::Table => {
            let table = &module.tables[TableIndex::from_u32(index)];
            format!("(table {} {})", limits(table.min, table.max), table.element.name())
        }
        ExternKind::Memory => {
            let memory = &module.memories[MemoryIndex::from_u32(index)];
            format!("(memory {})", limits(memory.min, memory.max))
        }
        ExternKind::Global => {
            let global = &module.globals[GlobalIndex::from_u32(index)];
            let ty = global.ty.name();
            if global.mutable { format!("(global (mut {ty}))") } else { format!("(global {ty})") }
        }
    }
}

/// A constant that the preprocessor can compare, too.
fn constant(value: u64) -> String {
    if u32::try_from(value).is_ok() { format!("{value}u") } else { format!("{value}ull") }
}
