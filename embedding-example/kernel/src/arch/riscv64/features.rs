//! What the harts can do and the kernel keeps: the registers of vectors it does not switch on. There is no register that tells; a
//! kernel reads the device tree, this one knows its board.

/// Whether guests can use a feature, by its name in images; `None` for one that this kernel does not know.
pub fn feature(name: &str) -> Option<bool> {
    match name {
        "m" | "a" | "f" | "d" | "c" | "zca" | "zcd" => Some(true),
        "v" | "zvfh" => Some(false),
        _ => None,
    }
}
