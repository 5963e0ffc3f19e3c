//! A report for people.

use crate::output::Stdout;
use anyhow::Result;
use stilt_precompiler::inspect::{MemoryReport, ModuleReport, Needs, Report, StackReport};

/// Writes all of it, with at most `functions` functions of each module.
pub(super) fn write(out: &mut Stdout, path: &str, report: &Report, functions: usize) -> Result<()> {
    out.line(&format!("{path}: image of {}, build {}", size(report.file_len), report.build_id))?;
    needs(out, &report.needs)?;
    for (number, module) in report.modules.iter().enumerate() {
        if report.modules.len() > 1 {
            out.line(&format!("\nModule {number}"))?;
        }
        contents(out, module, report.needs.architecture == "pulley", functions)?;
    }
    heading(out, "Sections", report.sections.len())?;
    for section in &report.sections {
        out.line(&format!("  {:>10}  {:#010x}  {}", section.len, section.offset, section.name))?;
    }
    Ok(())
}

fn needs(out: &mut Stdout, needs: &Needs) -> Result<()> {
    out.line(&format!("\nNeeds rung {}: {}", needs.rung_number, needs.rung.words()))?;
    if needs.rung_to_load > needs.rung {
        out.line("  when linked into the program or run in place; loading it from a file needs virtual memory")?;
    }
    let (architecture, bits) = (needs.architecture, needs.pointer_bits);
    out.field("target", &format!("{architecture}, {bits}-bit pointers, {}-endian", needs.byte_order))?;
    out.field("CPU features", &words(needs.cpu_features.iter().map(String::as_str)))?;
    out.field("builtins", &words(needs.builtin_groups.iter().copied()))?;
    out.field("traps", needs.traps)?;
    out.field("registers", {
        match (needs.float_registers, needs.vectors, needs.soft_float) {
            (_, true, _) => "integers, floats, vectors",
            (true, false, _) => "integers, floats",
            (false, false, true) => "integers only (floats by builtins)",
            (false, false, false) => "integers only",
        }
    })?;
    let switches = [
        (needs.spectre, "Spectre mitigations"),
        (needs.interrupt, "interrupt word"),
        (needs.fuel, "fuel"),
        (needs.branch_targets, "branch targets"),
        (needs.signed_returns, "signed returns"),
    ];
    out.field("compiled with", &words(switches.iter().filter(|(on, _)| *on).map(|(_, name)| *name)))?;
    out.field("convention", &needs.convention.to_string())?;
    out.field("code alignment", &size(needs.code_align))?;
    out.field(
        "stack reserve",
        &format!("{} (the largest frame that is taken before it is tested)", size(needs.max_frame.into())),
    )
}

fn contents(out: &mut Stdout, module: &ModuleReport, bytecode: bool, functions: usize) -> Result<()> {
    stack(out, &module.stack)?;
    out.line("\nMemory of one instance")?;
    out.field("at least", &size(module.instance.least))?;
    out.field("context", &size(module.instance.context))?;
    for (index, memory) in module.instance.memories.iter().enumerate() {
        out.field(&format!("memory {index}"), &memory_line(memory))?;
    }
    for (index, table) in module.instance.tables.iter().enumerate() {
        let max = table.max.map_or("no maximum".to_owned(), |max| format!("at most {max}"));
        let imported = if table.imported { "imported; " } else { "" };
        let (min, element, bytes) = (table.min, table.element, table.element_size);
        out.field(&format!("table {index}"), &format!("{imported}{min} × {element} of {bytes} bytes, {max}"))?;
    }
    storage(out, module, bytecode)?;
    heading(out, "Imports", module.imports.len())?;
    for import in &module.imports {
        out.line(&format!("  {}.{}  {}", import.module.escape_debug(), import.name.escape_debug(), import.ty))?;
    }
    heading(out, "Exports", module.exports.len())?;
    for export in &module.exports {
        out.line(&format!("  {}  {}", export.name.escape_debug(), export.ty))?;
    }
    if let Some(start) = module.start {
        out.field("start function", &start.to_string())?;
    }
    heading(out, "Functions", module.functions.len())?;
    if !module.functions.is_empty() {
        out.line("       bytes     frame        wasm   index  name")?;
    }
    for function in module.functions.iter().take(functions) {
        let name = function.name.as_deref().unwrap_or("-").escape_debug();
        let (len, frame, wasm, index) = (function.len, function.frame, function.wasm, function.index);
        out.line(&format!("  {len:>10}  {frame:>8}  {wasm:>#10x}  {index:>6}  {name}"))?;
    }
    let hidden = module.functions.len().saturating_sub(functions);
    if hidden > 0 {
        out.line(&format!("  … and {hidden} smaller ones (--functions all)"))?;
    }
    out.line("\nMade by")?;
    if let Some(name) = &module.name {
        out.field("module name", &name.escape_debug().to_string())?;
    }
    for (key, value) in &module.producer {
        out.field(key, value)?;
    }
    out.field("sites", &format!("{} traps and calls, which lead back to wasm offsets", module.sites))
}

