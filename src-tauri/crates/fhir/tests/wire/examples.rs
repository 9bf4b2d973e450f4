//! Every example of the specification, of the kinds that we change, with one of our edits in it: the difference
//! is exactly that edit, decimals and unknown elements included.
//!
//! The examples are npm's `hl7.fhir.r4.examples` (CC0), not committed: `cargo xtask setup` unpacks them below
//! `target/fhir-examples`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tern_fhir::write::edit::Edit;
use tern_inbox::party::PartyRef;

use crate::{
    edits::{NURSES, all, both_forms_make_exactly},
    scene::{dr_osei, now, read_one},
};

/// The kinds that we change, and the number of their examples in 4.0.1.
const CHANGED: [(&str, usize); 5] =
    [("Communication", 3), ("Task", 12), ("CommunicationRequest", 2), ("DocumentReference", 1), ("Library", 21)];

fn directory() -> PathBuf {
    let named = env::var_os("TERN_FHIR_EXAMPLES").map(PathBuf::from);
    let directory = named.unwrap_or_else(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        workspace.join("target/fhir-examples/package")
    });
    assert!(
        directory.is_dir(),
        "the examples of FHIR R4 are missing in {}: run `cargo xtask setup`, or name their folder in TERN_FHIR_EXAMPLES",
        directory.display()
    );
    directory
}

/// All examples of a type, with their file names.
fn examples(kind: &str) -> Vec<(String, Value)> {
    let prefix = format!("{kind}-");
    let mut found: Vec<_> = fs::read_dir(directory())
        .expect("the folder")
        .filter_map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().ok()?;
            let json = name.starts_with(&prefix) && name.ends_with(".json");
            json.then(|| (name, fs::read(entry.path()).expect("a file")))
        })
        .map(|(name, bytes)| (name, serde_json::from_slice(&bytes).expect("JSON")))
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

#[test]
fn every_example_holds_its_own_beside_our_edit() {
    let osei: PartyRef = dr_osei();
    for (kind, count) in CHANGED {
        let examples = examples(kind);
        assert_eq!(examples.len(), count, "examples of {kind}");
        for (_, example) in examples {
            let edits = match kind {
                "Task" => all(&osei).to_vec(),
                "Library" => vec![Edit::Table { text: r#"{"version":1}"#, at: now() }],
                _ => vec![Edit::Retract],
            };
            for edit in edits {
                // As it is, and as a server gives it: with a version.
                let mut versioned = example.clone();
                versioned["meta"]["versionId"] = json!("3");
                for resource in [&example, &versioned] {
                    both_forms_make_exactly(resource, &edit);
                }
            }
        }
    }
}

#[test]
fn a_decimal_and_an_unknown_element_outlive_every_edit_of_every_example() {
    let osei = dr_osei();
    for (_, mut task) in examples("Task") {
        let odd: Value =
            serde_json::from_str(r#"{ "valueDecimal": 1.00, "unknown": [0.10, 1E+3, { "_x": null }] }"#).expect("JSON");
        task["extension"] = json!([odd.clone()]);
        for edit in [Edit::Claim { by: &osei, at: now() }, Edit::Route { pool: NURSES, at: now() }, Edit::Retract] {
            let edited = tern_fhir::write::edit::edit_json(task.to_string().as_bytes(), &edit).expect("edited");
            let edited = String::from_utf8(edited).expect("utf-8");
            assert!(edited.contains(&odd.to_string()), "{odd} in {edited}");
        }
    }
}

/// And every example of what is cached is read: none is unreadable.
#[test]
fn every_example_of_a_cached_kind_is_read() {
    use tern_inbox::arrival::{Content, Kind};
    let mut seen = 0;
    for kind in Kind::ALL {
        for (name, example) in examples(kind.as_str()) {
            let arrival = read_one(kind, &example);
            assert!(!matches!(arrival.content, Content::Unreadable { .. }), "{name}: {:?}", arrival.content);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} examples");
}
