//! wasmi behind the driver.

use crate::drive::{Machine, Stop, drive};
use crate::protocol::{
    Event, Kind, MOST_EVENTS, Program, Report, Type, Value, host_answer, import_number, instance_of, made_up,
};
use wasmi::{
    Engine, Error, Extern, ExternRef, ExternType, F32, F64, Func, FuncType, Global, Instance, Memory, Module, Nullable,
    Ref, Store, Table, TrapCode, V128, Val, ValType,
};

fn type_of(ty: ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::V128 => Type::V128,
        ValType::FuncRef => Type::Func,
        ValType::ExternRef => Type::Extern,
    }
}

fn seen(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(value) => Value::Func(value.is_null()),
        Val::ExternRef(value) => Value::Extern(value.is_null()),
    }
}

fn value(store: &mut Store<Vec<Event>>, value: Value) -> Val {
    match value {
        Value::Extern(false) => Val::ExternRef(Nullable::Val(ExternRef::new(store, 7u32))),
        other => plain(other),
    }
}

/// A value that needs no store.
fn plain(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(F64::from_bits(bits)),
        Value::V128(bits) => Val::V128(V128::from(bits)),
        Value::Func(_) => Val::FuncRef(Nullable::Null),
        Value::Extern(_) => Val::ExternRef(Nullable::Null),
    }
}

fn kind(error: &Error) -> Kind {
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Kind::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Kind::Memory,
        Some(TrapCode::TableOutOfBounds) => Kind::Table,
        Some(TrapCode::IndirectCallToNull) => Kind::Null,
        Some(TrapCode::IntegerDivisionByZero) => Kind::Zero,
        Some(TrapCode::IntegerOverflow) => Kind::Overflow,
        Some(TrapCode::BadConversionToInteger) => Kind::Conversion,
        Some(TrapCode::BadSignature) => Kind::Signature,
        Some(TrapCode::StackOverflow | TrapCode::OutOfFuel) => Kind::Limit,
        Some(_) => Kind::Other,
        None if error.to_string() == "host" => Kind::Host,
        None => Kind::Other,
    }
}

fn import(store: &mut Store<Vec<Event>>, position: u32, ty: &ExternType) -> Result<Extern, String> {
    let failed = |error: &dyn core::fmt::Display| error.to_string();
    Ok(match ty {
        ExternType::Func(ty) => {
            let results: Vec<Type> = ty.results().iter().map(|ty| type_of(*ty)).collect();
            Extern::Func(Func::new(
                store,
                FuncType::new(ty.params().iter().copied(), ty.results().iter().copied()),
                move |mut caller, args: &[Val], out: &mut [Val]| {
                    let values: Vec<Value> = args.iter().map(seen).collect();
                    let answer = host_answer(position, &values);
                    if caller.data().len() < MOST_EVENTS {
                        caller.data_mut().push(Event::Host(position, values));
                    }
                    let hash = answer.ok_or_else(|| Error::new("host"))?;
                    for (place, ty) in out.iter_mut().zip(&results) {
                        let echo =
                            args.iter().find(|arg| type_of(arg.ty()) == *ty && matches!(ty, Type::Func | Type::Extern));
                        *place = echo.cloned().unwrap_or_else(|| plain(made_up(hash, *ty)));
                    }
                    Ok(())
                },
            ))
        }
        ExternType::Global(ty) => {
            let value = plain(made_up(u64::from(position).wrapping_mul(0x1234_5678_9abc_def1), type_of(ty.content())));
            Extern::Global(Global::new(store, value, ty.mutability()))
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, *ty).map_err(|error| failed(&error))?),
        ExternType::Table(ty) => {
            let null = Ref::null(ty.element());
            Extern::Table(Table::new(store, *ty, null).map_err(|error| failed(&error))?)
        }
    })
}

/// A store with the modules of a program.
struct Wasmi<'a> {
    engine: Engine,
    store: Store<Vec<Event>>,
    program: &'a Program,
    instances: Vec<Instance>,
    fuel: u64,
}

impl Machine for Wasmi<'_> {
    type Export = Extern;

    fn instantiate(&mut self, number: usize) -> Result<Result<(), Stop>, String> {
        let module = Module::new(&self.engine, &self.program.modules[number]);
        let module = module.map_err(|error| format!("wasmi refuses: {error}"))?;
        let mut imports = Vec::new();
        for wanted in module.imports() {
            let position = import_number(wanted.module(), wanted.name());
            let earlier = instance_of(wanted.module(), self.instances.len());
            let found = earlier.and_then(|number| self.instances[number].get_export(&self.store, wanted.name()));
            imports.push(match found {
                Some(found) => found,
                None => import(&mut self.store, position, wanted.ty())?,
            });
        }
        self.store.set_fuel(self.fuel).map_err(|error| error.to_string())?;
        Ok(match Instance::new(&mut self.store, &module, &imports) {
            Ok(instance) => {
                self.instances.push(instance);
                Ok(())
            }
            Err(error) => {
                // Segments out of bounds have error types of their own here.
                let text = error.to_string();
                let kind = match kind(&error) {
                    Kind::Other if text.contains("table") || text.contains("element") => Kind::Table,
                    Kind::Other if text.contains("memory") || text.contains("data") => Kind::Memory,
                    kind => kind,
                };
                Err((kind, text))
            }
        })
    }

    fn exports(&mut self, instance: usize) -> Vec<(String, Extern)> {
        let exports = self.instances[instance].exports(&self.store);
        exports.map(|export| (export.name().to_owned(), export.into_extern())).collect()
    }

    fn params(&self, export: &Extern) -> Option<Vec<Type>> {
        let Extern::Func(func) = export else { return None };
        Some(func.ty(&self.store).params().iter().map(|ty| type_of(*ty)).collect())
    }

    fn call(&mut self, export: &Extern, args: &[Value]) -> Result<Result<Vec<Value>, Stop>, String> {
        let Extern::Func(func) = export else { return Err("no function".to_owned()) };
        let values: Vec<Val> = args.iter().map(|arg| value(&mut self.store, *arg)).collect();
        let ty = func.ty(&self.store);
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
        self.store.set_fuel(self.fuel).map_err(|error| error.to_string())?;
        let outcome = func.call(&mut self.store, &values, &mut results);
        Ok(outcome.map(|()| results.iter().map(seen).collect()).map_err(|error| (kind(&error), error.to_string())))
    }

    fn look(&mut self, name: String, export: &Extern) -> Option<Event> {
        let store = &self.store;
        match export {
            Extern::Global(global) => Some(Event::Global(name, seen(&global.get(store)))),
            Extern::Memory(memory) => Some(Event::Memory(name, memory.data(store).to_vec())),
            Extern::Table(table) => {
                let null = |index| table.get(store, index).is_none_or(|element| element.is_null());
                Some(Event::Table(name, (0..table.size(store)).map(null).collect()))
            }
            Extern::Func(_) => None,
        }
    }

    fn events(&mut self) -> &mut Vec<Event> {
        self.store.data_mut()
    }
}

/// Runs a program with so much fuel.
pub(crate) fn run(program: &Program, fuel: u64) -> Result<Report, String> {
    let mut config = wasmi::Config::default();
    // Pages of one byte are for `small.rs`.
    config.consume_fuel(true).wasm_custom_page_sizes(true);
    let engine = Engine::new(&config);
    let store = Store::new(&engine, Vec::new());
    drive(&mut Wasmi { engine, store, program, instances: Vec::new(), fuel }, program, usize::MAX)
}
