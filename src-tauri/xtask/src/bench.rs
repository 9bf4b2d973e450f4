//! `cargo xtask bench`: speed, beside its limits. What is measured, and how, stands in `tests/bench`.

use crate::checkout::Checkout;
use crate::error::Result;
use crate::setup;
use crate::step::{Around, Step, run_all};
use clap::Args;
use std::path::PathBuf;

/// Measure, beside the limits.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// How many messages the cache holds, one table each
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "10000,100000,1000000")]
    messages: Vec<u64>,
    /// Write the figures as a JSON list of `{figure, value, unit, limit, aim, ok}`
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Bench {
    /// Builds for release and measures.
    pub(crate) fn run(self, checkout: &Checkout) -> Result {
        let mut steps = setup::quick();
        steps.push(crate::test::screen_build());
        steps.extend(setup::practice());
        steps.push(
            Step::run("build the stand-in for the browser", &["cargo", "build", "--locked"])
                .with("--package=tern-journeys")
                .with("--bin=sign-in-page")
                .takes("2 minutes from nothing on two cores")
                .after(&["system packages"]),
        );
        steps.push(
            Step::run("build for release", &["cargo", "build", "--locked", "--release"])
                .with("--package=tern")
                .with("--package=tern-bench")
                .takes("15 minutes from nothing on two cores")
                .after(&["screen: build"]),
        );
        let messages: Vec<String> = self.messages.iter().map(u64::to_string).collect();
        // As it was built: `cargo run` of one package alone would choose other features and build it all again.
        let mut measure = Step::run("measure", &[])
            .with(checkout.release().join("tern-bench"))
            .with("--messages")
            .with(messages.join(","))
            .env("TERN_PRACTICE", checkout.practice())
            .env("TERN_SIGN_IN_PAGE", checkout.program("sign-in-page"))
            .takes("a minute for 10,000 messages, 10 for 100,000, 40 for a million");
        if let Some(json) = self.json {
            measure = measure.with("--json").with(json);
        }
        let needs = &["build for release", "build the stand-in for the browser", "search parameters"];
        steps.push(measure.around(Around::Display).after(needs));
        run_all(checkout, &steps)
    }
}
