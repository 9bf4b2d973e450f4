//! Files that only their owner may read, written whole or not at all.

use crate::Error;
use std::path::Path;

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
    std::fs::rename(&beside, path).map_err(Error::file("cannot replace", path))
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
