//! Byte orders. The runtime reads with [`Native`], which costs nothing; the precompiler and the inspector use [`Endian`],
//! which is chosen at run time.

/// How multi-byte fields are stored.
pub trait ByteOrder: Copy {
    /// Decodes two bytes.
    fn u16(self, bytes: [u8; 2]) -> u16;
    /// Decodes four bytes.
    fn u32(self, bytes: [u8; 4]) -> u32;
    /// Decodes eight bytes.
    fn u64(self, bytes: [u8; 8]) -> u64;
    /// Whether the order is little-endian.
    fn endian(self) -> Endian;
}

/// A byte order that is known at run time only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// The byte order of the machine this code runs on.
    pub const NATIVE: Endian = if cfg!(target_endian = "little") { Endian::Little } else { Endian::Big };

    /// The number of this order in [`crate::header::ImageHeader::byte_order`].
    pub const fn code(self) -> u8 {
        match self {
            Endian::Little => 1,
            Endian::Big => 2,
        }
    }

    /// The order with this number.
    pub const fn from_code(code: u8) -> Option<Endian> {
        match code {
            1 => Some(Endian::Little),
            2 => Some(Endian::Big),
            _ => None,
        }
    }

    /// As it is called: `little-endian`.
    pub const fn name(self) -> &'static str {
        match self {
            Endian::Little => "little-endian",
            Endian::Big => "big-endian",
        }
    }

    /// Encodes two bytes.
    pub const fn bytes16(self, value: u16) -> [u8; 2] {
        match self {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        }
    }

    /// Encodes four bytes.
    pub const fn bytes32(self, value: u32) -> [u8; 4] {
        match self {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        }
    }

    /// Encodes eight bytes.
    pub const fn bytes64(self, value: u64) -> [u8; 8] {
        match self {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        }
    }
}

impl ByteOrder for Endian {
    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        }
    }
    fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        }
    }
    fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Endian::Little => u64::from_le_bytes(bytes),
            Endian::Big => u64::from_be_bytes(bytes),
        }
    }
    fn endian(self) -> Endian {
        self
    }
}

/// The byte order of the machine this code runs on, known at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Native;

impl ByteOrder for Native {
    #[inline]
    fn u16(self, bytes: [u8; 2]) -> u16 {
        u16::from_ne_bytes(bytes)
    }
    #[inline]
    fn u32(self, bytes: [u8; 4]) -> u32 {
        u32::from_ne_bytes(bytes)
    }
    #[inline]
    fn u64(self, bytes: [u8; 8]) -> u64 {
        u64::from_ne_bytes(bytes)
    }
    fn endian(self) -> Endian {
        Endian::NATIVE
    }
}
