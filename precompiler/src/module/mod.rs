//! A WebAssembly module as the rest of this crate sees it: parsed, validated but for function bodies, which are validated as
//! they are translated.

mod context;
mod expr;
mod feature;
mod index;
mod parse;
mod settled;
mod small;

pub use context::ContextPlan;
pub use index::{DataIndex, DefinedFuncIndex, ElemIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TypeIndex};
pub use settled::{Callees, SettledTable};
pub use small::SmallMemoryError;

use crate::error::{CompileError, FunctionLabel};
use crate::signature::WasmSignature;
use core::num::NonZeroU32;
use cranelift_codegen::entity::PrimaryMap;
use stilt_artifact::types::{ExternKind, ValueType};
use wasmparser::{FuncToValidate, FunctionBody, ValidatorResources};

/// A parsed module. It borrows names, data and bodies from the bytes it was parsed from.
#[derive(Debug)]
pub struct Module<'data> {
    /// The bytes.
    pub wasm: &'data [u8],
    /// Function types, as in the type section: the same one may be there several times.
    pub types: PrimaryMap<TypeIndex, WasmSignature>,
    /// Imports, in their order.
    pub imports: Vec<Import<'data>>,
    /// The type of every function.
    pub functions: PrimaryMap<FuncIndex, TypeIndex>,
    /// Tables.
    pub tables: PrimaryMap<TableIndex, Table>,
    /// Linear memories.
    pub memories: PrimaryMap<MemoryIndex, Memory>,
    /// Globals.
    pub globals: PrimaryMap<GlobalIndex, Global>,
    /// How many of the functions are imported.
    pub imported_functions: u32,
    /// How many of the tables are imported.
    pub imported_tables: u32,
    /// How many of the memories are imported.
    pub imported_memories: u32,
    /// How many of the globals are imported.
    pub imported_globals: u32,
    /// Exports, in their order.
    pub exports: Vec<Export<'data>>,
    /// The start function.
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elems: PrimaryMap<ElemIndex, Elem>,
    /// Data segments.
    pub data: PrimaryMap<DataIndex, Data<'data>>,
    /// The bodies of the module's own functions.
    pub bodies: PrimaryMap<DefinedFuncIndex, Body<'data>>,
    /// Functions that can be referred to from outside of direct calls, ascending: exported ones, and those in element
    /// segments and initial values of globals. Validation has it that `ref.func` names no others.
    pub func_refs: Vec<FuncIndex>,
    /// The module's name, from the name section.
    pub name: Option<&'data str>,
    /// Names of functions from the name section, by function index; shorter than [`Module::functions`] where the last have
    /// none.
    pub function_names: Vec<Option<&'data str>>,
}

/// An import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import<'data> {
    /// Module name.
    pub module: &'data str,
    /// Field name.
    pub name: &'data str,
    /// What it is.
    pub kind: ExternKind,
    /// Its index in the index space of its kind.
    pub index: u32,
}

/// An export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export<'data> {
    /// Its name.
    pub name: &'data str,
    /// What it is.
    pub kind: ExternKind,
    /// Its index in the index space of its kind.
    pub index: u32,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Type of its elements.
    pub element: ValueType,
    /// Elements at first.
    pub min: u64,
    /// Most elements.
    pub max: Option<u64>,
}

/// A linear memory, with 32-bit addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Pages at first.
    pub min: u64,
    /// Most pages.
    pub max: Option<u64>,
    /// If only so many bytes of the first pages are there, that number: see [`crate::Options::memory_bytes`]. Such a memory never
    /// grows.
    pub backed: Option<NonZeroU32>,
}

/// Base-2 logarithm of the size of a memory's page.
pub const PAGE_LOG2: u8 = 16;

impl Memory {
    /// Bytes that are accessible at any time.
    pub const fn min_bytes(&self) -> u64 {
        match self.backed {
            Some(bytes) => bytes.get() as u64,
            None => self.min << PAGE_LOG2,
        }
    }

    /// Bytes that will ever be accessible, if there is a bound.
    pub fn max_bytes(&self) -> Option<u64> {
        if self.backed.is_some() { Some(self.min_bytes()) } else { self.max.map(|pages| pages << PAGE_LOG2) }
    }

    /// Whether its length is always the same.
    pub fn never_grows(&self) -> bool {
        self.max_bytes() == Some(self.min_bytes())
    }
}

/// A global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Global {
    /// Type of its value.
    pub ty: ValueType,
    /// Whether it can change.
    pub mutable: bool,
    /// Its initial value; none if it is imported.
    pub init: Option<ConstExpr>,
}

