//! Whether the types that the screen sees are the ones that the program sends.
//!
//! `cargo test` writes `ui/src/lib/bindings` anew from the Rust types. Two comparisons: with the files
//! as they lay there (which needs nothing), and with what git is about to commit, for whoever has run
//! the tests before and then forgot to add what they wrote.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::step::{command, output, run};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What lies in a folder.
type Texts = BTreeMap<PathBuf, Vec<u8>>;

const BINDINGS: &str = "ui/src/lib/bindings";

/// Exports, and compares.
pub(crate) fn check(checkout: &Checkout) -> Result {
    let folder = checkout.at(BINDINGS);
    let before = texts(&folder)?;
    let export = ["cargo", "test", "--locked", "--quiet", "--package", "tern-api", "export_bindings"];
    run(command(&export.map(Into::into))?.current_dir(checkout.root()))?;
    let after = texts(&folder)?;
    if after.is_empty() {
        return Err(Error::other(format!("no bindings were written to {BINDINGS}")));
    }
    let drifted = drifted(&before, &after);
    if !drifted.is_empty() {
        return Err(Error::other(format!("written anew from the Rust types, commit them: {}", drifted.join(", "))));
    }
    if checkout.at(".git").exists() {
        staged(checkout)?;
    }
    Ok(())
}

/// Files that were changed or added.
fn drifted(before: &Texts, after: &Texts) -> Vec<String> {
    let differs = |(path, text): &(&PathBuf, &Vec<u8>)| before.get(*path) != Some(*text);
    after.iter().filter(differs).map(|(path, _)| path.display().to_string()).collect()
}

/// Fails when the folder holds anything that git would not commit as it is.
fn staged(checkout: &Checkout) -> Result {
    let git = |words: &[&str]| -> Result<String> {
        // A checkout may belong to somebody else than who tests it (a container's root, say).
        let mut line: Vec<OsString> = ["git", "-c", "safe.directory=*"].map(Into::into).into();
        line.extend(words.iter().map(OsString::from));
        line.extend(["--", BINDINGS].map(Into::into));
        output(command(&line)?.current_dir(checkout.root()))
    };
    let differ = git(&["diff", "--name-only"])?;
    let unknown = git(&["ls-files", "--others", "--exclude-standard"])?;
    let files: Vec<&str> = differ.lines().chain(unknown.lines()).collect();
    if files.is_empty() {
        return Ok(());
    }
    Err(Error::other(format!("git does not have these as they are: {}", files.join(", "))))
}

fn texts(folder: &Path) -> Result<Texts> {
    let mut found = BTreeMap::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).map_err(Error::file("read", folder))? {
        let path = entry.map_err(Error::file("read", folder))?.path();
        if path.is_dir() {
            found.extend(texts(&path)?);
        } else {
            let text = fs::read(&path).map_err(Error::file("read", &path))?;
            found.insert(path, text);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_written_anew_is_named_and_one_that_was_not_is_not() {
        let folder = |files: &[(&str, &str)]| -> Texts {
            files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
        };
        let before = folder(&[("Rail.ts", "count: number"), ("Touch.ts", "minutes: number"), ("Old.ts", "")]);
        let after = folder(&[("Rail.ts", "count: bigint"), ("Touch.ts", "minutes: number"), ("New.ts", "")]);
        assert_eq!(drifted(&before, &after), ["New.ts", "Rail.ts"]);
    }
}
