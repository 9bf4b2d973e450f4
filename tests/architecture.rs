//! The house, held to its drawing.
//!
//! What ARCHITECTURE.md draws and STYLE.md asks for is asserted here, as far as a machine can see it: the arrows
//! between crates and who owns what (from `cargo metadata`), and what may stand in a source file. Every test
//! collects all offences before it fails, and says the reason of the rule with them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

#[path = "architecture/licences.rs"]
mod licences;
#[path = "architecture/sources.rs"]
mod sources;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Every package of ours and which others of ours it is built on. These arrows and no others.
const ARROWS: &[(&str, &[&str])] = &[
    ("tern", &["tern-api", "tern-net", "tern-vault"]),
    ("tern-agent", &["tern-api", "tern-net", "tern-vault"]),
    ("tern-api", &["tern-inbox", "tern-store", "tern-sync"]),
    ("tern-sync", &["tern-fhir", "tern-inbox", "tern-store"]),
    ("tern-net", &["tern-fhir", "tern-sync"]),
    ("tern-store", &["tern-inbox"]),
    ("tern-fhir", &["tern-inbox"]),
    ("tern-inbox", &[]),
    ("tern-vault", &[]),
    ("tern-unruly", &[]),
    // measures the rules for red flags, as they are
    ("tern-xtask", &["tern-inbox"]),
];

/// For tests: they look at the whole from outside, so every arrow inward is theirs, and none leads to them but from
/// another test.
const OUTSIDE: &[&str] = &["tern-testkit", "tern-journeys", "tern-faults", "tern-bench"];

/// Crates with one owner, and why. A name ending in `*` stands for all that begin so.
const OWNERS: &[(&str, &[&str], &str)] = &[
    (
        "rusqlite",
        &["tern-store", "tern-bench"],
        "the cache's format is the store's alone; the benchmark measures it bare",
    ),
    ("libsqlite3-sys", &[], "reached through rusqlite"),
    ("reqwest", &["tern-net", "tern-bench", "tern-journeys"], "one place holds certificates, time-outs and logging"),
    ("keyring*", &["tern-vault"], "secrets pass through the vault, which cannot print them"),
    ("tauri*", &["tern"], "everything below the app runs without a window"),
];

/// Nothing of these anywhere below these crates.
const NOT_BELOW: &[(&str, &[&str], &str)] = &[
    ("tern-inbox", IO, "the domain decides and does nothing"),
    ("tern-inbox", BACK_TRACKING, "a message of 1 MB is scanned in milliseconds, whatever is in it"),
    ("tern-fhir", IO, "wire to domain and back is a function"),
    ("tern-agent", WINDOW, "the agent runs on servers without a screen"),
    ("tern-unruly", &["libsqlite3-sys"], "the practice's workspace links another SQLite"),
];
const IO: &[&str] =
    &["tokio", "mio", "async-io", "reqwest", "hyper", "rusqlite", "libsqlite3-sys", "keyring", "rustls"];
const BACK_TRACKING: &[&str] = &["fancy-regex", "pcre2", "pcre2-sys", "onig", "onig_sys", "regress"];
const WINDOW: &[&str] = &["tauri", "tauri-build", "tauri-runtime", "wry", "tao", "gtk", "webkit2gtk"];

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the package's folder"))
}

/// Read once: it takes cargo seconds on a busy machine.
fn metadata() -> &'static Metadata {
    static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().expect("cargo metadata")
    });
    &METADATA
}

/// Fails with the reason and every offence.
#[track_caller]
fn none(reason: &str, offences: impl IntoIterator<Item = String>) {
    let offences: Vec<String> = offences.into_iter().collect();
    assert!(offences.is_empty(), "{reason}:\n  {}", offences.join("\n  "));
}

/// Names of ours that a package depends on in one way.
fn ours(package: &Package, kind: DependencyKind) -> BTreeSet<&str> {
    let ours = |name: &str| name == "tern" || name.starts_with("tern-");
    package.dependencies.iter().filter(|d| d.kind == kind && ours(&d.name)).map(|d| d.name.as_str()).collect()
}

#[test]
fn arrows_are_those_drawn_and_no_others() {
    let metadata = metadata();
    let drawn: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    let mut offences = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if OUTSIDE.contains(&name) {
            continue;
        }
        let Some(drawn) = drawn.get(name) else {
            offences.push(format!("{name} is not in the drawing"));
            continue;
        };
        let mut built = ours(package, DependencyKind::Normal);
        built.extend(ours(package, DependencyKind::Build));
        offences.extend(built.difference(drawn).map(|to| format!("{name} -> {to} is not drawn")));
        offences.extend(drawn.difference(&built).map(|to| format!("{name} -> {to} is drawn but not there")));
    }
    let there: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    offences.extend(
        drawn.keys().filter(|name| !there.contains(**name)).map(|name| format!("{name} is drawn but not there")),
    );
    none("data travels one way, drawn in ARCHITECTURE.md", offences);
}

