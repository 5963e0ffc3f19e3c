//! One function or trampoline, compiled: code with its relocations, the sites in it, and its frame.

use crate::bytecode;
use crate::error::CompileError;
use crate::general_registers;
use crate::names::Name;
use crate::shorten::shorten;
use crate::target::Target;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, ExternalName, Function};
use cranelift_codegen::isa::unwind::UnwindInst;
use cranelift_codegen::{CodegenError, CompiledCode, Context, FinalizedRelocTarget, MachSrcLoc};
use stilt_artifact::header::flags;
use stilt_artifact::sites::Site;
use stilt_artifact::target::Architecture;
use stilt_artifact::trap::TrapCode;

/// A compiled function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unit {
    /// Machine code, with constants behind it.
    pub(crate) bytes: Vec<u8>,
    /// Places in it that name other units.
    pub(crate) relocations: Vec<Relocation>,
    /// Traps and calls, in the order of their offsets within the unit.
    pub(crate) sites: Vec<Site>,
    /// How the prologue makes the frame: each step with the offset behind its instruction. Code without any takes no frame.
    pub(crate) unwind: Vec<(u32, UnwindInst)>,
    /// Bytes of stack, with return address and saved frame pointer.
    pub(crate) frame: u32,
    /// Alignment that the code itself needs.
    pub(crate) align: u32,
    /// It has to do with floats. Bytecode without operations on floats (`--float none`) has not, though it may pass some on.
    pub(crate) floats: bool,
    /// It has to do with vectors.
    pub(crate) vectors: bool,
}

/// A place in a unit that names another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    /// Offset within the unit.
    pub(crate) at: u32,
    /// How the target is written there.
    pub(crate) kind: Reloc,
    /// What is named.
    pub(crate) target: Name,
    /// Added to its address.
    pub(crate) addend: i64,
}

/// Why one function could not be compiled.
#[derive(Debug)]
pub(crate) enum UnitError {
    /// It is too large.
    TooLarge,
    /// It has vectors, and the target is without this CPU feature.
    VectorFeature(&'static str),
    /// It, or what it calls, returns more vectors than the target can.
    VectorResults,
    /// It has vectors, which the options do not allow.
    Vectors,
    /// A bug of this crate or of the back end.
    Internal(String),
}

impl UnitError {
    /// The error of a function with this label, which stands at `offset` in the wasm file.
    pub(crate) fn within(self, target: &Target, label: crate::FunctionLabel, offset: u32) -> CompileError {
        match self {
            UnitError::TooLarge => CompileError::FunctionTooLarge { function: label },
            UnitError::VectorFeature(feature) => CompileError::VectorFeature {
                target: target.name(),
                feature,
                offset: offset.into(),
                function: Some(label),
            },
            UnitError::VectorResults => CompileError::VectorResults { offset: offset.into(), function: Some(label) },
            UnitError::Vectors => CompileError::NotAllowed {
                what: "vectors",
                option: target.refusing(),
                offset: offset.into(),
                function: Some(label),
            },
            UnitError::Internal(message) => CompileError::Internal { function: Some(label), message },
        }
    }
}

/// Compiles `function`. Code without a place in the wasm file of its own is taken to stand at `start`; without a `start`
/// there are no sites.
pub(crate) fn compile(
    target: &Target,
    context: &mut Context,
    function: Function,
    start: Option<u32>,
) -> Result<Unit, UnitError> {
    let any = |is: fn(ir::Type) -> bool| function.dfg.values().any(|value| is(function.dfg.value_type(value)));
    let (floats, vectors) = (any(ir::Type::is_float), any(ir::Type::is_vector));
    if vectors && !target.has_vectors() {
        return Err(UnitError::Vectors);
    }
    if let (true, Some(feature)) = (vectors, target.missing_for_vectors()) {
        return Err(UnitError::VectorFeature(feature));
    }
    let most = target.max_vector_results();
    let returns_too_many = |signature: &ir::Signature| {
        signature.returns.iter().filter(|result| result.value_type.is_vector()).count() > most
    };
    if returns_too_many(&function.signature) || function.dfg.signatures.values().any(returns_too_many) {
        return Err(UnitError::VectorResults);
    }
    context.clear();
    context.func = function;
    if let Err(error) = context.compile(target.isa(), &mut ControlPlane::default()) {
        return Err(match error.inner {
            CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded => UnitError::TooLarge,
            other => UnitError::Internal(format!("Cranelift: {other}")),
        });
    }
    let code = context.take_compiled_code().ok_or_else(|| UnitError::Internal("no code came out".to_owned()))?;
    let frame = code.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
    let sites = match start {
        Some(start) => sites(target, &code, start)?,
        None => Vec::new(),
    };
    let mut unit = Unit {
        relocations: relocations(target, &code, &context.func)?,
        sites,
        unwind: code.buffer.unwind_info.to_vec(),
        frame: frame + 2 * u32::from(target.pointer_width()),
        align: code.buffer.alignment.max(1),
        bytes: code.code_buffer().to_vec(),
        // Bytecode without operations on floats still moves them, from parameters to results.
        floats: floats && target.has_floats(),
        vectors,
    };
    if target.integers_only() {
        if floats {
            return Err(UnitError::Internal("floats were not lowered to integers".to_owned()));
        }
        general_registers::keep_to(target, &mut unit, Blocks::new(&code)).map_err(UnitError::Internal)?;
    }
    if target.short_jumps() {
        // Where registers were verified, so is it that instructions stay what they were.
        let shortened = shorten(&mut unit, Blocks::new(&code), target.verify() || target.integers_only());
        // What is not understood stays as it is; in tests, it should be known about.
        if let (Err(what), true) = (shortened, target.verify()) {
            return Err(UnitError::Internal(format!("jumps cannot be shortened: {what}")));
        }
    }
    if target.protection() & flags::BRANCH_TARGETS != 0 {
        unit.mark_start();
    }
    Ok(unit)
}

impl Unit {
    /// Where Cranelift signs the return address it takes that instruction for the mark of a place that may be called (aarch64). `paciasp`
    /// is one; `paciaz`, which functions of the `tail` convention have, is not: the mark is put in front of it.
    fn mark_start(&mut self) {
        const PACIAZ: [u8; 4] = 0xd503_231f_u32.to_le_bytes();
        const BTI_C: [u8; 4] = 0xd503_245f_u32.to_le_bytes();
        if !self.bytes.starts_with(&PACIAZ) {
            return;
        }
        self.bytes.splice(0..0, BTI_C);
        let further = 4;
        self.relocations.iter_mut().for_each(|relocation| relocation.at += further);
        self.sites.iter_mut().for_each(|site| site.code += further);
        self.unwind.iter_mut().for_each(|(behind, _)| *behind += further);
    }
}

/// The basic blocks of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks<'a> {
    /// Where they start, in ascending order.
    pub(crate) starts: &'a [u32],
    /// Where the last one starts, if nothing leads there. It was a jump that others were led past: Cranelift has taken it away, and
    /// constants may stand in its place; or it has left it.
    pub(crate) end: Option<u32>,
}

