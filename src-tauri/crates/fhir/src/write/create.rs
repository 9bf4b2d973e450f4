//! Making a resource so that doing it twice makes one.

use serde_json::{Value, json};

use crate::{
    exchange::{FHIR_JSON, Method, Request},
    vocabulary::URI_SYSTEM,
    write::transaction::{self, Part},
};

/// A resource that doesn't exist yet.
#[derive(Clone, PartialEq, Eq)]
pub struct New {
    /// Its type.
    pub resource_type: &'static str,
    /// The id that we would like it to have: a UUID.
    pub id: String,
    /// Its identifier, `urn:uuid:…`; none for types that have no identifier (AuditEvent, Binary).
    pub identity: Option<String>,
    /// The resource, without `id`.
    pub json: Value,
}

impl std::fmt::Debug for New {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "new {}/{}", self.resource_type, self.id)
    }
}

/// How a server is made to create a resource once. Chosen from what was proven at connection
/// ([`crate::facts::ServerFacts::creating`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creating {
    /// `PUT Type/id` with our own id: repeatable by itself.
    OwnId,
    /// `POST` with `ifNoneExist` inside a transaction, where it is atomic and rolls back.
    InTransaction,
    /// `POST` with the header `If-None-Exist`. **Not atomic on most servers**: search first after an unknown
    /// outcome.
    Conditional,
}

impl New {
    /// The request that makes it.
    pub fn request(&self, how: Creating) -> Request {
        match how {
            Creating::OwnId => {
                let mut request = Request::new(Method::Put, format!("{}/{}", self.resource_type, self.id));
                // Keeps a late repeat from undoing what others changed since, on servers that look at it.
                request.if_none_match = Some("*");
                request.with_body(FHIR_JSON, bytes(&self.with_id()))
            }
            Creating::InTransaction => transaction::request(&[Part::Create { new: self.clone(), how }]),
            Creating::Conditional => {
                let mut request = Request::new(Method::Post, self.resource_type);
                request.if_none_exist = self.search();
                request.with_body(FHIR_JSON, bytes(&self.json))
            }
        }
    }

    /// The search that finds it, as `If-None-Exist` and `ifNoneExist` take it.
    pub fn search(&self) -> Option<String> {
        self.identity.as_ref().map(|identity| format!("identifier={URI_SYSTEM}|{identity}"))
    }

    /// How others in the same transaction refer to it.
    pub fn full_url(&self) -> String {
        format!("urn:uuid:{}", self.id)
    }

    /// The resource with our id in it, second as R4 writes it.
    pub(super) fn with_id(&self) -> Value {
        let mut with_id = json!({ "resourceType": self.resource_type, "id": self.id });
        if let (Value::Object(all), Value::Object(rest)) = (&mut with_id, &self.json) {
            all.extend(rest.iter().filter(|(name, _)| *name != "resourceType").map(|(n, v)| (n.clone(), v.clone())));
        }
        with_id
    }
}

/// A value as it leaves.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
