//! Images that are part of a program: [`LinkedImage`], and the macros that name one or embed one.

use core::fmt;

use stilt_artifact::image::LINKED_HEADERS;

/// The symbol of an image that a linker has placed: its headers, from which tables and code are found. What
/// [`linked_image!`](crate::linked_image) gives and [`Module::from_linked`](crate::Module::from_linked) takes; there is no other
/// use for one.
#[repr(transparent)]
pub struct LinkedImage {
    pub(crate) headers: [u8; LINKED_HEADERS],
}

impl fmt::Debug for LinkedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedImage").finish_non_exhaustive()
    }
}

/// The image that was linked into this program under a name, a `&'static` [`LinkedImage`]:
///
/// ```ignore
/// // SAFETY: the build script has made it.
/// let module = unsafe { Module::from_linked(&engine, stilt::linked_image!(blinky)) }?;
/// ```
///
/// The name is that of `stilt compile --emit obj --name blinky`, or what the build script gave to `stilt-build`.
#[macro_export]
macro_rules! linked_image {
    ($name:ident) => {{
        // A symbol of the linker's; not every crate has the lint.
        #[allow(unsafe_code)]
        unsafe extern "C" {
            safe static $name: $crate::LinkedImage;
        }
        &$name
    }};
}

/// The bytes of an image in a file, aligned as images need to run in place, a `&'static [u8]`. The path is as for `include_bytes!`.
///
/// ```ignore
/// let image = stilt::include_image!(concat!(env!("OUT_DIR"), "/blinky.cwasm"));
/// // SAFETY: the build script has made it.
/// let module = unsafe { Module::deserialize_raw(&engine, NonNull::from(image)) }?;
/// ```
///
/// Bytecode runs from there. Native code does where a program's constants are executable, as on most microcontrollers; elsewhere
/// [`Module::deserialize`](crate::Module::deserialize) copies it, or it is linked into the program
/// ([`linked_image!`](crate::linked_image)).
#[macro_export]
macro_rules! include_image {
    ($path:expr $(,)?) => {{
        static IMAGE: &$crate::__Aligned<[u8]> = &$crate::__Aligned(*include_bytes!($path));
        &IMAGE.0
    }};
}

/// As much alignment as code of images has, and more than an image needs.
#[doc(hidden)]
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Aligned<B: ?Sized>(pub B);
