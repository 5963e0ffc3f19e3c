//! Images that `stilt compile` made on a host, and that came with the firmware.

include!(concat!(env!("OUT_DIR"), "/images.rs"));

/// As images are to be aligned where they run in place.
#[repr(C, align(64))]
pub struct Aligned<T: ?Sized>(pub T);

/// The image with this name.
pub fn image(name: &str) -> Option<&'static [u8]> {
    IMAGES.iter().find(|(known, _)| *known == name).map(|(_, image)| *image)
}
