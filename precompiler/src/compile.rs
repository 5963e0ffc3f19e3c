//! The driver: parse, compile every function (in parallel), add the trampolines that they need, link, write. The bytes that come
//! out do not depend on the number of threads: every function is compiled by itself, and all lists are in index order.

use crate::code;
use crate::error::CompileError;
use crate::identity::Identity;
use crate::image::{self, ImageInput};
use crate::module::{DefinedFuncIndex, Module};
use crate::names::Name;
use crate::object::{Object, ObjectOptions, ObjectPlan};
use crate::options::Options;
use crate::signature::WasmSignature;
use crate::stack::{self, StackNode};
use crate::survey::Survey;
use crate::target::Target;
use crate::trampoline;
use crate::translate::{InlineMap, ModuleEnv, Uses};
use crate::unit::{self, Unit, UnitError};
use crate::worker::{self, Worker};
use core::sync::atomic::{AtomicUsize, Ordering};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use stilt_artifact::builtins::{Builtin, Group};
use stilt_artifact::header::flags;
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::{ExternKind, ValueType};

/// Hears how far a compilation is. Called from several threads.
pub trait Progress: Sync {
    /// So many functions will be compiled.
    fn start(&self, functions: usize);
    /// One more is compiled.
    fn compiled(&self);
}

/// Hears nothing.
struct Silent;

impl Progress for Silent {
    fn start(&self, _functions: usize) {}
    fn compiled(&self) {}
}

/// Compiles modules, all with the same options.
#[derive(Debug)]
pub struct Precompiler {
    options: Options,
    target: Target,
}

impl Precompiler {
    /// Checks the options.
    pub fn new(options: Options) -> Result<Precompiler, CompileError> {
        let target = Target::new(&options)?;
        Ok(Precompiler { options, target })
    }

    /// The target, as resolved from the options.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Checks that `wasm` is a valid module which could be compiled.
    pub fn validate(&self, wasm: &[u8]) -> Result<(), CompileError> {
        Survey::new(&self.parse(wasm)?).map(drop)
    }

