//! Links that a server gives, turned into requests below our own base.
//!
//! `next`, `Location` and `fullUrl` name another host more often than one would think: `localhost` for
//! 127.0.0.1, http for https, the machine behind the reverse proxy (`3-fhir`, 7). The host is therefore
//! **never used**: the path is, and only where it lies below our base. So a token can't leave for an origin
//! that it wasn't given for.

use url::Url;

use crate::exchange::Request;

/// The path of the FHIR base that we talk to, such as `/fhir`, and the origin that it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Scheme, host and port: asked only of links that must not be read as ours by their path alone ([`ours`]).
    origin: url::Origin,
    /// Without a slash at its end; empty where the base is the root.
    path: String,
}

/// A base that is not an http or https URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's address is not an http or https URL")]
pub struct NotABase;

impl Base {
    /// Takes the URL of the base, such as `https://practice.example/fhir/`.
    ///
    /// # Errors
    /// [`NotABase`] for anything but an http or https URL.
    pub fn of_url(url: &str) -> Result<Self, NotABase> {
        let url = Url::parse(url).map_err(|_| NotABase)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NotABase);
        }
        Ok(Self { origin: url.origin(), path: url.path().trim_end_matches('/').to_owned() })
    }

    /// What stands below the base in a path from the root; none where it lies elsewhere.
    fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.path.as_str())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// The path and query of a link, below the base.
    fn split(&self, link: &str) -> Option<Url> {
        // Dot segments are resolved by the parser before anybody compares a prefix.
        let here = Url::parse("https://base.invalid").ok()?.join(&format!("{}/", self.path)).ok()?;
        let url = here.join(link.trim()).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}

/// A `next` link as a `GET` below our base; none where its path lies outside.
pub fn request(link: &str, base: &Base) -> Option<Request> {
    let url = base.split(link)?;
    let path = base.below(url.path())?;
    let mut request = Request::get(path.trim_end_matches('/'));
    request.query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Some(request)
}

/// The type and logical id that a `Location`, `fullUrl` or `request.url` names: `/_history/n` is taken off.
pub fn named(link: &str, base: &Base) -> Option<(String, String)> {
    let url = base.split(link)?;
    let (kind, id) = type_and_id(base.below(url.path())?)?;
    Some((kind.to_owned(), id.to_owned()))
}

/// The type and logical id that a link to a file names, only where it lies on **our own** server and base. Unlike
/// [`named`] it asks for the host: a `next` link of another name leads to the page that we asked for, but a file that
/// stands elsewhere is another patient's as soon as it is looked for here.
pub fn ours(link: &str, base: &Base) -> Option<(String, String)> {
    let link = link.trim();
    // `//other.example/…` names a host as well.
    if link.contains("://") || link.starts_with("//") || link.contains('\\') {
        let url = Url::parse(link).ok()?;
        if url.origin() != base.origin || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
    }
    if link.contains(['?', '#']) {
        return None;
    }
    named(link, base)
}

/// The version in `…/_history/n`, where a link names one.
pub fn version(link: &str) -> Option<&str> {
    let (_, version) = link.trim().rsplit_once("/_history/")?;
    is_id(version).then_some(version)
}

/// `Type/id`, `Type/id/_history/n`: the type and the id.
pub fn type_and_id(path: &str) -> Option<(&str, &str)> {
    let mut segments = path.trim_end_matches('/').split('/');
    let (kind, id) = (segments.next()?, segments.next()?);
    let rest = (segments.next(), segments.next(), segments.next());
    let ends = matches!(rest, (None, None, None) | (Some("_history"), Some(_), None));
    (ends && is_type(kind) && is_id(id)).then_some((kind, id))
}

