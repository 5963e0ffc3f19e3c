//! An error of a host function is the embedder's error.

use core::fmt;

use stilt::{Caller, Error, Extern, Linker, Result, Store, Trap, WasmBacktrace, bail};

use crate::everywhere;

#[derive(Debug, PartialEq)]
struct Mine(u32);

impl fmt::Display for Mine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mine {}", self.0)
    }
}

impl core::error::Error for Mine {}

const WAT: &str = r#"
(module $errors
  (import "h" "fail" (func $fail (param i32)))
  (import "h" "around" (func $around (param i32)))
  (func (export "fail") (param i32) (call $fail (local.get 0)))
  (func (export "around") (param i32) (call $around (local.get 0))))
"#;

fn linker(engine: &stilt::Engine) -> Result<Linker<u32>> {
    let mut linker: Linker<u32> = Linker::new(engine);
    linker.func_wrap("h", "fail", |mut caller: Caller<'_, u32>, kind: u32| -> Result<()> {
        *caller.data_mut() += 1;
        match kind {
            0 => Err(Mine(kind))?,
            1 => bail!("a message of kind {kind}"),
            2 => return Err(Trap::Interrupt.into()),
            3 => return Err(Error::new(Mine(3)).context("while three")),
            _ => {}
        }
        Ok(())
    })?;
    linker.func_wrap("h", "around", |mut caller: Caller<'_, u32>, kind: u32| -> Result<()> {
        let fail = caller.get_export("fail").and_then(Extern::into_func).unwrap();
        match fail.typed::<u32, ()>(&caller)?.call(&mut caller, kind) {
            Err(error) if kind == 1 => {
                assert_eq!(error.root_cause().to_string(), "a message of kind 1");
                Ok(())
            }
            result => result,
        }
    })?;
    Ok(linker)
}

#[test]
fn they_come_out_as_they_were() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, WAT)?;
        let mut store = Store::new(&engine, 0);
        let instance = linker(&engine)?.instantiate(&mut store, &module)?;
        for (name, layers) in [("fail", 1), ("around", 2)] {
            let func = instance.get_typed_func::<u32, ()>(&mut store, name)?;
            let error = func.call(&mut store, 0).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Mine(0)), "{ground:?} {name}");
            assert!(!error.is::<Trap>());
            let frames = error.downcast_ref::<WasmBacktrace>().map(|trace| trace.frames().len());
            assert_eq!(frames, Some(layers), "{ground:?} {name}: {error}");
            assert_eq!(error.downcast::<Mine>().unwrap(), Mine(0));

            let error = func.call(&mut store, 2).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::Interrupt));
            let error = func.call(&mut store, 3).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Mine(3)));
            assert!(format!("{error:#}").ends_with("while three: mine 3"), "{error:#}");
            func.call(&mut store, 4)?;
        }
        let around = instance.get_typed_func::<u32, ()>(&mut store, "around")?;
        around.call(&mut store, 1)?;
        assert_eq!(*store.data(), 9);
        Ok(())
    });
}

#[test]
fn also_from_a_start_function_and_from_the_host() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "h" "fail" (func $fail (param i32))) (func $start (call $fail (i32.const 0))) (start $start))"#,
        )?;
        let mut store = Store::new(&engine, 0);
        let linker = linker(&engine)?;
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine(0)));
        let fail = linker.get(&mut store, "h", "fail")?.into_func().unwrap();
        let error = fail.typed::<u32, ()>(&store)?.call(&mut store, 0).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Mine(0)));
        assert!(!error.is::<WasmBacktrace>(), "no guest was running");
        Ok(())
    });
}
