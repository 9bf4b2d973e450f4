//! Files that only their owner may read, written whole or not at all.

use crate::Error;
use std::{
    fs::{File, TryLockError},
    path::Path,
    time::{Duration, Instant},
};

/// Writes `content` beside `path`, flushes it to the disk and renames it into place, readable by
/// its owner only (on Unix; elsewhere the folder's rights hold).
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    use std::io::Write;
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .map_err(Error::file("cannot write", &beside))?;
    std::fs::rename(&beside, path).map_err(Error::file("cannot replace", path))?;
    keep_name(path)
}

/// Makes `folder` and what is above it, as far as it is not there; what it makes only its owner may enter.
pub(crate) fn make_private_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(Error::file("cannot make", folder))
}

/// Flushes the folder of `path`: without it a power cut may bring back what was there before the rename.
#[cfg(unix)]
fn keep_name(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file("cannot flush", folder))
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn keep_name(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// Reads a JSON file, or `None` where there is none.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(other) => return Err(Error::file("cannot read", path)(other)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| Error::Content { path: path.to_owned(), reason: e.to_string() })
}

/// Writes a value as JSON, as [`write_private`] does.
pub(crate) fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| Error::Content { path: path.to_owned(), reason: e.to_string() })?;
    write_private(path, &bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_written_is_its_owners_alone() -> Result<(), Box<dyn std::error::Error>> {
        let data = tempfile::tempdir()?;
        let folder = data.path().join("deep/practice");
        make_private_folder(&folder)?;
        make_private_folder(&folder)?;
        write_private(&folder.join("secrets.json"), b"{}")?;
        let mode = |path: &Path| std::fs::metadata(path).map(|kept| kept.permissions().mode() & 0o777);
        assert_eq!(mode(&folder)?, 0o700);
        assert_eq!(mode(&folder.join("secrets.json"))?, 0o600);
        Ok(())
    }
}

/// How long a folder may be another's: a practice that was told to end closes its files first.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(8);

/// Takes a folder for this process, waiting a little for one that is just ending; the system gives it back however the
/// process ends.
///
/// # Errors
/// [`Error::InUse`] where another keeps it, and [`Error::File`].
#[expect(clippy::disallowed_methods, reason = "another process gives it back: there is nothing to wait on")]
pub fn lock(data: &Path) -> Result<File, Error> {
    make_private_folder(data)?;
    let path = data.join("lock");
    let lock = File::create(&path).map_err(Error::file("cannot make", &path))?;
    let began = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if began.elapsed() < GIVEN_BACK_WITHIN => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: data.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(Error::file("cannot lock", &path)(source)),
        }
    }
}
