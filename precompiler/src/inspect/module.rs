//! One core module of an image.

use super::{AnyModule, FunctionReport, InstanceReport, StackReport, wat};
use serde::Serialize;
use std::collections::BTreeMap;
use stilt_artifact::NONE;
use stilt_artifact::types::ExternKind;

/// What is known about one core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModuleReport {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it imports, in the order of the module.
    pub imports: Vec<ImportReport>,
    /// What it exports, in the order of the module.
    pub exports: Vec<ExportReport>,
    /// Its start function.
    pub start: Option<u32>,
    /// What one instance takes.
    pub instance: InstanceReport,
    /// What its functions take of the stack.
    pub stack: StackReport,
    /// Its own functions, the largest first.
    pub functions: Vec<FunctionReport>,
    /// Traps and calls that are recorded with their wasm offsets.
    pub sites: usize,
    /// How it was made: versions, options, a hash of its source.
    pub producer: BTreeMap<String, String>,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// Module name.
    pub module: String,
    /// Field name.
    pub name: String,
    /// `function`, `table`, `memory` or `global`.
    pub kind: &'static str,
    /// Its type, in words like those of the text format.
    #[serde(rename = "type")]
    pub ty: String,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportReport {
    /// Name.
    pub name: String,
    /// `function`, `table`, `memory` or `global`.
    pub kind: &'static str,
    /// Its place in the index space of its kind.
    pub index: u32,
    /// Its type, in words like those of the text format.
    #[serde(rename = "type")]
    pub ty: String,
}

impl ModuleReport {
    pub(super) fn new(module: &AnyModule<'_>) -> ModuleReport {
        let header = module.header();
        let imports = module.imports().iter().map(|import| ImportReport {
            module: module.string(import.module).to_owned(),
            name: module.string(import.name).to_owned(),
            kind: kind(import.kind),
            ty: wat::of_item(module, import.kind, import.index, true),
        });
        let mut exports: Vec<_> = module.exports().iter().collect();
        exports.sort_by_key(|export| export.position);
        let exports = exports.into_iter().map(|export| ExportReport {
            name: module.string(export.name).to_owned(),
            kind: kind(export.kind),
            index: export.index,
            ty: wat::of_item(module, export.kind, export.index, false),
        });
        let name = module.string(header.name);
        let producer = module.producer().lines().filter_map(|line| line.split_once('='));
        ModuleReport {
            name: (!name.is_empty()).then(|| name.to_owned()),
            imports: imports.collect(),
            exports: exports.collect(),
            start: (header.start != NONE).then_some(header.start),
            instance: InstanceReport::new(module),
            stack: StackReport::new(module),
            functions: FunctionReport::all(module),
            sites: module.sites().iter().count(),
            producer: producer.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
    }
}

fn kind(byte: u8) -> &'static str {
    ExternKind::from_u8(byte).map_or("unknown", ExternKind::name)
}
