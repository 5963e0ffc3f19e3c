//! From bytes to a [`Module`]. Every section is validated before it is read.

use super::{
    Body, ConstExpr, Data, Elem, ElemItems, Export, FuncIndex, Global, Import, Memory, MemoryIndex, Module,
    SegmentMode, Table, TableIndex, TypeIndex, expr, feature,
};
use crate::error::CompileError;
use crate::signature::WasmSignature;
use cranelift_codegen::entity::PrimaryMap;
use std::collections::BTreeSet;
use stilt_artifact::types::{ExternKind, ValueType};
use wasmparser::{
    DataKind, ElementItems, ElementKind, Error, ExternalKind, KnownCustom, Name, Parser, Payload, RefType, TableInit,
    TypeRef, ValType, ValidPayload, Validator,
};

/// A field that is `u32` in an image.
const MAX_BYTES: u64 = u32::MAX as u64;

/// What went wrong while reading a section.
enum Failure {
    /// The validator's error.
    Wasm(Error),
    /// An error of our own.
    Ours(CompileError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Wasm(error)
    }
}

pub(super) fn parse(wasm: &[u8]) -> Result<Module<'_>, CompileError> {
    match wasm {
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => return Err(CompileError::Component),
        [0, b'a', b's', b'm', ..] => {}
        _ => return Err(CompileError::NotWasm),
    }
    let len = wasm.len() as u64;
    if len > MAX_BYTES {
        return Err(CompileError::TooLarge { what: "bytes", found: len, limit: MAX_BYTES });
    }
    let mut reader = Reader { module: empty(wasm), escaped: BTreeSet::new() };
    match reader.payloads(wasm) {
        Ok(()) => {
            let mut module = reader.module;
            module.func_refs = reader.escaped.into_iter().collect();
            Ok(module)
        }
        Err(Failure::Wasm(error)) => Err(feature::error(wasm, &error, None)),
        Err(Failure::Ours(error)) => Err(error),
    }
}

fn empty(wasm: &[u8]) -> Module<'_> {
    Module {
        wasm,
        types: PrimaryMap::new(),
        imports: Vec::new(),
        functions: PrimaryMap::new(),
        tables: PrimaryMap::new(),
        memories: PrimaryMap::new(),
        globals: PrimaryMap::new(),
        imported_functions: 0,
        imported_tables: 0,
        imported_memories: 0,
        imported_globals: 0,
        exports: Vec::new(),
        start: None,
        elems: PrimaryMap::new(),
        data: PrimaryMap::new(),
        bodies: PrimaryMap::new(),
        func_refs: Vec::new(),
        name: None,
        function_names: Vec::new(),
    }
}

/// Something of a proposal that the validator has let through. It should not have.
fn beyond(what: &str) -> Failure {
    Failure::Ours(CompileError::internal(format!("{what} of a later WebAssembly than 2.0 was not refused")))
}

struct Reader<'data> {
    module: Module<'data>,
    escaped: BTreeSet<FuncIndex>,
}

impl<'data> Reader<'data> {
    fn payloads(&mut self, wasm: &'data [u8]) -> Result<(), Failure> {
        let mut validator = Validator::new_with_features(feature::SUPPORTED);
        let mut parser = Parser::new(0);
        parser.set_features(feature::SUPPORTED);
        for payload in parser.parse_all(wasm) {
            let payload = payload?;
            if let ValidPayload::Func(validate, body) = validator.payload(&payload)? {
                self.module.bodies.push(Body { body, validate });
                continue;
            }
            self.section(payload)?;
        }
        Ok(())
    }

