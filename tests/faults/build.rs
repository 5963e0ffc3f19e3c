//! Puts the functions of `src/lib.rs` between the runtime and the platform.

fn main() {
    let memory = ["mmap_new", "mmap_remap", "munmap", "mprotect"];
    let images = ["memory_image_new", "memory_image_map_at", "memory_image_free"];
    for name in memory.into_iter().chain(images) {
        println!("cargo::rustc-link-arg-tests=-Wl,--wrap=wasmtime_{name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
