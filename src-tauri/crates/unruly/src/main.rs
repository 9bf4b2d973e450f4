//! `tern-unruly`: stands before a FHIR server and makes it differ and fail, by name.
//!
//! When it is ready it prints one line of JSON: `{"base_url", "control_url", "control_secret"}`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde_json::json;
use tern_unruly::{Listen, Quirk, Quirks, Tls, Unruly, Upstream, serve};
use url::Url;

#[derive(Debug, Parser)]
#[command(name = "tern-unruly", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    proxy: Option<Proxy>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints every quirk: name, clause of the specification, what it does.
    List,
    /// Prints sets of quirks in which every two that can be true of one server meet.
    Pairs {
        /// Fixes the sets.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

#[derive(Debug, Args)]
struct Proxy {
    /// The FHIR base to stand before.
    #[arg(long)]
    upstream: Url,
    /// An address that the upstream calls itself by in links, where that is not --upstream; may be repeated.
    #[arg(long)]
    upstream_name: Vec<Url>,
    /// A PEM file with the CA of the upstream.
    #[arg(long)]
    upstream_ca: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// The host name by which clients know the proxy, where it isn't the address.
    #[arg(long)]
    host: Option<String>,
    /// A PEM file with the certificate to show; with --key, the proxy speaks HTTPS.
    #[arg(long, requires = "key")]
    cert: Option<PathBuf>,
    /// A PEM file with its key.
    #[arg(long, requires = "cert")]
    key: Option<PathBuf>,
    /// The quirks, separated by commas; `tern-unruly list` tells their names.
    #[arg(long, default_value = "")]
    quirks: Quirks,
    /// Fixes the random faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a program's own output")]
fn report(error: &dyn std::error::Error) {
    eprint!("tern-unruly: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprint!(": {inner}");
        cause = inner.source();
    }
    eprintln!();
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    match (cli.command, cli.proxy) {
        (Some(Command::List), _) => {
            for quirk in Quirk::ALL {
                writeln!(out, "{:<28} {:>8}  {}", quirk.name(), quirk.clause().to_string(), quirk.description())?;
            }
        }
        (Some(Command::Pairs { seed }), _) => {
            for quirks in tern_unruly::covering_pairs(seed) {
                writeln!(out, "{quirks}")?;
            }
        }
        (None, Some(proxy)) => {
            let upstream = Upstream::with_ca_file(&proxy.upstream, proxy.upstream_ca.as_deref())?;
            let upstream = proxy.upstream_name.iter().fold(upstream, Upstream::named);
            let tls = match (proxy.cert, proxy.key) {
                (Some(cert), Some(key)) => Some(Tls::from_pem_files(&cert, &key)?),
                _ => None,
            };
            let unruly = Unruly::new(upstream, proxy.quirks, proxy.seed);
            let serving = serve(unruly, Listen { address: proxy.bind, host: proxy.host, tls })?;
            writeln!(
                out,
                "{}",
                json!({
                    "base_url": serving.base_url(),
                    "control_url": serving.control_url(),
                    "control_secret": serving.control_secret(),
                })
            )?;
            tokio::signal::ctrl_c().await?;
            serving.shutdown();
        }
        (None, None) => Err("--upstream is missing; see --help")?,
    }
    Ok(())
}
