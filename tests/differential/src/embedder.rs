//! An engine with Wasmtime's API behind the driver. Compiled twice: here against `stilt` (`ours.rs`), in `fuzz/` against `wasmtime`.
//! Each of them names `engine`, `drive` and `protocol` in front of it, and says what differs: limits, and what errors mean.

use super::drive::{Machine, Stop};
use super::engine::{
    self, Caller, Engine, Error, Extern, ExternRef, ExternType, Func, FuncType, Global, Instance, Memory, Module, Ref,
    Store, Table, V128, Val, ValType,
};
use super::protocol::{Event, Kind, MOST_EVENTS, Type, Value, host_answer, import_number, instance_of, made_up};

/// A store with the modules of a program.
pub(super) struct Embedder {
    store: Store<Vec<Event>>,
    modules: Vec<Module>,
    instances: Vec<Instance>,
    refuel: fn(&mut Store<Vec<Event>>) -> Result<(), Error>,
    kind: fn(&Error) -> Kind,
}

impl Embedder {
    /// An empty store. `refuel` is asked before guests run, `kind` when they have not returned.
    pub(super) fn new(
        engine: &Engine,
        modules: Vec<Module>,
        refuel: fn(&mut Store<Vec<Event>>) -> Result<(), Error>,
        kind: fn(&Error) -> Kind,
    ) -> Embedder {
        Embedder { store: Store::new(engine, Vec::new()), modules, instances: Vec::new(), refuel, kind }
    }

    fn stop(&self, error: &Error) -> Stop {
        ((self.kind)(error), error.to_string())
    }
}

fn refused(error: Error) -> String {
    format!("the engine refuses: {error}")
}

impl Machine for Embedder {
    type Export = Extern;

    fn instantiate(&mut self, number: usize) -> Result<Result<(), Stop>, String> {
        let module = self.modules[number].clone();
        let mut imports = Vec::new();
        for wanted in module.imports() {
            let position = import_number(wanted.module(), wanted.name());
            let found = instance_of(wanted.module(), self.instances.len())
                .and_then(|number| self.instances[number].get_export(&mut self.store, wanted.name()));
            imports.push(match found {
                Some(found) => found,
                None => import(&mut self.store, position, &wanted.ty()).map_err(refused)?,
            });
        }
        (self.refuel)(&mut self.store).map_err(refused)?;
        let made = Instance::new(&mut self.store, &module, &imports);
        Ok(made.map(|instance| self.instances.push(instance)).map_err(|error| self.stop(&error)))
    }

    fn exports(&mut self, instance: usize) -> Vec<(String, Extern)> {
        let instance = self.instances[instance];
        instance.exports(&mut self.store).map(|export| (export.name().to_owned(), export.into_extern())).collect()
    }

    fn params(&self, export: &Extern) -> Option<Vec<Type>> {
        let Extern::Func(func) = export else { return None };
        Some(func.ty(&self.store).params().map(|ty| type_of(&ty)).collect())
    }

    fn call(&mut self, export: &Extern, args: &[Value]) -> Result<Result<Vec<Value>, Stop>, String> {
        let Extern::Func(func) = export else { return Err("no function".to_owned()) };
        let values: Result<Vec<Val>, Error> = args.iter().map(|arg| value(&mut self.store, *arg)).collect();
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        (self.refuel)(&mut self.store).map_err(refused)?;
        let outcome = func.call(&mut self.store, &values.map_err(refused)?, &mut results);
        Ok(outcome.map(|()| results.iter().map(seen).collect()).map_err(|error| self.stop(&error)))
    }

    fn look(&mut self, name: String, export: &Extern) -> Option<Event> {
        let store = &mut self.store;
        match export {
            Extern::Global(global) => Some(Event::Global(name, seen(&global.get(store)))),
            Extern::Memory(memory) => Some(Event::Memory(name, memory.data(&*store).to_vec())),
            Extern::Table(table) => {
                let size = table.size(&*store);
                let null = |index| match table.get(&mut *store, index) {
                    Some(Ref::Func(func)) => func.is_none(),
                    Some(Ref::Extern(value)) => value.is_none(),
                    _ => true,
                };
                Some(Event::Table(name, (0..size).map(null).collect()))
            }
            _ => None,
        }
    }

    fn events(&mut self) -> &mut Vec<Event> {
        self.store.data_mut()
    }
}

fn import(store: &mut Store<Vec<Event>>, position: u32, ty: &ExternType) -> Result<Extern, Error> {
    Ok(match ty {
        ExternType::Func(ty) => Extern::Func(host_function(store, position, ty)),
        ExternType::Global(ty) => {
            let value = plain(made_up(u64::from(position).wrapping_mul(0x1234_5678_9abc_def1), type_of(ty.content())));
            Extern::Global(Global::new(store, ty.clone(), value)?)
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, ty.clone())?),
        ExternType::Table(ty) => {
            let null = if ty.element().heap_type().is_func() { Ref::Func(None) } else { Ref::Extern(None) };
            Extern::Table(Table::new(store, ty.clone(), null)?)
        }
        _ => return Err(engine::format_err!("a kind that WebAssembly 2.0 does not have")),
    })
}

/// Notes its arguments, and answers with what they and its number make up.
fn host_function(store: &mut Store<Vec<Event>>, position: u32, ty: &FuncType) -> Func {
    let results: Vec<Type> = ty.results().map(|ty| type_of(&ty)).collect();
    Func::new(store, ty.clone(), move |mut caller: Caller<'_, Vec<Event>>, args: &[Val], out: &mut [Val]| {
        let values: Vec<Value> = args.iter().map(seen).collect();
        let answer = host_answer(position, &values);
        if caller.data().len() < MOST_EVENTS {
            caller.data_mut().push(Event::Host(position, values));
        }
        let hash = answer.ok_or_else(|| engine::format_err!("host"))?;
        for (place, ty) in out.iter_mut().zip(&results) {
            let same = |arg: &&Val| type_of_value(arg) == *ty && matches!(ty, Type::Func | Type::Extern);
            *place = args.iter().find(same).copied().unwrap_or_else(|| plain(made_up(hash, *ty)));
        }
        Ok(())
    })
}

fn type_of(ty: &ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::V128 => Type::V128,
        ty if ty.is_funcref() => Type::Func,
        _ => Type::Extern,
    }
}

fn type_of_value(value: &Val) -> Type {
    match seen(value) {
        Value::I32(_) => Type::I32,
        Value::I64(_) => Type::I64,
        Value::F32(_) => Type::F32,
        Value::F64(_) => Type::F64,
        Value::V128(_) => Type::V128,
        Value::Func(_) => Type::Func,
        Value::Extern(_) => Type::Extern,
    }
}

fn seen(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(value) => Value::Func(value.is_none()),
        Val::ExternRef(value) => Value::Extern(value.is_none()),
        _ => unreachable!("values of WebAssembly 2.0"),
    }
}

fn value(store: &mut Store<Vec<Event>>, value: Value) -> Result<Val, Error> {
    Ok(match value {
        Value::Extern(false) => Val::ExternRef(Some(ExternRef::new(store, 7u32)?)),
        other => plain(other),
    })
}

/// A value that needs no store.
fn plain(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(V128::from(bits)),
        Value::Func(_) => Val::FuncRef(None),
        Value::Extern(_) => Val::ExternRef(None),
    }
}
