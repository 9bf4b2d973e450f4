//! `tern-agent`: Tern without a screen.
//!
//! So far it answers one question, `tern-agent check`: is this server fit for Tern? It tries what Tern relies on and
//! says of each thing how it stands and what that means for the practice. With `--write` it goes the whole way, from
//! a patient's message to the reply, on people it invents, and tidies them away.
//!
//! The report goes to standard output, as a table or with `--json`; what is being done goes to standard error. Exit
//! status: 0 fit, 1 fit with work-arounds that cost something, 2 not fit or not to be found out.

mod check;
mod table;

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
    }
}
