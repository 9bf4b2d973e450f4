//! Opening the practice.

use std::{path::PathBuf, sync::Arc};

use tempfile::TempDir;
use tern_net::{FhirBase, Http};

use crate::{ca::Ca, desk::Desk};

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