    /// Compiles a module in the binary format into the bytes of an image file.
    pub fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
        self.compile_with_progress(wasm, &Silent)
    }

    /// Likewise, and tells `progress` how far it is.
    pub fn compile_with_progress(&self, wasm: &[u8], progress: &dyn Progress) -> Result<Vec<u8>, CompileError> {
        self.compile_to(wasm, progress, image::write)
    }

    /// Compiles a module in the binary format into an object, for a linker to make it part of a program.
    pub fn compile_object(&self, wasm: &[u8], object: &ObjectOptions) -> Result<Object, CompileError> {
        self.compile_object_with_progress(wasm, object, &Silent)
    }

    /// Likewise, and tells `progress` how far it is.
    pub fn compile_object_with_progress(
        &self,
        wasm: &[u8],
        object: &ObjectOptions,
        progress: &dyn Progress,
    ) -> Result<Object, CompileError> {
        // What is wrong with the choices should be told before anything is compiled.
        let plan = ObjectPlan::new(object, &self.target)?;
        self.compile_to(wasm, progress, |input| plan.write(input))
    }

    /// Compiles a module and makes something of the outcome.
    fn compile_to<T: Send>(
        &self,
        wasm: &[u8],
        progress: &dyn Progress,
        make: impl FnOnce(&ImageInput<'_, '_>) -> Result<T, CompileError> + Send,
    ) -> Result<T, CompileError> {
        let module = self.parse(wasm)?;
        let work = || self.compile_module(&module, progress, make);
        match self.options.threads {
            None => work(),
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build();
                pool.map_err(|error| CompileError::internal(format!("no threads: {error}")))?.install(work)
            }
        }
    }

    /// What identifies the outcome of compiling these bytes, without compiling: a hash over them, the options and the versions that
    /// make a difference. The image carries it as its build id.
    pub fn key(&self, wasm: &[u8]) -> [u8; 16] {
        Identity::new(wasm, &self.options, &self.target).build_id
    }

    /// Likewise, of compiling them into an object. It goes into no image: those of objects with different names may be the same.
    pub fn object_key(&self, wasm: &[u8], object: &ObjectOptions) -> [u8; 16] {
        object.key(self.key(wasm))
    }

    fn parse<'data>(&self, wasm: &'data [u8]) -> Result<Module<'data>, CompileError> {
        if wasm.len() > self.options.max_module_size {
            let limit = self.options.max_module_size as u64;
            return Err(CompileError::TooLarge { what: "bytes", found: wasm.len() as u64, limit });
        }
        let mut module = Module::parse(wasm)?;
        if let Some(bytes) = self.options.memory_bytes {
            module.back(bytes)?;
        }
        Ok(module)
    }

    fn compile_module<T>(
        &self,
        module: &Module<'_>,
        progress: &dyn Progress,
        make: impl FnOnce(&ImageInput<'_, '_>) -> Result<T, CompileError>,
    ) -> Result<T, CompileError> {
        let env = ModuleEnv::new(module, &self.target)?;
        let functions = compile_functions(&env, progress)?;
        let signatures = Trampolines::new(module, &functions);
        let mut units = Vec::new();
        let mut frames = Vec::new();
        let mut nodes = Vec::new();
        let mut inlined = Vec::new();
        let mut builtins = BTreeSet::new();
        for function in functions {
            builtins.extend(&function.uses.builtins);
            frames.push(function.frame);
            nodes.push(function.stack_node(module));
            units.extend(function.units);
            inlined.push(function.inlined);
        }
        signatures.compile(&self.target, &mut units)?;

        // Trampolines are cold or called through a pointer: they lie side by side.
        let align = self.target.function_align();
        let code = code::link(&self.target, &units, align, |name| matches!(name, Name::Function(_) | Name::Body(_)))?;
        let identity = Identity::new(module.wasm, &self.options, &self.target);
        make(&ImageInput {
            env: &env,
            options: &self.options,
            code: &code,
            units: &units,
            signatures: &signatures.numbers,
            frames: &frames,
            inlined: &inlined,
            names: &image::function_names(module),
            max_frame: if self.target.stack_tests_itself() { 0 } else { max_frame(&units) },
            stack_path: &stack::deepest(&nodes, module.imported_functions),
            flags: self.flags(&units),
            builtin_groups: builtin_groups(&builtins),
            build_id: identity.build_id,
            producer: &identity.producer,
        })
    }

    fn flags(&self, units: &[(Name, Unit)]) -> u32 {
        let any = |uses: fn(&Unit) -> bool| units.iter().any(|(_, unit)| uses(unit));
        let mut bits = self.target.protection();
        for (on, bit) in [
            (self.target.spectre(), flags::SPECTRE),
            (self.target.interrupt(), flags::INTERRUPT),
            (self.target.saves_float_registers() || any(|unit| unit.floats), flags::FLOAT_REGISTERS),
            (any(|unit| unit.vectors), flags::VECTORS),
        ] {
            bits |= if on { bit } else { 0 };
        }
        bits
    }
}

/// One of the module's functions, compiled.
pub(crate) struct CompiledFunction {
    /// The function, or its stub and its body.
    pub(crate) units: Vec<(Name, Unit)>,
    /// Bytes of stack that a call takes.
    pub(crate) frame: u32,
    /// What it refers to.
    pub(crate) uses: Uses,
    /// The bodies in it that stand in place of calls.
    pub(crate) inlined: InlineMap,
}

impl CompiledFunction {
    fn stack_node(&self, module: &Module<'_>) -> StackNode {
        StackNode {
            frame: self.frame,
            calls: self
                .uses
                .calls
                .iter()
                .filter_map(|callee| module.own_index(*callee))
                .map(|own| own.as_u32())
                .collect(),
            indirect: self.uses.indirect,
            imports: !self.uses.imports.is_empty(),
        }
    }
}

