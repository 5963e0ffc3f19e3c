//! Which part of the code is what: functions by the module's table of functions, trampolines by its table of types, and
//! what lies between, which are trampolines of builtins and traps.

use super::disassembler::Disassembler;
use super::trampolines;
use core::fmt;
use std::collections::BTreeMap;
use stilt_artifact::{Endian, Image, ModuleImage, NONE};
use stilt_precompiler::inspect::function_type;

/// A part of the code.
pub(super) struct Region {
    /// Where it starts.
    pub(super) start: u32,
    /// Where it ends.
    pub(super) end: u32,
    /// What it is.
    pub(super) what: What,
}

/// What a part of the code is.
pub(super) enum What {
    /// A wasm function.
    Function {
        /// Its place in the function index space.
        index: u32,
        /// Its name, if recorded.
        name: Option<String>,
        /// Bytes of stack.
        frame: u32,
    },
    /// Something between functions, the host and the runtime.
    Trampoline(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Function { index, name: Some(name), .. } => write!(f, "function {index} <{}>", name.escape_debug()),
            What::Function { index, name: None, .. } => write!(f, "function {index}"),
            What::Trampoline(what) => f.write_str(what),
        }
    }
}

/// All parts of the code, in the order of their places.
pub(super) struct Regions(Vec<Region>);

impl Regions {
    pub(super) fn new(image: &Image<'_, Endian>, disassembler: &dyn Disassembler) -> Regions {
        let end = image.header().code_len;
        // A type's trampolines may be shared by several types that are equal.
        let mut trampolines = BTreeMap::new();
        let mut regions = Vec::new();
        for module in (0..image.header().modules).filter_map(|index| image.module(index)) {
            functions(&module, &mut regions);
            for (index, ty) in (0..).zip(module.types().iter()) {
                let words = function_type(&module, index).unwrap_or_default();
                for (start, direction) in [(ty.entry, "host to wasm"), (ty.host, "wasm to host")] {
                    if start != NONE {
                        trampolines.entry(start).or_insert_with(|| format!("trampoline, {direction}: {words}"));
                    }
                }
            }
        }
        regions.sort_by_key(|region| region.start);
        // What no function covers ends at the next trampoline or the next function.
        let mut gaps = Vec::new();
        let mut at = 0;
        for (start, next) in regions.iter().map(|region| (region.start, region.end)).chain([(end, end)]) {
            let mut starts: Vec<u32> = trampolines.range(at..start.max(at)).map(|(start, _)| *start).collect();
            starts.push(at);
            starts.sort_unstable();
            starts.dedup();
            for (number, from) in starts.iter().enumerate() {
                let to = starts.get(number + 1).copied().unwrap_or(start);
                let code = image.code().get(*from as usize..to as usize).unwrap_or_default();
                // Padding, which is one byte again and again.
                if code.len() < 64 && code.windows(2).all(|pair| pair[0] == pair[1]) {
                    continue;
                }
                if let Some(name) = trampolines.get(from).cloned() {
                    gaps.push(Region { start: *from, end: to, what: What::Trampoline(name) });
                    continue;
                }
                let width = image.header().pointer_width;
                let mut found = trampolines::split(disassembler, width, code, *from);
                let mut end = to;
                while let Some((start, name)) = found.pop() {
                    gaps.push(Region { start, end, what: What::Trampoline(name) });
                    end = start;
                }
            }
            at = next;
        }
        regions.extend(gaps);
        regions.sort_by_key(|region| region.start);
        Regions(regions)
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Region] {
        &self.0
    }

    /// The one that contains an offset.
    pub(super) fn at(&self, offset: u32) -> Option<&Region> {
        let next = self.0.partition_point(|region| region.start <= offset);
        self.0.get(next.checked_sub(1)?).filter(|region| offset < region.end)
    }
}

fn functions(module: &ModuleImage<'_, Endian>, regions: &mut Vec<Region>) {
    for (index, func) in (module.header().imported_funcs..).zip(module.funcs().iter()) {
        let name = module.func_name(index).map(str::to_owned);
        let what = What::Function { index, name, frame: func.frame };
        regions.push(Region { start: func.code, end: func.code.saturating_add(func.len), what });
    }
}
