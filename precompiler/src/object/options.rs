//! What a user can choose about an object, and which names are good.

use super::error::ObjectError;
use sha2::{Digest as _, Sha256};

/// The choices. Start from [`ObjectOptions::new`] and change what should differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectOptions {
    /// The symbol that a program refers to: an identifier of C. It also begins the names of function symbols.
    pub name: String,
    /// The section that the code goes into. Default: `.text.stilt.NAME`; for bytecode, which is data, `.rodata.stilt.NAME.code`.
    pub code_section: Option<String>,
    /// The section that headers, tables and initial data go into. Default: `.rodata.stilt.NAME`.
    pub table_section: Option<String>,
    /// What machine the program is for, by its name. Bytecode needs one; native code is for its own.
    pub machine: Option<String>,
    /// How the program passes floats, where objects say that. Code of modules passes none to the program, so that it goes with
    /// either. Default: as Linux' programs for the machine do (riscv64: double), riscv32: soft.
    pub float_abi: Option<FloatAbi>,
    /// Default: [`CodeModel::Small`].
    pub code_model: CodeModel,
    /// Default: [`Unwind::EhFrame`].
    pub unwind: Unwind,
}

/// How floats are passed to functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloatAbi {
    /// In registers for integers, as in kernels (riscv64: lp64).
    Soft,
    /// Single ones in registers for floats (lp64f).
    Single,
    /// All of them (lp64d).
    Double,
}

/// How far apart the sections of a program may lie. Code and tables may be any distance apart in either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeModel {
    /// Unwind information is within 2 GiB of code.
    #[default]
    Small,
    /// Anything anywhere.
    Large,
}

/// What is said about unwinding, for debuggers; nothing in a running program needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unwind {
    /// `.eh_frame`, a section that is loaded.
    #[default]
    EhFrame,
    /// `.debug_frame`, which is not loaded and takes no flash.
    DebugFrame,
    /// Nothing.
    None,
}

impl ObjectOptions {
    /// The defaults, with a name.
    pub fn new(name: &str) -> ObjectOptions {
        ObjectOptions {
            name: name.to_owned(),
            code_section: None,
            table_section: None,
            machine: None,
            float_abi: None,
            code_model: CodeModel::default(),
            unwind: Unwind::default(),
        }
    }

    /// Identifies an object with these options of an image with this key.
    pub(crate) fn key(&self, image: [u8; 16]) -> [u8; 16] {
        let digest = Sha256::new().chain_update(image).chain_update(format!("{self:?}")).finalize();
        core::array::from_fn(|at| digest[at])
    }

    /// Sections by the names they will have: that of the code, then that of the tables.
    pub(super) fn sections(&self, native: bool) -> Result<[String; 2], ObjectError> {
        let name = &self.name;
        let code = match &self.code_section {
            Some(section) => checked_section("the code", section)?,
            None if native => format!(".text.stilt.{name}"),
            None => format!(".rodata.stilt.{name}.code"),
        };
        let tables = match &self.table_section {
            Some(section) => checked_section("the tables", section)?,
            None => format!(".rodata.stilt.{name}"),
        };
        if code == tables {
            let why = "the tables are in it, which are not executable and lie elsewhere";
            return Err(ObjectError::Section { what: "the code", name: code, why });
        }
        Ok([code, tables])
    }

    /// Whether the name can be one.
    pub(super) fn check_name(&self) -> Result<(), ObjectError> {
        let name = &self.name;
        let mut bytes = name.bytes();
        let good = bytes.next().is_some_and(|byte| byte == b'_' || byte.is_ascii_alphabetic())
            && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        if !good {
            return Err(ObjectError::Name(name.clone()));
        }
        // Two underscores anywhere are for compilers and libraries; and a header's names would be those of stilt.h.
        let lower = name.to_ascii_lowercase();
        if !is_free(name) || name.contains("__") || lower == "stilt" || lower.starts_with("stilt_") {
            return Err(ObjectError::ReservedName(name.clone()));
        }
        Ok(())
    }
}

/// Whether letters, digits and underscores are an identifier that no compiler has a use for. (In C++, nor with two underscores.)
pub(super) fn is_free(name: &str) -> bool {
    let first = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase());
    let good = first(&name.to_ascii_lowercase()) || name.strip_prefix('_').is_some_and(first);
    good && !KEYWORDS.contains(&name)
}

fn checked_section(what: &'static str, name: &str) -> Result<String, ObjectError> {
    let refuse = |why| Err(ObjectError::Section { what, name: name.to_owned(), why });
    if name.is_empty() {
        return refuse("it is empty");
    }
    if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse("it has a space, a control character, or one beyond ASCII, which linker scripts cannot name");
    }
    let special =
        [".eh_frame", ".debug_", ".rel", ".symtab", ".strtab", ".shstrtab", ".note", ".bss", ".data", ".comment"];
    if special.iter().any(|special| name.starts_with(special)) {
        return refuse("linkers have a use of their own for it, or take it to be writable");
    }
    Ok(name.to_owned())
}

/// Words of C11 and C++20 that are no identifiers, and names that every program has already.
const KEYWORDS: [&str; 100] = [
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    "main",
    "errno",
    "NULL",
    "EOF",
    "unix",
    "linux",
];