/// Whether it can be a FHIR type name.
fn is_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Whether it can stand in a path as a logical id. R4 allows letters, digits, `-` and `.`, at most 64;
/// servers are known that use `_` and longer ones.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_'))
        && !id.chars().all(|letter| letter == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base::of_url("https://practice.example:8443/fhir").expect("a base")
    }

    fn path_and_query(link: &str) -> Option<(String, Vec<(String, String)>)> {
        request(link, &base()).map(|request| (request.path, request.query))
    }

    #[test]
    fn a_next_link_is_followed_below_our_base_whatever_host_it_names() {
        let cursor = vec![("_cursor".to_owned(), "a+b|c".to_owned())];
        for link in [
            "https://practice.example:8443/fhir/Task?_cursor=a%2Bb%7Cc",
            "http://localhost:8080/fhir/Task?_cursor=a%2Bb%7Cc",
            "/fhir/Task?_cursor=a%2Bb%7Cc",
            "Task?_cursor=a%2Bb%7Cc",
        ] {
            assert_eq!(path_and_query(link), Some(("Task".to_owned(), cursor.clone())), "{link}");
        }
    }

    #[test]
    fn the_base_itself_with_a_query_is_a_page() {
        let page = Some((String::new(), vec![("_getpages".to_owned(), "7".to_owned())]));
        assert_eq!(path_and_query("https://practice.example:8443/fhir?_getpages=7"), page);
        assert_eq!(path_and_query("https://practice.example:8443/fhir/?_getpages=7"), page);
    }

    #[test]
    fn a_path_outside_our_base_is_nobodys() {
        for link in [
            "https://practice.example:8443/admin/Task",
            "https://practice.example:8443/fhirtwo/Task",
            "/fhir/../admin",
            "https://practice.example/fhir/%2e%2e/admin",
            "file:///fhir/Task",
            "urn:uuid:0a",
            "javascript:alert(1)",
        ] {
            assert_eq!(path_and_query(link), None, "{link}");
        }
    }

    #[test]
    fn a_location_names_type_and_id_with_or_without_its_history() {
        let seven = Some(("Task".to_owned(), "7".to_owned()));
        for link in [
            "https://practice.example:8443/fhir/Task/7/_history/3",
            "http://localhost/fhir/Task/7",
            "Task/7/_history/3",
            "Task/7",
            "/fhir/Task/7/",
        ] {
            assert_eq!(named(link, &base()), seven, "{link}");
        }
        for link in ["Task", "Task/7/note", "urn:uuid:7", "", "Task/a b", "Task/.."] {
            assert_eq!(named(link, &base()), None, "{link}");
        }
        assert_eq!(version("Task/7/_history/3"), Some("3"));
        assert_eq!(version("Task/7"), None);
    }

    #[test]
    fn a_file_is_ours_only_on_our_own_server_and_base() {
        let photo = Some(("Binary".to_owned(), "photo".to_owned()));
        for link in [
            "Binary/photo",
            "/fhir/Binary/photo",
            "Binary/photo/_history/2",
            "https://practice.example:8443/fhir/Binary/photo",
        ] {
            assert_eq!(ours(link, &base()), photo, "{link}");
        }
        for link in [
            "https://other.example/fhir/Binary/photo",
            "https://practice.example/fhir/Binary/photo",
            "http://practice.example:8443/fhir/Binary/photo",
            "https://practice.example:8443/fhir2/Binary/photo",
            "https://a:b@practice.example:8443/fhir/Binary/photo",
            "//other.example/fhir/Binary/photo",
            "\\\\other.example/fhir/Binary/photo",
            "/fhir/../admin/Binary/photo",
            "Binary/photo?redirect=https://other.example",
            "data:image/png;base64,AAAA",
            "urn:uuid:0a",
        ] {
            assert_eq!(ours(link, &base()), None, "{link}");
        }
    }

    #[test]
    fn a_base_may_be_the_root_and_must_be_http() {
        let root = Base::of_url("http://127.0.0.1:4000").expect("a base");
        assert_eq!(request("http://localhost:4000/Task?a=b", &root).map(|r| r.path).as_deref(), Some("Task"));
        assert_eq!(Base::of_url("ftp://practice.example"), Err(NotABase));
        assert_eq!(Base::of_url("practice"), Err(NotABase));
    }
}
