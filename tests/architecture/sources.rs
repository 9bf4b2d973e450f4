//! What may stand in a source file, and where files may lie.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{none, root};

/// The top level is fixed; what tools make there is ignored by git.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "src-tauri",
    "ui",
    "assets",
    "tests",
    "tauri.conf.json",
    "README.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "LICENSE",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
];
const MADE_BY_TOOLS: &[&str] = &["target", "gen", "out"];

/// Every file of ours below `folder` with one of these endings.
fn sources(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let made = ["target", "node_modules", "bindings", "dist", "gen"].iter().any(|made| name == *made);
            if path.is_dir() && !made {
                collect(&path, endings, found);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|e| ending == *e)) {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut paths = Vec::new();
    collect(&root.join(folder), endings, &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.strip_prefix(&root).unwrap_or(&path).display().to_string(), text)
    };
    paths.into_iter().map(read).collect()
}

/// `path:line: words` for every line of these files that holds one of the words.
fn lines_with<'a>(files: &'a [(String, String)], words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    lines(files).filter_map(move |(path, number, line)| {
        let code = line.split("//").next().unwrap_or_default();
        words.iter().find(|word| code.contains(**word)).map(|word| format!("{path}:{number}: {word}"))
    })
}

/// Every line with its path and number.
fn lines(files: &[(String, String)]) -> impl Iterator<Item = (&str, usize, &str)> {
    files
        .iter()
        .flat_map(|(path, text)| text.lines().enumerate().map(move |(index, line)| (path.as_str(), index + 1, line)))
}

fn rust() -> Vec<(String, String)> {
    [sources("src-tauri", &["rs"]), sources("tests", &["rs"])].concat()
}

fn screen() -> Vec<(String, String)> {
    sources("ui/src", &["ts", "svelte", "html"])
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    let files = [rust(), screen(), sources("ui/src", &["css"])].concat();
    let long = files.iter().filter(|(_, text)| text.lines().count() > 500);
    none("no file over 500 lines", long.map(|(path, text)| format!("{path}: {}", text.lines().count())));
}

#[test]
fn every_crate_begins_with_its_story() {
    let roots = rust().into_iter().filter(|(path, _)| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"));
    none("module documentation comes first", roots.filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path));
}

#[test]
fn the_domain_and_the_wire_have_no_clock_and_no_effects() {
    let pure = [sources("src-tauri/crates/inbox/src", &["rs"]), sources("src-tauri/crates/fhir/src", &["rs"])].concat();
    let effects = [
        "Utc::now",
        "Local::now",
        "SystemTime::now",
        "Instant::now",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "async fn",
        "::new_v4",
        "::now_v7",
    ];
    none("`now`, and everything else from outside, is an argument", lines_with(&pure, &effects));
}

#[test]
fn one_file_of_the_screen_knows_the_shell() {
    let others: Vec<_> = screen().into_iter().filter(|(path, _)| path != "ui/src/lib/backend/tauri.ts").collect();
    none("tests and browsers have no shell; ask `backend`", lines_with(&others, &["@tauri-apps"]));
}

#[test]
fn a_message_is_text_and_never_markup() {
    // Tests read a page's markup to look for what must not be in it.
    let shown: Vec<_> = screen().into_iter().filter(|(path, _)| !path.ends_with(".test.ts")).collect();
    let markup = ["{@html", ".innerHTML", ".outerHTML", "insertAdjacentHTML"];
    none("patients may write script", lines_with(&shown, &markup));
}

#[test]
fn no_test_is_skipped() {
    let skipped = ["it.skip(", "test.skip(", "describe.skip(", "it.todo(", "it.only(", "test.only("];
    let (rust, screen) = (rust(), screen());
    let ignored = lines_with(&rust, &[concat!("#[", "ignore")]).collect::<Vec<_>>();
    none("mend it or delete it", ignored.into_iter().chain(lines_with(&screen, &skipped)));
}

#[test]
fn names_are_domain_words() {
    let empty = ["Manager", "Service", "Helper", "Util", "Utils", "Processor"];
    let files = rust();
    let named = lines(&files).filter_map(|(path, number, line)| {
        let declared = line.trim_start().trim_start_matches("pub").trim_start_matches("(crate)").trim_start();
        let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| declared.strip_prefix(kind))?;
        let name = name.split(|c: char| !c.is_alphanumeric()).next()?;
        let standard = ["HealthcareService", "UnrulyService"]; // FHIR's resource, tower's trait
        let says_nothing = !standard.contains(&name) && empty.iter().any(|word| name.ends_with(word));
        says_nothing.then(|| format!("{path}:{number}: {name}"))
    });
    none("a name says what a thing is", named);
}

/// What stands in a call, up to the parenthesis that closes it.
fn call(text: &str) -> &str {
    let (mut depth, mut quoted) = (1, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

#[test]
fn nothing_a_patient_wrote_is_logged() {
    let secret = ["body", "query", "url", "text", "subject", "token", "secret", "password", "payload", "draft"];
    let mut offences = Vec::new();
    for (path, text) in sources("src-tauri", &["rs"]) {
        for level in ["trace!(", "debug!(", "info!(", "warn!(", "error!("] {
            for (at, _) in text.match_indices(level) {
                let call = call(&text[at + level.len()..]);
                // Outside quotes a name is a value; inside, only between braces.
                let values = call.split('"').enumerate().flat_map(|(index, part)| match index % 2 {
                    0 => vec![part],
                    _ => part.split('{').skip(1).filter_map(|inner| inner.split('}').next()).collect(),
                });
                let words = values.flat_map(|part| part.split(|c: char| !(c.is_alphanumeric() || c == '_')));
                let line = text[..at].lines().count();
                offences
                    .extend(words.filter(|word| secret.contains(word)).map(|word| format!("{path}:{line}: {word}")));
            }
        }
    }
    none("logs hold method, path, status and duration", offences);
}

#[test]
fn the_top_level_stays_as_it_is() {
    let entries =
        fs::read_dir(root()).expect("the root").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let allowed = |name: &String| {
        name.starts_with('.') || TOP_LEVEL.contains(&name.as_str()) || MADE_BY_TOOLS.contains(&name.as_str())
    };
    none("things go where the drawing has a room for them", entries.filter(|name| !allowed(name)));
}
