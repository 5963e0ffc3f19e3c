//! Objects for a linker, read back: sections, symbols, what is left to be filled in, and what differs between machines.

use object::elf;
use object::read::elf::{ElfFile, FileHeader};
use object::{
    Endianness, FileFlags, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, SectionFlags,
};
use stilt_artifact::header::{CODE_FIELD, CODE_MARK, flags};
use stilt_artifact::target::TrapMode;
use stilt_artifact::{Endian, Image};
use stilt_precompiler::object::{CodeModel, FloatAbi, Unwind};
use stilt_precompiler::{CompileError, ObjectError, ObjectOptions, Options, Precompiler};

const MODULE: &str = r#"
(module
  (import "host" "print" (func $print (param i32 f64) (result i64 i32)))
  (memory (export "memory") 1 4)
  (data (i32.const 0) "initial")
  (table (export "table") 3 funcref)
  (elem (i32.const 0) $sum)
  (global (export "count") (mut i64) (i64.const 1))
  (func $sum (export "sum, of two") (param i64 v128) (result i64)
    (drop (call $print (i32.const 1) (f64.const 2)))
    (i64.add (local.get 0)))
  (func $nothing (export "nothing")))
"#;

/// The objects to look at: target and machine.
const ALL: [(&str, &str); 9] = [
    ("x86_64", "x86_64"),
    ("pulley64", "x86_64"),
    ("pulley64", "aarch64"),
    ("pulley64", "riscv64"),
    ("pulley64be", "s390x"),
    ("pulley32", "arm"),
    ("pulley32", "riscv32"),
    ("pulley32", "i686"),
    ("pulley32be", "powerpc"),
];

fn object(target: &str, change: impl FnOnce(&mut ObjectOptions)) -> Result<stilt_precompiler::Object, CompileError> {
    let wasm = wat::parse_str(MODULE).expect("a module");
    let mut options = ObjectOptions::new("m");
    change(&mut options);
    let mut compile = Options::for_target(target);
    compile.traps = Some(TrapMode::Explicit);
    Precompiler::new(compile)?.compile_object(&wasm, &options)
}

#[test]
fn two_sections_and_one_field() {
    for (target, machine) in ALL {
        let made = object(target, |options| options.machine = Some(machine.to_owned())).expect("it compiles");
        let again = object(target, |options| options.machine = Some(machine.to_owned())).expect("it compiles");
        assert!(made == again, "{target}: not the same bytes");
        match object::FileKind::parse(&*made.elf).expect("an object") {
            object::FileKind::Elf32 => look::<elf::FileHeader32<Endianness>>(target, machine, &made.elf),
            _ => look::<elf::FileHeader64<Endianness>>(target, machine, &made.elf),
        }
    }
}