/// The numbers of the C header that goes with an object, by their names there.
fn storage(out: &mut Stdout, module: &ModuleReport, bytecode: bool) -> Result<()> {
    let storage = &module.instance.storage;
    out.line("\nStorage of one instance, where the embedder gives it (in the header of an object: NAME_...)")?;
    for (name, value) in [
        ("INSTANCE_SIZE", storage.block),
        ("INSTANCE_ALIGN", storage.align),
        ("TABLES_SIZE", storage.tables),
        ("MEMORIES_SIZE", storage.memories),
        ("STORAGE_SIZE", storage.total),
        ("TYPES", storage.types.into()),
    ] {
        out.field(name, &value.to_string())?;
    }
    // `stilt.h` has the numbers of its own objects.
    let (total, imports) = (storage.total, module.imports.len());
    let interpreter = if bytecode { " + STILT_INTERPRETER_SIZE + stack" } else { "" };
    out.field(
        "STORE_SIZE",
        &format!(
            "STILT_STORE_SIZE(frames) + STILT_INSTANCE_BASE + {total} + {imports} * STILT_IMPORT_SIZE{interpreter}"
        ),
    )
}

fn stack(out: &mut Stdout, stack: &StackReport) -> Result<()> {
    out.line("\nStack")?;
    out.field("largest frame", &size(stack.largest_frame.into()))?;
    let Some(deepest) = stack.deepest_path else {
        return out.field("deepest path", "not recorded");
    };
    out.field("deepest path", &format!("{} through {} functions", size(deepest.into()), stack.path.len()))?;
    for step in &stack.path {
        let name = step.name.as_deref().unwrap_or("-").escape_debug();
        out.line(&format!("  {:>24}  {:>6}  {name}", step.frame, step.index))?;
    }
    let mut not_counted = stack.not_counted.clone();
    not_counted.push("what the host does");
    out.field("not counted", &words(not_counted.into_iter()))
}

fn memory_line(memory: &MemoryReport) -> String {
    let max = memory.max.map_or("no maximum".to_owned(), |max| format!("at most {}", size(max)));
    if let Some(backed) = memory.backed {
        return format!(
            "{backed} of {} bytes backed: an access beyond traps, and it does not grow; not standard; every access is tested",
            memory.min
        );
    }
    let imported = if memory.imported { "imported; " } else { "" };
    let shared = if memory.shared { "; shared" } else { "" };
    let checks = if memory.reservation == 0 && memory.guard == 0 {
        "every access is tested".to_owned()
    } else {
        format!("{} of address space, {} of guard on both sides", size(memory.reservation), size(memory.guard))
    };
    format!("{imported}{} at first, {max}; {checks}{shared}", size(memory.min))
}

fn heading(out: &mut Stdout, what: &str, count: usize) -> Result<()> {
    out.line(&format!("\n{what} ({count})"))
}

/// A list in words.
fn words<'a>(list: impl Iterator<Item = &'a str>) -> String {
    let list: Vec<_> = list.collect();
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// A number of bytes.
fn size(bytes: u64) -> String {
    let units = [(1u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in units {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{} {name}", bytes / unit);
        }
    }
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_exact() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1025), "1025 bytes");
        assert_eq!(size(65536), "64 KiB");
        assert_eq!(size(4 << 30), "4 GiB");
    }
}
