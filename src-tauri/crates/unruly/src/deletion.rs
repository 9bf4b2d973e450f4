//! What a server answers for what was deleted: 410, 404, or 200 with an outcome (12).
//!
//! Upstreams differ here already, so the proxy remembers what was deleted through it.

use std::collections::HashSet;
use std::sync::Mutex;

use axum::http::StatusCode;
use serde_json::json;

use crate::exchange::{Answer, Kind, outcome};
use crate::payload::Payload;
use crate::quirk::Quirk;
use crate::scene::{Scene, lock};

/// `Type/id` of what was deleted through the proxy.
#[derive(Debug, Default)]
pub(crate) struct Deleted(Mutex<HashSet<String>>);

/// Remembers deletions, and answers reads of them in the quirk's way.
pub(crate) fn response(scene: &Scene<'_>, deleted: &Deleted, answer: &mut Answer) {
    let Some(resource) = scene.interaction.resource() else { return };
    match scene.interaction.kind {
        Kind::Delete if answer.status.is_success() => {
            lock(&deleted.0).insert(resource);
        }
        Kind::Update if answer.status.is_success() => {
            lock(&deleted.0).remove(&resource);
        }
        Kind::Read => {
            let gone = answer.status == StatusCode::GONE
                || (answer.status == StatusCode::NOT_FOUND && lock(&deleted.0).contains(&resource));
            if gone {
                scene.play(Quirk::DeletedAs404, || restate(answer, StatusCode::NOT_FOUND));
                scene.play(Quirk::DeletedAs410, || restate(answer, StatusCode::GONE));
                scene.play(Quirk::DeletedAs200, || {
                    answer.body = Payload::of(json!({
                        "resourceType": "OperationOutcome",
                        "issue": [{"severity": "information", "code": "deleted", "diagnostics": "The resource was deleted"}],
                    }));
                    answer.set_header(axum::http::header::CONTENT_TYPE, "application/fhir+json");
                    answer.status = StatusCode::OK;
                    true
                });
            }
        }
        _ => {}
    }
}

fn restate(answer: &mut Answer, status: StatusCode) -> bool {
    if answer.status == status {
        return false;
    }
    answer.status = status;
    if answer.body.json().is_none() {
        answer.body = Payload::of(outcome("not-found", "The resource is not known"));
    }
    true
}
