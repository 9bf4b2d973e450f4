//! Versions of a resource: what `If-Match` is told, and what tells two states apart.
//!
//! Servers send an ETag that is weak (`W/"3"`), strong (`"3"`), bare (`3`), a number, a UUID, or none at all
//! (`3-fhir`, 6). It goes back **as it was received**; only where there is none it is made from
//! `meta.versionId` as a weak one, as RFC 9110 and FHIR's REST say.

use sha2::{Digest, Sha256};

/// How a version starts that no server gave: a digest of the bytes.
const DIGEST: &str = "digest-";

/// The version of a resource whose server gives none: 128 bits of SHA-256 over its bytes. Good for telling two
/// states apart, of no use for `If-Match`.
pub fn digest(raw: &[u8]) -> String {
    use std::fmt::Write as _;
    let hash = Sha256::digest(raw);
    hash.iter().take(16).fold(DIGEST.to_owned(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bare version inside an ETag: `W/"3"`, `"3"` and `3` are all `3`.
pub fn of_etag(etag: &str) -> &str {
    let etag = etag.trim();
    let etag = etag.strip_prefix("W/").or_else(|| etag.strip_prefix("w/")).unwrap_or(etag);
    etag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(etag)
}

/// What `If-Match` says: the ETag as received, else the version as a weak ETag; none where the server has no
/// versions, so that nobody believes in a guard that isn't there.
pub fn if_match(etag: Option<&str>, version: &str) -> Option<String> {
    match etag {
        Some(etag) => Some(etag.to_owned()),
        None if is_servers_own(version) => Some(format!("W/\"{version}\"")),
        None => None,
    }
}

/// Whether the version came from the server, so that it can be tested there.
pub fn is_servers_own(version: &str) -> bool {
    !version.is_empty() && !version.starts_with(DIGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_etag_holds_the_same_version() {
        for etag in ["W/\"3\"", "\"3\"", "3", " W/\"3\" ", "w/\"3\""] {
            assert_eq!(of_etag(etag), "3", "{etag}");
        }
        assert_eq!(of_etag("W/\"0b9c-11\""), "0b9c-11");
        assert_eq!(of_etag("\""), "\"");
    }

    #[test]
    fn an_etag_goes_back_as_it_came_and_a_digest_never_does() {
        assert_eq!(if_match(Some("3"), "3").as_deref(), Some("3"));
        assert_eq!(if_match(Some("\"x\""), "3").as_deref(), Some("\"x\""));
        assert_eq!(if_match(None, "3").as_deref(), Some("W/\"3\""));
        assert_eq!(if_match(None, &digest(b"{}")), None);
    }
}
