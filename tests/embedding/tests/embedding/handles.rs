//! Things of one store used with another: errors, never anything else.

use stilt::{
    ExternRef, Func, Global, GlobalType, Instance, Linker, Memory, MemoryType, Mutability, Ref, RefType, Store, Table,
    TableType, Val, ValType,
};

use crate::{everywhere, instantiate};

const WAT: &str = r#"
(module
  (memory (export "m") 1)
  (table (export "t") 2 funcref)
  (table (export "x") 2 externref)
  (global (export "g") (mut i32) (i32.const 5))
  (global (export "f") (mut funcref) (ref.null func))
  (func (export "run") (param i32) (result i32) (local.get 0))
  (func (export "take") (param funcref))
  (func (export "taken") (param externref)))
"#;

#[test]
fn of_another_store() {
    everywhere(|ground| {
        let (mut mine, instance) = instantiate(ground, WAT)?;
        let (mut other, foreign) = instantiate(ground, WAT)?;

        let func = foreign.get_func(&mut other, "run").unwrap();
        let typed = func.typed::<i32, i32>(&other)?;
        assert!(typed.call(&mut mine, 1).is_err());
        assert!(func.call(&mut mine, &[Val::I32(1)], &mut [Val::I32(0)]).is_err());
        assert!(func.typed::<i32, i32>(&mine).is_err());
        assert_eq!(typed.call(&mut other, 1)?, 1, "nothing is broken");

        let memory = foreign.get_memory(&mut other, "m").unwrap();
        assert!(memory.data(&mine).is_empty() && memory.data_mut(&mut mine).is_empty());
        assert!(memory.read(&mine, 0, &mut [0]).is_err() && memory.write(&mut mine, 0, &[0]).is_err());
        assert!(memory.grow(&mut mine, 1).is_err());
        assert_eq!((memory.size(&mine), memory.data_size(&mine)), (0, 0));

        let table = foreign.get_table(&mut other, "t").unwrap();
        assert!(table.get(&mut mine, 0).is_none() && table.set(&mut mine, 0, Ref::Func(None)).is_err());
        assert!(table.grow(&mut mine, 1, Ref::Func(None)).is_err() && table.size(&mine) == 0);
        assert!(table.fill(&mut mine, 0, Ref::Func(None), 1).is_err());
        let own = instance.get_table(&mut mine, "t").unwrap();
        assert!(Table::copy(&mut mine, &own, 0, &table, 0, 1).is_err());
        assert!(own.set(&mut mine, 0, func.into()).is_err() && own.grow(&mut mine, 1, func.into()).is_err());
        assert!(own.fill(&mut mine, 0, func.into(), 1).is_err());

        let global = foreign.get_global(&mut other, "g").unwrap();
        assert!(global.set(&mut mine, Val::I32(1)).is_err());
        assert_eq!(global.get(&mut other).unwrap_i32(), 5);
        let own = instance.get_global(&mut mine, "f").unwrap();
        assert!(own.set(&mut mine, Val::FuncRef(Some(func))).is_err());

        let take = instance.get_typed_func::<Option<Func>, ()>(&mut mine, "take")?;
        assert!(take.call(&mut mine, Some(func)).is_err());
        let taken = instance.get_func(&mut mine, "taken").unwrap();
        let value = ExternRef::new(&mut other, 5u32)?;
        assert!(taken.call(&mut mine, &[Val::ExternRef(Some(value))], &mut []).is_err());
        assert!(value.data(&mine).is_err() && value.data(&other)?.is_some());

        assert!(foreign.get_func(&mut mine, "run").is_none());
        assert!(foreign.get_export(&mut mine, "m").is_none());
        assert!(foreign.get_typed_func::<i32, i32>(&mut mine, "run").is_err());

        assert!(Global::new(&mut mine, GlobalType::new(ValType::FUNCREF, Mutability::Var), func.into()).is_err());
        assert!(Table::new(&mut mine, TableType::new(RefType::FUNCREF, 1, None), func.into()).is_err());
        Ok(())
    });
}

#[test]
fn as_imports() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, r#"(module (import "e" "m" (memory 1)))"#)?;
        let (mut mine, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
        let foreign = Memory::new(&mut other, MemoryType::new(1, None))?;
        assert!(Instance::new(&mut mine, &module, &[foreign.into()]).is_err());
        let mut linker = Linker::new(&engine);
        assert!(linker.define(&mine, "e", "m", foreign).is_err());
        linker.define(&other, "e", "m", foreign)?;
        assert!(linker.instantiate(&mut mine, &module).is_err());
        linker.instantiate(&mut other, &module)?;
        Ok(())
    });
}

#[test]
fn of_another_engine() {
    everywhere(|ground| {
        let (one, two) = (ground.engine()?, ground.engine()?);
        let module = ground.module(&one, "(module)")?;
        let mut store = Store::new(&two, ());
        assert!(Instance::new(&mut store, &module, &[]).is_err());
        assert!(Linker::new(&one).instantiate(&mut store, &module).is_err());
        assert!(Linker::<()>::new(&two).instantiate(&mut store, &module).is_err());
        assert!(Linker::<()>::new(&two).instantiate_pre(&module).is_err());
        Ok(())
    });
}

/// Images of different targets do not meet in one store.
#[test]
fn of_another_ground() -> stilt::Result<()> {
    use stilt_embedding_tests::Ground;
    let engine = Ground::Pulley.engine()?;
    let native = Ground::Explicit.module(&engine, WAT)?;
    let bytecode = Ground::Pulley.module(&engine, WAT)?;
    let mut store = Store::new(&engine, ());
    Instance::new(&mut store, &native, &[])?;
    assert!(Instance::new(&mut store, &bytecode, &[]).is_err());
    Instance::new(&mut store, &native, &[])?;
    Ok(())
}
