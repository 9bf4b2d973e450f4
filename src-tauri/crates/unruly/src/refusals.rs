//! What a server doesn't do at all: PATCH (3), transactions (4), AuditEvents and formats (14), Subscriptions
//! (15), large bodies (11), `_history`.
//!
//! XML only (`json-missing`) is refused in both directions rather than translated: FHIR's XML and JSON differ
//! in more than brackets, and a client that speaks JSON can do nothing there but say so, which is what is tested.

use axum::http::Method;
use axum::http::header::{ACCEPT, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::exchange::{Answer, Kind, Request};
use crate::payload::Payload;
use crate::quirk::Quirk;
use crate::scene::Scene;

/// Refuses what this server doesn't do.
pub(crate) fn request(scene: &Scene<'_>, request: &mut Request) -> Option<Answer> {
    let interaction = scene.interaction;
    let size = request.body.bytes().len() as u64;
    if scene.quirks.number(Quirk::BodyLimit).is_some_and(|limit| size > limit) {
        scene.tally.note(Quirk::BodyLimit);
        return Some(Answer::refusal(413, "too-long", "The body is too large"));
    }
    if let Some(answer) = format(scene, request) {
        return Some(answer);
    }
    let writes = matches!(interaction.kind, Kind::Create | Kind::Update | Kind::Conditional | Kind::Patch);
    let patches = interaction.is(Kind::Patch) || (interaction.is(Kind::Conditional) && request.method == Method::PATCH);
    let refused = [
        (Quirk::PatchMissing, patches, "PATCH is not supported"),
        (Quirk::AuditRefused, interaction.names("AuditEvent") && writes, "AuditEvents are written by this server only"),
        (Quirk::HistoryMissing, interaction.is(Kind::History), "_history is not supported"),
        (Quirk::SubscriptionsMissing, interaction.names("Subscription"), "Unknown resource type 'Subscription'"),
        (Quirk::TransactionMissing, is_transaction(request, interaction.kind), "Transactions are not supported"),
    ];
    refused
        .into_iter()
        .find(|(quirk, applies, _)| *applies && scene.on(*quirk))
        .map(|(quirk, _, text)| scene.refuse(quirk, "not-supported", text))
}

fn is_transaction(request: &mut Request, kind: Kind) -> bool {
    kind == Kind::Bundle && request.body.json().and_then(|bundle| bundle.get("type")?.as_str()) == Some("transaction")
}

fn format(scene: &Scene<'_>, request: &mut Request) -> Option<Answer> {
    if !scene.interaction.is_fhir() || scene.interaction.is(Kind::SmartConfiguration) {
        return None;
    }
    let sent = request.header("content-type").unwrap_or_default();
    let wanted =
        request.query.get("_format").unwrap_or_else(|| request.header("accept").unwrap_or_default().to_owned());
    let is = |kind: &str, format: &str| kind.split(';').next().is_some_and(|kind| kind.contains(format));
    if scene.on(Quirk::JsonMissing) {
        let status = if is(sent, "json") {
            415
        } else if wanted.contains("xml") {
            return None;
        } else {
            406
        };
        scene.tally.note(Quirk::JsonMissing);
        return Some(Answer::bytes(
            status,
            "application/fhir+xml",
            r#"<OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="error"/><code value="not-supported"/><diagnostics value="Only application/fhir+xml is supported"/></issue></OperationOutcome>"#,
        ));
    }
    if scene.on(Quirk::XmlMissing) {
        let status = if is(sent, "xml") {
            Some(415)
        } else {
            (wanted.contains("xml") && !wanted.contains("json") && !wanted.contains("html")).then_some(406)
        };
        if let Some(status) = status {
            scene.tally.note(Quirk::XmlMissing);
            return Some(Answer::refusal(status, "not-supported", "Only application/fhir+json is supported"));
        }
    }
    if scene.on(Quirk::BinaryJsonOnly) && scene.interaction.names("Binary") {
        if matches!(scene.interaction.kind, Kind::Create | Kind::Update) && !sent.contains("json") {
            scene.tally.note(Quirk::BinaryJsonOnly);
            return Some(Answer::refusal(415, "not-supported", "A Binary is taken as application/fhir+json only"));
        }
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/fhir+json"));
    }
    None
}

/// Wraps a Binary that the upstream handed out raw in spite of what was asked for.
pub(crate) fn response(scene: &Scene<'_>, answer: &mut Answer) {
    if !scene.interaction.names("Binary") || !matches!(scene.interaction.kind, Kind::Read | Kind::VersionRead) {
        return;
    }
    scene.play(Quirk::BinaryJsonOnly, || {
        if !answer.status.is_success() {
            return false;
        }
        let kind = answer.header("content-type").unwrap_or("application/octet-stream").to_owned();
        if !kind.contains("fhir+json") {
            answer.body = Payload::of(json!({
                "resourceType": "Binary",
                "id": scene.interaction.id,
                "contentType": kind,
                "data": BASE64_STANDARD.encode(answer.body.bytes()),
            }));
            answer.set_header(axum::http::header::CONTENT_TYPE, "application/fhir+json");
        }
        true
    });
}
