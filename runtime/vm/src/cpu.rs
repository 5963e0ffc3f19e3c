//! Which features the CPU has, where it can be asked: on x86_64 under an operating system. A kernel decides itself which
//! registers it keeps, so there the embedder must say.
//!
//! Called by the loader, never on the way of a call.

/// Whether the CPU has the feature with this name (as [`stilt_artifact::target::Architecture::features`] spells it) and the
/// operating system keeps its registers. `None`: not known.
pub fn has_feature(name: &str) -> Option<bool> {
    if compiled_in(name) { Some(true) } else { machine::has_feature(name) }
}

/// Whether this very code may use the feature, so that it is certainly there.
fn compiled_in(name: &str) -> bool {
    macro_rules! any {
        ($($feature:literal)*) => {
            false $( || (cfg!(target_feature = $feature) && name == $feature) )*
        };
    }
    any!("sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "cmpxchg16b" "avx" "avx2" "fma" "bmi1" "bmi2" "lzcnt")
}

#[cfg(all(target_arch = "x86_64", not(target_os = "none")))]
mod machine {
    use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    use core::sync::atomic::{AtomicU32, Ordering};

    const EXTENDED: u32 = 0x8000_0000;
    /// Bits of the register XCR0: SSE and AVX.
    const AVX_STATE: u64 = 0b110;
    /// And the three of AVX-512.
    const AVX512_STATE: u64 = 0b1110_0110;

    /// A word of what the instruction answers.
    #[derive(Clone, Copy)]
    enum Word {
        One,
        SevenEbx,
        SevenEcx,
        Extended,
    }

    /// Name, word, bit in it, and the state that the operating system must keep.
    const FEATURES: [(&str, Word, u8, u64); 17] = [
        ("sse3", Word::One, 0, 0),
        ("ssse3", Word::One, 9, 0),
        ("fma", Word::One, 12, AVX_STATE),
        ("cmpxchg16b", Word::One, 13, 0),
        ("sse4.1", Word::One, 19, 0),
        ("sse4.2", Word::One, 20, 0),
        ("popcnt", Word::One, 23, 0),
        ("avx", Word::One, 28, AVX_STATE),
        ("bmi1", Word::SevenEbx, 3, 0),
        ("avx2", Word::SevenEbx, 5, AVX_STATE),
        ("bmi2", Word::SevenEbx, 8, 0),
        ("avx512f", Word::SevenEbx, 16, AVX512_STATE),
        ("avx512dq", Word::SevenEbx, 17, AVX512_STATE),
        ("avx512vl", Word::SevenEbx, 31, AVX512_STATE),
        ("avx512vbmi", Word::SevenEcx, 1, AVX512_STATE),
        ("avx512bitalg", Word::SevenEcx, 12, AVX512_STATE),
        ("lzcnt", Word::Extended, 5, 0),
    ];

    pub(super) fn has_feature(name: &str) -> Option<bool> {
        let found = found();
        let mut features = FEATURES.iter().enumerate();
        let (place, _) = features.find(|(_, feature)| feature.0 == name)?;
        Some(found >> place & 1 == 1)
    }

    /// Set in what is remembered once the CPU has been asked.
    const ASKED: u32 = 1 << 31;
    const _: () = assert!(FEATURES.len() < 31, "each has its bit, below that one");

    /// The features that are there, by their places. The CPU is asked once: under a hypervisor each question costs tens of
    /// microseconds. Threads that ask at the same time find the same.
    fn found() -> u32 {
        static FOUND: AtomicU32 = AtomicU32::new(0);
        let known = FOUND.load(Ordering::Relaxed);
        if known & ASKED != 0 {
            return known;
        }
        let found = ask() | ASKED;
        FOUND.store(found, Ordering::Relaxed);
        found
    }

    fn ask() -> u32 {
        let one = __cpuid(1).ecx;
        let seven = if __cpuid(0).eax >= 7 {
            let leaf = __cpuid_count(7, 0);
            (leaf.ebx, leaf.ecx)
        } else {
            (0, 0)
        };
        let extended = if __cpuid(EXTENDED).eax > EXTENDED { __cpuid(EXTENDED | 1).ecx } else { 0 };
        let kept = kept_state(one);
        let mut found = 0;
        for (place, (_, word, bit, state)) in FEATURES.iter().enumerate() {
            let word = match word {
                Word::One => one,
                Word::SevenEbx => seven.0,
                Word::SevenEcx => seven.1,
                Word::Extended => extended,
            };
            found |= u32::from(word >> bit & 1 == 1 && kept & state == *state) << place;
        }
        found
    }

    /// The register state that the operating system keeps.
    fn kept_state(one: u32) -> u64 {
        const OSXSAVE: u32 = 1 << 27;
        if one & OSXSAVE == 0 {
            return 0;
        }
        // SAFETY: the bit says that the operating system has enabled this instruction.
        unsafe { _xgetbv(0) }
    }
}

#[cfg(not(all(target_arch = "x86_64", not(target_os = "none"))))]
mod machine {
    pub(super) fn has_feature(_name: &str) -> Option<bool> {
        None
    }
}

#[cfg(all(test, target_arch = "x86_64", target_os = "linux"))]
mod tests {
    extern crate std;
    use stilt_artifact::target::Architecture;

    #[test]
    fn agrees_with_the_standard_library() {
        macro_rules! same {
            ($($feature:tt)*) => { $( assert_eq!(
                super::has_feature($feature),
                Some(std::arch::is_x86_feature_detected!($feature)),
                $feature
            ); )* };
        }
        same!("sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "avx" "avx2" "fma" "bmi1" "bmi2" "lzcnt" "cmpxchg16b");
        same!("avx512f" "avx512dq" "avx512vl" "avx512vbmi" "avx512bitalg");
        for name in Architecture::X86_64.features() {
            assert!(super::has_feature(name).is_some(), "{name}");
        }
        assert_eq!(super::has_feature("nonsense"), None);
    }
}
