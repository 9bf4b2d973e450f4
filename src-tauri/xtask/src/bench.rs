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
            Step::run("build for release", &["cargo", "build", "--locked", "--release"])
                .with("--package=tern")
                .with("--package=tern-bench")
                .takes("9 minutes from nothing on two cores")
                .after(&["screen: build"]),
        );
        let messages: Vec<String> = self.messages.iter().map(u64::to_string).collect();
        let mut measure = Step::run("measure", &["cargo", "run", "--locked", "--release", "--package", "tern-bench"])
            .with("--")
            .with("--messages")
            .with(messages.join(","))
            .env("TERN_PRACTICE", checkout.practice());
        if let Some(json) = self.json {
            measure = measure.with("--json").with(json);
        }
        steps.push(measure.around(Around::Display).after(&["build for release", "search parameters"]));
        run_all(checkout, &steps)
    }
}
