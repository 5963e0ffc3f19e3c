//! Calling one exported function with arguments from the command line.

use stilt::{Instance, Result, Store, Val, ValType, bail, format_err};
use stilt_wasi::WasiCtx;
use stilt_wasi_host::StdHost;

/// Calls the export `name` with `texts` as its arguments; each result becomes a line.
pub(crate) fn call(
    store: &mut Store<WasiCtx<StdHost>>,
    instance: &Instance,
    name: &str,
    texts: &[String],
) -> Result<Vec<String>> {
    let Some(func) = instance.get_func(&mut *store, name) else {
        bail!("the module exports no function `{name}`");
    };
    let ty = func.ty(&*store);
    if ty.params().len() != texts.len() {
        bail!("`{name}` takes {} arguments, {} were given", ty.params().len(), texts.len());
    }
    let params = ty.params().zip(texts).map(|(ty, text)| parse(&ty, text)).collect::<Result<Vec<Val>>>()?;
    let mut results = vec![Val::I32(0); ty.results().len()];
    func.call(store, &params, &mut results)?;
    Ok(results.iter().map(shown).collect())
}

fn parse(ty: &ValType, text: &str) -> Result<Val> {
    let bad = || format_err!("`{text}` is not a value of type {ty}");
    Ok(match ty {
        ValType::I32 => Val::I32(int32(text).ok_or_else(bad)?),
        ValType::I64 => Val::I64(int64(text).ok_or_else(bad)?),
        ValType::F32 => Val::F32(text.parse::<f32>().map_err(|_| bad())?.to_bits()),
        ValType::F64 => Val::F64(text.parse::<f64>().map_err(|_| bad())?.to_bits()),
        ValType::V128 => {
            let digits = text.strip_prefix("0x").ok_or_else(bad)?;
            Val::V128(u128::from_str_radix(digits, 16).map_err(|_| bad())?.into())
        }
        _ if text == "null" => Val::default_for_ty(ty).ok_or_else(bad)?,
        _ => bail!("a value of type {ty} cannot be given on the command line, except `null`"),
    })
}

/// 32 bits, written as a signed or an unsigned number.
fn int32(text: &str) -> Option<i32> {
    let number = integer(text)?;
    i32::try_from(number).ok().or_else(|| u32::try_from(number).ok().map(u32::cast_signed))
}

/// 64 bits, likewise.
fn int64(text: &str) -> Option<i64> {
    let number = integer(text)?;
    i64::try_from(number).ok().or_else(|| u64::try_from(number).ok().map(u64::cast_signed))
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => i128::from(u64::from_str_radix(hex, 16).ok()?),
        None => digits.parse::<i128>().ok()?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn shown(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        Val::V128(value) => format!("{:#034x}", value.as_u128()),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".to_owned(),
        Val::FuncRef(Some(_)) => "<function>".to_owned(),
        Val::ExternRef(Some(_)) => "<host value>".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{int32, int64};

    #[test]
    fn integers_may_be_signed_or_not() {
        assert_eq!(int32("-1"), Some(-1));
        assert_eq!(int32("0xffffffff"), Some(-1));
        assert_eq!(int32("4294967295"), Some(-1));
        assert_eq!(int32("4294967296"), None);
        assert_eq!(int32("-2147483648"), Some(i32::MIN));
        assert_eq!(int32("-2147483649"), None);
        assert_eq!(int64("0x8000000000000000"), Some(i64::MIN));
        assert_eq!(int64("-0x1"), Some(-1));
        for bad in ["", "-", "--1", "+1", "0x", "0x-1", "1.0", "ten"] {
            assert_eq!((bad, int64(bad)), (bad, None));
        }
    }
}
