//! The practice's own certificate authority, made at its first start.
//!
//! A clinician's machine must not learn to trust us for anything else, so the authority's key is
//! never written: it signs one server certificate and is forgotten. What stays is `ca.pem`, which
//! the client is told to trust for this practice, and `tls.json`, which holds the server's
//! certificate and key. When that certificate nears its end, or does not name the address to be
//! served, both are made anew.

use crate::{Error, files};
use chrono::{DateTime, Datelike, Duration, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::{Deserialize, Serialize};
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Days that a certificate holds: the most that Apple's platforms take from an authority of one's own.
const VALID_DAYS: i64 = 825;
/// Days before its end at which a certificate is replaced at the next start.
const RENEW_DAYS: i64 = 30;

/// The certificate to serve with, and the file that a client trusts it by.
pub struct Identity {
    /// PEM file with the authority's certificate.
    pub ca_file: PathBuf,
    /// TLS 1.2 and 1.3, on ring.
    pub config: Arc<rustls::ServerConfig>,
}

/// What `tls.json` holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    names: Vec<String>,
    not_after: DateTime<Utc>,
    certificate: String,
    key: String,
}

impl Identity {
    /// Opens the certificate kept in `data`, or makes one for loopback and `address`.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a kept one is damaged.
    pub fn open(data: &Path, address: IpAddr, now: DateTime<Utc>) -> Result<Self, Error> {
        let ca_file = data.join("ca.pem");
        let kept_file = data.join("tls.json");
        let names = names(address);
        let kept = match files::read_json::<Kept>(&kept_file)? {
            Some(kept)
                if ca_file.exists() && kept.names == names && kept.not_after - Duration::days(RENEW_DAYS) > now =>
            {
                kept
            }
            _ => {
                let (ca, kept) = issue(names, now)?;
                std::fs::write(&ca_file, ca).map_err(Error::file("cannot write", &ca_file))?;
                files::write_json(&kept_file, &kept)?;
                kept
            }
        };
        let config = server_config(&kept).map_err(|reason| Error::Content { path: kept_file, reason })?;
        Ok(Self { ca_file, config })
    }
}

/// The names a client may call the practice by.
fn names(address: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    if !address.is_unspecified() && address != IpAddr::from([127, 0, 0, 1]) {
        names.push(address.to_string());
    }
    names
}

/// An authority and the one certificate that it ever signs.
fn issue(names: Vec<String>, now: DateTime<Utc>) -> Result<(String, Kept), Error> {
    let not_after = now + Duration::days(VALID_DAYS);
    let mut ca = CertificateParams::default();
    ca.distinguished_name = called("Tern sample practice (invented people)");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    hold(&mut ca, now, not_after);
    let ca_key = KeyPair::generate()?;
    let ca_pem = ca.self_signed(&ca_key)?.pem();

    let mut server = CertificateParams::new(names.clone())?;
    server.distinguished_name = called("Tern sample practice");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    hold(&mut server, now, not_after);
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &Issuer::from_params(&ca, &ca_key))?;
    let kept = Kept { names, not_after, certificate: certificate.pem(), key: key.serialize_pem() };
    Ok((ca_pem, kept))
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// Valid from the day before (a clock may be a little slow) until `not_after`.
fn hold(params: &mut CertificateParams, now: DateTime<Utc>, not_after: DateTime<Utc>) {
    let day = |at: DateTime<Utc>| {
        // Both come from chrono, so month and day are within a byte.
        rcgen::date_time_ymd(at.year(), at.month() as u8, at.day() as u8)
    };
    params.not_before = day(now - Duration::days(1));
    params.not_after = day(not_after);
}

fn server_config(kept: &Kept) -> Result<Arc<rustls::ServerConfig>, String> {
    let certificate = CertificateDer::from_pem_slice(kept.certificate.as_bytes()).map_err(|e| e.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(kept.key.as_bytes()).map_err(|e| e.to_string())?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(|e| e.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_stays_until_it_nears_its_end_and_the_authoritys_key_is_not_kept()
    -> Result<(), Box<dyn std::error::Error>> {
        let data = tempfile::tempdir()?;
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let start = Utc::now();
        let read = || std::fs::read_to_string(data.path().join("ca.pem"));

        Identity::open(data.path(), loopback, start)?;
        let first = read()?;
        Identity::open(data.path(), loopback, start + Duration::days(700))?;
        assert_eq!(read()?, first, "the same authority after a restart");
        Identity::open(data.path(), loopback, start + Duration::days(800))?;
        assert_ne!(read()?, first, "a new one before the old runs out");

        assert!(!read()?.contains("PRIVATE KEY"));
        let kept = std::fs::read_to_string(data.path().join("tls.json"))?;
        assert_eq!(kept.matches("BEGIN PRIVATE KEY").count(), 1);
        Ok(())
    }

    #[test]
    fn another_address_gets_a_certificate_that_names_it() -> Result<(), Box<dyn std::error::Error>> {
        let data = tempfile::tempdir()?;
        Identity::open(data.path(), IpAddr::from([127, 0, 0, 1]), Utc::now())?;
        Identity::open(data.path(), IpAddr::from([192, 0, 2, 7]), Utc::now())?;
        let kept = std::fs::read_to_string(data.path().join("tls.json"))?;
        assert!(kept.contains("192.0.2.7"));
        Ok(())
    }
}
