//! Files whose every answer the test decides, and which write down what they were asked.

use crate::mock::{Guest, Mock};
use stilt_wasi::files::{Advice, Entry, Handle, OpenHow, Opened, Status, Times, Whence};
use stilt_wasi::host::FileType;
use stilt_wasi::{Access, Errno, Files};

#[derive(Debug)]
pub(crate) struct Shelf {
    /// What was asked, one line each.
    pub(crate) log: Vec<String>,
    /// What every call answers, if it is to fail.
    pub(crate) fails: Option<Errno>,
    /// What the next `open` finds.
    pub(crate) found: FileType,
    /// The bytes of every file, and the position in them.
    pub(crate) content: Vec<u8>,
    pub(crate) position: usize,
    next: u32,
}

/// What every file's status is.
pub(crate) const STATUS: Status = Status {
    device: 1,
    inode: 2,
    file_type: FileType::RegularFile,
    links: 4,
    size: 5,
    accessed: 6,
    modified: 7,
    changed: 8,
};

impl Default for Shelf {
    fn default() -> Self {
        let found = FileType::RegularFile;
        Shelf { log: Vec::new(), fails: None, found, content: Vec::new(), position: 0, next: 100 }
    }
}

impl Shelf {
    fn asked(&mut self, what: String) -> Result<(), Errno> {
        self.log.push(what);
        self.fails.map_or(Ok(()), Err)
    }
}

/// A guest whose descriptor 3 is a directory, handle 0, and 4 another for reading only, handle 1.
pub(crate) fn guest() -> Guest {
    let mut guest = Guest::new(Mock { shelf: Some(Shelf::default()), ..Mock::default() });
    assert_eq!(guest.ctx.preopen(Handle(0), Access::ReadWrite), Ok(3));
    assert_eq!(guest.ctx.preopen(Handle(1), Access::ReadOnly), Ok(4));
    guest
}

impl Guest {
    pub(crate) fn shelf(&mut self) -> &mut Shelf {
        self.host().shelf.as_mut().expect("a guest with files")
    }

    /// What was asked since the last time.
    pub(crate) fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.shelf().log)
    }
}

impl Files for Shelf {
    fn name(&self, directory: Handle) -> Result<&[u8], Errno> {
        Ok(if directory == Handle(0) { b"here" } else { b"there" })
    }

    fn open(&mut self, directory: Handle, path: &str, how: &OpenHow) -> Result<Opened, Errno> {
        let flags = [
            (how.follow, "follow"),
            (how.read, "read"),
            (how.write, "write"),
            (how.create, "create"),
            (how.exclusive, "exclusive"),
            (how.truncate, "truncate"),
            (how.directory, "directory"),
        ];
        let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        self.asked(format!("open {} {path} {} {}", directory.0, flags.join("+"), how.flags))?;
        self.next += 1;
        Ok(Opened { handle: Handle(self.next - 1), file_type: self.found })
    }

    fn close(&mut self, handle: Handle) -> Result<(), Errno> {
        self.asked(format!("close {}", handle.0))
    }

    fn read(&mut self, file: Handle, into: &mut [u8]) -> Result<usize, Errno> {
        let position = u64::try_from(self.position).expect("small");
        let count = self.read_at(file, into, position)?;
        self.position += count;
        Ok(count)
    }

    fn write(&mut self, file: Handle, bytes: &[u8]) -> Result<usize, Errno> {
        let position = u64::try_from(self.position).expect("small");
        self.position += bytes.len();
        self.write_at(file, bytes, position)
    }

    fn read_at(&mut self, file: Handle, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        assert!(!into.is_empty(), "the host is never asked for nothing");
        self.asked(format!("read {} {} at {offset}", file.0, into.len()))?;
        let from = self.content.get(usize::try_from(offset).expect("small")..).unwrap_or(&[]);
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&mut self, file: Handle, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        assert!(!bytes.is_empty(), "the host is never given nothing");
        self.asked(format!("write {} {} at {offset}", file.0, String::from_utf8_lossy(bytes)))?;
        Ok(bytes.len())
    }

    fn seek(&mut self, file: Handle, offset: i64, whence: Whence) -> Result<u64, Errno> {
        self.asked(format!("seek {} {offset} {whence:?}", file.0))?;
        Ok(77)
    }

    fn ready(&mut self, file: Handle, write: bool) -> Result<u64, Errno> {
        self.asked(format!("ready {} {write}", file.0))?;
        Ok(9)
    }

    fn status(&mut self, handle: Handle) -> Result<Status, Errno> {
        self.asked(format!("status {}", handle.0))?;
        Ok(STATUS)
    }

    fn set_flags(&mut self, file: Handle, from: u16, to: u16) -> Result<(), Errno> {
        self.asked(format!("flags {} {from} {to}", file.0))
    }

    fn set_size(&mut self, file: Handle, size: u64) -> Result<(), Errno> {
        self.asked(format!("size {} {size}", file.0))
    }

    fn set_times(&mut self, handle: Handle, times: Times) -> Result<(), Errno> {
        self.asked(format!("times {} {:?} {:?}", handle.0, times.accessed, times.modified))
    }

    fn advise(&mut self, file: Handle, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        self.asked(format!("advise {} {offset} {len} {advice:?}", file.0))
    }

    fn allocate(&mut self, file: Handle, offset: u64, len: u64) -> Result<(), Errno> {
        self.asked(format!("allocate {} {offset} {len}", file.0))
    }

    fn sync(&mut self, handle: Handle, data_only: bool) -> Result<(), Errno> {
        self.asked(format!("sync {} {data_only}", handle.0))
    }

    fn entries(
        &mut self,
        directory: Handle,
        cookie: u64,
        emit: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<(), Errno> {
        self.asked(format!("entries {} {cookie}", directory.0))?;
        for (name, next) in ["a", "bcd", "ef"].iter().zip(1..).skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
            let entry = Entry { next, inode: next + 10, file_type: FileType::RegularFile, name: name.as_bytes() };
            if !emit(&entry) {
                self.log.push("enough".into());
                break;
            }
        }
        Ok(())
    }

    fn status_at(&mut self, directory: Handle, path: &str, follow: bool) -> Result<Status, Errno> {
        self.asked(format!("status {} {path} {follow}", directory.0))?;
        Ok(STATUS)
    }

    fn set_times_at(&mut self, directory: Handle, path: &str, follow: bool, times: Times) -> Result<(), Errno> {
        self.asked(format!("times {} {path} {follow} {:?} {:?}", directory.0, times.accessed, times.modified))
    }

    fn create_directory(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        self.asked(format!("mkdir {} {path}", directory.0))
    }

    fn remove_directory(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        self.asked(format!("rmdir {} {path}", directory.0))
    }

    fn unlink(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        self.asked(format!("unlink {} {path}", directory.0))
    }

    fn rename(&mut self, from: (Handle, &str), to: (Handle, &str)) -> Result<(), Errno> {
        self.asked(format!("rename {} {} {} {}", from.0.0, from.1, to.0.0, to.1))
    }

    fn link(&mut self, old: (Handle, &str), new: (Handle, &str)) -> Result<(), Errno> {
        self.asked(format!("link {} {} {} {}", old.0.0, old.1, new.0.0, new.1))
    }

    fn symlink(&mut self, target: &str, directory: Handle, path: &str) -> Result<(), Errno> {
        self.asked(format!("symlink {target} {} {path}", directory.0))
    }

    fn read_link(&mut self, directory: Handle, path: &str) -> Result<&[u8], Errno> {
        self.asked(format!("readlink {} {path}", directory.0))?;
        Ok(b"target")
    }
}
