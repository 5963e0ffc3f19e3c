//! Limits on all that a guest can make grow.

use stilt::{Error, Instance, ResourceLimiter, Result, Store, StoreLimits, StoreLimitsBuilder};

use crate::everywhere;

const WAT: &str = r#"
(module
  (memory (export "m") 1)
  (table (export "t") 1 funcref)
  (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))
"#;

#[test]
fn fixed_ones() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, WAT)?;
        let limits = StoreLimitsBuilder::new().memory_size(3 << 16).table_elements(5).instances(2).build();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_typed_func::<i32, i32>(&mut store, "memory")?;
        let table = instance.get_typed_func::<i32, i32>(&mut store, "table")?;
        assert_eq!((memory.call(&mut store, 2)?, memory.call(&mut store, 1)?), (1, -1));
        assert_eq!((table.call(&mut store, 4)?, table.call(&mut store, 1)?), (1, -1));
        assert!(instance.get_memory(&mut store, "m").unwrap().grow(&mut store, 1).is_err());
        Instance::new(&mut store, &module, &[])?;
        assert!(Instance::new(&mut store, &module, &[]).is_err(), "the third instance");
        let mut store = Store::new(&engine, StoreLimitsBuilder::new().memory_size(100).build());
        store.limiter(|limits| limits);
        assert!(Instance::new(&mut store, &module, &[]).is_err(), "the first page");
        Ok(())
    });
}

#[derive(Default)]
struct Recorder(Vec<(usize, usize, Option<usize>)>);

impl ResourceLimiter for Recorder {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.0.push((current, desired, maximum));
        if desired > 4 << 16 {
            return Err(Error::msg("more than enough"));
        }
        Ok(desired <= 2 << 16)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(false)
    }
}

#[test]
fn own_ones() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (memory 1 9) (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0))))"#,
        )?;
        let mut store = Store::new(&engine, Recorder::default());
        store.limiter(|recorder| recorder);
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_typed_func::<i32, i32>(&mut store, "memory")?;
        assert_eq!(memory.call(&mut store, 1)?, 1);
        assert_eq!(memory.call(&mut store, 1)?, -1);
        let error = memory.call(&mut store, 7).unwrap_err();
        assert!(error.root_cause().to_string().contains("more than enough"), "{ground:?}: {error}");
        assert_eq!(memory.call(&mut store, 0)?, 2);
        let page = 1 << 16;
        let expected = [(0, page), (page, 2 * page), (2 * page, 3 * page), (2 * page, 9 * page)];
        let expected: Vec<_> = expected.map(|(from, to)| (from, to, Some(9 * page))).into();
        assert_eq!(store.data().0, expected, "{ground:?}");
        Ok(())
    });
}

#[test]
fn limits_that_trap() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, WAT)?;
        let limits: StoreLimits = StoreLimitsBuilder::new().memory_size(1 << 16).trap_on_grow_failure(true).build();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_typed_func::<i32, i32>(&mut store, "memory")?;
        assert!(memory.call(&mut store, 1).is_err(), "{ground:?}");
        Ok(())
    });
}
