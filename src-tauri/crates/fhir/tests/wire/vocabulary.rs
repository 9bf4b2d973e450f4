//! The sample practice is another workspace: its strings and ours are the same, or this fails.

use std::{collections::BTreeSet, path::Path};

/// The strings of a file that are constants of ours, by name.
fn constants(path: &Path) -> BTreeSet<(String, String)> {
    let source = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let joined = source.replace("=\n", "=").replace("str =", "str = ");
    joined
        .lines()
        .filter_map(|line| {
            let rest = line.trim().strip_prefix("pub const ")?;
            let (name, value) = rest.split_once(": &str = ")?;
            Some((name.to_owned(), value.trim().trim_end_matches(';').trim_matches('"').to_owned()))
        })
        .collect()
}

#[test]
fn the_practice_writes_what_we_read() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = constants(&here.join("src/vocabulary.rs"));
    let theirs = constants(&here.join("../../practice/src/vocabulary.rs"));
    assert!(ours.len() > 20 && theirs.len() > 20, "the constants were found");
    let names: BTreeSet<_> = ours.iter().map(|(name, _)| name).collect();
    let differing: Vec<_> = theirs
        .iter()
        // The sample practice's own pools and categories are its own; a name that both have must say the same.
        .filter(|(name, value)| names.contains(name) && !ours.contains(&(name.clone(), value.clone())))
        .collect();
    assert!(differing.is_empty(), "the two files differ: {differing:?}");
    for system in theirs.iter().filter(|(name, _)| name.ends_with("_SYSTEM")) {
        assert!(ours.contains(system), "{system:?} is not known here");
    }
}
