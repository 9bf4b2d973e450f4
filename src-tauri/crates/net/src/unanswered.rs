//! Why there was no answer, sorted by what it means for a write: surely not arrived, or perhaps.

use std::{error::Error, io};

use rustls::{CertificateError, Error as TlsError};
use tern_sync::server::Unanswered;

/// Sorts what went wrong between the request and its answer.
///
/// Only what fails while the connection is being made is [`Unanswered::Offline`]; everything later may have
/// arrived.
pub(crate) fn sort(error: &reqwest::Error) -> Unanswered {
    if let Some(tls) = tls_cause(error) {
        return match tls {
            TlsError::InvalidCertificate(reason) => Unanswered::Certificate(wording(reason).to_owned()),
            TlsError::NoCertificatesPresented => Unanswered::Certificate("it shows none".to_owned()),
            // Not TLS at all, or none that we accept: nothing of ours was sent.
            _ if error.is_connect() => Unanswered::Offline,
            _ => Unanswered::Lost,
        };
    }
    if error.is_connect() { Unanswered::Offline } else { Unanswered::Lost }
}

/// The TLS error below, where there is one. An `io::Error` hides what it was made of from `source`.
fn tls_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<TlsError>() {
            return Some(tls);
        }
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(tls) = tls_cause(inner)
        {
            return Some(tls);
        }
        cause = error.source();
    }
    None
}

/// What is wrong with a certificate, in words that hold no name of ours or theirs.
fn wording(reason: &CertificateError) -> &'static str {
    match reason {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "it is for another host",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::UnknownIssuer | CertificateError::BadSignature => "nobody we trust has issued it",
        CertificateError::Revoked => "it was revoked",
        _ => "it is malformed or not fit for a server",
    }
}
