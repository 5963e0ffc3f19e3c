//! Compiling one hand-made function: target settings, Cranelift's context, and the relocations that are left.
//!
//! Every variant is compiled with the same settings but for the pinned register, so that the convention is all that differs.

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function, UserExternalName};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable as _, SetError};
use cranelift_codegen::{CompiledCode, Context, FinalizedRelocTarget, binemit::Reloc};
use std::error::Error;

/// Functions of the same image: the index of a [`UserExternalName`] is the function's place in it.
pub const NAMESPACE_FUNCTION: u32 = 0;
/// Host calls of Pulley: the index is the `u8` id of the call.
pub const NAMESPACE_HOST: u32 = 1;

/// Which machine to compile for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// x86_64, context in a parameter.
    X64,
    /// x86_64 with r15 reserved for the context.
    X64Pinned,
    /// Pulley bytecode, 64 bits, little endian.
    Pulley64,
}

/// A place in the code that names another function.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Offset of the relocation within the function's code.
    pub offset: u32,
    /// How the target is written there.
    pub kind: Reloc,
    /// What is named.
    pub target: UserExternalName,
    /// Added to the target's address.
    pub addend: i64,
}

/// One compiled function.
#[derive(Debug)]
pub struct Compiled {
    /// What Cranelift gave: code, call sites, trap sites, frame.
    pub code: CompiledCode,
    /// Calls to other functions and to the host.
    pub relocations: Vec<Relocation>,
}

/// The target's back end with the settings shared by all variants.
pub fn isa(target: Target) -> Result<OwnedTargetIsa, Box<dyn Error>> {
    let (triple, pinned) = match target {
        Target::X64 => ("x86_64-unknown-linux-gnu", "false"),
        Target::X64Pinned => ("x86_64-unknown-linux-gnu", "true"),
        Target::Pulley64 => ("pulley64", "false"),
    };
    let flags = shared_flags(&[("enable_pinned_reg", pinned)])?;
    let mut builder = cranelift_codegen::isa::lookup_by_name(triple)?;
    if target != Target::Pulley64 {
        builder.enable("x86-64-v2")?;
    }
    Ok(builder.finish(settings::Flags::new(flags))?)
}

fn shared_flags(more: &[(&str, &str)]) -> Result<settings::Builder, SetError> {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("enable_verifier", "false"),
        ("preserve_frame_pointers", "true"),
        ("enable_probestack", "false"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("unwind_info", "false"),
    ] {
        flags.set(name, value)?;
    }
    for (name, value) in more {
        flags.set(name, value)?;
    }
    Ok(flags)
}

/// Compiles one function. The function is verified first: the variants are hand-made.
pub fn compile(isa: &dyn TargetIsa, function: Function) -> Result<Compiled, Box<dyn Error>> {
    cranelift_codegen::verify_function(&function, isa)?;
    let mut context = Context::for_function(function);
    if let Err(error) = context.compile(isa, &mut ControlPlane::default()) {
        return Err(format!("{:?}", error.inner).into());
    }
    let code = context.take_compiled_code().ok_or("no code came out")?;
    let mut relocations = Vec::new();
    for reloc in code.buffer.relocs() {
        let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = reloc.target else {
            return Err(format!("a relocation of a kind that no variant should need: {reloc:?}").into());
        };
        relocations.push(Relocation {
            offset: reloc.offset,
            kind: reloc.kind,
            target: context.func.params.user_named_funcs()[name].clone(),
            addend: reloc.addend,
        });
    }
    Ok(Compiled { code, relocations })
}
