//! Objects for a linker in place of images: what is asked for, and writing them.

use super::plan::Task;
use crate::output;
use crate::progress::Bar;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use stilt_precompiler::object::{CodeModel, FloatAbi, Unwind};
use stilt_precompiler::{ObjectOptions, Precompiler};

/// What to write.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Objects for a linker")]
pub(crate) struct ObjectArguments {
    /// An image to be loaded, or an object to be linked into a program.
    #[arg(long, value_name = "WHAT", default_value = "image")]
    emit: Emit,

    /// The symbol by which a program refers to the object. Default: the name of its file.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The section that the code goes into. Default: `.text.stilt.NAME`.
    #[arg(long, value_name = "SECTION")]
    code_section: Option<String>,

    /// The section that tables and initial data go into. Default: `.rodata.stilt.NAME`.
    #[arg(long, value_name = "SECTION")]
    table_section: Option<String>,

    /// Where to write the header for C. Default: beside the object.
    #[arg(long, value_name = "FILE")]
    header: Option<PathBuf>,

    /// The machine that the program is for, where the target is bytecode.
    #[arg(long, value_name = "MACHINE")]
    machine: Option<String>,

    /// How the program passes floats, where objects say that (RISC-V). Modules pass none, and go with each; `soft` is a kernel's,
    /// and the default with `--float soft` and `none`; else it is `double` on riscv64, and `soft` on riscv32.
    #[arg(long, value_name = "HOW")]
    float_abi: Option<Float>,

    /// How far from the code its unwind information may lie: 2 GiB, or anywhere. Tables may lie anywhere with both.
    #[arg(long, value_name = "MODEL", default_value = "small")]
    code_model: Model,

    /// Where unwind information for debuggers goes: a section that is loaded, one that is not, or nowhere.
    #[arg(long, value_name = "WHERE", default_value = "eh-frame")]
    unwind: Where,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    Image,
    Obj,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Float {
    Soft,
    Single,
    Double,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Model {
    Small,
    Large,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Where {
    EhFrame,
    DebugFrame,
    None,
}

impl ObjectArguments {
    /// Whether objects are asked for. Options that only they have are an error without them.
    pub(super) fn wanted(&self) -> Result<bool> {
        if self.emit == Emit::Obj {
            return Ok(true);
        }
        let given = [
            ("--name", self.name.is_some()),
            ("--code-section", self.code_section.is_some()),
            ("--table-section", self.table_section.is_some()),
            ("--header", self.header.is_some()),
            ("--machine", self.machine.is_some()),
            ("--float-abi", self.float_abi.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => bail!("{option} goes with `--emit obj`, and an image is to be made"),
            None => Ok(false),
        }
    }

    /// The extension of what is written.
    pub(super) fn extension(&self) -> &'static str {
        if self.emit == Emit::Obj { "o" } else { "cwasm" }
    }

    /// Options that name one thing, when there are so many.
    pub(super) fn check_count(&self, modules: usize, objects: usize) -> Result<()> {
        if modules > 1 && self.name.is_some() {
            bail!("--name names one module, and {modules} are to be compiled: leave it out, and their files name them");
        }
        if objects > 1 && self.header.is_some() {
            bail!("--header names one file, and {objects} objects are to be made: use --out-dir");
        }
        Ok(())
    }

    /// The options of one object.
    pub(super) fn options(&self, task: &Task) -> Result<ObjectOptions> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => {
                let stem = task.module.file_stem().unwrap_or_default().to_string_lossy();
                stem.replace(['-', '.', ' '], "_")
            }
        };
        let mut options = ObjectOptions::new(&name);
        options.code_section = self.code_section.clone();
        options.table_section = self.table_section.clone();
        options.machine = self.machine.clone();
        options.float_abi = self.float_abi.map(|float| match float {
            Float::Soft => FloatAbi::Soft,
            Float::Single => FloatAbi::Single,
            Float::Double => FloatAbi::Double,
        });
        options.code_model = match self.code_model {
            Model::Small => CodeModel::Small,
            Model::Large => CodeModel::Large,
        };
        options.unwind = match self.unwind {
            Where::EhFrame => Unwind::EhFrame,
            Where::DebugFrame => Unwind::DebugFrame,
            Where::None => Unwind::None,
        };
        Ok(options)
    }

    /// Where its header goes.
    pub(super) fn header(&self, task: &Task) -> Result<PathBuf> {
        match &self.header {
            Some(path) => Ok(path.clone()),
            None if task.image.as_os_str() == "-" => {
                Err(anyhow!("the object goes to standard output: say with --header where its C header goes"))
            }
            None => Ok(task.image.with_extension("h")),
        }
    }

    /// Compiles a module to an object and writes both files; the bytes of the object.
    pub(super) fn make(&self, precompiler: &Precompiler, task: &Task, module: &[u8], bar: &Bar) -> Result<usize> {
        let header = self.header(task)?;
        let made = precompiler
            .compile_object_with_progress(module, &self.options(task)?, bar)
            .with_context(|| format!("cannot compile {}", task.module.display()))?;
        // The header first: where an object is, its header is, too.
        output::write(&header, made.header.as_bytes())?;
        output::write(&task.image, &made.elf)?;
        Ok(made.elf.len())
    }
}
