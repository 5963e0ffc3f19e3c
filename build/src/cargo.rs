//! What Cargo tells build scripts about the program's machine, and what follows from it for what is compiled.

use crate::error::Error;
use std::path::PathBuf;
use stilt_artifact::target::{Architecture, TrapMode};
use stilt_precompiler::object::FloatAbi;
use stilt_precompiler::{FloatMode, OptLevel, Options};

/// The program's machine.
#[derive(Clone, Debug)]
pub(crate) struct Cargo {
    /// The target's name.
    pub(crate) target: String,
    /// The folder for what is made.
    pub(crate) out: PathBuf,
    architecture: String,
    system: String,
    vendor: String,
    /// What tells apart targets that are the same otherwise.
    abi: String,
    big: bool,
    /// Bits of a pointer.
    width: u8,
    /// What the program is compiled to use.
    features: Vec<String>,
    /// `0` to `3`, `s` or `z`.
    opt_level: String,
}

impl Cargo {
    /// From the environment, or what stands for it in a test.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Cargo, Error> {
        let get = |name: &'static str| variable(name).ok_or(Error::NotInBuildScript { variable: name });
        let features = variable("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
        Ok(Cargo {
            target: get("TARGET")?,
            out: get("OUT_DIR")?.into(),
            architecture: get("CARGO_CFG_TARGET_ARCH")?,
            system: get("CARGO_CFG_TARGET_OS")?,
            vendor: variable("CARGO_CFG_TARGET_VENDOR").unwrap_or_default(),
            abi: variable("CARGO_CFG_TARGET_ABI").unwrap_or_default(),
            big: get("CARGO_CFG_TARGET_ENDIAN")? == "big",
            width: if get("CARGO_CFG_TARGET_POINTER_WIDTH")? == "32" { 32 } else { 64 },
            features: features.split(',').map(str::to_owned).collect(),
            opt_level: variable("OPT_LEVEL").unwrap_or_default(),
        })
    }

    /// Options for native code.
    pub(crate) fn native(&self) -> Result<Options, Error> {
        let none = || Error::NoNativeCode { target: self.target.clone() };
        // Rust's names of architectures are ours, but for byte orders and pointer widths that differ.
        let architecture = Architecture::of_triple(&self.architecture).ok_or_else(none)?;
        if self.width != 64 || self.big != (architecture == Architecture::S390x) {
            return Err(none());
        }
        let mut options = self.common(&format!("{}-unknown-{}", self.architecture, self.system));
        // What the program uses is there: its own code needs it.
        let used = architecture.features().iter().filter(|name| self.uses(name));
        options.cpu_features = used.map(|name| ((*name).to_owned(), true)).collect();
        if architecture == Architecture::Riscv64 && !self.uses("c") {
            options.cpu_features.extend(["zca", "zcd"].map(|name| (name.to_owned(), false)));
        }
        if self.leaves_floats_alone(architecture) {
            options.float = Some(FloatMode::Soft);
        }
        if self.system == "none" {
            options.traps = Some(TrapMode::Explicit);
        }
        Ok(options)
    }

    /// Options for bytecode, which there is for every machine.
    pub(crate) fn bytecode(&self) -> Options {
        self.common(&format!("pulley{}{}", self.width, if self.big { "be" } else { "" }))
    }

    fn common(&self, target: &str) -> Options {
        let mut options = Options::for_target(target);
        if ["s", "z"].contains(&self.opt_level.as_str()) {
            options.opt_level = OptLevel::Size;
        }
        options
    }

    /// Whether the program, a kernel for one, was compiled without float registers.
    fn leaves_floats_alone(&self, architecture: Architecture) -> bool {
        match architecture {
            Architecture::X86_64 => !self.uses("sse2"),
            Architecture::Aarch64 => !self.uses("neon"),
            Architecture::Riscv64 => self.float_abi() == Some(FloatAbi::Soft),
            _ => self.abi == "softfloat",
        }
    }

    fn uses(&self, feature: &str) -> bool {
        self.features.iter().any(|used| used == feature)
    }

    /// Whether programs for the target are ELF files.
    pub(crate) fn is_elf(&self) -> bool {
        let other = ["windows", "uefi", "cygwin", "aix"].contains(&self.system.as_str());
        !other && self.vendor != "apple" && !self.architecture.starts_with("wasm")
    }

    /// The machine that objects are for, by our name.
    pub(crate) fn machine(&self) -> &str {
        match self.architecture.as_str() {
            "x86" => "i686",
            other => other,
        }
    }

    /// How the program passes floats, where its objects say so. Compilers do not tell build scripts, but the target's name does: the
    /// letters behind the width are extensions.
    pub(crate) fn float_abi(&self) -> Option<FloatAbi> {
        let (first, _) = self.target.split_once('-').unwrap_or((&self.target, ""));
        let extensions = first.strip_prefix("riscv64").or_else(|| first.strip_prefix("riscv32"))?;
        Some(match extensions {
            // A profile, which has them.
            "a23" => FloatAbi::Double,
            letters if letters.contains(['g', 'd']) => FloatAbi::Double,
            letters if letters.contains('f') => FloatAbi::Single,
            _ => FloatAbi::Soft,
        })
    }
}

#[cfg(test)]
mod tests;