fn look<E: FileHeader<Endian = Endianness>>(target: &str, machine: &str, bytes: &[u8]) {
    let what = format!("{target} for {machine}");
    let file: ElfFile<'_, E> = ElfFile::parse(bytes).expect("an object");
    let native = target == machine;
    let section = |name: &str| file.section_by_name(name).unwrap_or_else(|| panic!("{what}: no section {name}"));
    let (tables, code) =
        (section(".rodata.stilt.m"), section(if native { ".text.stilt.m" } else { ".rodata.stilt.m.code" }));
    let flags_of = |section: &object::read::elf::ElfSection<'_, '_, E>| match section.flags() {
        SectionFlags::Elf { sh_flags, .. } => sh_flags,
        _ => panic!("{what}: flags"),
    };
    assert_eq!(flags_of(&tables), elf::SHF_ALLOC, "{what}");
    let executable = if native { elf::SHF_EXECINSTR } else { elf::SectionFlags(0) };
    assert_eq!(flags_of(&code), elf::SHF_ALLOC | executable, "{what}");
    assert!(tables.align() >= 16, "{what}");

    // One field of the tables is left to be filled in, none of the code.
    assert_eq!(code.relocations().count(), 0, "{what}");
    let fields: Vec<_> = tables.relocations().collect();
    let kind = |number: usize| match fields[number].1.flags() {
        RelocationFlags::Elf { r_type } => r_type,
        _ => panic!("{what}: a relocation"),
    };
    let expected: &[elf::RelocationType] = match machine {
        "x86_64" => &[elf::R_X86_64_PC64],
        "aarch64" => &[elf::R_AARCH64_PREL64],
        "riscv64" => &[elf::R_RISCV_ADD64, elf::R_RISCV_SUB64],
        "s390x" => &[elf::R_390_PC64],
        "arm" => &[elf::R_ARM_REL32],
        "riscv32" => &[elf::R_RISCV_ADD32, elf::R_RISCV_SUB32],
        "i686" => &[elf::R_386_PC32],
        _ => &[elf::R_PPC_REL32],
    };
    assert_eq!((0..fields.len()).map(kind).collect::<Vec<_>>(), expected, "{what}");
    let field = CODE_FIELD as u64 + if machine == "powerpc" { 4 } else { 0 };
    assert!(fields.iter().all(|(at, _)| *at == field), "{what}");

    // The image says so itself, and its mark lies in front of its code.
    let endian = if file.is_little_endian() { Endian::Little } else { Endian::Big };
    let data = tables.data().expect("bytes");
    let image = Image::parse(data, endian).expect("an image");
    assert!(image.is_linked() && image.header().flags & flags::LINKED != 0, "{what}");
    let code_bytes = code.data().expect("bytes");
    let start = code_bytes.len() - image.header().code_len as usize;
    assert_eq!(code_bytes[start - CODE_MARK..start], image.header().build_id, "{what}");
    assert!(image.verify_linked(&code_bytes[start..]).is_ok(), "{what}");
    let mut damaged = code_bytes[start..].to_vec();
    damaged[0] ^= 1;
    assert!(image.verify_linked(&damaged).is_err(), "{what}");

    // One symbol for programs; all others stay within.
    let global: Vec<_> = file.symbols().filter(|symbol| symbol.is_global()).map(|s| s.name().expect("UTF-8")).collect();
    assert_eq!(global, ["m"], "{what}");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok("m")).expect("the symbol");
    assert_eq!((symbol.address(), symbol.size()), (0, data.len() as u64), "{what}");
    let sum = file.symbols().find(|symbol| symbol.name() == Ok("m::sum")).expect("the function");
    assert!(sum.size() > 0 && sum.address() >= start as u64, "{what}");
    assert!(file.symbols().any(|symbol| symbol.name() == Ok("m::nothing")), "{what}");
    assert_eq!(file.section_by_name(".eh_frame").is_some(), native, "{what}");
    assert!(file.section_by_name(".note.GNU-stack").is_some(), "{what}");
}

/// One object without makes a linker take a whole program for unprotected.
#[test]
fn branch_protection_is_said_to_linkers() {
    let note = |target: &str, machine: &str, bti: bool, pac: bool| {
        let mut compile = Options::for_target(target);
        compile.traps = Some(TrapMode::Explicit);
        (compile.bti, compile.pac) = (bti, pac);
        let mut options = ObjectOptions::new("m");
        options.machine = Some(machine.to_owned());
        let wasm = wat::parse_str(MODULE).expect("a module");
        let made = Precompiler::new(compile).expect("options").compile_object(&wasm, &options).expect("it compiles");
        let file = object::File::parse(&*made.elf).expect("an object");
        let section = file.section_by_name(".note.gnu.property")?;
        // Sizes of name, of what is said and of its kind; the name; AArch64's features, four bytes; and which.
        let data = section.data().expect("bytes").to_vec();
        assert_eq!(data[..24], *b"\x04\0\0\0\x10\0\0\0\x05\0\0\0GNU\0\0\0\0\xc0\x04\0\0\0");
        Some(data[24])
    };
    assert_eq!(note("aarch64", "aarch64", false, false), None);
    assert_eq!(note("aarch64", "aarch64", true, false), Some(1));
    assert_eq!(note("aarch64", "aarch64", false, true), Some(2));
    assert_eq!(note("aarch64", "aarch64", true, true), Some(3));
    assert_eq!(note("pulley64", "aarch64", false, false), Some(3));
    assert_eq!(note("x86_64", "x86_64", false, false), None);
}

