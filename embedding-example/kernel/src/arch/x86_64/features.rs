//! What the CPU can do and the kernel keeps: nothing with registers wider than those of SSE, which it does not switch on.

use core::arch::x86_64::__cpuid;

/// Whether guests can use a feature, by its name in images; `None` for one that this kernel does not know.
pub fn feature(name: &str) -> Option<bool> {
    let one = __cpuid(1).ecx;
    let extended = if __cpuid(0x8000_0000).eax > 0x8000_0000 { __cpuid(0x8000_0001).ecx } else { 0 };
    let seven = if __cpuid(0).eax >= 7 { __cpuid(7).ebx } else { 0 };
    let bit = |word: u32, bit: u32| Some(word >> bit & 1 == 1);
    match name {
        "sse3" => bit(one, 0),
        "ssse3" => bit(one, 9),
        "cmpxchg16b" => bit(one, 13),
        "sse4.1" => bit(one, 19),
        "sse4.2" => bit(one, 20),
        "popcnt" => bit(one, 23),
        "lzcnt" => bit(extended, 5),
        "bmi1" => bit(seven, 3),
        "bmi2" => bit(seven, 8),
        "avx" | "avx2" | "fma" => Some(false),
        name if name.starts_with("avx512") => Some(false),
        _ => None,
    }
}