/// Compiles all functions. Of several errors, the one of the first function is returned, whatever the threads do.
fn compile_functions(env: &ModuleEnv<'_, '_>, progress: &dyn Progress) -> Result<Vec<CompiledFunction>, CompileError> {
    progress.start(env.module.bodies.len());
    let first_bad = AtomicUsize::new(usize::MAX);
    let results: Vec<_> = (0..env.module.bodies.len())
        .into_par_iter()
        .map_init(Worker::default, |worker, number| {
            // What stands behind an error is not needed any more.
            if first_bad.load(Ordering::Relaxed) < number {
                return None;
            }
            let own = DefinedFuncIndex::from_u32(u32::try_from(number).unwrap_or(u32::MAX));
            let result = worker::compile(worker, env, own);
            progress.compiled();
            if result.is_err() {
                first_bad.fetch_min(number, Ordering::Relaxed);
            }
            Some(result)
        })
        .collect();
    // Nothing in front of the first error was left out.
    results.into_iter().flatten().collect()
}

/// The trampolines by function type.
struct Trampolines {
    /// Each signature's number.
    numbers: BTreeMap<WasmSignature, u32>,
    entries: BTreeSet<u32>,
    hosts: BTreeSet<u32>,
}

impl Trampolines {
    fn new(module: &Module<'_>, functions: &[CompiledFunction]) -> Trampolines {
        let of = |function: &crate::module::FuncIndex| module.function_type(*function).clone();
        let entries: BTreeSet<_> = module.func_refs.iter().chain(&module.start).map(of).collect();
        let imported = module.functions.keys().take(module.imported_functions as usize);
        let mut hosts: BTreeSet<_> = imported.map(|function| of(&function)).collect();
        if foreign_functions_can_arrive(module) {
            for function in functions {
                hosts.extend(function.uses.indirect_types.iter().map(|ty| module.types[*ty].clone()));
            }
        }
        let numbers: BTreeMap<_, _> = entries.union(&hosts).cloned().zip(0..).collect();
        let numbered = |set: BTreeSet<WasmSignature>| set.iter().filter_map(|ty| numbers.get(ty).copied()).collect();
        Trampolines { entries: numbered(entries), hosts: numbered(hosts), numbers }
    }

