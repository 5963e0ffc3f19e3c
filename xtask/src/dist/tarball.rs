//! The tarball of a folder: the same bytes for the same files, whenever and by whoever it is written.

use anyhow::{Context as _, Result};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// The time of every file, which is none: 2000-01-01.
const TIME: u64 = 946_684_800;

/// Writes it into `folder` under the name of `package`, beside an older one, which it then replaces.
pub(super) fn write(package: &Path, folder: &Path) -> Result<PathBuf> {
    let name = package.file_name().context("a package has a name")?.to_string_lossy().into_owned();
    let (file, beside) = (folder.join(format!("{name}.tar.gz")), folder.join(format!("{name}.tar.gz.new")));
    if let Err(error) = write_to(&beside, package, &name) {
        // Half of it is of no use, and takes room on a full disk.
        let _ = fs::remove_file(&beside);
        return Err(error.context(format!("cannot write {}", beside.display())));
    }
    fs::rename(&beside, &file).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn write_to(file: &Path, package: &Path, name: &str) -> Result<()> {
    // Neither a name nor a time in it.
    let mut builder = Builder::new(GzBuilder::new().write(File::create(file)?, Compression::best()));
    add(&mut builder, package, name)?;
    builder.into_inner()?.finish()?.sync_all()?;
    Ok(())
}

/// Adds a folder and what is in it, by name.
fn add(builder: &mut Builder<GzEncoder<File>>, folder: &Path, name: &str) -> Result<()> {
    let mut header = header(EntryType::Directory, 0o755, 0);
    builder.append_data(&mut header, format!("{name}/"), std::io::empty())?;
    let mut inner: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    inner.sort();
    for path in inner {
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            add(builder, &path, &name)?;
        } else {
            let contents = fs::read(&path).with_context(|| path.display().to_string())?;
            let runs = path.metadata()?.permissions().mode() & 0o100 != 0;
            let mode = if runs { 0o755 } else { 0o644 };
            let mut header = self::header(EntryType::Regular, mode, contents.len() as u64);
            builder.append_data(&mut header, name, &*contents)?;
        }
    }
    Ok(())
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(TIME);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header
}
