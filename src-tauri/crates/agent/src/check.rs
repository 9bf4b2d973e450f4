//! `tern-agent check`: from the command line to a connection, and from the report to an exit status.

use std::{io::Write, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use tern_api::check::{self, Depth, Finding, Fit, Report, SystemClock, Verdict};
use tern_net::{
    BaseError, Connection, FhirBase, Http, HttpError,
    smart::backend::{self, Backend, BackendError, KeyFile},
};
use tern_vault::CacheKey;

use crate::table;

/// What is checked, and as whom.
#[derive(Debug, Parser)]
#[command(group = clap::ArgGroup::new("proof").required(true).args(["client_secret_file", "key", "token_file"]))]
pub(crate) struct Args {
    /// The address of the practice's FHIR server, such as https://practice.example/fhir
    #[arg(long, value_name = "URL")]
    server: String,
    /// A PEM file with the practice's own certificate authority
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client that is registered with the server for tern-agent
    #[arg(long, value_name = "ID", required_unless_present = "token_file")]
    client_id: Option<String>,
    /// A file with the client's secret; only its owner may read it
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// A PEM file with the client's private key (SMART Backend Services); only its owner may read it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file with an access token from elsewhere; only its owner may read it
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    token_file: Option<PathBuf>,
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
    #[error("--server: {0}")]
    Server(#[from] BaseError),
    #[error("--ca: {0}")]
    Ca(#[from] HttpError),
    #[error("{0}: {1}")]
    Proof(&'static str, BackendError),
    #[error("--client-id is missing")]
    ClientId,
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
    let base = FhirBase::parse(&args.server)?;
    let http = Http::new(&base, args.ca.as_deref())?;
    let transport = if base.as_str().starts_with("https") { "TLS 1.2 or newer" } else { "http on this machine" };
    let connection = connect(args, base, http)?;
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

fn connect(args: &Args, base: FhirBase, http: Http) -> Result<Connection, NotBegun> {
    if let Some(file) = &args.token_file {
        let token = backend::secret_file(file).map_err(|error| NotBegun::Proof("--token-file", error))?;
        return Ok(Connection::with_token(base, http, token));
    }
    let client_id = args.client_id.clone().ok_or(NotBegun::ClientId)?;
    let proof = match (&args.key, &args.client_secret_file) {
        (Some(file), _) => {
            let key = KeyFile::read(file, None).map_err(|error| NotBegun::Proof("--key", error))?;
            Backend::Key { client_id, key }
        }
        (None, Some(file)) => {
            let secret = backend::secret_file(file);
            let secret = secret.map_err(|error| NotBegun::Proof("--client-secret-file", error))?;
            Backend::Secret { client_id, secret }
        }
        (None, None) => return Err(NotBegun::ClientId),
    };
    Ok(backend::backend(base, http, proof))
}

fn as_json(report: &Report) -> String {
    serde_json::to_string_pretty(report).map_or_else(|_| String::new(), |json| json + "\n")
}

#[expect(clippy::print_stderr, reason = "a program's own output")]
fn say(words: &str) {
    eprintln!("{words}");
}
