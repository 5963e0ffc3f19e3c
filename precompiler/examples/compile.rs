//! `compile IN.wat|IN.wasm OUT.cwasm [TARGET] [hardware|explicit]`: the precompiler as a library, in a few lines.

use std::error::Error;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::{Options, Precompiler};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, rest @ ..] = args.as_slice() else {
        return Err("usage: compile IN.wat|IN.wasm OUT.cwasm [TARGET] [hardware|explicit]".into());
    };
    let mut options = Options::for_target(rest.first().map_or("x86_64", String::as_str));
    options.traps = match rest.get(1).map(String::as_str) {
        None => None,
        Some("hardware") => Some(TrapMode::Hardware),
        Some("explicit") => Some(TrapMode::Explicit),
        Some(other) => return Err(format!("unknown trap mode {other}").into()),
    };
    let wasm = wat::parse_file(input)?;
    let image = Precompiler::new(options)?.compile(&wasm)?;
    std::fs::write(output, image)?;
    Ok(())
}
