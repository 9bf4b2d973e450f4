//! Whose address stands in an answer: the proxy's, unless a quirk says otherwise.
//!
//! The client must see one server. So wherever the upstream names its own origin (`next`, `Location`,
//! `fullUrl`, smart-configuration, a websocket's address, a redirect with an encoded `iss`), the proxy's origin
//! is put in its place, as text, without parsing; and the other way round in what the client sends (`aud`,
//! absolute references). Paths are the same on both sides. A loopback upstream is known by all its names, as
//! some servers say `localhost` whatever they were asked for: a link past the proxy would be no test.
//!
//! The quirks of difference 7 then make `next`, `Location` and `fullUrl` (and nothing else) name another host or
//! scheme. **The token never goes to another origin** is what they are there to prove.

use axum::http::header::{CONTENT_LOCATION, LOCATION};
use serde_json::Value;
use url::Url;

use crate::exchange::{Answer, Request};
use crate::payload::{self, Object};
use crate::quirk::Quirk;
use crate::quirks::Quirks;

const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// A FHIR base: origin, and the path below it without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) origin: String,
    pub(crate) path: String,
}

impl Base {
    pub(crate) fn of(url: &Url) -> Self {
        Self { origin: url.origin().ascii_serialization(), path: url.path().trim_end_matches('/').to_owned() }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// What follows the base in a path from the root; none for a path elsewhere.
    pub(crate) fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&self.path)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }

    fn is_tls(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// The authority by all its names, where it is a loopback one.
    fn authorities(&self) -> Vec<String> {
        let authority = self.authority();
        for host in LOOPBACK {
            if let Some(port) = authority.strip_prefix(host).filter(|rest| rest.is_empty() || rest.starts_with(':')) {
                return LOOPBACK.iter().map(|host| format!("{host}{port}")).collect();
            }
        }
        vec![authority.to_owned()]
    }
}

/// One origin to be found as text, and what takes its place.
#[derive(Clone, Debug)]
struct Rewrite {
    from: String,
    to: String,
}

/// The two origins, and how each becomes the other in a text.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) own: Base,
    outward: Vec<Rewrite>,
    inward: Vec<Rewrite>,
}

impl Origins {
    /// `names` are further origins that the upstream calls itself by; `origin` is the proxy's, such as
    /// `https://127.0.0.1:8443`.
    pub(crate) fn new(upstream: &Base, names: &[Base], origin: &Url) -> Self {
        let own = Base { origin: origin.origin().ascii_serialization(), path: upstream.path.clone() };
        let outward = std::iter::once(upstream).chain(names).flat_map(|name| rewrites(name, &own)).collect();
        let inward = rewrites(&own, upstream);
        Self { own, outward, inward }
    }

    /// Names the upstream in what the client sends.
    pub(crate) fn inward(&self, request: &mut Request) {
        let raw = request.query.to_string();
        if let Some(new) = replace(&raw, &self.inward) {
            request.query = crate::query::Query::parse(&new);
        }
        if request.header("content-type").is_some_and(is_text) {
            rewrite_body(&mut request.body, &self.inward);
        }
    }

    /// Names the proxy in what the upstream answers.
    pub(crate) fn outward(&self, answer: &mut Answer) {
        for name in [LOCATION, CONTENT_LOCATION] {
            answer.map_header(name, |value| replace(value, &self.outward));
        }
        if answer.header("content-type").is_some_and(is_text) {
            rewrite_body(&mut answer.body, &self.outward);
        }
    }

    /// Makes the links of a FHIR answer name another origin, as the quirks say; true if one did.
    pub(crate) fn disguise(&self, quirks: &Quirks, answer: &mut Answer) -> bool {
        let Some(origin) = self.disguised(quirks) else { return false };
        let change = |url: &str| {
            let own = replace(url, &self.outward).unwrap_or_else(|| url.to_owned());
            let rest =
                own.strip_prefix(&self.own.origin).filter(|rest| rest.starts_with(['/', '?']) || rest.is_empty())?;
            Some(format!("{origin}{rest}"))
        };
        let mut changed = answer.map_header(CONTENT_LOCATION, change);
        changed |= answer.map_locations(&change);
        changed | answer.body.edit_resources(|resource| edit_links(resource, &change))
    }

    fn disguised(&self, quirks: &Quirks) -> Option<String> {
        let mut origin = self.own.origin.clone();
        if let Some(other) = quirks.text(Quirk::LinksOtherHost) {
            origin = other.trim_end_matches('/').to_owned();
        }
        if quirks.contains(Quirk::LinksLocalhost) {
            origin = swap_loopback(&origin);
        }
        if let Some(rest) = origin.strip_prefix("https:").filter(|_| quirks.contains(Quirk::LinksHttp)) {
            origin = format!("http:{rest}");
        }
        (origin != self.own.origin).then_some(origin)
    }
}

fn swap_loopback(origin: &str) -> String {
    if origin.contains("//localhost") {
        origin.replacen("//localhost", "//127.0.0.1", 1)
    } else {
        origin.replacen("//127.0.0.1", "//localhost", 1).replacen("//[::1]", "//localhost", 1)
    }
}

