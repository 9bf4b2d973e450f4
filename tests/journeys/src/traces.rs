//! What a program left on the disk: files in which words stand that should stand nowhere.

use std::{
    io,
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;

use crate::Failure;

/// What a look at the disk found.
#[derive(Debug, Default)]
pub struct Traces {
    /// Files that were read.
    pub read: Vec<PathBuf>,
    /// Those of them in which one of the words stands.
    pub holding: Vec<PathBuf>,
}

/// Looks for `words` in a file, or in every file below a folder, as UTF-8 and as UTF-16 (a web view keeps both).
///
/// # Errors
/// When a file that stays cannot be read, or there is nothing to look for.
pub fn look(at: &Path, words: &[String]) -> Result<Traces, Failure> {
    if words.iter().any(|word| word.trim().is_empty()) {
        return Err("a blank word is everywhere".into());
    }
    let wide = words.iter().map(|word| word.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let patterns: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).chain(wide).collect();
    let mut traces = Traces::default();
    search(at, &AhoCorasick::new(patterns)?, &mut traces)?;
    Ok(traces)
}

fn search(at: &Path, words: &AhoCorasick, traces: &mut Traces) -> io::Result<()> {
    let kind = match std::fs::symlink_metadata(at) {
        Ok(metadata) => metadata.file_type(),
        // A program at work takes files away; what is gone holds nothing.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        for entry in std::fs::read_dir(at)? {
            search(&entry?.path(), words, traces)?;
        }
    } else if kind.is_file() {
        match std::fs::read(at) {
            Ok(bytes) => {
                if words.is_match(&bytes) {
                    traces.holding.push(at.to_owned());
                }
                traces.read.push(at.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_however_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let words = ["ochrequill".to_owned()];
        std::fs::create_dir(dir.path().join("below")).unwrap();
        std::fs::write(dir.path().join("none"), "quill").unwrap();
        std::fs::write(dir.path().join("plain"), b"\0\xffochrequill").unwrap();
        let wide: Vec<u8> = "an ochrequill".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(dir.path().join("below/wide"), wide).unwrap();
        let mut traces = look(dir.path(), &words).unwrap();
        traces.holding.sort();
        assert_eq!(traces.holding, [dir.path().join("below/wide"), dir.path().join("plain")]);
        assert_eq!(traces.read.len(), 3);
        assert!(look(dir.path(), &[" ".to_owned()]).is_err());
    }
}
