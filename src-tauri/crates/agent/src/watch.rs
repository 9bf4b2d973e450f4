//! `tern-agent watch`: from the command line to a watch, and what it says while it runs.
//!
//! One line on standard error whenever it stands otherwise than before: numbers and states, for whoever reads a service's
//! log. Ends by Ctrl-C or by the system's word (SIGTERM), with status 0; with 2 where it could not begin.

use std::{process::ExitCode, sync::Arc};

use clap::Parser;
use tern_api::{
    check::SystemClock,
    watch::{self, Watching, Way},
};
use tern_vault::CacheKey;

use crate::{
    access::{Access, NoAccess},
    say,
};

/// Which practice, and as whom.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    access: Access,
}

/// Why it could not begin, or go on.
#[derive(Debug, thiserror::Error)]
enum NotWatching {
    #[error(transparent)]
    Access(#[from] NoAccess),
    #[error("no folder for its own copy: {0}")]
    Folder(std::io::Error),
    #[error("this machine has no random numbers to make a key of")]
    Key,
    #[error("its own copy cannot be kept: {0}")]
    Copy(String),
}

/// Runs it.
pub(crate) async fn run(args: &Args) -> ExitCode {
    match go(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("tern-agent: {error}"));
            ExitCode::from(2)
        }
    }
}

async fn go(args: &Args) -> Result<(), NotWatching> {
    let (connection, _) = args.access.connect()?;
    // Goes away with everything in it when this function ends, whatever happened.
    let folder = tempfile::tempdir().map_err(NotWatching::Folder)?;
    let parts = watch::Parts {
        server: Arc::new(connection.clone()),
        clock: Arc::new(SystemClock),
        pace: tern_api::Pace::default(),
        folder: folder.path().to_owned(),
        key: CacheKey::generate().map(|key| *key.expose()).map_err(|_| NotWatching::Key)?,
    };
    let tell = |standing: &Watching| say(&format!("tern-agent: {}", words(standing)));
    let watched = watch::watch(parts, &tell, told_to_stop()).await;
    connection.close().await;
    watched.map_err(|error| NotWatching::Copy(error.to_string()))
}

fn words(standing: &Watching) -> String {
    let way = match standing.way {
        Way::Starting => "connecting",
        Way::Online if standing.in_sight => "watching",
        Way::Online => "reading what is there",
        Way::Offline => "the server cannot be reached",
        Way::Struggling => "the server answers with failures",
        Way::Untrusted => "the server's certificate is not trusted",
        Way::SignInAgain => "the server does not let this client in",
        Way::Keyring | Way::DiskFull => "this machine cannot keep its copy",
    };
    let posted = match (standing.is_posted, standing.is_unheard) {
        _ if !standing.in_sight => "",
        (true, false) => "",
        (true, true) => "; the webhook does not take what is posted",
        (false, _) => "; no webhook is named, so nobody is called",
    };
    let waiting = match standing.emergencies {
        0 => String::new(),
        1 => "; 1 emergency that nobody has dealt with".to_owned(),
        count => format!("; {count} emergencies that nobody has dealt with"),
    };
    format!("{way}{posted}{waiting}")
}

/// Ends when the person or the system says so.
async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then there is no way to be told.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut word) => drop(word.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
