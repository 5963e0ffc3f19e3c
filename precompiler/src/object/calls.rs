//! The part of a module's header that is for `stilt.h`: its imports and exports as functions of C with their types, over slots.

use super::identifier::{Identifiers, literal, literal_bytes};
use super::interface::c_type;
use crate::module::{FuncIndex, Module};
use crate::signature::WasmSignature;
use core::fmt::Write as _;
use stilt_artifact::types::{ExternKind, ValueType};

/// Slots that a call has at least.
const LEAST: u32 = 4;

/// Writes it: `name` is the module's, `upper` the same for macros; `interpreted` if it is bytecode.
pub(super) fn write(text: &mut String, module: &Module<'_>, name: &str, upper: &str, interpreted: bool) {
    let interpreter = if interpreted { " + STILT_INTERPRETER_SIZE + (((stack) + 15u) / 16u * 16u)" } else { "" };
    let (types, imports) = (module.types.len(), module.imports.len());
    let _ = write!(
        text,
        "
/* Different function types, at most. */
#define {upper}_TYPES {types}u

/* With stilt.h in front of this header: the module's functions with their types, for that interface. */
#ifdef STILT_H

/* Storage of a store with one instance, whose backtraces have at most so many frames; `stack` is that of the interpreter, if it is bytecode. */
#define {upper}_STORE_SIZE(frames, stack) \\
  (STILT_STORE_SIZE(frames) + STILT_INSTANCE_BASE + {upper}_STORAGE_SIZE + {imports}u * STILT_IMPORT_SIZE{interpreter})
"
    );
    host(text, module, name);
    exports(text, module, name);
    text.push_str("\n#endif\n");
}

/// What the host gives, and how it is linked.
fn host(text: &mut String, module: &Module<'_>, name: &str) {
    let mut identifiers = Identifiers::default();
    let (mut types, mut fields, mut codes, mut links) = (String::new(), String::new(), String::new(), String::new());
    for (place, import) in module.imports.iter().enumerate() {
        let id = identifiers.give_field(&format!("{}_{}", import.module, import.name));
        let names = format!(
            "{}, {}, {}, {}",
            literal(import.module),
            import.module.len(),
            literal(import.name),
            import.name.len()
        );
        let _ = writeln!(links, "  stilt_import_init(&imports[{place}], {names});");
        let field = match import.kind {
            ExternKind::Func => {
                let ty = module.function_type(FuncIndex::from_u32(import.index));
                let _ = writeln!(
                    types,
                    "typedef stilt_status {name}_host_{id}(void *env, stilt_caller *caller{}{});",
                    params(ty),
                    results(ty)
                );
                let _ = writeln!(fields, "  {name}_host_{id} *{id};");
                code(&mut codes, name, &id, ty);
                let _ = writeln!(
                    links,
                    "  stilt_host_init(&hosts[{place}], {name}_code_{id}, (void *)host, {});\n  if (host->{id}) imports[{place}].host = &hosts[{place}];",
                    type_bytes(ty)
                );
                continue;
            }
            ExternKind::Table => "table",
            ExternKind::Memory => "memory",
            ExternKind::Global => "global",
        };
        let _ = writeln!(fields, "  const stilt_{field} *{id};");
        let _ = writeln!(links, "  imports[{place}].{field} = host->{id};");
    }
    let count = module.imports.len();
    if count == 0 {
        let _ = write!(
            text,
            "
/* Makes an instance: see stilt_instantiate. */
static inline stilt_status {name}_instantiate(stilt_store *store, stilt_module *module, stilt_instance *instance, stilt_error *error) {{
  return stilt_instantiate(store, module, 0, 0, instance, error);
}}
"
        );
        return;
    }
    let _ = write!(
        text,
        "
/* Imports as functions of the host: as stilt_host_code says, but with the arguments, and with places for the results. */
{types}
/* What the host gives. `env` is handed to its functions. It stays as it is for as long as the store. */
typedef struct {name}_host {{
  void *env;
{fields}}} {name}_host;
{codes}
/* Makes an instance: see stilt_instantiate. What is NULL in `host` is missing. */
static inline stilt_status {name}_instantiate(stilt_store *store, stilt_module *module, const {name}_host *host, stilt_instance *instance, stilt_error *error) {{
  stilt_host hosts[{count}];
  stilt_import imports[{count}];
  if (!host) return stilt_instantiate(store, module, 0, {count}, instance, error);
  (void)hosts;
{links}  return stilt_instantiate(store, module, imports, {count}, instance, error);
}}
"
    );
}

