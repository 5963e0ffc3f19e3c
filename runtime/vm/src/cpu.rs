//! Which features the CPU has, where a program can ask it: on x86_64 under an operating system (a kernel decides itself which
//! registers it keeps, so there the embedder must say), and on s390x. aarch64 and riscv64 let only kernels ask; elsewhere the
//! embedder says what his operating system told him.
//!
//! Called by the loader, never on the way of a call.

/// Whether the CPU has the feature with this place in [`stilt_artifact::target::Architecture::features`] and the operating system
/// keeps its registers. `None`: not known.
pub fn has_feature(bit: u32) -> Option<bool> {
    if is_compiled_in(bit) { Some(true) } else { machine::has_feature(bit) }
}

/// Whether this very code may use the feature, so that it is certainly there.
pub fn is_compiled_in(bit: u32) -> bool {
    COMPILED_IN.checked_shr(bit).unwrap_or(0) & 1 != 0
}

/// A bit for each feature that this code may use.
const COMPILED_IN: u32 = {
    macro_rules! bits {
        ($($bit:literal $feature:literal)*) => { 0 $( | ((cfg!(target_feature = $feature) as u32) << $bit) )* };
    }
    if cfg!(target_arch = "x86_64") {
        bits!(0 "cmpxchg16b" 1 "sse3" 2 "ssse3" 3 "sse4.1" 4 "sse4.2" 5 "popcnt" 6 "avx" 7 "avx2" 8 "fma" 9 "bmi1" 10 "bmi2" 11 "lzcnt")
    } else if cfg!(target_arch = "aarch64") {
        bits!(0 "lse" 1 "paca" 2 "fp16" 3 "dotprod" 4 "i8mm")
    } else if cfg!(target_arch = "riscv64") {
        // C with D has Zcd. That there is D a compiler may keep to itself, but under an operating system there always is.
        let zcd = cfg!(all(target_feature = "c", any(target_feature = "d", not(target_os = "none"))));
        bits!(0 "v" 1 "zca" 2 "zcb" 4 "zba" 5 "zbb" 6 "zbc" 7 "zbs" 8 "zbkb" 9 "zfa" 10 "zfhmin" 11 "zfh" 12 "zvfh" 13 "zvbb" 14 "zicond")
            | ((zcd as u32) << 3)
    } else if cfg!(target_arch = "s390x") {
        bits!(0 "miscellaneous-extensions-3" 1 "vector-enhancements-2" 2 "miscellaneous-extensions-4" 3 "vector-enhancements-3")
    } else {
        0
    }
};

#[cfg(all(target_arch = "x86_64", not(target_os = "none")))]
mod machine {
    use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    use core::sync::atomic::{AtomicU32, Ordering};

    const EXTENDED: u32 = 0x8000_0000;
    /// Bits of the register XCR0: SSE and AVX.
    const AVX_STATE: u8 = 0b110;
    /// And the three of AVX-512.
    const AVX512_STATE: u8 = 0b1110_0110;

    /// A word of what the instruction answers.
    #[derive(Clone, Copy)]
    enum Word {
        One,
        SevenEbx,
        SevenEcx,
        Extended,
    }

    /// Word, bit in it, and the state that the operating system must keep, in the order of the features' bits.
    const FEATURES: [(Word, u8, u8); 17] = [
        (Word::One, 13, 0),
        (Word::One, 0, 0),
        (Word::One, 9, 0),
        (Word::One, 19, 0),
        (Word::One, 20, 0),
        (Word::One, 23, 0),
        (Word::One, 28, AVX_STATE),
        (Word::SevenEbx, 5, AVX_STATE),
        (Word::One, 12, AVX_STATE),
        (Word::SevenEbx, 3, 0),
        (Word::SevenEbx, 8, 0),
        (Word::Extended, 5, 0),
        (Word::SevenEcx, 12, AVX512_STATE),
        (Word::SevenEbx, 17, AVX512_STATE),
        (Word::SevenEbx, 16, AVX512_STATE),
        (Word::SevenEbx, 31, AVX512_STATE),
        (Word::SevenEcx, 1, AVX512_STATE),
    ];

    pub(super) fn has_feature(bit: u32) -> Option<bool> {
        if bit as usize >= FEATURES.len() {
            return None;
        }
        Some(found().wrapping_shr(bit) & 1 == 1)
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
        for (place, (word, bit, state)) in FEATURES.iter().enumerate() {
            let word = match word {
                Word::One => one,
                Word::SevenEbx => seven.0,
                Word::SevenEcx => seven.1,
                Word::Extended => extended,
            };
            found |= u32::from(word >> bit & 1 == 1 && kept & u64::from(*state) == u64::from(*state)) << place;
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

#[cfg(target_arch = "s390x")]
mod machine {
    use core::arch::asm;

    /// The facilities behind the features, in the order of their bits.
    const FACILITIES: [u8; 4] = [61, 148, 84, 198];
    /// Doublewords of facility bits that are asked for.
    const WORDS: usize = 4;

    pub(super) fn has_feature(bit: u32) -> Option<bool> {
        let facility = *FACILITIES.get(bit as usize)?;
        let mut list = [0u64; WORDS];
        // SAFETY: `stfle` is open to every program; it writes as many doublewords as register 0 says, less one, which `list` has.
        unsafe {
            asm!(
                ".insn s, 0xb2b00000, 0({list})",
                list = in(reg_addr) list.as_mut_ptr(),
                inout("r0") WORDS as u64 - 1 => _,
                options(nostack),
            );
        }
        let word = list.get(usize::from(facility >> 6))?;
        Some(word.wrapping_shl(u32::from(facility & 63)) >> 63 == 1)
    }
}

#[cfg(not(any(all(target_arch = "x86_64", not(target_os = "none")), target_arch = "s390x")))]
mod machine {
    pub(super) fn has_feature(_bit: u32) -> Option<bool> {
        None
    }
}

#[cfg(all(test, target_arch = "x86_64", target_os = "linux"))]
mod tests {
    extern crate std;
    use stilt_artifact::target::Architecture;

    #[test]
    fn agrees_with_the_standard_library() {
        let names = Architecture::X86_64.features();
        let has_feature = |name: &str| {
            let mut bits = (0..u32::BITS).zip(names);
            bits.find(|(_, known)| **known == name).and_then(|(bit, _)| super::has_feature(bit))
        };
        macro_rules! same {
            ($($feature:tt)*) => { $( assert_eq!(
                has_feature($feature),
                Some(std::arch::is_x86_feature_detected!($feature)),
                $feature
            ); )* };
        }
        same!("sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "avx" "avx2" "fma" "bmi1" "bmi2" "lzcnt" "cmpxchg16b");
        same!("avx512f" "avx512dq" "avx512vl" "avx512vbmi" "avx512bitalg");
        for name in names {
            assert!(has_feature(name).is_some(), "{name}");
        }
        assert_eq!(super::has_feature(32), None);
        // What the compiler may use is named in the same order.
        for (bit, name) in (0..u32::BITS).zip(names) {
            if super::COMPILED_IN.wrapping_shr(bit) & 1 != 0 {
                assert_eq!(has_feature(name), Some(true), "{name}");
            }
        }
    }
}
