//! Where the practice's server is, and how the agent signs in there: the same for every command.

use std::path::PathBuf;

use clap::Args;
use tern_net::{
    BaseError, Connection, FhirBase, Http, HttpError,
    smart::backend::{self, Backend, BackendError, KeyFile},
};

/// Which server, and as whom.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("proof").required(true).args(["client_secret_file", "key", "token_file"]))]
pub(crate) struct Access {
    /// The address of the practice's FHIR server, such as https://practice.example/fhir
    #[arg(long, value_name = "URL")]
    server: String,
    /// A PEM file with the practice's own certificate authority
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client that is registered with the server for tern-agent
    #[arg(long, value_name = "ID", required_unless_present = "token_file")]
    client_id: Option<String>,
    /// A file with the client's secret; only its owner may read it
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// A PEM file with the client's private key (SMART Backend Services); only its owner may read it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file with an access token from elsewhere; only its owner may read it
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    token_file: Option<PathBuf>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAccess {
    #[error("--server: {0}")]
    Server(#[from] BaseError),
    #[error("--ca: {0}")]
    Ca(#[from] HttpError),
    #[error("{0}: {1}")]
    Proof(&'static str, BackendError),
    #[error("--client-id is missing")]
    ClientId,
}

impl Access {
    /// A connection, which reaches for nothing yet, and whether it is encrypted.
    pub(crate) fn connect(&self) -> Result<(Connection, bool), NoAccess> {
        let base = FhirBase::parse(&self.server)?;
        let http = Http::new(&base, self.ca.as_deref())?;
        let is_encrypted = base.as_str().starts_with("https");
        Ok((self.connection(base, http)?, is_encrypted))
    }

    fn connection(&self, base: FhirBase, http: Http) -> Result<Connection, NoAccess> {
        if let Some(file) = &self.token_file {
            let token = backend::secret_file(file).map_err(|error| NoAccess::Proof("--token-file", error))?;
            return Ok(Connection::with_token(base, http, token));
        }
        let client_id = self.client_id.clone().ok_or(NoAccess::ClientId)?;
        let proof = match (&self.key, &self.client_secret_file) {
            (Some(file), _) => {
                let key = KeyFile::read(file, None).map_err(|error| NoAccess::Proof("--key", error))?;
                Backend::Key { client_id, key }
            }
            (None, Some(file)) => {
                let secret = backend::secret_file(file);
                let secret = secret.map_err(|error| NoAccess::Proof("--client-secret-file", error))?;
                Backend::Secret { client_id, secret }
            }
            (None, None) => return Err(NoAccess::ClientId),
        };
        Ok(backend::backend(base, http, proof))
    }
}
