//! Between the values of scripts and those of the runtime.
//!
//! A host value of number *n* is an `externref` around the `u32` *n*.

use stilt::{ExternRef, Result, Store, Val};
use stilt_spec_script::{HeapKind, Value};

/// An argument for the runtime. A script has no function references as arguments.
pub(crate) fn to_runtime(store: &mut Store<()>, value: Value) -> Result<Val> {
    Ok(match value {
        Value::I32(bits) => Val::I32(bits.cast_signed()),
        Value::I64(bits) => Val::I64(bits.cast_signed()),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::RefNull(HeapKind::Func) | Value::RefFunc => Val::FuncRef(None),
        Value::RefNull(HeapKind::Extern) => Val::ExternRef(None),
        Value::RefExtern(number) => Val::ExternRef(Some(ExternRef::new(store, number)?)),
    })
}

/// A result as a script would say it; nothing if no script can.
pub(crate) fn from_runtime(store: &Store<()>, value: &Val) -> Result<Option<Value>> {
    Ok(Some(match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(value) => Value::V128((*value).into()),
        Val::FuncRef(None) => Value::RefNull(HeapKind::Func),
        Val::FuncRef(Some(_)) => Value::RefFunc,
        Val::ExternRef(None) => Value::RefNull(HeapKind::Extern),
        Val::ExternRef(Some(reference)) => {
            let data = reference.data(store)?;
            match data.and_then(|data| data.downcast_ref::<u32>()) {
                Some(number) => Value::RefExtern(*number),
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    }))
}