    fn section(&mut self, payload: Payload<'data>) -> Result<(), Failure> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    let ty = func_type(&ty?)?;
                    self.module.types.push(ty);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import?)?;
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.module.functions.push(TypeIndex::from_u32(ty?));
                }
            }
            Payload::TableSection(tables) => {
                for item in tables {
                    let item = item?;
                    if matches!(item.init, TableInit::Expr(_)) {
                        return Err(beyond("a table initialiser"));
                    }
                    self.module.tables.push(table(&item.ty)?);
                }
            }
            Payload::MemorySection(memories) => {
                for ty in memories {
                    self.module.memories.push(memory(&ty?)?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    let init = Some(self.const_expr(&global.init_expr)?);
                    let ty = value_type(global.ty.content_type)?;
                    self.module.globals.push(Global { ty, mutable: global.ty.mutable, init });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.export(export?)?;
                }
            }
            Payload::StartSection { func, .. } => {
                let start = FuncIndex::from_u32(func);
                self.module.start = Some(start);
                // The host calls it, as it would an export.
                self.escaped.insert(start);
            }
            Payload::ElementSection(elems) => {
                for item in elems {
                    let item = self.elem(item?)?;
                    self.module.elems.push(item);
                }
            }
            Payload::DataSection(segments) => {
                for item in segments {
                    let item = item?;
                    let mode = match item.kind {
                        DataKind::Passive => SegmentMode::Passive,
                        DataKind::Active { memory_index, offset_expr } => SegmentMode::Active {
                            target: MemoryIndex::from_u32(memory_index),
                            offset: self.const_expr(&offset_expr)?,
                        },
                    };
                    self.module.data.push(Data { mode, bytes: item.data });
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // Bad names are no names: a custom section makes no module invalid.
                    let _ = self.names(names);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'data>) -> Result<(), Failure> {
        let module = &mut self.module;
        let (kind, index) = match import.ty {
            TypeRef::Func(ty) => {
                module.imported_functions += 1;
                (ExternKind::Func, module.functions.push(TypeIndex::from_u32(ty)).as_u32())
            }
            TypeRef::Table(ty) => {
                module.imported_tables += 1;
                (ExternKind::Table, module.tables.push(table(&ty)?).as_u32())
            }
            TypeRef::Memory(ty) => {
                module.imported_memories += 1;
                (ExternKind::Memory, module.memories.push(memory(&ty)?).as_u32())
            }
            TypeRef::Global(ty) => {
                module.imported_globals += 1;
                let global = Global { ty: value_type(ty.content_type)?, mutable: ty.mutable, init: None };
                (ExternKind::Global, module.globals.push(global).as_u32())
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => return Err(beyond("an import")),
        };
        module.imports.push(Import { module: import.module, name: import.name, kind, index });
        Ok(())
    }

    fn export(&mut self, export: wasmparser::Export<'data>) -> Result<(), Failure> {
        let kind = match export.kind {
            ExternalKind::Func => {
                self.escaped.insert(FuncIndex::from_u32(export.index));
                ExternKind::Func
            }
            ExternalKind::Table => ExternKind::Table,
            ExternalKind::Memory => ExternKind::Memory,
            ExternalKind::Global => ExternKind::Global,
            ExternalKind::Tag | ExternalKind::FuncExact => return Err(beyond("an export")),
        };
        self.module.exports.push(Export { name: export.name, kind, index: export.index });
        Ok(())
    }

    fn elem(&mut self, elem: wasmparser::Element<'data>) -> Result<Elem, Failure> {
        let mode = match elem.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                target: TableIndex::from_u32(table_index.unwrap_or(0)),
                offset: self.const_expr(&offset_expr)?,
            },
        };
        let (element, items) = match elem.items {
            ElementItems::Functions(functions) => {
                let items = functions.into_iter().map(|function| Ok(Some(FuncIndex::from_u32(function?))));
                (ValueType::FuncRef, ElemItems::Functions(items.collect::<Result<_, Error>>()?))
            }
            ElementItems::Expressions(ty, expressions) => {
                let items = expressions.into_iter().map(|item| self.const_expr(&item?));
                let (element, items) = (reference_type(ty)?, items.collect::<Result<_, Failure>>()?);
                let short = element == ValueType::FuncRef;
                (element, if short { simplified(items) } else { ElemItems::Expressions(items) })
            }
        };
        if let ElemItems::Functions(functions) = &items {
            self.escaped.extend(functions.iter().flatten());
        }
        Ok(Elem { mode, element, items })
    }

    fn const_expr(&mut self, expression: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Failure> {
        let value = expr::read(expression)?.ok_or_else(|| beyond("a constant expression"))?;
        if let ConstExpr::Func(function) = value {
            self.escaped.insert(function);
        }
        Ok(value)
    }

    fn names(&mut self, names: wasmparser::NameSectionReader<'data>) -> Result<(), Error> {
        for name in names {
            match name? {
                Name::Module { name, .. } => self.module.name = Some(name),
                Name::Function(functions) => {
                    for naming in functions {
                        let naming = naming?;
                        let index = naming.index as usize;
                        if index >= self.module.functions.len() {
                            continue;
                        }
                        if index >= self.module.function_names.len() {
                            self.module.function_names.resize(index + 1, None);
                        }
                        self.module.function_names[index] = Some(naming.name);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Function references and nulls in their short form.
fn simplified(expressions: Vec<ConstExpr>) -> ElemItems {
    let function = |expression: &ConstExpr| match expression {
        ConstExpr::Func(function) => Some(Some(*function)),
        ConstExpr::Null => Some(None),
        ConstExpr::Value(_) | ConstExpr::Global(_) => None,
    };
    match expressions.iter().map(function).collect() {
        Some(functions) => ElemItems::Functions(functions),
        None => ElemItems::Expressions(expressions),
    }
}

fn func_type(ty: &wasmparser::FuncType) -> Result<WasmSignature, Failure> {
    let list = |types: &[ValType]| types.iter().map(|ty| value_type(*ty)).collect::<Result<_, _>>();
    Ok(WasmSignature { params: list(ty.params())?, results: list(ty.results())? })
}

fn value_type(ty: ValType) -> Result<ValueType, Failure> {
    super::value_type(ty).ok_or_else(|| beyond("a value type"))
}

fn reference_type(ty: RefType) -> Result<ValueType, Failure> {
    value_type(ValType::Ref(ty))
}

fn table(ty: &wasmparser::TableType) -> Result<Table, Failure> {
    if ty.table64 || ty.shared {
        return Err(beyond("a table"));
    }
    Ok(Table { element: reference_type(ty.element_type)?, min: ty.initial, max: ty.maximum })
}

fn memory(ty: &wasmparser::MemoryType) -> Result<Memory, Failure> {
    if ty.memory64 || ty.shared || ty.page_size_log2.is_some() {
        return Err(beyond("a memory"));
    }
    Ok(Memory { min: ty.initial, max: ty.maximum, backed: None })
}
