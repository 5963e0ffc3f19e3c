//! Puts the functions of `src/lib.rs` between the runtime and the platform.

/// Every call of the header's that the runtime makes and that can fail, and what gives back what they gave.
const CALLS: [&str; 10] = [
    "wasmtime_mmap_new",
    "wasmtime_mmap_remap",
    "wasmtime_munmap",
    "wasmtime_mprotect",
    "wasmtime_memory_image_new",
    "wasmtime_memory_image_map_at",
    "wasmtime_memory_image_free",
    "wasmtime_init_traps",
    "stilt_platform_init_resumable_traps",
    "stilt_platform_publish_code",
];

fn main() {
    for name in CALLS {
        println!("cargo::rustc-link-arg-tests=-Wl,--wrap={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
