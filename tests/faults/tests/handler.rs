//! A platform that cannot install a handler of traps: images that rely on one are refused, each time, and all others run. One test in
//! this program: the handler is asked for once per process.

use stilt::{Instance, Result, Store, Trap};
use stilt_embedding_tests::{Ground, load};
use stilt_fault_tests::{alive, fail_handler};

const WAT: &str = r#"(module (memory 1)
    (func (export "far") (drop (i32.load (i32.const 65536))))
    (func (export "zero") (local i32) (drop (i32.div_u (i32.const 1) (local.get 0)))))"#;

#[test]
fn no_handler() -> Result<()> {
    fail_handler(true);
    let image = Ground::Hardware.image(WAT)?;
    let engine = Ground::Hardware.engine()?;
    let before = alive();
    for asked_again in [false, true] {
        let error = load(&engine, &image).expect_err("nobody would handle its traps").to_string();
        assert!(error.contains(if asked_again { "trap handler" } else { "_traps failed" }), "{error}");
        assert_eq!(alive(), before);
        fail_handler(false);
    }
    for ground in [Ground::Explicit, Ground::Pulley] {
        let module = load(&engine, &ground.image(WAT)?)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        for (name, trap) in [("far", Trap::MemoryOutOfBounds), ("zero", Trap::IntegerDivisionByZero)] {
            let func = instance.get_typed_func::<(), ()>(&mut store, name)?;
            let error = func.call(&mut store, ()).expect_err("it traps");
            assert_eq!(error.downcast_ref(), Some(&trap), "{ground:?}: {error}");
        }
    }
    Ok(())
}
