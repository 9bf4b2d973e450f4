//! `tern-agent`: Tern without a screen.
//!
//! `tern-agent check` answers a question: is this server fit for Tern? It tries what Tern relies on and says of each
//! thing how it stands and what that means for the practice. With `--write` it goes the whole way, from a patient's
//! message to the reply, on people it invents, and tidies them away. `tern-agent watch` runs, on a machine that is never
//! off, until it is told to stop: emergencies are posted to the practice's webhook while nobody has Tern open.
//!
//! The report of a check goes to standard output, as a table or with `--json`; what is being done goes to standard error. Exit
//! status: 0 fit, 1 fit with work-arounds that cost something, 2 not fit or not to be found out.

mod access;
mod check;
mod table;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "tern-agent", version, about = "Tern without a screen")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Is this server fit for Tern?
    Check(check::Args),
    /// Tells emergencies to the practice's webhook while nobody has Tern open
    Watch(watch::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("TERN_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::OFF.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Command::Check(args) => check::run(&args).await,
        Command::Watch(args) => watch::run(&args).await,
    }
}

#[expect(clippy::print_stderr, reason = "a program's own output")]
pub(crate) fn say(words: &str) {
    eprintln!("{words}");
}
