//! The road between a window and its practice, which a journey can cut and mend.

use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair};
use tern_unruly::{Handle, Listen, Serving, Tls, Unruly, Upstream, serve};

use crate::{Failure, practice::Ready};

/// A proxy with a certificate of its own before the practice.
pub struct Road {
    serving: Serving,
    /// FHIR base URL as the window sees it.
    pub base_url: String,
    /// The practice's certificate authority and the road's, in one file.
    pub ca_file: PathBuf,
}

impl Road {
    /// Builds the road; its certificate goes into `dir`. `quirks` makes the server behind it differ, by the
    /// names that `tern-unruly list` prints.
    ///
    /// # Errors
    /// When the practice's authority cannot be read or no port is free.
    pub fn build(practice: &Ready, dir: &Path, quirks: &str) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        let practice_ca = std::fs::read(&practice.ca_file)?;
        let key = KeyPair::generate()?;
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let certificate = CertificateParams::new(names)?.self_signed(&key)?;
        let tls = Tls::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes())?;
        let upstream = Upstream::new(&practice.base_url.parse()?, Some(&practice_ca))?;
        let serving = serve(Unruly::new(upstream, quirks.parse()?, 7), Listen::on_loopback_with(tls))?;
        let ca_file = dir.join("ca.pem");
        std::fs::write(&ca_file, [practice_ca.as_slice(), b"\n", certificate.pem().as_bytes()].concat())?;
        Ok(Self { base_url: serving.base_url(), ca_file, serving })
    }

    /// Nothing gets through.
    pub fn cut(&self) {
        self.serving.handle().offline(true);
    }

    /// Everything gets through again.
    pub fn mend(&self) {
        self.serving.handle().offline(false);
    }

    /// For setting quirks and faults by name.
    pub fn handle(&self) -> Handle {
        self.serving.handle()
    }
}
