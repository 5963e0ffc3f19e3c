//! [`FuncType`].

use core::fmt;

use stilt_artifact::image::ModuleImage;
use stilt_artifact::order::Native;
use stilt_artifact::tables::TypeEntry;
use stilt_collections::{OutOfMemory, TryVec};

use super::signature::INLINE;
use super::{Signature, ValType};
use crate::{Engine, Error, Result};

/// The type of a function: its parameters and its results.
#[derive(Clone)]
pub struct FuncType {
    engine: Engine,
    /// Why there is none: [`FuncType::new`] cannot say so at once.
    signature: Result<Signature, Fault>,
}

#[derive(Clone, Copy)]
enum Fault {
    OutOfMemory(OutOfMemory),
    Unsupported,
}

impl From<OutOfMemory> for Fault {
    fn from(error: OutOfMemory) -> Fault {
        Fault::OutOfMemory(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        match fault {
            Fault::OutOfMemory(error) => error.into(),
            Fault::Unsupported => Error::fixed(
                &"a function type beyond WebAssembly 2.0: a reference in it is not nullable, or it is too long",
            ),
        }
    }
}

impl FuncType {
    /// The type with these parameters and results. If that fails (memory is lacking, or a reference type is not of
    /// WebAssembly 2.0), the error comes where the type is used; [`FuncType::try_new`] tells at once.
    pub fn new(
        engine: &Engine,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        FuncType { engine: engine.clone(), signature: signature(params, results) }
    }

    /// The type with these parameters and results.
    ///
    /// # Errors
    /// Out of memory, for types of more than 20 values; a reference type that is not of WebAssembly 2.0.
    pub fn try_new(
        engine: &Engine,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Result<FuncType> {
        let ty = FuncType::new(engine, params, results);
        ty.signature()?;
        Ok(ty)
    }

    /// The engine it was made for.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Parameter number `i`.
    pub fn param(&self, i: usize) -> Option<ValType> {
        self.param_bytes().get(i).copied().and_then(ValType::from_byte)
    }

    /// The parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.param_bytes().iter().map(|byte| ValType::from_byte(*byte).unwrap_or(ValType::I32))
    }

    /// Result number `i`.
    pub fn result(&self, i: usize) -> Option<ValType> {
        self.result_bytes().get(i).copied().and_then(ValType::from_byte)
    }

    /// The results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.result_bytes().iter().map(|byte| ValType::from_byte(*byte).unwrap_or(ValType::I32))
    }

    /// Whether a function of this type can stand where one of `other` is expected.
    pub fn matches(&self, other: &FuncType) -> bool {
        self == other
    }

    /// A type of an image.
    pub(crate) fn of_image(engine: &Engine, module: &ModuleImage<'_, Native>, ty: TypeEntry) -> FuncType {
        let (params, results) = module.type_bytes(ty).unwrap_or_default();
        let signature = Signature::new(params, results);
        FuncType {
            engine: engine.clone(),
            signature: signature.map_err(Fault::from).and_then(|s| s.ok_or(Fault::Unsupported)),
        }
    }

    pub(crate) fn of_signature(engine: &Engine, signature: Signature) -> FuncType {
        FuncType { engine: engine.clone(), signature: Ok(signature) }
    }

    /// The type's identity, or why there is none.
    pub(crate) fn signature(&self) -> Result<&Signature> {
        self.signature.as_ref().map_err(|fault| (*fault).into())
    }

    pub(crate) fn param_bytes(&self) -> &[u8] {
        self.signature.as_ref().map_or(&[], Signature::params)
    }

    pub(crate) fn result_bytes(&self) -> &[u8] {
        self.signature.as_ref().map_or(&[], Signature::results)
    }
}

fn signature(
    params: impl IntoIterator<Item = ValType>,
    results: impl IntoIterator<Item = ValType>,
) -> Result<Signature, Fault> {
    let (mut first, mut second) = (Bytes::default(), Bytes::default());
    let (params, results) = (first.all(params)?, second.all(results)?);
    Signature::new(params, results)?.ok_or(Fault::Unsupported)
}

/// Bytes of types: few need no allocation.
#[derive(Default)]
struct Bytes {
    few: [u8; INLINE],
    many: TryVec<u8>,
}

impl Bytes {
    fn all(&mut self, types: impl IntoIterator<Item = ValType>) -> Result<&[u8], Fault> {
        let mut len = 0usize;
        for ty in types {
            let byte = ty.value_type().ok_or(Fault::Unsupported)? as u8;
            match self.few.get_mut(len) {
                Some(place) => *place = byte,
                None => {
                    if self.many.is_empty() {
                        self.many.try_extend_from_slice(&self.few)?;
                    }
                    self.many.try_push(byte)?;
                }
            }
            len = len.saturating_add(1);
        }
        Ok(self.few.get(..len).unwrap_or(&self.many))
    }
}

impl PartialEq for FuncType {
    fn eq(&self, other: &FuncType) -> bool {
        matches!((&self.signature, &other.signature), (Ok(this), Ok(other)) if this == other)
    }
}

/// As the text format writes it: `(func (param i32 i64) (result f32))`.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (name, types) in [(" (param", self.param_bytes()), (" (result", self.result_bytes())] {
            if types.is_empty() {
                continue;
            }
            f.write_str(name)?;
            for ty in types.iter().copied().filter_map(ValType::from_byte) {
                write!(f, " {ty}")?;
            }
            f.write_str(")")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
