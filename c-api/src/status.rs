//! [`Status`]: `stilt_status`. The numbers are the header's, compared at compile time.

use crate::header::number;

/// How a function went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Status(pub(crate) i32);

macro_rules! statuses {
    ($( $name:ident = $number:literal, $text:literal; )*) => {
        #[allow(missing_docs, reason = "stilt.h documents them")]
        impl Status {
            $( pub(crate) const $name: Status = Status($number); )*

            /// What it means, ended by zero.
            pub(crate) const fn text(self) -> &'static core::ffi::CStr {
                match self.0 {
                    $( $number => $text, )*
                    number if number >= Status::USER.0 => c"a host function failed",
                    _ => c"no status of this library",
                }
            }
        }

        $( const _: () = assert!(number(concat!("STILT_", stringify!($name), " =")) == $number, "as the header has it"); )*
    };
}

statuses! {
    OK = 0, c"success";
    TRAP = 1, c"the guest was stopped by a trap";
    INVALID = 2, c"an argument is null or has no meaning";
    NOT_ALIVE = 3, c"the object was dropped or never made";
    IN_USE = 4, c"the object is in use by others";
    BUSY = 5, c"the store is in use";
    FOREIGN = 6, c"something belongs to another store or engine";
    STORAGE_SIZE = 7, c"the storage is too small";
    STORAGE_ALIGN = 8, c"the storage is not aligned";
    IMAGE = 9, c"the image is none, is damaged, or was made by another version";
    GROUND = 10, c"the image needs what is not here";
    IMAGE_ALIGN = 11, c"the image is not aligned";
    TYPES = 12, c"the engine has no room for more function types";
    IMPORT_MISSING = 13, c"an import is not defined";
    IMPORT_TYPE = 14, c"an import is defined with another type";
    NO_EXPORT = 15, c"there is no such export";
    TYPE = 16, c"something is of another type";
    BOUNDS = 17, c"a range does not lie within the memory or table";
    LIMIT = 18, c"a limit was reached";
    IMMUTABLE = 19, c"the global cannot be changed";
    PLATFORM = 20, c"the platform failed";
    FAILED = 21, c"something else failed";
}

impl Status {
    /// The first of those that host functions return for failures of their own.
    pub(crate) const USER: Status = Status(256);
}

const _: () = assert!(number("STILT_USER =") == 256, "as the header has it");

impl<T> From<Result<T, Status>> for Status {
    fn from(result: Result<T, Status>) -> Status {
        match result {
            Ok(_) => Status::OK,
            Err(status) => status,
        }
    }
}
