//! Where a practice is: the FHIR base URL, and what lies below it.

use std::{fmt, net::IpAddr};

use tern_fhir::{exchange::Request, links};
use url::{Host, Url};

/// A FHIR base URL that a token may be sent to: https, or http to this machine.
///
/// Kept without a slash at its end: `POST` to the base itself is `/fhir`, and some servers know no `/fhir/`.
#[derive(Clone, PartialEq, Eq)]
pub struct FhirBase {
    url: Url,
    links: links::Base,
}

/// Why an address cannot be a practice's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseError {
    /// No address of a web server, or one with a user, a query or a fragment in it.
    #[error("this is not the address of a server")]
    NotAnAddress,
    /// http to another machine: everybody on the way could read the messages.
    #[error("the address must begin with https")]
    Insecure,
}

impl FhirBase {
    /// Reads an address as a person types it: without a scheme it is https; slashes at the end don't count.
    ///
    /// # Errors
    /// [`BaseError`].
    pub fn parse(address: &str) -> Result<Self, BaseError> {
        let address = address.trim();
        let url = if address.contains("://") { Url::parse(address) } else { Url::parse(&format!("https://{address}")) };
        let mut url = url.map_err(|_| BaseError::NotAnAddress)?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.query().is_some() || url.fragment().is_some() || url.host().is_none() {
            return Err(BaseError::NotAnAddress);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseError::NotAnAddress);
        }
        if !is_secure(&url) {
            return Err(BaseError::Insecure);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let links = links::Base::of_url(url.as_str()).map_err(|_| BaseError::NotAnAddress)?;
        Ok(Self { url, links })
    }

    /// As it names the practice everywhere: in the account, in the keyring, as SMART's `aud`.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The path and query below this base for a link that the server gave, whatever host it names; none where
    /// its path lies elsewhere.
    pub fn relative(&self, link: &str) -> Option<Request> {
        links::request(link, &self.links)
    }

    /// What links are read by.
    pub(crate) fn links(&self) -> &links::Base {
        &self.links
    }

    /// `Type/id` for a reference, relative or absolute, below this base.
    pub(crate) fn reference(&self, reference: &str) -> Option<(String, String)> {
        links::named(reference, &self.links)
    }

    /// The URL of a request. None where its path would leave the base.
    pub(crate) fn url(&self, path: &str, query: &[(String, String)]) -> Option<Url> {
        let mut url = self.url.clone();
        let base = self.as_path();
        if !path.is_empty() {
            url.set_path(&format!("{base}/{path}"));
            if !url.path().starts_with(&format!("{base}/")) {
                return None;
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }

    /// Whether `url` has the origin of this base: the only one that its token may go to.
    pub(crate) fn is_origin_of(&self, url: &Url) -> bool {
        url.origin() == self.url.origin()
    }

    /// A path from the root, and its query, on this base's origin.
    pub(crate) fn on_this_origin(&self, path_and_query: &str) -> Url {
        let mut url = self.url.clone();
        let (path, query) = path_and_query.split_once('?').unzip();
        url.set_path(path.unwrap_or(path_and_query));
        url.set_query(query);
        url
    }

    fn as_path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }
}

impl fmt::Debug for FhirBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FhirBase({})", self.as_str())
    }
}

/// https, or http that doesn't leave the machine.
pub(crate) fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_a_person_types_it() {
        for (typed, base) in [
            ("https://practice.example/fhir", "https://practice.example/fhir"),
            (" https://practice.example/fhir/// ", "https://practice.example/fhir"),
            ("practice.example/fhir", "https://practice.example/fhir"),
            ("https://practice.example", "https://practice.example"),
            ("http://127.0.0.1:8080/fhir", "http://127.0.0.1:8080/fhir"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(FhirBase::parse(typed).unwrap().as_str(), base, "{typed}");
        }
    }

    #[test]
    fn http_goes_no_further_than_this_machine() {
        for typed in ["http://practice.example/fhir", "http://10.0.0.7/fhir", "http://localhost.example/fhir"] {
            assert_eq!(FhirBase::parse(typed), Err(BaseError::Insecure), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "",
            "ftp://practice.example",
            "https://osei:secret@practice.example",
            "https://practice.example/fhir?_format=json",
            "https://practice.example/#fhir",
            "file:///etc/passwd",
            "two words",
        ] {
            assert_eq!(FhirBase::parse(typed), Err(BaseError::NotAnAddress), "{typed}");
        }
    }

    #[test]
    fn a_path_from_the_root_stays_on_the_origin() {
        let base = FhirBase::parse("https://practice.example:8443/fhir").unwrap();
        for (path, url) in [
            ("/websocket?v=1", "https://practice.example:8443/websocket?v=1"),
            ("/websocket", "https://practice.example:8443/websocket"),
            ("//evil.example/x", "https://practice.example:8443//evil.example/x"),
            ("https://evil.example/x", "https://practice.example:8443/https://evil.example/x"),
        ] {
            assert_eq!(base.on_this_origin(path).as_str(), url);
        }
    }

    #[test]
    fn a_request_stays_below_the_base() {
        let base = FhirBase::parse("https://practice.example/fhir").unwrap();
        let url = |path: &str| base.url(path, &[]).map(String::from);
        assert_eq!(url("").as_deref(), Some("https://practice.example/fhir"));
        assert_eq!(url("Task/7").as_deref(), Some("https://practice.example/fhir/Task/7"));
        assert_eq!(url("Task?x#y").as_deref(), Some("https://practice.example/fhir/Task%3Fx%23y"));
        for outside in ["../admin", "Task/../../admin", "%2e%2e/admin"] {
            assert_eq!(url(outside), None, "{outside}");
        }
        let query = [("subject".to_owned(), "Patient/7&x".to_owned()), ("_lastUpdated".to_owned(), "ge+1".to_owned())];
        assert_eq!(
            base.url("Task", &query).map(String::from).as_deref(),
            Some("https://practice.example/fhir/Task?subject=Patient%2F7%26x&_lastUpdated=ge%2B1")
        );
    }
}
