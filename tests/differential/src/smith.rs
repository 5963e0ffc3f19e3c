//! Modules by wasm-smith: anything that WebAssembly 2.0 allows.

use crate::protocol::Program;
use crate::random::Random;
use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// Calls and turns of loops that a module may use up in all.
const FUEL: u32 = 2_000;

/// A configuration that stays within WebAssembly 2.0.
fn config(random: &mut Random) -> Config {
    Config {
        exceptions_enabled: false,
        gc_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: false,
        compact_imports_enabled: false,
        custom_page_sizes_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: true,
        reference_types_enabled: true,
        bulk_memory_enabled: true,
        simd_enabled: !random.one_in(3),
        allow_floats: !random.one_in(3),
        canonicalize_nans: true,
        export_everything: true,
        max_memories: 1,
        max_memory32_bytes: 8 << 16,
        memory_max_size_required: true,
        max_tables: random.below(4),
        max_table_elements: 200,
        table_max_size_required: true,
        min_funcs: 1,
        max_funcs: random.pick(&[2, 6, 12]),
        max_instructions: random.pick(&[20, 100, 300]),
        max_imports: random.pick(&[0, 3, 10]),
        max_types: 12,
        max_values: 6,
        max_globals: 8,
        max_data_segments: 6,
        max_element_segments: 6,
        max_elements: 20,
        min_memories: u32::from(!random.one_in(6)),
        allow_start_export: random.one_in(3),
        ..Config::default()
    }
}

/// The module of a seed. `None` where wasm-smith makes none of it.
#[must_use]
pub fn module(seed: u64) -> Option<Vec<u8>> {
    let mut random = Random::new(seed);
    let config = config(&mut random);
    let size = random.pick(&[500, 2_000, 6_000]);
    let bytes = random.bytes(size);
    module_of(&bytes, config)
}

fn module_of(bytes: &[u8], config: Config) -> Option<Vec<u8>> {
    let mut module = Module::new(config, &mut Unstructured::new(bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}

/// The module that arbitrary bytes describe: for fuzzers guided by coverage.
#[must_use]
pub fn module_of_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    let config = config(&mut Random::new(u64::from(u16::from_le_bytes(*head))));
    module_of(rest, config)
}

/// The program that arbitrary bytes describe: for fuzzers guided by coverage.
#[must_use]
pub fn program_of_bytes(bytes: &[u8]) -> Option<Program> {
    let seed = bytes.first_chunk::<2>().map(|head| u64::from(u16::from_le_bytes(*head)))?;
    Some(Program { modules: vec![module_of_bytes(bytes)?], seed, rounds: 2, nan_classes: false })
}

/// The program of a seed.
#[must_use]
pub fn program(seed: u64) -> Option<Program> {
    let module = module(seed)?;
    // wasmi 2.0.0 stores wrong bytes at `v128.store8_lane` and `v128.store16_lane`, or aborts.
    if module.windows(2).any(|pair| matches!(pair, [0xfd, 0x58 | 0x59])) {
        return None;
    }
    Some(Program { modules: vec![module], seed, rounds: 2, nan_classes: false })
}
