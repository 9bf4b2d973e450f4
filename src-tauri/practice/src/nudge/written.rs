//! What a request writes, told from outside: by its method and path, or by the entries of its Bundle.

use axum::http::Method;
use serde::Deserialize;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// Resources of one type.
    Type(String),
    /// Of any type: a body we could not look into.
    Any,
}

/// What a request is, as far as nudging goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// The CapabilityStatement.
    Metadata,
    /// A transaction or batch.
    Bundle,
    /// A Subscription is created or replaced.
    Subscribe,
    /// One resource of this type is written.
    Write(&'a str),
    /// Nothing is.
    Read,
}

impl<'a> Kind<'a> {
    /// Tells by method and path below the FHIR base.
    pub(super) fn of(method: &Method, path: &'a str) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (first, second) = (segments.next(), segments.next());
        let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
        match (first, second) {
            (Some("metadata"), None) if method == Method::GET => Self::Metadata,
            (None, None) if method == Method::POST => Self::Bundle,
            (_, Some(second)) if second.starts_with(['_', '$']) => Self::Read,
            (Some("Subscription"), _) if method == Method::POST || method == Method::PUT => Self::Subscribe,
            (Some(of), _) if writes && !of.starts_with(['_', '$']) => Self::Write(of),
            _ => Self::Read,
        }
    }
}

/// The types that a Bundle's entries write.
pub(super) fn written_by(body: &[u8]) -> Vec<Written> {
    #[derive(Deserialize)]
    struct Bundle {
        #[serde(default)]
        entry: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        request: Option<EntryRequest>,
    }
    #[derive(Deserialize)]
    struct EntryRequest {
        method: String,
        url: String,
    }
    let Ok(bundle) = serde_json::from_slice::<Bundle>(body) else {
        // Compressed, or not JSON: Helios took it, so something was written.
        return vec![Written::Any];
    };
    let mut types: Vec<String> = bundle
        .entry
        .into_iter()
        .filter_map(|entry| entry.request)
        .filter(|request| request.method != "GET" && request.method != "HEAD")
        .filter_map(|request| {
            let of = request.url.split(['/', '?']).next()?;
            (!of.is_empty()).then(|| of.to_owned())
        })
        .collect();
    types.sort_unstable();
    types.dedup();
    types.into_iter().map(Written::Type).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_write_is_told_from_a_read() {
        for (method, path, kind) in [
            (Method::POST, "/Communication", Kind::Write("Communication")),
            (Method::PUT, "/Task/1", Kind::Write("Task")),
            (Method::PATCH, "/Task/1", Kind::Write("Task")),
            (Method::DELETE, "/Task/1", Kind::Write("Task")),
            (Method::PUT, "/Task", Kind::Write("Task")),
            (Method::POST, "/", Kind::Bundle),
            (Method::POST, "/Subscription", Kind::Subscribe),
            (Method::PATCH, "/Subscription/1", Kind::Write("Subscription")),
            (Method::GET, "/metadata", Kind::Metadata),
            (Method::GET, "/Task", Kind::Read),
            (Method::POST, "/Task/_search", Kind::Read),
            (Method::POST, "/Patient/$everything", Kind::Read),
            (Method::POST, "/_history", Kind::Read),
        ] {
            assert_eq!(Kind::of(&method, path), kind, "{method} {path}");
        }
    }

    #[test]
    fn a_bundle_tells_each_type_once_and_one_that_cannot_be_read_tells_any() {
        let bundle = json!({"entry": [
            {"request": {"method": "PUT", "url": "Task/1"}},
            {"request": {"method": "POST", "url": "Communication"}},
            {"request": {"method": "PATCH", "url": "Task?identifier=x"}},
            {"request": {"method": "GET", "url": "Patient/1"}},
            {"resource": {}},
        ]});
        assert_eq!(
            written_by(bundle.to_string().as_bytes()),
            [Written::Type("Communication".into()), Written::Type("Task".into())]
        );
        assert_eq!(written_by(&[0x1f, 0x8b]), [Written::Any]);
    }
}
