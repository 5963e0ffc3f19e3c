//! The minimal embedding runs.

use stilt::Result;
use stilt_embedding_tests::minimal::{LINKED, SIMPLE, run};
use stilt_embedding_tests::{Ground, in_flash};

fn detect(feature: &str) -> Option<bool> {
    // Images are made for x86-64-v2.
    Some(matches!(feature, "cmpxchg16b" | "sse3" | "ssse3" | "sse4.1" | "sse4.2" | "popcnt"))
}

#[test]
fn it_runs() -> Result<()> {
    for ground in Ground::ALL {
        let simple = ground.image(SIMPLE)?;
        let linked = in_flash(&ground.image(LINKED)?);
        let mut out = String::new();
        // SAFETY: the precompiler has just made both; the second one lies still and is executable.
        unsafe { run(&simple, linked, detect, &mut out) }?;
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.first(), Some(&"wasm trap: wasm `unreachable` instruction executed"), "{ground:?}: {out}");
        assert_eq!(lines.last(), Some(&"17"), "{ground:?}");
        assert!(out.contains("trap"), "the function's name: {out}");
    }
    Ok(())
}
