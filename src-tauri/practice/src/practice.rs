//! The practice as a whole: opened with options, announced in one line, closed in order.

use crate::{
    Announcement, Error,
    arrivals::{self, Pace},
    control, definitions,
    engine::Engine,
    files,
    front::{Front, Proxy},
    nudge::{self, Nudges},
    people,
    seed::{self, Size},
    smart::{AuthorizationServer, Setup, SignInPage},
    tls,
    words::Words,
};
use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use chrono::Utc;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::task::{JoinHandle, JoinSet};

/// Seconds that open requests get when the practice closes.
const CLOSING: Duration = Duration::from_secs(3);

/// How to open a practice.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// The folder that holds everything; made if missing.
    pub data: PathBuf,
    /// Patients, threads and seed of a practice that is new.
    pub size: Size,
    /// JSON lines with the patients' texts, instead of the sample's own.
    pub messages: Option<PathBuf>,
    /// Messages from patients per hour; 0 for none.
    pub arrivals_per_hour: f64,
    /// The search parameters' file; looked for where it is not named.
    pub search_parameters: Option<PathBuf>,
    /// The agent's public keys.
    pub agent_jwks: Option<PathBuf>,
    /// How the sign-in page asks.
    pub page: SignInPage,
    /// Seconds that an access token holds.
    pub access_seconds: i64,
    /// Quirks of the unruly proxy to put before the practice; none puts no proxy there.
    pub unruly: Option<tern_unruly::Quirks>,
}

/// An open practice.
pub struct Practice {
    announcement: Announcement,
    proxy: Option<Proxy>,
    engine: Engine,
    server: axum_server::Handle<SocketAddr>,
    serving: JoinHandle<std::io::Result<()>>,
    working: JoinSet<()>,
}

impl Practice {
    /// Opens the practice: makes or finds its folder, seeds it, listens.
    ///
    /// # Errors
    /// See [`Error`]; nothing listens then.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let now = Utc::now();
        let data = data_folder(&options.data)?;
        definitions_in_place(&options, &data)?;
        let size = size_kept(&data, options.size)?;
        let words = Arc::new(Words::open(options.messages.as_deref())?);
        let (accounts, secrets) = people::accounts(&data)?;

        let identity = tls::Identity::open(&data, options.bind.ip(), now)?;
        let Front { listener, origin, proxy } =
            Front::open(options.bind, &identity, options.unruly, options.size.seed)?;
        let smart = Arc::new(AuthorizationServer::open(Setup {
            origin: origin.clone(),
            data: &data,
            accounts: accounts.clone(),
            signing_key: &secrets.signing_key,
            agent_secret: secrets.agent.clone(),
            agent_jwks: options.agent_jwks.as_deref(),
            page: options.page,
            access_seconds: options.access_seconds,
        })?);
        let nudges = Nudges::new();
        let engine = Engine::open(&data, &smart.base_url(), Arc::clone(smart.access()), &nudges)?;
        seed::plant(&engine, size, &words, now).await?;

        let patients = arrivals::Patients::new(engine.clone(), size, words);
        let app = Router::new()
            .merge(smart.router())
            .merge(nudge::router(&nudges, &engine, smart.access()))
            .merge(control::router(patients.clone(), smart.access()))
            .nest("/fhir", engine.router());
        let server = axum_server::Handle::new();
        let serving = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(identity.config))
            .map_err(|source| Error::Listen { address: options.bind, source })?
            .handle(server.clone())
            .serve(app.into_make_service_with_connect_info::<SocketAddr>());

        let mut working = JoinSet::new();
        working.spawn(engine.clone().keep_wal_short());
        if let Some(pace) = Pace::per_hour(options.arrivals_per_hour) {
            working.spawn(arrivals::keep_writing(patients, pace));
        }
        Ok(Self {
            announcement: Announcement::new(
                &proxy.as_ref().map_or(origin, Proxy::origin),
                identity.ca_file,
                &accounts,
                secrets.agent,
                proxy.as_ref().map(Proxy::announced),
            ),
            proxy,
            engine,
            server,
            serving: tokio::spawn(serving),
            working,
        })
    }

    /// How to reach it.
    #[must_use]
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Ends what is going on, lets open requests finish for three seconds, and folds the
    /// write-ahead log back.
    pub async fn close(mut self) {
        drop(self.proxy.take());
        self.working.shutdown().await;
        self.server.graceful_shutdown(Some(CLOSING));
        match self.serving.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the server ended badly"),
            Err(error) => tracing::error!(%error, "the server was torn down"),
        }
        self.engine.close().await;
    }
}

fn data_folder(data: &Path) -> Result<PathBuf, Error> {
    files::make_private_folder(data)?;
    std::fs::canonicalize(data).map_err(Error::file("cannot open", data))
}

/// Puts the search parameters where Helios looks for them.
fn definitions_in_place(options: &Options, data: &Path) -> Result<(), Error> {
    let executable = std::env::current_exe().ok();
    let found = definitions::find(options.search_parameters.as_deref(), data, executable.as_deref())?;
    let in_place = data.join(definitions::FILE_NAME);
    if found != in_place {
        definitions::cut(&found, &in_place)?;
    }
    Ok(())
}

/// The size the practice was made with; what a later start asks for changes nothing.
fn size_kept(data: &Path, asked: Size) -> Result<Size, Error> {
    let path = data.join("practice.json");
    match files::read_json::<Size>(&path)? {
        Some(kept) => {
            if kept != asked {
                tracing::warn!(?kept, ?asked, "the practice stays as it was made");
            }
            Ok(kept)
        }
        None => {
            files::write_json(&path, &asked)?;
            Ok(asked)
        }
    }
}
