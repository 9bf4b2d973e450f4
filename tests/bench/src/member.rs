//! A member's first sync, in a process of its own: `tern-bench first-sync`.
//!
//! It is what the app does after a sign-in, with the same parts: HTTPS, the engine, an encrypted cache. A process of
//! its own, because its memory is one of the figures.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use chrono::Utc;
use clap::Args;
use serde::{Deserialize, Serialize};
use tern_inbox::{
    member::{Member, Role},
    party::PartyRef,
    queue::Me,
};
use tern_net::{Connection, FhirBase, Http, Token};
use tern_store::{Cache, CacheKey, Provenance, StoreError};
use tern_sync::{Engine, Pace, Parts, Scope, clock::SystemClock};
use tokio::sync::broadcast::error::RecvError;

use crate::{Failure, corpus::MEMBER, memory};

/// The key of every cache here: nothing in them is anybody's.
pub(crate) const KEY: [u8; 32] = [7; 32];

/// Where to sync from and to.
#[derive(Debug, Args)]
pub(crate) struct FirstSync {
    /// FHIR base URL.
    #[arg(long)]
    pub(crate) base: String,
    /// Whom to trust.
    #[arg(long)]
    pub(crate) ca: PathBuf,
    /// The cache's file.
    #[arg(long)]
    pub(crate) cache: PathBuf,
}

/// How it went.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Synced {
    /// Messages in the cache.
    pub(crate) messages: u64,
    /// Until the last envelope and body was stored.
    pub(crate) sync_seconds: f64,
    /// Processor seconds of that.
    pub(crate) sync_cpu_seconds: f64,
    /// From then until everything was searchable.
    pub(crate) index_seconds: f64,
    /// Processor seconds of that.
    pub(crate) index_cpu_seconds: f64,
    /// The most memory until the last envelope and body was stored, in MiB.
    pub(crate) sync_mib: f64,
    /// The most memory until everything was searchable, in MiB.
    pub(crate) peak_mib: f64,
}

/// Opens a cache as the member.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn open(path: &Path) -> Result<Cache, StoreError> {
    let provenance = Provenance { machine: "bench".to_owned(), account: MEMBER.to_owned() };
    Cache::open(path, &CacheKey::new(KEY), &provenance, Utc::now())
}

impl FirstSync {
    /// Syncs, indexes, and prints one line of JSON.
    ///
    /// # Errors
    /// When the server or the cache fails.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let synced = self.sync().await?;
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &synced)?;
        Ok(writeln!(out)?)
    }

    async fn sync(&self) -> Result<Synced, Failure> {
        let cache = open(&self.cache)?;
        let reference = PartyRef::new(MEMBER);
        cache.write(Utc::now(), |writer| {
            writer.set_me(&Me { references: vec![reference.clone()], role: Role::Physician })
        })?;
        let mut changes = cache.subscribe();
        let base = FhirBase::parse(&self.base)?;
        let http = Http::new(&base, Some(&self.ca))?;
        let server = Connection::with_token(base, http, Token::new("bench".to_owned()));
        let began = Instant::now();
        let engine = Engine::start(Parts {
            server: Arc::new(server),
            cache: cache.clone(),
            clock: Arc::new(SystemClock),
            member: Member { reference, practitioner: None, name: "".into(), role: Role::Physician },
            scope: Scope::default(),
            pace: Pace::default(),
        })?;
        engine.status().wait_for(|status| status.checked.is_some()).await?;
        let (stored, sync_mib) = (Instant::now(), memory::peak_mib()?);
        let sync_cpu_seconds = memory::cpu_seconds()?;
        let progress = loop {
            let progress = cache.read(|reader| reader.index_progress())?;
            if progress.complete {
                break progress;
            }
            match changes.recv().await {
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err("the cache was closed".into()),
            }
        };
        let index_seconds = stored.elapsed().as_secs_f64();
        let index_cpu_seconds = memory::cpu_seconds()? - sync_cpu_seconds;
        drop(engine);
        Ok(Synced {
            messages: progress.total,
            sync_seconds: (stored - began).as_secs_f64(),
            sync_cpu_seconds,
            index_seconds,
            index_cpu_seconds,
            sync_mib,
            peak_mib: memory::peak_mib()?,
        })
    }
}
