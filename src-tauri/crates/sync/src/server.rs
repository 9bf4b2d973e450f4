//! The port to the practice server: what the engine needs of a connection, and no more.
//!
//! `net` implements it over HTTPS; the engine never sees a URL, a token or a certificate.

use std::{future::Future, pin::Pin};

use tern_fhir::{
    exchange::{Request, Response},
    links::{self, Base},
};

/// A future that a port returns.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One practice server, signed in to.
pub trait Server: Send + Sync + 'static {
    /// Sends one request with the token of the session (refreshed when due) and brings the whole answer,
    /// whatever its status: 4xx and 5xx are answers. Follows no redirect to another origin.
    ///
    /// # Errors
    /// [`Unanswered`] where there is no answer, sorted by what that means for a write.
    fn send(&self, request: Request) -> Answering<'_, Result<Response, Unanswered>>;

    /// The FHIR base, as far as links are read by it: its path, never its host.
    fn fhir_base(&self) -> &Base;

    /// The path and query below our base for a link that the server gave (`next`), or none where it names a
    /// path outside our base. Another host is ignored, its path on our base is used (`3-fhir`, 7).
    fn relative(&self, link: &str) -> Option<Request> {
        links::request(link, self.fhir_base())
    }

    /// Posts a page to an address of the practice's outside its server: no token goes along, and no redirect is
    /// followed.
    ///
    /// # Errors
    /// [`NotPaged`].
    fn page(&self, page: Page) -> Answering<'_, Result<(), NotPaged>>;

    /// Waits for a reason to look, from the push channel; never ends while there is none. It carries nothing:
    /// events may be lost, repeated or unordered.
    fn nudged(&self) -> Answering<'_, Nudge>;
}

/// What is posted where somebody has to be called. Holds no word of a patient's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// https, or http on this machine.
    pub address: String,
    /// Tells one page from the next: by it a gateway knows one that came twice (`Idempotency-Key`).
    pub key: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// Why nobody was called. Holds no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPaged {
    /// The address is none that may be posted to.
    #[error("the address is not one to post to")]
    NoAddress,
    /// No answer, or no way there.
    #[error("nobody answered at the address")]
    Unanswered,
    /// It answered, and did not take it.
    #[error("the address answered {0}")]
    Refused(u16),
}

/// Why it is time to look at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nudge {
    /// The push channel is open, for the first time or again. Nothing was said yet, but what happened before went
    /// unheard. No proof that anything ever will be said.
    Opened,
    /// The server said that something may have changed.
    Heard,
}

/// Why there is no answer. Holds no URL and no text of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// No network, no such host, connection refused: the request surely did not arrive.
    #[error("the practice server cannot be reached")]
    Offline,
    /// The connection broke, or the time ran out, after the request may have arrived.
    #[error("the practice server did not answer")]
    Lost,
    /// The certificate is not one we trust, or is for another host.
    #[error("the practice server's certificate is not trusted: {0}")]
    Certificate(String),
    /// The session has ended (refresh token refused or revoked): a person signs in again.
    #[error("the session has ended")]
    SignInAgain,
    /// Whoever answers at the address knows nothing of a SMART sign-in: no FHIR server, or another base.
    #[error("there is no SMART sign-in at this address")]
    NotAPractice,
    /// The keyring cannot be read just now.
    #[error("the keyring is locked or missing")]
    Keyring,
}