    /// Compiles these and all that `units`, and they themselves, name.
    fn compile(&self, target: &Target, units: &mut Vec<(Name, Unit)>) -> Result<(), CompileError> {
        let signatures: BTreeMap<u32, &WasmSignature> = self.numbers.iter().map(|(ty, number)| (*number, ty)).collect();
        let mut wanted: BTreeSet<Name> = named_trampolines(units);
        let crosses = |number: &&u32| signatures.get(number).is_some_and(|ty| trampoline::registers::cross(target, ty));
        wanted.extend(self.entries.iter().filter(|number| !crosses(number)).map(|number| Name::Entry(*number)));
        wanted.extend(self.hosts.iter().map(|number| Name::Host(*number)));
        let cold: Vec<_> = wanted
            .iter()
            .filter_map(|name| match name {
                Name::ColdTrap(number) => Some(trampoline::cold_trap::trap(*number)),
                _ => None,
            })
            .collect();
        wanted.extend(cold);
        // Trampolines of traps go on to this one.
        if wanted.iter().any(|name| matches!(name, Name::Trap(_))) {
            wanted.insert(Name::builtin(Builtin::Raise));
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        let compiled: Result<Vec<_>, CompileError> = wanted
            .par_iter()
            .map_init(Worker::default, |worker, name| {
                let unit = compile_trampoline(target, worker, *name, &signatures);
                let unit = unit.map_err(|error| match error {
                    UnitError::VectorResults => CompileError::VectorResults { offset: 0, function: None },
                    UnitError::Vectors => {
                        let option = target.refusing();
                        CompileError::NotAllowed { what: "vectors", option, offset: 0, function: None }
                    }
                    UnitError::VectorFeature(feature) => {
                        CompileError::VectorFeature { target: target.name(), feature, offset: 0, function: None }
                    }
                    UnitError::TooLarge => CompileError::internal(format!("the trampoline {name:?} is too large")),
                    UnitError::Internal(message) => CompileError::internal(format!("trampoline {name:?}: {message}")),
                })?;
                Ok((*name, unit))
            })
            .collect();
        units.extend(compiled?);
        Ok(())
    }
}

fn named_trampolines(units: &[(Name, Unit)]) -> BTreeSet<Name> {
    let names = units.iter().flat_map(|(_, unit)| &unit.relocations).map(|relocation| relocation.target);
    names.filter(|name| matches!(name, Name::Builtin(_) | Name::Trap(_) | Name::ColdTrap(_))).collect()
}

fn compile_trampoline(
    target: &Target,
    worker: &mut Worker,
    name: Name,
    signatures: &BTreeMap<u32, &WasmSignature>,
) -> Result<Unit, UnitError> {
    let missing = || UnitError::Internal("nothing has this name".to_owned());
    let signature = |number: u32| signatures.get(&number).copied().ok_or_else(missing);
    if let Name::Host(number) = name
        && trampoline::registers::cross(target, signature(number)?)
    {
        let bytes = trampoline::registers::host(signature(number)?);
        return Ok(Unit { bytes, align: 1, ..Unit::default() });
    }
    let state = &mut worker.builder;
    let function = match name {
        Name::Entry(number) => trampoline::entry::build(target, signature(number)?, state),
        Name::Host(number) => trampoline::host::build(target, signature(number)?, state),
        Name::Builtin(number) => {
            let builtin = Builtin::ALL.get(number as usize).copied().ok_or_else(missing)?;
            trampoline::builtin::build(target, builtin, state)
        }
        Name::Trap(number) => {
            let code = u8::try_from(number).ok().and_then(TrapCode::from_u8).ok_or_else(missing)?;
            trampoline::trap::build(target, code, state)
        }
        Name::ColdTrap(number) => return Ok(trampoline::cold_trap::build(number)),
        Name::Function(_) | Name::HostCall(_) | Name::Body(_) => return Err(missing()),
    };
    unit::compile(target, &mut worker.context, function, None)
}

/// Whether an indirect call may meet a function that this module has not put there.
fn foreign_functions_can_arrive(module: &Module<'_>) -> bool {
    let exported = |kind: ExternKind, index: u32| module.exports.iter().any(|e| e.kind == kind && e.index == index);
    let table = module.tables.iter().any(|(index, table)| {
        let foreign = index.as_u32() < module.imported_tables || exported(ExternKind::Table, index.as_u32());
        table.element == ValueType::FuncRef && foreign
    });
    let global = module.globals.iter().any(|(index, global)| {
        let foreign = index.as_u32() < module.imported_globals || exported(ExternKind::Global, index.as_u32());
        global.ty == ValueType::FuncRef && foreign
    });
    let passed =
        module.types.values().any(|ty| ty.params.iter().chain(&ty.results).any(|ty| *ty == ValueType::FuncRef));
    table || global || passed
}

/// The largest frame that is taken before it is tested. Bodies behind stubs are tested first.
fn max_frame(units: &[(Name, Unit)]) -> u32 {
    let tested_late = |name: &Name| !matches!(name, Name::Body(_) | Name::Entry(_));
    units.iter().filter(|(name, _)| tested_late(name)).map(|(_, unit)| unit.frame).max().unwrap_or(0)
}

fn builtin_groups(used: &BTreeSet<Builtin>) -> u32 {
    used.iter().fold(Group::Core.bit(), |bits, builtin| bits | builtin.group().bit())
}