/// Changes `Bundle.link.url` and `entry.fullUrl`.
fn edit_links(resource: &mut Object, change: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut changed = edit_page_links(resource, change);
    for entry in payload::entries_mut(resource) {
        changed |= payload::map_text(entry, "fullUrl", change);
    }
    changed
}

/// Changes `Bundle.link.url`.
pub(crate) fn edit_page_links(resource: &mut Object, change: &dyn Fn(&str) -> Option<String>) -> bool {
    if payload::resource_type(resource) != Some("Bundle") {
        return false;
    }
    let links = resource.get_mut("link").and_then(Value::as_array_mut);
    links
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
        .fold(false, |changed, link| payload::map_text(link, "url", change) | changed)
}

fn is_text(kind: &str) -> bool {
    ["json", "xml", "text/", "x-www-form-urlencoded"].iter().any(|part| kind.contains(part))
}

fn rewrite_body(body: &mut payload::Payload, rewrites: &[Rewrite]) {
    let bytes = body.bytes();
    if let Some(new) = std::str::from_utf8(&bytes).ok().and_then(|text| replace(text, rewrites)) {
        body.replace_bytes(new);
    }
}

/// Plain, with JSON's escaped slashes, and percent-encoded; for HTTP and for websockets.
fn rewrites(from: &Base, to: &Base) -> Vec<Rewrite> {
    let schemes = |base: &Base| if base.is_tls() { ["https", "wss"] } else { ["http", "ws"] };
    let mut rewrites = Vec::new();
    for authority in from.authorities() {
        for (from_scheme, to_scheme) in schemes(from).into_iter().zip(schemes(to)) {
            let from = format!("{from_scheme}://{authority}");
            let to = format!("{to_scheme}://{}", to.authority());
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let escape = |text: &str| text.replace('/', "\\/");
            rewrites.push(Rewrite { from: encode(&from), to: encode(&to) });
            rewrites.push(Rewrite { from: encode(&from).replace("%3A", "%3a").replace("%2F", "%2f"), to: encode(&to) });
            rewrites.push(Rewrite { from: escape(&from), to: escape(&to) });
            rewrites.push(Rewrite { from, to });
        }
    }
    rewrites
}

/// Replaces origins where they end: `http://host:80` isn't found in `http://host:8080`. None if there is none.
fn replace(text: &str, rewrites: &[Rewrite]) -> Option<String> {
    let mut current: Option<String> = None;
    for Rewrite { from, to } in rewrites {
        let source = current.as_deref().unwrap_or(text);
        let mut found = false;
        let mut out = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(from.as_str()) {
            let (before, tail) = rest.split_at(at);
            let after = tail.strip_prefix(from.as_str()).unwrap_or_default();
            let goes_on = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':' || c == '-')
                || after.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_alphanumeric()));
            out.push_str(before);
            out.push_str(if goes_on { from } else { to });
            found |= !goes_on;
            rest = after;
        }
        if found {
            out.push_str(rest);
            current = Some(out);
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origins() -> Origins {
        let upstream = Url::parse("http://127.0.0.1:8080/fhir").unwrap();
        Origins::new(&Base::of(&upstream), &[], &Url::parse("https://127.0.0.1:9443").unwrap())
    }

    fn outward(text: &str) -> String {
        replace(text, &origins().outward).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn the_upstream_is_named_nowhere() {
        let cases = [
            ("http://127.0.0.1:8080/fhir/Task?a=b", "https://127.0.0.1:9443/fhir/Task?a=b"),
            ("\"http://localhost:8080\"", "\"https://127.0.0.1:9443\""),
            ("ws://127.0.0.1:8080/ws", "wss://127.0.0.1:9443/ws"),
            (r"http:\/\/127.0.0.1:8080\/x", r"https:\/\/127.0.0.1:9443\/x"),
            ("?iss=http%3A%2F%2F127.0.0.1%3A8080%2Ffhir", "?iss=https%3A%2F%2F127.0.0.1%3A9443%2Ffhir"),
            ("see http://127.0.0.1:8080.", "see https://127.0.0.1:9443."),
            ("http://127.0.0.1:80800/", "http://127.0.0.1:80800/"),
            ("https://127.0.0.1:8080/", "https://127.0.0.1:8080/"),
        ];
        for (before, after) in cases {
            assert_eq!(outward(before), after);
        }
    }

    #[test]
    fn paths_are_relative_to_the_base_in_whole_segments() {
        let base = Base { origin: "http://h".into(), path: "/fhir".into() };
        assert_eq!(base.relative("/fhir/Task"), Some("Task"));
        assert_eq!(base.relative("/fhir"), Some(""));
        assert_eq!(base.relative("/fhirless"), None);
        assert_eq!(base.relative("/auth"), None);
    }

    proptest! {
        #[test]
        fn text_without_an_origin_stays(text in "[^:]*") {
            prop_assert_eq!(replace(&text, &origins().outward), None);
        }
    }
}
