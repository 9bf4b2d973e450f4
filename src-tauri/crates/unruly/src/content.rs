//! What stands inside resources: references, message text as HTML, read receipts (8, 10, 13).
//!
//! Each form is put on when a resource goes out and taken off when the client sends it back, so the upstream
//! keeps its own and a client that edits what it received changes nothing else by it.

use serde_json::{Value, json};

use crate::exchange::{Answer, Kind, Request};
use crate::links::Base;
use crate::payload::{Object, each_object, map_text, resource_type};
use crate::quirk::Quirk;
use crate::scene::Scene;

const OPEN: &str = "<div><p>";
const CLOSE: &str = "</p></div>";
const BREAK: &str = "<br/>";
const ENTITIES: [(&str, &str); 5] = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];

/// Takes off what [`response`] put on.
pub(crate) fn request(scene: &Scene<'_>, base: &Base, request: &mut Request) {
    if !matches!(scene.interaction.kind, Kind::Create | Kind::Update | Kind::Conditional | Kind::Search | Kind::Patch) {
        return;
    }
    if scene.on(Quirk::ReferencesAbsolute) {
        let prefix = format!("{}/", base.url());
        request.body.edit(|value| {
            each_object(value, &mut |object| map_text(object, "reference", |text| relative(text, &prefix)))
        });
        request.edit_params(&mut |query| query.map(|_, value| relative(value, &prefix)));
    }
    if scene.on(Quirk::PayloadHtml) {
        request.body.edit_resources(|resource| map_payload(resource, unwrap_html));
    }
    if let Some(url) = scene.quirks.text(Quirk::ReceiptsInExtension) {
        request.body.edit_resources(|resource| receipt_from_extension(resource, url));
    }
}

/// Puts on the forms of the quirks.
pub(crate) fn response(scene: &Scene<'_>, base: &Base, answer: &mut Answer) {
    if !scene.interaction.is_fhir() || scene.interaction.is(Kind::Capabilities) {
        return;
    }
    let prefix = format!("{}/", base.url());
    let body = &mut answer.body;
    scene.play(Quirk::ReferencesAbsolute, || {
        body.edit(|value| {
            each_object(value, &mut |object| {
                map_text(object, "reference", |text| is_relative(text).then(|| format!("{prefix}{text}")))
            })
        })
    });
    scene.play(Quirk::ReferencesRelative, || {
        body.edit(|value| {
            each_object(value, &mut |object| map_text(object, "reference", |text| relative(text, &prefix)))
        })
    });
    scene.play(Quirk::PayloadHtml, || body.edit_resources(|resource| map_payload(resource, wrap_html)));
    scene.play(Quirk::ReceivedNever, || {
        body.edit_resources(|resource| is_communication(resource) && resource.shift_remove("received").is_some())
    });
    if let Some(url) = scene.quirks.text(Quirk::ReceiptsInExtension) {
        scene.play(Quirk::ReceiptsInExtension, || body.edit_resources(|resource| receipt_to_extension(resource, url)));
    }
}

fn relative(reference: &str, prefix: &str) -> Option<String> {
    reference.strip_prefix(prefix).map(str::to_owned)
}

fn is_relative(reference: &str) -> bool {
    reference.starts_with(|c: char| c.is_ascii_uppercase()) && reference.contains('/') && !reference.contains(':')
}

fn is_communication(resource: &Object) -> bool {
    resource_type(resource) == Some("Communication")
}

fn map_payload(resource: &mut Object, change: impl Fn(&str) -> Option<String>) -> bool {
    if !is_communication(resource) {
        return false;
    }
    let payload = resource.get_mut("payload").and_then(Value::as_array_mut);
    payload
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
        .fold(false, |changed, part| map_text(part, "contentString", &change) | changed)
}

fn wrap_html(text: &str) -> Option<String> {
    let escaped = ENTITIES.iter().fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity));
    Some(format!("{OPEN}{}{CLOSE}", escaped.replace('\n', BREAK)))
}

fn unwrap_html(html: &str) -> Option<String> {
    let inner = html.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.replace(BREAK, "\n");
    Some(ENTITIES.iter().rev().fold(inner, |text, (plain, entity)| text.replace(entity, plain)))
}

fn receipt_to_extension(resource: &mut Object, url: &str) -> bool {
    if !is_communication(resource) {
        return false;
    }
    let Some(received) = resource.shift_remove("received") else { return false };
    let receipt = json!({"url": url, "valueDateTime": received});
    match resource.get_mut("extension").and_then(Value::as_array_mut) {
        Some(extensions) => extensions.push(receipt),
        None => {
            resource.insert("extension".into(), json!([receipt]));
        }
    }
    true
}

fn receipt_from_extension(resource: &mut Object, url: &str) -> bool {
    if !is_communication(resource) {
        return false;
    }
    let Some(extensions) = resource.get_mut("extension").and_then(Value::as_array_mut) else { return false };
    let Some(at) = extensions.iter().position(|one| one.get("url").and_then(Value::as_str) == Some(url)) else {
        return false;
    };
    let receipt = extensions.remove(at);
    if extensions.is_empty() {
        resource.shift_remove("extension");
    }
    if let Some(received) = receipt.get("valueDateTime") {
        resource.insert("received".into(), received.clone());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn html_comes_off_as_it_went_on(text: String) {
            let html = wrap_html(&text).unwrap();
            prop_assert_eq!(unwrap_html(&html), Some(text));
        }
    }

    #[test]
    fn only_references_within_the_server_are_relative() {
        assert!(is_relative("Patient/ana"));
        for reference in ["#contained", "urn:uuid:1", "https://other.example/Patient/1", "patient"] {
            assert!(!is_relative(reference), "{reference}");
        }
    }

    #[test]
    fn a_receipt_moves_to_the_extension_and_back() {
        let before = json!({"resourceType": "Communication", "received": "2026-03-01T10:00:00Z"});
        let mut resource = before.as_object().unwrap().clone();
        assert!(receipt_to_extension(&mut resource, "u"));
        assert!(!resource.contains_key("received"));
        assert!(receipt_from_extension(&mut resource, "u"));
        assert_eq!(Value::Object(resource), before);
    }
}
