//! Puts the functions of `src/lib.rs` between the runtime and the platform.

fn main() {
    for name in ["mmap_new", "munmap", "mprotect", "memory_image_new", "memory_image_map_at", "memory_image_free"] {
        println!("cargo::rustc-link-arg-tests=-Wl,--wrap=wasmtime_{name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