#[test]
fn the_practice_leads_to_unruly_alone() {
    let practice = root().join("src-tauri/practice/Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(practice).no_deps().exec().expect("cargo metadata");
    let [package] = metadata.packages.as_slice() else { panic!("one package in a workspace of its own") };
    let kinds = [DependencyKind::Normal, DependencyKind::Build, DependencyKind::Development];
    let led_to: BTreeSet<&str> = kinds.into_iter().flat_map(|kind| ours(package, kind)).collect();
    assert_eq!(led_to, BTreeSet::from(["tern-unruly"]), "it is a server that knows nothing of Tern");
}

#[test]
fn tests_look_inward_too() {
    let arrows: HashMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut offences = Vec::new();
    for package in metadata().workspace_packages() {
        let name = package.name.as_str();
        let mut inward = BTreeSet::from(["tern-testkit", "tern-unruly", name]);
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            for to in arrows.get(next).copied().unwrap_or_default() {
                if inward.insert(to) {
                    open.push(to);
                }
            }
        }
        if !OUTSIDE.contains(&name) {
            let outward = ours(package, DependencyKind::Development).into_iter().filter(|to| !inward.contains(to));
            offences.extend(outward.map(|to| format!("tests of {name} use {to}")));
        }
    }
    none("a crate is tested with what it is built on, and with testkit and unruly", offences);
}

#[test]
fn dangerous_crates_have_one_owner() {
    let metadata = metadata();
    let mut offences = Vec::new();
    for (pattern, owners, reason) in OWNERS {
        let matches = |name: &str| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == *pattern,
        };
        for package in metadata.workspace_packages() {
            let name = package.name.as_str();
            let uses = package.dependencies.iter().find(|dependency| matches(&dependency.name));
            if let Some(dependency) = uses.filter(|_| !owners.contains(&name)) {
                offences.push(format!("{name} -> {}: {reason}", dependency.name));
            }
        }
    }
    none("ask the owner", offences);
}

#[test]
fn inner_crates_stay_free_of_what_is_outside() {
    let metadata = metadata();
    let nodes = &metadata.resolve.as_ref().expect("a resolved graph").nodes;
    let edges: HashMap<&PackageId, Vec<&PackageId>> = nodes
        .iter()
        .map(|node| {
            let built = |kinds: &[cargo_metadata::DepKindInfo]| {
                kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            };
            (&node.id, node.deps.iter().filter(|dep| built(&dep.dep_kinds)).map(|dep| &dep.pkg).collect())
        })
        .collect();
    let mut offences = Vec::new();
    for (name, without, reason) in NOT_BELOW {
        let package =
            metadata.workspace_packages().into_iter().find(|p| p.name.as_str() == *name).expect("a crate of ours");
        let mut below = BTreeSet::new();
        let mut open = vec![&package.id];
        while let Some(id) = open.pop() {
            if below.insert(id) {
                open.extend(edges.get(id).into_iter().flatten().copied());
            }
        }
        let names: BTreeSet<&str> = below.into_iter().map(|id| metadata[id].name.as_str()).collect();
        offences.extend(without.iter().filter(|w| names.contains(*w)).map(|w| format!("{w} below {name}: {reason}")));
    }
    none("what is not there cannot be used", offences);
}

#[test]
fn every_package_takes_the_lints() {
    let metadata = metadata();
    let without = metadata.workspace_packages().into_iter().filter_map(|package| {
        let text = fs::read_to_string(&package.manifest_path).expect("a manifest");
        // unruly is built by two workspaces and inherits from neither: it repeats them.
        let takes = text.contains("[lints]\nworkspace = true")
            || (text.contains("[lints.rust]") && text.contains("unwrap_used"));
        (!takes).then(|| package.name.to_string())
    });
    none("write `[lints] workspace = true`", without);
}

#[test]
fn the_drawing_names_every_crate() {
    let drawing = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let unnamed = metadata()
        .workspace_packages()
        .iter()
        .map(|p| p.name.to_string())
        .filter(|name| {
            let folder = name.strip_prefix("tern-").unwrap_or("src/");
            !drawing.contains(&format!("{}/", folder.trim_end_matches('/')))
        })
        .collect::<Vec<_>>();
    none("a reader looks there first", unnamed);
}