impl<'a> Blocks<'a> {
    fn new(code: &'a CompiledCode) -> Blocks<'a> {
        match code.bb_starts.as_slice() {
            [others @ .., last] if *last != 0 && !code.bb_edges.iter().any(|(_, to)| to == last) => {
                Blocks { starts: others, end: Some(*last) }
            }
            starts => Blocks { starts, end: None },
        }
    }
}

fn relocations(target: &Target, code: &CompiledCode, function: &Function) -> Result<Vec<Relocation>, UnitError> {
    let relocation = |reloc: &cranelift_codegen::FinalizedMachReloc| {
        let name = match &reloc.target {
            FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                Name::from_external(&function.params.user_named_funcs()[*name])
            }
            FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => {
                let (name, cpu) = (target.name(), target.cpu());
                let message =
                    format!("target {name} {cpu} would need the library function {call}: a CPU feature is missing");
                return Err(UnitError::Internal(message));
            }
            _ => None,
        };
        let name = name.ok_or_else(|| UnitError::Internal(format!("a relocation to {:?}", reloc.target)))?;
        Ok(Relocation { at: reloc.offset, kind: reloc.kind, target: name, addend: reloc.addend })
    };
    code.buffer.relocs().iter().map(relocation).collect()
}

/// Trapping instructions by their own offset, calls by their return address.
fn sites(target: &Target, code: &CompiledCode, start: u32) -> Result<Vec<Site>, UnitError> {
    let locations = code.buffer.get_srclocs_sorted();
    // What the interpreter finds in instructions that Cranelift takes for harmless.
    let found = match target.architecture() {
        Architecture::Pulley => bytecode::traps(code.code_buffer())
            .map_err(|at| UnitError::Internal(format!("Cranelift's bytecode has no known instruction at {at:#x}")))?,
        _ => Vec::new(),
    };
    let found = found.into_iter().map(|(at, trap)| Site {
        code: at,
        trap: Some(trap),
        wasm: wasm_offset(locations, at, start),
    });
    let traps = code.buffer.traps().iter().filter_map(|trap| {
        let trap_code = trap_code(trap.code);
        // What is never reached needs no explanation.
        let known = trap_code != TrapCode::Internal;
        known.then(|| Site {
            code: trap.offset,
            trap: Some(trap_code),
            wasm: wasm_offset(locations, trap.offset, start),
        })
    });
    let calls = code.buffer.call_sites().map(|call| Site {
        code: call.ret_addr,
        trap: None,
        wasm: wasm_offset(locations, call.ret_addr.saturating_sub(1), start),
    });
    let mut sites: Vec<Site> = traps.chain(found).chain(calls).collect();
    // Where a trapping instruction follows a call, it comes first: it is what a handler asks for.
    sites.sort_by_key(|site| (site.code, site.trap.is_none()));
    sites.dedup_by_key(|site| (site.code, site.trap));
    Ok(sites)
}

fn wasm_offset(locations: &[MachSrcLoc<cranelift_codegen::Final>], code: u32, start: u32) -> u32 {
    let place = locations.partition_point(|location| location.start <= code);
    match place.checked_sub(1).and_then(|place| locations.get(place)) {
        Some(location) if code < location.end && !location.loc.is_default() => location.loc.bits(),
        _ => start,
    }
}

/// The trap code behind one of Cranelift's, whose own ones are those of its lowering.
fn trap_code(code: ir::TrapCode) -> TrapCode {
    match code {
        ir::TrapCode::STACK_OVERFLOW => TrapCode::StackOverflow,
        ir::TrapCode::INTEGER_OVERFLOW => TrapCode::IntegerOverflow,
        ir::TrapCode::HEAP_OUT_OF_BOUNDS => TrapCode::MemoryOutOfBounds,
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => TrapCode::IntegerDivisionByZero,
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => TrapCode::BadConversionToInteger,
        user => TrapCode::from_u8(user.as_raw().get()).unwrap_or(TrapCode::Internal),
    }
}
