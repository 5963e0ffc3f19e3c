//! [`Signature`]: the exact bytes of a function type, which are its identity: one [`ValueType`](stilt_artifact::types::ValueType) byte for each parameter, then
//! for each result. Short ones are inline.

use core::cmp::Ordering;

use stilt_collections::{OutOfMemory, Source, TryArc, TryVec};

/// Values that need no room.
pub(super) const INLINE: usize = 20;

/// Parameters and results of a function type.
#[derive(Clone)]
pub(crate) struct Signature {
    params: u16,
    bytes: Bytes,
}

#[derive(Clone)]
enum Bytes {
    Inline(u8, [u8; INLINE]),
    Shared(TryArc<TryVec<u8>>),
}

impl Signature {
    /// The signature with these bytes, or `None` with more than 65,535 parameters (wasm has at most 1,000).
    pub(crate) fn new(params: &[u8], results: &[u8]) -> Result<Option<Signature>, OutOfMemory> {
        Signature::new_in(params, results, Source::Heap)
    }

    /// The same, with room from `source` if it is a long one.
    pub(crate) fn new_in(
        params: &[u8],
        results: &[u8],
        mut source: Source<'_>,
    ) -> Result<Option<Signature>, OutOfMemory> {
        let Ok(count) = u16::try_from(params.len()) else { return Ok(None) };
        let mut inline = [0; INLINE];
        let mut used = 0u8;
        let mut places = inline.iter_mut();
        let all = || params.iter().chain(results).copied();
        for byte in all() {
            let Some(place) = places.next() else {
                let len = params.len().saturating_add(results.len());
                let mut bytes = TryVec::try_with_capacity_in(len, source.reborrow())?;
                bytes.try_extend(all())?;
                return Ok(Some(Signature { params: count, bytes: Bytes::Shared(TryArc::new_in(bytes, source)?) }));
            };
            *place = byte;
            used = used.wrapping_add(1);
        }
        Ok(Some(Signature { params: count, bytes: Bytes::Inline(used, inline) }))
    }

    /// Whether it needs no room of its own.
    pub(crate) const fn is_inline(&self) -> bool {
        matches!(self.bytes, Bytes::Inline(..))
    }

    /// Bytes of the parameters.
    pub(crate) fn params(&self) -> &[u8] {
        self.all().get(..self.params.into()).unwrap_or_default()
    }

    /// Bytes of the results.
    pub(crate) fn results(&self) -> &[u8] {
        self.all().get(self.params.into()..).unwrap_or_default()
    }

    fn all(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Inline(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Bytes::Shared(bytes) => bytes,
        }
    }

    /// The order of the registry. Total, and equal only for equal types.
    pub(crate) fn compare(&self, params: &[u8], results: &[u8]) -> Ordering {
        self.params().cmp(params).then_with(|| self.results().cmp(results))
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Signature) -> bool {
        self.params == other.params && self.all() == other.all()
    }
}

impl Eq for Signature {}
