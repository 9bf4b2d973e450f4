//! `tern-agent check`: from the command line to a connection, and from the report to an exit status.

use std::{io::Write, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use tern_api::check::{self, Depth, Finding, Fit, Report, SystemClock, Verdict};
use tern_vault::CacheKey;

use crate::{
    access::{Access, NoAccess},
    say, table,
};

/// What is checked, and as whom.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    access: Access,
    /// Go the whole way: makes an invented patient and messages, and takes them away again
    #[arg(long)]
    write: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Seconds after which a step is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    limit: u64,
}

/// Why the check could not begin.
#[derive(Debug, thiserror::Error)]
enum NotBegun {
    #[error(transparent)]
    Access(#[from] NoAccess),
    #[error("no folder for the check's own data: {0}")]
    Folder(std::io::Error),
    #[error("this machine has no random numbers to make a key of")]
    Key,
}

/// Runs it.
pub(crate) async fn run(args: &Args) -> ExitCode {
    let report = match begin(args).await {
        Ok(report) => report,
        Err(error) => {
            say(&format!("tern-agent: {error}"));
            return ExitCode::from(2);
        }
    };
    let text = if args.json { as_json(&report) } else { table::of(&report) };
    if std::io::stdout().write_all(text.as_bytes()).is_err() {
        say("tern-agent: the report could not be written");
        return ExitCode::from(2);
    }
    match report.fit {
        Fit::Fit => ExitCode::SUCCESS,
        Fit::WithWorkArounds => ExitCode::from(1),
        Fit::NotFit => ExitCode::from(2),
    }
}

/// Connects and checks.
async fn begin(args: &Args) -> Result<Report, NotBegun> {
    let (connection, is_encrypted) = args.access.connect()?;
    let transport = if is_encrypted { "TLS 1.2 or newer" } else { "http on this machine" };
    // Goes away with everything in it when this function ends, whatever happened.
    let folder = tempfile::tempdir().map_err(NotBegun::Folder)?;
    let key = || CacheKey::generate().map(|key| *key.expose()).map_err(|_| NotBegun::Key);
    let depth = match args.write {
        true => Depth::Writing { folder: folder.path().to_owned(), keys: [key()?, key()?] },
        false => Depth::Reading,
    };
    let parts = check::Parts {
        server: Arc::new(connection.clone()),
        clock: Arc::new(SystemClock),
        depth,
        limit: Duration::from_secs(args.limit),
    };
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then there is no way to be told.
            std::future::pending::<()>().await;
        }
    };
    let mut report = check::check(&parts, &|what| say(&format!("… {what}")), stop).await;
    connection.close().await;
    if report.findings.iter().any(|finding| finding.id == "sign-in" && finding.verdict == Verdict::Works) {
        report.findings.insert(0, Finding::new("transport", Verdict::Works, transport));
    }
    Ok(report)
}

fn as_json(report: &Report) -> String {
    serde_json::to_string_pretty(report).map_or_else(|_| String::new(), |json| json + "\n")
}
