//! `cargo xtask test`: every test there is, cheap ones first.

use crate::checkout::Checkout;
use crate::setup;
use crate::step::{Around, Only, Step};
use crate::{drift, interop};
use clap::Args;

/// Run every test.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The fault journey's replies, under drops, delays, 5xx, kills and restarts
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) faults: u32,
    #[command(flatten)]
    pub(crate) only: Only,
}

impl Test {
    /// The steps.
    pub(crate) fn steps(&self, checkout: &Checkout) -> Vec<Step> {
        let mut steps = setup::quick();
        steps.extend(screen());
        steps.push(Step::call("bindings", drift::check).after(&["system packages"]));
        steps.push(rust());
        steps.extend(setup::practice());
        steps.push(
            Step::run("practice: tests", &["cargo", "test", "--locked"])
                .with("--manifest-path=src-tauri/practice/Cargo.toml")
                .with("--target-dir=src-tauri/practice/target")
                .takes("2 minutes from nothing on two cores")
                .after(&["build the practice", "search parameters"]),
        );
        steps.push(programs());
        steps.extend(interop::steps());
        steps.push(
            Step::run("faults", &["cargo", "test", "--locked", "--package", "tern-faults", "--", "--nocapture"])
                .env("TERN_FAULTS_REPLIES", self.faults.to_string())
                .env("TERN_PRACTICE", checkout.practice())
                .around(Around::Keyring)
                .takes("4 minutes")
                .after(&["build the practice", "search parameters"]),
        );
        steps.push(
            Step::run("journeys in the window", &["cargo", "test", "--locked", "--package", "tern-journeys"])
                .with("--features=window")
                // One window at a time: focus is part of what is tested.
                .with("--")
                .with("--test-threads=1")
                .env("TERN_APP", checkout.program("tern"))
                .env("TERN_PRACTICE", checkout.practice())
                .around(Around::Display)
                .after(&["build the programs", "search parameters"]),
        );
        self.only.of(steps)
    }
}

/// The screen's own tests, and its build, which the app's crate embeds.
pub(crate) fn screen() -> Vec<Step> {
    vec![npm("screen: types", "check"), npm("screen: tests", "test"), screen_build()]
}

/// What the app's crate embeds.
pub(crate) fn screen_build() -> Step {
    npm("screen: build", "build")
}

fn npm(name: &'static str, script: &str) -> Step {
    Step::run(name, &["npm", "run", "--silent"]).with(script).folder("ui").after(&["screen's packages"])
}

/// All of the root workspace that needs no server and no window. The keyring is a real one.
pub(crate) fn rust() -> Step {
    // One crate's failure hides no other's.
    Step::run("rust: tests", &["cargo", "test", "--locked", "--workspace", "--no-fail-fast"])
        .with("--exclude=tern-journeys")
        .with("--exclude=tern-faults")
        .with("--features=tern-vault/os-keyring-tests")
        .takes("6 minutes from nothing on two cores")
        .around(Around::Keyring)
        .after(&["system packages", "screen: build"])
}

/// The programs as they are shipped, without what tests switch on.
pub(crate) fn programs() -> Step {
    Step::run("build the programs", &["cargo", "build", "--locked"])
        .with("--package=tern")
        .with("--package=tern-agent")
        .with("--package=tern-unruly")
        .with("--package=tern-journeys")
        .takes("4 minutes from nothing on two cores")
        .after(&["system packages", "screen: build"])
}
