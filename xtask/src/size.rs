//! The smallest embedding, linked: its size by section, what each feature adds, and whether a panic can be reached in it.

mod native;
mod thumb;

use anyhow::{Result, ensure};

const FOLDER: &str = "embedding-example/smallest";

/// All of WebAssembly 2.0.
const LEAST: &str = "bulk-memory,tables";

/// What may be had beyond that.
const FEATURES: [&str; 5] = ["image-checks", "messages", "backtraces", "pooling-allocator", "soft-float"];

/// The most that the smallest image may load, in bytes.
const LIMIT: u64 = 32 * 1024;

/// Bytes by section.
struct Sizes(Vec<(String, u64)>);

impl Sizes {
    fn total(&self) -> u64 {
        self.0.iter().map(|(_, size)| size).sum()
    }
}

/// Links the smallest image and the one with everything; neither can reach a panic, and the smallest has at most [`LIMIT`] bytes.
pub(crate) fn run() -> Result<()> {
    native::measure(&format!("{LEAST},{}", FEATURES.join(",")))?;
    native::check_that_it_runs()?;
    let sizes = native::measure(LEAST)?;
    println!("no panic is reachable in the smallest image, nor with every feature");
    native::check_that_it_runs()?;
    println!("{:<24} {:>8}", "section", "bytes");
    for (name, size) in &sizes.0 {
        println!("{name:<24} {size:>8}");
    }
    let total = sizes.total();
    println!("{:<24} {total:>8}   of at most {LIMIT}", "all that is loaded");
    ensure!(
        total <= LIMIT,
        "the smallest image loads {total} bytes, {} more than the limit of {LIMIT} (LIMIT of xtask/src/size.rs): compare \
         target/smallest/smallest.map with that of an earlier commit to see which functions grew",
        total - LIMIT
    );
    Ok(())
}

/// Likewise, and what each feature adds, natively and on a microcontroller.
pub(crate) fn features() -> Result<()> {
    run()?;
    let least = native::measure(LEAST)?.total();
    println!("\n{:<24} {:>8}", "x86_64, native code", "bytes");
    println!("{:<24} {least:>8}", "bulk-memory, tables");
    println!("{:<24} {:>8}", "  without tables", native::measure("bulk-memory")?.total());
    println!("{:<24} {:>8}", "  without both", native::measure("")?.total());
    for feature in FEATURES.into_iter().chain(["pulley"]) {
        let with = native::measure(&format!("{LEAST},{feature}"))?.total();
        println!("{:<24} {:>+8}", format!("  {feature}"), i128::from(with) - i128::from(least));
    }
    println!("{:<24} {:>8}", "all but pulley", native::measure(&format!("{LEAST},{}", FEATURES.join(",")))?.total());
    println!("\n{:<24} {:>8}", "thumbv7em", "bytes");
    println!("{:<24} {:>8}", "without pulley", thumb::measure(LEAST)?.total());
    println!("{:<24} {:>8}", "with pulley", thumb::measure(&format!("{LEAST},pulley"))?.total());
    Ok(())
}
