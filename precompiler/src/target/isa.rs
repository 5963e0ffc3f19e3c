//! Cranelift's back end for a target, with settings that are the same on every machine that compiles.

use super::features::{self, set};
use super::name::TargetName;
use crate::options::{Options, OptionsError};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable as _};
use stilt_artifact::target::Architecture;

/// The back end, and the name of the CPU that it compiles for.
pub(super) fn isa(
    name: TargetName,
    options: &Options,
    integers_only: bool,
) -> Result<(OwnedTargetIsa, String), OptionsError> {
    let refused = |error: &dyn core::fmt::Display| OptionsError::Setting(error.to_string());
    let on_off = |on: bool| if on { "true" } else { "false" };
    let mut flags = settings::builder();
    for (setting, value) in [
        ("opt_level", options.opt_level.name()),
        ("enable_verifier", on_off(options.verify)),
        ("preserve_frame_pointers", "true"),
        // Of prologues, for debuggers; unwinding itself goes by frame pointers.
        ("unwind_info", "true"),
        ("enable_probestack", "false"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("enable_heap_access_spectre_mitigation", on_off(options.spectre)),
        ("enable_table_access_spectre_mitigation", on_off(options.spectre)),
        ("enable_nan_canonicalization", on_off(options.nan_canonicalization)),
        ("is_pic", "true"),
        // Where basic blocks start.
        (
            "machine_code_cfg_info",
            on_off(integers_only || options.short_jumps && name.architecture == Architecture::X86_64),
        ),
    ] {
        flags.set(setting, value).map_err(|error| refused(&error))?;
    }

    let mut builder = isa::lookup_by_name(name.triple).map_err(|error| refused(&error))?;
    let cpu = features::apply(&mut builder, &flags, name, options)?;
    match name.architecture {
        Architecture::Aarch64 => {
            set(&mut builder, "use_bti", options.bti)?;
            set(&mut builder, "sign_return_address", options.pac)?;
            // A conditional select alone may be predicted: what depends on it waits for this barrier.
            set(&mut builder, "use_csdb", options.spectre)?;
        }
        Architecture::Riscv64 => {
            // V promises so many bits; Cranelift asks for each by itself.
            let isa = builder.finish(settings::Flags::new(flags.clone())).map_err(|error| refused(&error))?;
            let vectors = isa.isa_flags().iter().any(|flag| flag.name == "has_v" && flag.as_bool() == Some(true));
            for flag in ["has_zvl32b", "has_zvl64b", "has_zvl128b"] {
                set(&mut builder, flag, vectors)?;
            }
        }
        _ => {}
    }
    let isa = builder.finish(settings::Flags::new(flags)).map_err(|error| refused(&error))?;
    Ok((isa, cpu))
}
