//! Sums of locals: what an index or an operand of a comparison is, as far as a forecast follows it.

/// Locals of a sum. More are not followed.
const TERMS: usize = 4;

/// A constant plus locals times constants, modulo 2^32.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Linear {
    /// Locals, ascending, and what each is multiplied by: never 0.
    pub(super) terms: Vec<(u32, u32)>,
    pub(super) constant: u32,
}

impl Linear {
    pub(super) const fn constant(constant: u32) -> Linear {
        Linear { terms: Vec::new(), constant }
    }

    pub(super) fn local(local: u32) -> Linear {
        Linear { terms: vec![(local, 1)], constant: 0 }
    }

    /// `self + other`. None if it has too many terms.
    pub(super) fn plus(&self, other: &Linear) -> Option<Linear> {
        let mut terms = self.terms.clone();
        for &(local, factor) in &other.terms {
            match terms.binary_search_by_key(&local, |term| term.0) {
                Ok(place) => terms[place].1 = terms[place].1.wrapping_add(factor),
                Err(place) => terms.insert(place, (local, factor)),
            }
        }
        terms.retain(|term| term.1 != 0);
        (terms.len() <= TERMS).then(|| Linear { terms, constant: self.constant.wrapping_add(other.constant) })
    }

    /// `self * factor`.
    pub(super) fn times(&self, factor: u32) -> Linear {
        let scaled = self.terms.iter().map(|(local, by)| (*local, by.wrapping_mul(factor)));
        let terms = scaled.filter(|term| term.1 != 0).collect();
        Linear { terms, constant: self.constant.wrapping_mul(factor) }
    }

    /// `self - other`. None if it has too many terms.
    pub(super) fn minus(&self, other: &Linear) -> Option<Linear> {
        self.plus(&other.times(u32::MAX))
    }

    /// `2^32 - 1 - self`: all bits inverted.
    pub(super) fn inverted(&self) -> Linear {
        let mut inverted = self.times(u32::MAX);
        inverted.constant = inverted.constant.wrapping_sub(1);
        inverted
    }

    /// By how much it grows, modulo 2^32, when locals do by these amounts. None if one of them is unknown.
    pub(super) fn step(&self, mut steps: impl FnMut(u32) -> Option<u32>) -> Option<u32> {
        let mut sum = 0_u32;
        for &(local, factor) in &self.terms {
            sum = sum.wrapping_add(steps(local)?.wrapping_mul(factor));
        }
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_modulo_two_to_the_32() {
        let i = Linear::local(3);
        let sum = i.times(8).plus(&Linear::local(1)).and_then(|sum| sum.minus(&Linear::constant(5)));
        let sum = sum.expect("two terms");
        assert_eq!(sum, Linear { terms: vec![(1, 1), (3, 8)], constant: 5_u32.wrapping_neg() });
        assert_eq!(sum.minus(&sum), Some(Linear::constant(0)));
        assert_eq!(i.times(1 << 31).times(2), Linear::constant(0));
        assert_eq!(Linear::constant(5).inverted(), Linear::constant(!5));
        assert_eq!(sum.step(|local| if local == 3 { Some(u32::MAX) } else { Some(2) }), Some(2_u32.wrapping_sub(8)));
        assert_eq!(sum.step(|_| None), None);
    }

    #[test]
    fn too_many_terms_are_not_followed() {
        let sum = (0..4).try_fold(Linear::default(), |sum, local| sum.plus(&Linear::local(local))).expect("four terms");
        assert_eq!(sum.plus(&Linear::local(4)), None);
        assert!(sum.plus(&Linear::local(3)).is_some());
    }
}