/// What the runtime calls: takes values from slots, and puts results there.
fn code(text: &mut String, name: &str, id: &str, ty: &WasmSignature) {
    let _ = write!(
        text,
        "\nstatic inline stilt_status {name}_code_{id}(void *data, stilt_caller *caller, uint64_t *slots) {{\n"
    );
    let _ =
        writeln!(text, "  const struct {name}_host *host = (const struct {name}_host *)data;\n  stilt_status status;");
    for (place, result) in ty.results.iter().enumerate() {
        // What a host function leaves out is zero, not what lay on the stack.
        let zero = if *result == ValueType::V128 { "{ { 0 } }" } else { "0" };
        let _ = writeln!(text, "  {} r{place} = {zero};", c_type(*result));
    }
    let arguments = values(&ty.params).map(|(_, ty, slot)| format!(", {}", load(ty, slot)));
    let places = (0..ty.results.len()).map(|place| format!(", &r{place}"));
    let all: String = arguments.chain(places).collect();
    if ty.params.is_empty() && ty.results.is_empty() {
        text.push_str("  (void)slots;\n");
    }
    let _ = writeln!(text, "  status = host->{id}(host->env, caller{all});");
    if !ty.results.is_empty() {
        text.push_str("  if (status != STILT_OK) return status;\n");
    }
    for (place, ty, slot) in values(&ty.results) {
        let _ = writeln!(text, "  {}", store(ty, slot, &format!("r{place}")));
    }
    text.push_str("  return status;\n}\n");
}

/// Exported functions: found, and called.
fn exports(text: &mut String, module: &Module<'_>, name: &str) {
    let mut identifiers = Identifiers::default();
    for export in &module.exports {
        let id = identifiers.give(export.name);
        if export.kind != ExternKind::Func {
            continue;
        }
        let ty = module.function_type(FuncIndex::from_u32(export.index));
        let (string, length) = (literal(export.name), export.name.len());
        let slots = slots(&ty.params).max(slots(&ty.results)).max(LEAST);
        let _ = write!(
            text,
            "
/* The export `{id}`: finds it, with its type compared; calls it as stilt_call does. Places for results may be NULL. */
typedef struct {name}_func_{id} {{ stilt_func func; }} {name}_func_{id};
static inline stilt_status {name}_find_{id}(stilt_store *store, const stilt_instance *instance, {name}_func_{id} *func) {{
  stilt_func found;
  stilt_status status;
  if (!func) return STILT_INVALID;
  status = stilt_instance_func(store, instance, {string}, {length}, &found);
  if (status == STILT_OK) status = stilt_func_check(store, &found, {});
  if (status == STILT_OK) func->func = found;
  return status;
}}
static inline stilt_status {name}_call_{id}(stilt_store *store, const {name}_func_{id} *func{}{}, stilt_error *error) {{
  uint64_t slots[{slots}];
  stilt_status status;
",
            type_bytes(ty),
            params(ty),
            results(ty),
        );
        for (place, ty, slot) in values(&ty.params) {
            let _ = writeln!(text, "  {}", store(ty, slot, &format!("p{place}")));
        }
        // The rest is compared with nothing, but read.
        let used = self::slots(&ty.params);
        for slot in used..slots {
            let _ = writeln!(text, "  slots[{slot}] = 0;");
        }
        let _ = writeln!(text, "  status = stilt_call_slots(store, func ? &func->func : 0, slots, {slots}, error);");
        if !ty.results.is_empty() {
            text.push_str("  if (status != STILT_OK) return status;\n");
        }
        for (place, ty, slot) in values(&ty.results) {
            let _ = writeln!(text, "  if (r{place}) *r{place} = {};", load(ty, slot));
        }
        text.push_str("  return status;\n}\n");
    }
}

/// Parameters of C, behind others.
fn params(ty: &WasmSignature) -> String {
    ty.params.iter().enumerate().map(|(place, ty)| format!(", {} p{place}", c_type(*ty))).collect()
}

/// Places for results, likewise.
fn results(ty: &WasmSignature) -> String {
    ty.results.iter().enumerate().map(|(place, ty)| format!(", {} *r{place}", c_type(*ty))).collect()
}

/// The bytes of a type as arguments: parameters, their number, results, their number.
fn type_bytes(ty: &WasmSignature) -> String {
    let one = |types: &[ValueType]| {
        let bytes: Vec<u8> = types.iter().map(|ty| *ty as u8).collect();
        format!("(const uint8_t *){}, {}", literal_bytes(&bytes), bytes.len())
    };
    format!("{}, {}", one(&ty.params), one(&ty.results))
}

/// Each value with its number and its first slot.
fn values(types: &[ValueType]) -> impl Iterator<Item = (usize, ValueType, u32)> + '_ {
    let mut slot = 0;
    types.iter().enumerate().map(move |(place, ty)| {
        let first = slot;
        slot += ty.slots();
        (place, *ty, first)
    })
}

fn slots(types: &[ValueType]) -> u32 {
    types.iter().map(|ty| ty.slots()).sum()
}

/// How a type is called in functions of stilt.h.
const fn word(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
        ValueType::F32 => "f32",
        ValueType::F64 => "f64",
        ValueType::V128 => "v128",
        ValueType::FuncRef => "funcref",
        // A type that is new to the artifact is refused before it gets here.
        _ => "externref",
    }
}

fn load(ty: ValueType, slot: u32) -> String {
    match ty {
        ValueType::V128 => format!("stilt_v128_slots(&slots[{slot}])"),
        _ => format!("stilt_{}_slot(slots[{slot}])", word(ty)),
    }
}

fn store(ty: ValueType, slot: u32, value: &str) -> String {
    match ty {
        ValueType::V128 => format!("stilt_slots_v128(&slots[{slot}], {value});"),
        _ => format!("slots[{slot}] = stilt_slot_{}({value});", word(ty)),
    }
}
