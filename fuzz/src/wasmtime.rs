//! Wasmtime behind the protocol.

use stilt_differential_tests::protocol::{
    Event, Kind, MOST_EVENTS, Program, Report, Type, Value, argument, class, host_answer, import_number, instance_of,
    made_up,
};
use stilt_differential_tests::random::Random;
use wasmtime::{
    Caller, Config, Engine, Error, Extern, ExternRef, ExternType, Func, FuncType, Global, Instance, Memory, Module,
    Ref, Store, Table, Trap, V128, Val, ValType,
};

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

fn kind(error: &Error) -> Kind {
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => Kind::Unreachable,
        Some(Trap::MemoryOutOfBounds) => Kind::Memory,
        Some(Trap::TableOutOfBounds) => Kind::Table,
        Some(Trap::IndirectCallToNull) => Kind::Null,
        Some(Trap::IntegerDivisionByZero) => Kind::Zero,
        Some(Trap::IntegerOverflow) => Kind::Overflow,
        Some(Trap::BadConversionToInteger) => Kind::Conversion,
        Some(Trap::BadSignature) => Kind::Signature,
        Some(Trap::StackOverflow | Trap::OutOfFuel) => Kind::Limit,
        Some(_) => Kind::Other,
        None if error.root_cause().to_string() == "host" => Kind::Host,
        None => Kind::Other,
    }
}

fn import(store: &mut Store<Vec<Event>>, position: u32, ty: &ExternType) -> Result<Extern, Error> {
    Ok(match ty {
        ExternType::Func(ty) => {
            let results: Vec<Type> = ty.results().map(|ty| type_of(&ty)).collect();
            let ty: FuncType = ty.clone();
            let call = move |mut caller: Caller<'_, Vec<Event>>, args: &[Val], out: &mut [Val]| {
                let values: Vec<Value> = args.iter().map(seen).collect();
                let answer = host_answer(position, &values);
                if caller.data().len() < MOST_EVENTS {
                    caller.data_mut().push(Event::Host(position, values));
                }
                let hash = answer.ok_or_else(|| wasmtime::format_err!("host"))?;
                for (place, ty) in out.iter_mut().zip(&results) {
                    let same = |arg: &&Val| type_of_value(arg) == *ty && matches!(ty, Type::Func | Type::Extern);
                    *place = args.iter().find(same).copied().unwrap_or_else(|| plain(made_up(hash, *ty)));
                }
                Ok(())
            };
            Extern::Func(Func::new(store, ty, call))
        }
        ExternType::Global(ty) => {
            let value = plain(made_up(u64::from(position).wrapping_mul(0x1234_5678_9abc_def1), type_of(ty.content())));
            Extern::Global(Global::new(store, ty.clone(), value)?)
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, ty.clone())?),
        ExternType::Table(ty) => {
            let null = if ty.element().heap_type().is_func() { Ref::Func(None) } else { Ref::Extern(None) };
            Extern::Table(Table::new(store, ty.clone(), null)?)
        }
        _ => return Err(wasmtime::format_err!("a kind that WebAssembly 2.0 does not have")),
    })
}

/// Fuel of each call. What uses it up is not compared any further.
const FUEL: u64 = 3_000_000;

/// Runs a program.
///
/// # Errors
/// Wasmtime refuses it.
pub fn run(program: &Program) -> Result<Report, String> {
    let failed = |error: Error| format!("Wasmtime refuses: {error}");
    let mut config = Config::new();
    config.consume_fuel(true);
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    let engine = Engine::new(&config).map_err(failed)?;
    let mut store = Store::new(&engine, Vec::new());
    let mut report = Report::default();
    let mut instances: Vec<Instance> = Vec::new();
    for (number, wasm) in program.modules.iter().enumerate() {
        let module = Module::new(&engine, wasm).map_err(failed)?;
        let mut imports = Vec::new();
        for wanted in module.imports() {
            let position = import_number(wanted.module(), wanted.name());
            let found = instance_of(wanted.module(), instances.len())
                .and_then(|number| instances[number].get_export(&mut store, wanted.name()));
            imports.push(match found {
                Some(found) => found,
                None => import(&mut store, position, &wanted.ty()).map_err(failed)?,
            });
        }
        store.set_fuel(FUEL).map_err(failed)?;
        let made = Instance::new(&mut store, &module, &imports);
        report.events.append(store.data_mut());
        match made {
            Ok(instance) => {
                report.events.push(Event::Instantiated(number));
                instances.push(instance);
            }
            Err(error) => {
                report.trapped(kind(&error), error.to_string());
                return Ok(report);
            }
        }
    }
    let mut random = Random::new(program.seed);
    for _ in 0..program.rounds {
        for instance in instances.clone() {
            for (name, item) in exports(&instance, &mut store) {
                let Extern::Func(func) = item else { continue };
                let ty = func.ty(&store);
                let args: Vec<Value> = ty.params().map(|ty| argument(&mut random, type_of(&ty))).collect();
                let values: Result<Vec<Val>, Error> = args.iter().map(|arg| value(&mut store, *arg)).collect();
                let mut results = vec![Val::I32(0); ty.results().len()];
                store.set_fuel(FUEL).map_err(failed)?;
                report.events.push(Event::Call(format!("{name}{args:?}")));
                let outcome = func.call(&mut store, &values.map_err(failed)?, &mut results);
                report.events.append(store.data_mut());
                match outcome {
                    Ok(()) => {
                        let values = results.iter().map(seen);
                        let values = if program.nan_classes { values.map(class).collect() } else { values.collect() };
                        report.events.push(Event::Returned(values));
                    }
                    Err(error) => {
                        if report.trapped(kind(&error), error.to_string()) {
                            return Ok(report);
                        }
                    }
                }
                report.calls += 1;
            }
        }
    }
    for (number, instance) in instances.clone().iter().enumerate() {
        for (name, item) in exports(instance, &mut store) {
            let name = format!("{number}.{name}");
            match item {
                Extern::Global(global) => {
                    let value = seen(&global.get(&mut store));
                    report.events.push(Event::Global(name, value));
                }
                Extern::Memory(memory) => report.events.push(Event::Memory(name, memory.data(&store).to_vec())),
                Extern::Table(table) => {
                    let size = table.size(&store);
                    let null = |index| match table.get(&mut store, index) {
                        Some(Ref::Func(func)) => func.is_none(),
                        Some(Ref::Extern(value)) => value.is_none(),
                        _ => true,
                    };
                    report.events.push(Event::Table(name, (0..size).map(null).collect()));
                }
                _ => {}
            }
        }
    }
    Ok(report)
}

/// All exports, by name: engines have orders of their own.
fn exports(instance: &Instance, store: &mut Store<Vec<Event>>) -> Vec<(String, Extern)> {
    let mut exports: Vec<(String, Extern)> =
        instance.exports(&mut *store).map(|export| (export.name().to_owned(), export.into_extern())).collect();
    exports.sort_by(|(a, _), (b, _)| a.cmp(b));
    exports
}
