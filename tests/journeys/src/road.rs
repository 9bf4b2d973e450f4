//! The road between a window and its practice, which a journey can cut and mend.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rcgen::{CertificateParams, KeyPair};
use tern_unruly::{Handle, Listen, Serving, Tls, Unruly, Upstream, serve};

use crate::{Failure, practice::Ready};

/// A proxy with a certificate of its own before the practice.
pub struct Road {
    unruly: Unruly,
    tls: Tls,
    address: SocketAddr,
    serving: Mutex<Option<Serving>>,
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
        Self::seeded(practice, dir, quirks, 7)
    }

    /// The same, where `seed` says which requests a fault strikes.
    ///
    /// # Errors
    /// As [`Road::build`].
    pub fn seeded(practice: &Ready, dir: &Path, quirks: &str, seed: u64) -> Result<Self, Failure> {
        Self::of_names(practice, dir, quirks, seed, &["127.0.0.1", "localhost"])
    }

    /// A road whose certificate is for another host than the one that it is asked as.
    ///
    /// # Errors
    /// As [`Road::build`].
    pub fn of_another_host(practice: &Ready, dir: &Path) -> Result<Self, Failure> {
        Self::of_names(practice, dir, "", 7, &["fhir.elsewhere.example"])
    }

    fn of_names(practice: &Ready, dir: &Path, quirks: &str, seed: u64, names: &[&str]) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        let practice_ca = std::fs::read(&practice.ca_file)?;
        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names)?.self_signed(&key)?;
        let tls = Tls::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes())?;
        let ca_file = dir.join("ca.pem");
        std::fs::write(&ca_file, [practice_ca.as_slice(), b"\n", certificate.pem().as_bytes()].concat())?;
        let upstream = Upstream::new(&practice.base_url.parse()?, Some(&practice_ca))?;
        let unruly = Unruly::new(upstream, quirks.parse()?, seed);
        let serving = serve(unruly.clone(), Listen::on_loopback_with(tls.clone()))?;
        let base_url = serving.base_url();
        let authority = base_url.split('/').nth(2).ok_or("no authority")?;
        let address = authority.parse()?;
        Ok(Self { unruly, tls, address, serving: Mutex::new(Some(serving)), base_url, ca_file })
    }

    /// What goes wrong on it, to be changed and counted.
    pub fn weather(&self) -> Handle {
        self.unruly.handle()
    }

    /// What goes wrong on it from now on, by the names that `tern-unruly list` prints; blank for nothing.
    ///
    /// # Errors
    /// When a name is none.
    pub fn goes_wrong(&self, quirks: &str) -> Result<(), Failure> {
        self.weather().set(quirks.parse()?);
        Ok(())
    }

    /// Nobody listens any more: connections are closed, new ones refused.
    pub fn cut(&self) {
        if let Some(serving) = self.serving.lock().unwrap_or_else(PoisonError::into_inner).take() {
            serving.shutdown();
        }
    }

    /// Everything gets through again, at the same address.
    ///
    /// # Errors
    /// When the address cannot be listened on again.
    pub async fn mend(&self) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        let serving = loop {
            let listen = Listen { address: self.address, ..Listen::on_loopback_with(self.tls.clone()) };
            match serve(self.unruly.clone(), listen) {
                Ok(serving) => break serving,
                // The old listener goes when its task does.
                Err(error) if began.elapsed() > crate::PATIENCE => return Err(error.into()),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        };
        *self.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
        Ok(())
    }
}