/// A constant expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstExpr {
    /// The bits of a number or vector.
    Value(u128),
    /// The value of an imported global.
    Global(GlobalIndex),
    /// A reference to a function.
    Func(FuncIndex),
    /// A null reference.
    Null,
}

/// When a segment is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentMode<T> {
    /// At instantiation.
    Active {
        /// To which table or memory.
        target: T,
        /// From where on.
        offset: ConstExpr,
    },
    /// On demand.
    Passive,
    /// Never.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elem {
    /// When it is applied.
    pub mode: SegmentMode<TableIndex>,
    /// Type of its items.
    pub element: ValueType,
    /// Its items.
    pub items: ElemItems,
}

/// Items of an element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElemItems {
    /// References to functions, or null.
    Functions(Vec<Option<FuncIndex>>),
    /// Anything.
    Expressions(Vec<ConstExpr>),
}

/// A data segment; never declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'data> {
    /// When it is applied.
    pub mode: SegmentMode<MemoryIndex>,
    /// Its bytes.
    pub bytes: &'data [u8],
}

/// The body of a function, not validated yet.
#[derive(Debug)]
pub struct Body<'data> {
    /// Locals and instructions.
    pub body: FunctionBody<'data>,
    /// What validates it.
    validate: FuncToValidate<ValidatorResources>,
}

impl Body<'_> {
    /// What validates it.
    pub(crate) fn to_validate(&self) -> FuncToValidate<ValidatorResources> {
        let FuncToValidate { resources, index, ty, features } = &self.validate;
        FuncToValidate { resources: resources.clone(), index: *index, ty: *ty, features: *features }
    }

    /// Offset of its first byte in the wasm file.
    pub fn offset(&self) -> u64 {
        self.body.range().start
    }

    /// The same, as an image holds it.
    pub fn start(&self) -> u32 {
        // Modules of more than 4 GiB are refused when they are parsed.
        u32::try_from(self.offset()).unwrap_or(u32::MAX)
    }
}

impl<'data> Module<'data> {
    /// Parses and validates everything but the bodies of functions.
    pub fn parse(wasm: &'data [u8]) -> Result<Module<'data>, CompileError> {
        parse::parse(wasm)
    }

    /// The index of an own function among all functions.
    pub fn function_index(&self, own: DefinedFuncIndex) -> FuncIndex {
        FuncIndex::from_u32(self.imported_functions + own.as_u32())
    }

    /// The index of a function among the module's own; none if it is imported.
    pub fn own_index(&self, function: FuncIndex) -> Option<DefinedFuncIndex> {
        function.as_u32().checked_sub(self.imported_functions).map(DefinedFuncIndex::from_u32)
    }

    /// The type of a function.
    pub fn function_type(&self, function: FuncIndex) -> &WasmSignature {
        &self.types[self.functions[function]]
    }

    /// The name of a function from the name section.
    pub fn function_name(&self, function: FuncIndex) -> Option<&'data str> {
        self.function_names.get(function.as_u32() as usize).copied().flatten()
    }

    /// A function, for messages: with its name, or else that of its first export.
    pub fn label(&self, function: FuncIndex) -> FunctionLabel {
        let index = function.as_u32();
        let exported = || {
            let mut exports = self.exports.iter();
            exports.find(|e| e.kind == ExternKind::Func && e.index == index).map(|e| e.name)
        };
        let name = self.function_name(function).or_else(exported);
        FunctionLabel { index, name: name.map(str::to_owned) }
    }

    /// The error to report for what the validator found, in a function or outside of any.
    pub(crate) fn error(&self, error: &wasmparser::Error, function: Option<FuncIndex>) -> CompileError {
        feature::error(self.wasm, error, function.map(|function| self.label(function)))
    }

    /// The place of a function in [`Module::func_refs`].
    pub fn func_ref_place(&self, function: FuncIndex) -> Option<u32> {
        self.func_refs.binary_search(&function).ok().and_then(|place| u32::try_from(place).ok())
    }
}

/// A value type of wasmparser's, if it is one of WebAssembly 2.0.
pub(crate) fn value_type(ty: wasmparser::ValType) -> Option<ValueType> {
    use wasmparser::{RefType, ValType};
    Some(match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::Ref(RefType::FUNCREF) => ValueType::FuncRef,
        ValType::Ref(RefType::EXTERNREF) => ValueType::ExternRef,
        ValType::Ref(_) => return None,
    })
}
