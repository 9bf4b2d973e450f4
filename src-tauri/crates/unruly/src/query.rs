//! A query string that is changed piece by piece: what no quirk names keeps its spelling, escapes included.

use std::fmt;

/// The pieces of a query string or a form, as they stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<String>);

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        Self(raw.split('&').filter(|piece| !piece.is_empty()).map(str::to_owned).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, decoded.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.0.iter().map(|piece| decode(piece))
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.pairs().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Keeps the parameters for which `keep` holds.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|piece| {
            let (name, value) = decode(piece);
            keep(&name, &value)
        });
        self.0.len() != before
    }

    /// Replaces values; `change` gets the name without its modifier.
    pub(crate) fn map(&mut self, mut change: impl FnMut(&str, &str) -> Option<String>) -> bool {
        let mut changed = false;
        for piece in &mut self.0 {
            let (name, value) = decode(piece);
            if let Some(new) = change(unmodified(&name), &value).filter(|new| *new != value) {
                *piece = encode(&name, &new);
                changed = true;
            }
        }
        changed
    }

    /// Sets a parameter to one value, at its first place or at the end.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let at = self.0.iter().position(|piece| decode(piece).0 == name);
        self.retain(|key, _| key != name);
        let at = at.unwrap_or(self.0.len()).min(self.0.len());
        self.0.insert(at, encode(name, value));
    }
}

/// A search parameter's name without modifier and chain: `recipient:Practitioner.name` is `recipient`.
pub(crate) fn unmodified(name: &str) -> &str {
    name.split([':', '.']).next().unwrap_or(name)
}

fn decode(piece: &str) -> (String, String) {
    form_urlencoded::parse(piece.as_bytes())
        .next()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .unwrap_or_default()
}

fn encode(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("&"))
    }
}

/// Splits a URL or path at its query.
pub(crate) fn split(url: &str) -> (&str, Query) {
    match url.split_once('?') {
        Some((path, raw)) => (path, Query::parse(raw)),
        None => (url, Query::default()),
    }
}

/// Puts a path and its query together again.
pub(crate) fn join(path: &str, query: &Query) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_piece_that_is_changed_is_spelt_anew() {
        let mut query = Query::parse("a=%7e&_count=500&identifier=urn%3auuid|x");
        query.set("_count", "20");
        assert_eq!(query.to_string(), "a=%7e&_count=20&identifier=urn%3auuid|x");
        assert!(!query.map(|name, _| (name == "absent").then(String::new)));
        assert!(query.retain(|name, _| name != "a"));
        assert_eq!(query.get("identifier").as_deref(), Some("urn:uuid|x"));
    }
}
