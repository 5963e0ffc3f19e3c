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

    const EXTENDED: u32 = 0x8000_0000;
    /// Bits of the register XCR0: SSE and AVX.
    const AVX_STATE: u64 = 0b110;
    /// And the three of AVX-512.
    const AVX512_STATE: u64 = 0b1110_0110;

    pub(super) fn has_feature(name: &str) -> Option<bool> {
        let one = __cpuid(1).ecx;
        let seven = if __cpuid(0).eax >= 7 {
            let leaf = __cpuid_count(7, 0);
            (leaf.ebx, leaf.ecx)
        } else {
            (0, 0)
        };
        let extended = if __cpuid(EXTENDED).eax > EXTENDED { __cpuid(EXTENDED | 1).ecx } else { 0 };
        let (word, bit, state) = match name {
            "sse3" => (one, 0, 0),
            "ssse3" => (one, 9, 0),
            "fma" => (one, 12, AVX_STATE),
            "cmpxchg16b" => (one, 13, 0),
            "sse4.1" => (one, 19, 0),
            "sse4.2" => (one, 20, 0),
            "popcnt" => (one, 23, 0),
            "avx" => (one, 28, AVX_STATE),
            "bmi1" => (seven.0, 3, 0),
            "avx2" => (seven.0, 5, AVX_STATE),
            "bmi2" => (seven.0, 8, 0),
            "avx512f" => (seven.0, 16, AVX512_STATE),
            "avx512dq" => (seven.0, 17, AVX512_STATE),
            "avx512vl" => (seven.0, 31, AVX512_STATE),
            "avx512vbmi" => (seven.1, 1, AVX512_STATE),
            "avx512bitalg" => (seven.1, 12, AVX512_STATE),
            "lzcnt" => (extended, 5, 0),
            _ => return None,
        };
        Some(word >> bit & 1 == 1 && kept_state(one) & state == state)
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
