//! A practice over real HTTPS, small enough to see through: a certificate authority, an authorization server
//! that rotates refresh tokens and notices reuse, a FHIR base, and a browser for the person.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod backend;
mod ca;
mod desk;
mod https;
mod logs;
mod nudge;
mod session;
mod sign_in;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;
use tern_net::{FhirBase, Http, RefreshTokens, Token, Unkept};
use tern_sync::server::Answering;

use ca::Ca;
use desk::Desk;

/// One running practice.
pub(crate) struct Practice {
    pub(crate) desk: Arc<Desk>,
    pub(crate) base: FhirBase,
    pub(crate) ca: Ca,
    pub(crate) folder: TempDir,
}

impl Practice {
    /// Opens on a free port of 127.0.0.1.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::new(&folder);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let origin = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let desk = Desk::new(&origin, &folder);
        let router = Arc::clone(&desk).router();
        let server = axum_server::from_tcp_rustls(listener, ca.server(&["127.0.0.1"])).unwrap();
        tokio::spawn(server.serve(router.into_make_service()));
        let base = FhirBase::parse(&format!("{origin}/fhir")).unwrap();
        Self { desk, base, ca, folder }
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(&self.base, Some(&self.ca.file)).unwrap()
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.folder.path().join("profile").join("refresh.lock")
    }

    /// A browser that trusts the practice, and follows wherever it is led.
    pub(crate) fn browser(&self) -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = reqwest::Certificate::from_pem(self.ca.pem.as_bytes()).unwrap();
        reqwest::Client::builder().tls_certs_merge([ca]).no_proxy().build().unwrap()
    }
}

/// A keyring in memory that can be locked. Clones share what they hold.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<KeptInner>);

#[derive(Default)]
struct KeptInner {
    token: Mutex<Option<Token>>,
    locked: AtomicUsize,
}

impl Kept {
    pub(crate) fn with(token: &str) -> Self {
        let kept = Self::default();
        *kept.0.token.lock().unwrap() = Some(Token::from(token));
        kept
    }

    pub(crate) fn now(&self) -> Option<String> {
        self.0.token.lock().unwrap().as_ref().map(|token| token.expose().to_owned())
    }

    pub(crate) fn set(&self, token: &str) {
        *self.0.token.lock().unwrap() = Some(Token::from(token));
    }

    /// Refuses this many calls to write, then takes them again; `usize::MAX` for ever.
    pub(crate) fn lock_writes(&self, calls: usize) {
        self.0.locked.store(calls, Ordering::SeqCst);
    }
}

impl RefreshTokens for Kept {
    fn read(&self) -> Answering<'_, Result<Option<Token>, Unkept>> {
        Box::pin(async { Ok(self.0.token.lock().unwrap().clone()) })
    }

    fn write(&self, token: Token) -> Answering<'_, Result<(), Unkept>> {
        Box::pin(async move {
            let left = self.0.locked.load(Ordering::SeqCst);
            if left > 0 {
                self.0.locked.store(left.saturating_sub(1), Ordering::SeqCst);
                return Err(Unkept);
            }
            *self.0.token.lock().unwrap() = Some(token);
            Ok(())
        })
    }
}
