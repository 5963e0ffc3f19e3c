//! Whether backtraces name every frame: those of `backtraces.wat` in the suite of `stilt-spec-host`, which traps in known places.

use stilt::{Caller, Engine, Extern, Linker, Module, Result, Store, WasmBacktrace};

/// Each export, and the functions that are running when it traps, the innermost first.
const EXPECTED: [(&str, &[u32]); 5] = [
    ("unreachable", &[1, 5]),
    ("load", &[2, 6]),
    ("divide", &[3, 7]),
    ("undefined", &[4, 8]),
    // Through the host each time.
    ("down", &[9, 9, 9, 9]),
];

/// How many exports have been called, or what one of them did wrong.
#[expect(unsafe_code, reason = "loading an image is a promise about who made it")]
pub(crate) fn check(engine: &Engine, image: &[u8]) -> Result<usize, String> {
    // SAFETY: the suite has compiled it just before.
    let module = unsafe { Module::deserialize(engine, image) }.map_err(|error| error.to_string())?;
    let mut linker: Linker<()> = Linker::new(engine);
    let mut store = Store::new(engine, ());
    let prepare = |linker: &mut Linker<()>, store: &mut Store<()>| {
        linker.func_wrap("host", "again", again)?;
        linker.instantiate(store, &module)
    };
    let instance = prepare(&mut linker, &mut store).map_err(|error| error.to_string())?;
    // Twice, as what was left behind would show.
    for (name, expected) in EXPECTED.into_iter().chain(EXPECTED) {
        let export = instance.get_typed_func::<i32, ()>(&mut store, name).map_err(|error| error.to_string())?;
        let Err(error) = export.call(&mut store, 3) else { return Err(format!("{name} does not trap")) };
        let trace = error.downcast_ref::<WasmBacktrace>().ok_or_else(|| format!("{name}: no backtrace: {error}"))?;
        let found: Vec<u32> = trace.frames().iter().map(|frame| frame.func_index()).collect();
        if found != expected {
            return Err(format!("{name}: expected the functions {expected:?}, found {found:?}: {error}"));
        }
    }
    Ok(2 * EXPECTED.len())
}

fn again(mut caller: Caller<'_, ()>, depth: i32) -> Result<()> {
    let down = caller.get_export("down").and_then(Extern::into_func);
    let down = down.ok_or_else(|| stilt::format_err!("no export `down`"))?.typed::<i32, ()>(&caller)?;
    down.call(&mut caller, depth)
}
