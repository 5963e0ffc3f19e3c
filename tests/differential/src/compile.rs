//! The compiler on bytes that need not be a module: an error or an image, never a panic, and the same bytes however many
//! threads there are.

use crate::differential::configurations;
use crate::random::Random;
use crate::{hot_spots, smith};
use core::num::NonZeroUsize;
use stilt::{Config, Engine, Module};
use stilt_artifact::target::TrapMode;
use stilt_platform_linux as _;
use stilt_precompiler::{CompileError, FloatMode, OptLevel, Options, Precompiler};

/// What became of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are no module that can be compiled.
    Refused,
    /// There is an image.
    Compiled,
}

/// Compiles bytes for every architecture.
///
/// # Errors
/// What is wrong.
pub fn check(bytes: &[u8], seed: u64) -> Result<Verdict, String> {
    let mut list: Vec<Options> = configurations(seed).into_iter().map(|(_, options)| options).collect();
    list.push(Options::for_target(Random::new(seed).pick(&["pulley32", "pulley32be", "pulley64be"])));
    let mut verdicts = Vec::new();
    for mut options in list {
        options.max_module_size = 1 << 20;
        // What has vectors would be refused.
        options.float = None;
        let loads = matches!(options.target.as_str(), "x86_64" | "pulley64");
        let signals = options.traps == Some(TrapMode::Hardware);
        verdicts.push(one(bytes, options, loads, signals)?);
    }
    without_float_registers(bytes, seed)?;
    if verdicts.iter().any(|verdict| *verdict != verdicts[0]) {
        return Err(format!("targets disagree: {verdicts:?}"));
    }
    Ok(verdicts[0])
}

/// Compiles for a machine that has integer registers only, which is verified on what came out. Modules with vectors are refused.
fn without_float_registers(bytes: &[u8], seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed ^ 0x50_f7f1);
    let mut options = Options::for_target(random.pick(&["x86_64", "aarch64", "riscv64", "s390x"]));
    options.float = Some(random.pick(&[FloatMode::Soft, FloatMode::Soft, FloatMode::None]));
    options.traps = Some(random.pick(&[TrapMode::Hardware, TrapMode::Explicit]));
    options.opt_level = random.pick(&[OptLevel::None, OptLevel::Speed, OptLevel::Size]);
    options.spectre = random.one_in(2);
    options.interrupt = random.one_in(4);
    if options.target == "riscv64" {
        let features = ["zca", "zcb", "zcd", "zba", "zbb", "zbs", "zicond"];
        options.cpu_features = features.map(|name| (name.to_owned(), random.one_in(2))).to_vec();
    }
    options.max_module_size = 1 << 20;
    options.threads = NonZeroUsize::new(1);
    let name = format!("{} {:?} {:?}", options.target, options.traps, options.float);
    match Precompiler::new(options).map_err(|error| format!("{name}: {error}"))?.compile(bytes) {
        Err(CompileError::Internal { function, message }) => Err(format!("{name}: internal: {function:?}: {message}")),
        _ => Ok(()),
    }
}

fn one(bytes: &[u8], mut options: Options, loads: bool, signals: bool) -> Result<Verdict, String> {
    options.threads = NonZeroUsize::new(1);
    let error = |error: CompileError| error.to_string();
    let name = format!("{} {:?}", options.target, options.traps);
    let precompiler = Precompiler::new(options.clone()).map_err(error)?;
    let valid = precompiler.validate(bytes);
    match precompiler.compile(bytes) {
        Err(CompileError::Internal { function, message }) => Err(format!("{name}: internal: {function:?}: {message}")),
        Err(
            CompileError::TooLarge { .. } | CompileError::FunctionTooLarge { .. } | CompileError::VectorResults { .. },
        ) => Ok(Verdict::Refused),
        Err(refused) if valid.is_ok() => Err(format!("{name}: valid, yet refused: {refused}")),
        Err(refused) if refused.to_string().is_empty() => Err(format!("{name}: refused without a word")),
        Err(_) => Ok(Verdict::Refused),
        Ok(_) if valid.is_err() => Err(format!("{name}: compiled, yet not valid")),
        Ok(image) => {
            options.threads = NonZeroUsize::new(2);
            let again = Precompiler::new(options).map_err(error)?.compile(bytes).map_err(error)?;
            if again != image {
                return Err(format!("{name}: two threads make another image"));
            }
            if loads {
                let mut config = Config::new();
                config.signals_based_traps(signals);
                let engine = Engine::new(&config).map_err(|error| error.to_string())?;
                // SAFETY: the image was just written by the compiler; none of its code is run.
                let module = unsafe { Module::deserialize(&engine, &image) };
                let module = module.map_err(|error| format!("{name}: its image does not load: {error}"))?;
                module.verify().map_err(|error| format!("{name}: its image is damaged: {error}"))?;
            }
            Ok(Verdict::Compiled)
        }
    }
}

/// The bytes of a seed: noise, or a module with some bytes changed, moved or cut off.
#[must_use]
pub fn bytes(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed ^ 0xc0_4711);
    if random.one_in(20) {
        let len = random.below(300);
        let noise = random.bytes(len);
        return if random.one_in(2) { noise } else { [b"\0asm\x01\0\0\0".as_slice(), &noise].concat() };
    }
    let module =
        if random.one_in(4) { Some(hot_spots::program(seed).modules.swap_remove(0)) } else { smith::module(seed) };
    let mut bytes = module.unwrap_or_default();
    if bytes.is_empty() || random.one_in(10) {
        return bytes;
    }
    for _ in 0..1 + random.below(4) {
        damage(&mut bytes, &mut random);
    }
    bytes
}

/// Changes a few bytes.
pub fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let [noise, ..] = random.draw().to_le_bytes();
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, noise),
        2 => {
            bytes.remove(at);
        }
        3 => bytes[at] = random.pick(&[0, 1, 0x7f, 0x80, 0xff, 0x40, 0x0b, 0x70, 0x6f, 0x7b]),
        4 => bytes[at] = bytes[at].wrapping_add(1),
        5 => bytes[at] ^= 1 << (noise % 8),
        6 => {
            let from = random.below(bytes.len());
            let len = random.below(16).min(bytes.len() - at.max(from));
            bytes.copy_within(from..from + len, at);
        }
        _ => bytes[at] = noise,
    }
}
