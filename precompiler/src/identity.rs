//! What identifies a build: lines about its making, and a hash over everything that has an influence on its bytes.

use crate::options::{FloatMode, MemoryBytes, MemoryStyle, OptLevel, Options};
use crate::target::Target;
use core::fmt::Write as _;
use sha2::{Digest as _, Sha256};

/// Version of this crate.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The producer section and the build id.
pub(crate) struct Identity {
    pub(crate) producer: String,
    pub(crate) build_id: [u8; 16],
}

impl Identity {
    /// Of a compilation of these bytes.
    pub(crate) fn new(wasm: &[u8], options: &Options, target: &Target) -> Identity {
        let mut source = String::new();
        for byte in Sha256::digest(wasm) {
            // Writing to a string does not fail.
            let _ = write!(source, "{byte:02x}");
        }
        let mut producer = format!("stilt={VERSION}\ncranelift={}\nsha256={source}\n", cranelift_codegen::VERSION);
        let said = said(options, target);
        if !said.is_empty() {
            producer.push_str("options=");
            producer.push_str(&said.join(" "));
            producer.push('\n');
        }
        let all = format!(
            "{producer}{}\n{}\n{:?}\n{:#x}",
            target.name(),
            stilt_artifact::ABI,
            target.traps(),
            target.cpu_features()
        );
        let mut build_id = [0; 16];
        for (to, from) in build_id.iter_mut().zip(Sha256::digest(all)) {
            *to = from;
        }
        Identity { producer, build_id }
    }
}

/// Where the outcome differs from what the target has by default, as the command would be given it. What the header says already
/// (trap mode, features) is left out, but for how it came about.
fn said(options: &Options, target: &Target) -> Vec<String> {
    let plain = Options::for_target(target.name());
    // The defaults of a target that has just been resolved are good.
    let default = Target::new(&plain).ok();
    let mut said = Vec::new();
    if default.as_ref().map(Target::cpu) != Some(target.cpu()) {
        said.push(format!("--cpu={}", target.cpu()));
    }
    for (feature, on) in &options.cpu_features {
        said.push(format!("--cpu-feature={}{feature}", if *on { "" } else { "-" }));
    }
    match options.memory {
        Some(MemoryStyle::Movable) => said.push("--memory=movable".to_owned()),
        Some(MemoryStyle::Reserved { reservation, guard }) => {
            said.push(format!("--memory=reserved:{reservation}:{guard}"));
        }
        None => {}
    }
    match options.memory_bytes {
        Some(MemoryBytes::Exactly(bytes)) => said.push(format!("--memory-bytes={bytes}")),
        Some(MemoryBytes::Auto) => said.push("--memory-bytes=auto".to_owned()),
        None => {}
    }
    if default.as_ref().map(Target::spectre) != Some(target.spectre()) {
        said.push("--spectre=off".to_owned());
    }
    match options.opt_level {
        OptLevel::Speed => {}
        OptLevel::None => said.push("-Onone".to_owned()),
        OptLevel::Size => said.push("-Osize".to_owned()),
    }
    for (on, text) in [
        (default.as_ref().map(Target::short_jumps) != Some(target.short_jumps()), "--short-jumps=off"),
        (options.bti, "--bti"),
        (options.pac, "--pac"),
        (!options.inline, "--inline=off"),
        (options.strip, "--strip"),
        (options.interrupt, "--interrupt=epoch"),
        (options.nan_canonicalization, "--nan-canonicalization"),
    ] {
        if on {
            said.push(text.to_owned());
        }
    }
    if target.float() != FloatMode::Hard {
        said.push(format!("--float={}", target.float().name()));
    }
    if !options.simd {
        said.push("--simd=off".to_owned());
    }
    if options.data_page != plain.data_page {
        said.push(format!("--data-page={}", options.data_page));
    }
    said
}
