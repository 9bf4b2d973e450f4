//! `cargo xtask`: everything that is done with the project besides writing it.
//!
//! Each task is one file and mostly a table of [`step::Step`]s, so that what `test` does is what
//! `.ci/run` does is what a reader can read off. Tasks fetch and write only below `target/`, save for
//! system packages and `node_modules`.

mod bench;
mod check;
mod checkout;
mod demo;
mod drift;
mod error;
mod interop;
mod package;
mod practice;
mod process;
mod redflags;
mod say;
mod setup;
mod step;
mod test;

use checkout::Checkout;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What is done with the project besides writing it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what building and testing need; does nothing where nothing is missing
    Setup,
    /// Start the sample practice and open the window on it; without a display, play five minutes
    Demo(demo::Demo),
    /// Run every test: units, the real servers, journeys in the real window
    Test(test::Test),
    /// Everything to look at before a commit: format, lints, architecture, quick tests
    Check(step::Only),
    /// Measure, beside the limits
    Bench(bench::Bench),
    /// Measure the rules for red flags on labelled messages
    Redflags(redflags::RedFlags),
    /// Make the .deb and .rpm packages
    Package(package::Package),
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let done = Checkout::here().and_then(|checkout| match task {
        Task::Setup => step::run_all(&checkout, &setup::steps()),
        Task::Demo(demo) => demo.run(&checkout),
        Task::Test(test) => step::run_all(&checkout, &test.steps(&checkout)),
        Task::Check(only) => step::run_all(&checkout, &only.of(check::steps())),
        Task::Bench(bench) => bench.run(&checkout),
        Task::Redflags(red_flags) => red_flags.run(&checkout),
        Task::Package(package) => package.run(&checkout),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::trouble(&error);
            ExitCode::FAILURE
        }
    }
}
