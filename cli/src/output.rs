//! What this command writes: files, so that one is either whole or not there (beside its place first, then renamed), and text
//! to standard output.

use anyhow::{Context as _, Result, bail};
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::Path;

/// Writes `bytes` to `path`, replacing what was there only when all of them are safe. `-` is standard output. What is
/// there and is not a file, such as a device or a pipe, is written to as it is.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).context("cannot write to standard output");
    }
    let cannot = || format!("cannot write {}", path.display());
    match path.metadata() {
        Ok(there) if there.is_dir() => bail!("cannot write {}: it is a folder", path.display()),
        Ok(there) if !there.is_file() => return std::fs::write(path, bytes).with_context(cannot),
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("cannot write {}: there is no folder {}", path.display(), folder.display());
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stilt-");
    // The permissions that a file made in place would have; the umask applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(path).map_err(|error| error.error).with_context(cannot)?;
    Ok(())
}

/// Makes a folder, and those above it, if it is not there.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))
}

/// Text for standard output.
pub(crate) struct Stdout(BufWriter<StdoutLock<'static>>);

impl Stdout {
    pub(crate) fn new() -> Stdout {
        Stdout(BufWriter::new(io::stdout().lock()))
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.0, "{text}").context(CANNOT_PRINT)
    }

    /// Writes what something is called, and what it is, as one line of a table.
    pub(crate) fn field(&mut self, name: &str, value: &str) -> Result<()> {
        self.line(&format!("  {name:<16}{value}"))
    }

    /// Hands everything on.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.0.flush().context(CANNOT_PRINT)
    }
}

const CANNOT_PRINT: &str = "cannot write to standard output";

/// Whether this happened because nobody reads the output any more, as behind `| head`.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
