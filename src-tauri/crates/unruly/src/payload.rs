//! A body that stays as it came until somebody changes it.
//!
//! Parsing and writing JSON anew would lose the server's white space, so a [`Payload`] keeps the bytes,
//! parses only when a quirk asks, and writes only when a quirk changed something. What is parsed keeps its
//! order of members and the exact digits of its numbers.

use axum::body::Bytes;
use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    bytes: Bytes,
    json: Option<Option<Value>>,
    changed: bool,
}

impl Payload {
    pub(crate) fn new(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), json: None, changed: false }
    }

    pub(crate) fn of(value: Value) -> Self {
        Self { bytes: Bytes::new(), json: Some(Some(value)), changed: true }
    }

    /// The JSON in it; none where it isn't JSON.
    pub(crate) fn json(&mut self) -> Option<&Value> {
        self.parsed().as_ref()
    }

    fn parsed(&mut self) -> &mut Option<Value> {
        let bytes = &self.bytes;
        self.json.get_or_insert_with(|| serde_json::from_slice(bytes).ok())
    }

    /// Changes the JSON in it; `edit` says whether it did.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value) -> bool) -> bool {
        let changed = self.parsed().as_mut().is_some_and(edit);
        self.changed |= changed;
        changed
    }

    /// Changes each resource in it: itself, and those in the entries of a Bundle.
    pub(crate) fn edit_resources(&mut self, mut edit: impl FnMut(&mut Object) -> bool) -> bool {
        self.edit(|value| each_resource(value, &mut edit))
    }

    /// The bytes as they go out.
    pub(crate) fn bytes(&mut self) -> Bytes {
        if self.changed {
            if let Some(Some(value)) = &self.json {
                self.bytes = Bytes::from(value.to_string());
            }
            self.changed = false;
        }
        self.bytes.clone()
    }

    pub(crate) fn replace_bytes(&mut self, bytes: impl Into<Bytes>) {
        *self = Self::new(bytes);
    }
}

/// Visits the resource and, in a Bundle, the resources of its entries; true if one visit changed something.
pub(crate) fn each_resource(value: &mut Value, visit: &mut dyn FnMut(&mut Object) -> bool) -> bool {
    let Value::Object(resource) = value else { return false };
    if !resource.contains_key("resourceType") {
        return false;
    }
    let mut changed = visit(resource);
    for entry in entries_mut(resource) {
        if let Some(inner) = entry.get_mut("resource") {
            changed |= each_resource(inner, visit);
        }
    }
    changed
}

/// The entries of a Bundle; none of anything else.
pub(crate) fn entries_mut(resource: &mut Object) -> impl Iterator<Item = &mut Object> {
    let bundle = resource_type(resource) == Some("Bundle");
    resource
        .get_mut("entry")
        .filter(|_| bundle)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

/// The type that a resource says it is.
pub(crate) fn resource_type(resource: &Object) -> Option<&str> {
    resource.get("resourceType").and_then(Value::as_str)
}

/// Visits every object at any depth.
pub(crate) fn each_object(value: &mut Value, visit: &mut dyn FnMut(&mut Object) -> bool) -> bool {
    match value {
        Value::Object(object) => {
            let mut changed = visit(object);
            for (_, inner) in object.iter_mut() {
                changed |= each_object(inner, visit);
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, inner| each_object(inner, visit) | changed),
        _ => false,
    }
}

/// Replaces a string member by what `change` makes of it.
pub(crate) fn map_text(object: &mut Object, member: &str, change: impl FnOnce(&str) -> Option<String>) -> bool {
    let Some(Value::String(text)) = object.get_mut(member) else { return false };
    match change(text) {
        Some(new) if new != *text => {
            *text = new;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_nobody_changes_keeps_its_bytes(bytes: Vec<u8>) {
            let mut payload = Payload::new(bytes.clone());
            let _ = payload.json();
            payload.edit(|_| false);
            prop_assert_eq!(payload.bytes(), bytes);
        }
    }

    #[test]
    fn a_change_keeps_order_and_decimals_of_the_rest() {
        let mut payload = Payload::new(r#"{"z": 1.00, "resourceType": "Observation", "a": 12345678901234567890.10}"#);
        assert!(payload.edit_resources(|resource| resource.insert("new".into(), true.into()).is_none()));
        assert_eq!(
            payload.bytes(),
            r#"{"z":1.00,"resourceType":"Observation","a":12345678901234567890.10,"new":true}"#
        );
    }
}