#[test]
fn floats_in_the_header() {
    let flags = |machine: &str, float: Option<FloatAbi>| {
        let target = if machine.ends_with("64") { "pulley64" } else { "pulley32" };
        let made = object(target, |options| {
            options.machine = Some(machine.to_owned());
            options.float_abi = float;
        });
        match object::File::parse(&*made.expect("it compiles").elf).expect("an object").flags() {
            FileFlags::Elf { e_flags, .. } => e_flags.0,
            _ => panic!("flags"),
        }
    };
    assert_eq!(flags("riscv64", None), 4);
    assert_eq!(flags("riscv64", Some(FloatAbi::Soft)), 0);
    assert_eq!(flags("riscv64", Some(FloatAbi::Single)), 2);
    assert_eq!(flags("riscv32", None), 0);
    assert_eq!(flags("riscv32", Some(FloatAbi::Double)), 4);
    assert_eq!(flags("arm", None), 0x0500_0000);
    assert_eq!(flags("x86_64", None), 0);
}

#[test]
fn unwind_information() {
    let sections = |unwind: Unwind, model: CodeModel| {
        let made =
            object("x86_64", |options| (options.unwind, options.code_model) = (unwind, model)).expect("it compiles");
        let file = object::File::parse(&*made.elf).expect("an object");
        let section = [".eh_frame", ".debug_frame"].into_iter().filter_map(|name| {
            let section = file.section_by_name(name)?;
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return None };
            let mut kinds: Vec<_> = section
                .relocations()
                .filter_map(|(_, relocation)| match relocation.flags() {
                    RelocationFlags::Elf { r_type } => Some(r_type.0),
                    _ => None,
                })
                .collect();
            kinds.sort_unstable();
            kinds.dedup();
            Some((name, sh_flags.0 & elf::SHF_ALLOC.0 != 0, kinds))
        });
        section.collect::<Vec<_>>()
    };
    assert_eq!(sections(Unwind::EhFrame, CodeModel::Small), [(".eh_frame", true, vec![elf::R_X86_64_PC32.0])]);
    assert_eq!(sections(Unwind::EhFrame, CodeModel::Large), [(".eh_frame", true, vec![elf::R_X86_64_PC64.0])]);
    let absolute = vec![elf::R_X86_64_64.0, elf::R_X86_64_32.0];
    assert_eq!(sections(Unwind::DebugFrame, CodeModel::Small), [(".debug_frame", false, absolute)]);
    assert!(sections(Unwind::None, CodeModel::Small).is_empty());
}

#[test]
fn the_header_names_what_the_module_has() {
    let header = object("x86_64", |_| {}).expect("it compiles").header;
    for words in [
        "struct m_import_host_print_results { int64_t r0; int32_t r1; };",
        "typedef struct m_import_host_print_results m_import_host_print(int32_t p0, double p1);",
        "typedef int64_t m_export_sum__of_two(int64_t p0, stilt_v128 p1);",
        "typedef void m_export_nothing(void);",
        "#define M_EXPORT_sum__of_two \"sum, of two\"",
        "ITEM(host_print, \"host\", \"print\", func, \"(func (param i32 f64) (result i64 i32))\")",
        "ITEM(memory, \"memory\", memory, \"(memory 1 4)\")",
        "ITEM(table, \"table\", table, \"(table 3 funcref)\")",
        "ITEM(count, \"count\", global, \"(global (mut i64))\")",
        "#define M_TABLES_SIZE 32u",
        "#define M_MEMORIES_SIZE 65552u",
        "#define M_EXPORTS_COUNT 5",
        // For stilt.h.
        "typedef stilt_status m_host_host_print(void *env, stilt_caller *caller, int32_t p0, double p1, int64_t *r0, int32_t *r1);",
        "const m_func_sum__of_two *func, int64_t p0, stilt_v128 p1, int64_t *r0, stilt_error *error)",
        "status = stilt_func_check(store, &found, (const uint8_t *)\"~{\", 2, (const uint8_t *)\"~\", 1);",
    ] {
        assert!(header.contains(words), "{words}: {header}");
    }
}

#[test]
fn what_is_too_large_or_wrong() {
    let mut options = Options::default();
    options.max_module_size = 16;
    let wasm = wat::parse_str(MODULE).expect("a module");
    let error = Precompiler::new(options).expect("options").compile_object(&wasm, &ObjectOptions::new("m"));
    assert!(matches!(error, Err(CompileError::TooLarge { found, limit: 16, .. }) if found == wasm.len() as u64));
    // Choices are looked at before the module is.
    let error = Precompiler::new(Options::default()).expect("options").compile_object(b"", &ObjectOptions::new("1"));
    assert!(matches!(error, Err(CompileError::Object(ObjectError::Name(_)))));
    assert!(matches!(object("pulley64", |_| {}), Err(CompileError::Object(ObjectError::NoMachine { .. }))));
}
