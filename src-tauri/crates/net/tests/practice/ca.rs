//! The practice's own certificate authority.

use std::{path::PathBuf, sync::Arc};

use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::TempDir;

/// An authority whose certificate lies in a file.
pub(crate) struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub(crate) pem: String,
    pub(crate) file: PathBuf,
}

impl Ca {
    pub(crate) fn new(folder: &TempDir) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "A practice's authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let pem = issuer.pem();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, &pem).unwrap();
        Self { issuer, pem, file }
    }

    /// TLS for a server of these names.
    pub(crate) fn tls(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.signed(CertificateParams::new(owned(names)).unwrap())
    }

    /// The same, run out long ago.
    pub(crate) fn expired(&self, names: &[&str]) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(owned(names)).unwrap();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.signed(params)
    }

    /// For axum-server.
    pub(crate) fn server(&self, names: &[&str]) -> RustlsConfig {
        let mut tls = ServerConfig::clone(&self.tls(names));
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        RustlsConfig::from_config(Arc::new(tls))
    }

    fn signed(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let tls = ServerConfig::builder().with_no_client_auth();
        Arc::new(tls.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
