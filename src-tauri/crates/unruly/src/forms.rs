//! The form of `Location`, of `entry.response.status`, and of errors (8, 9).

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use serde_json::{Value, json};

use crate::exchange::{Answer, status_code};
use crate::links::Base;
use crate::payload::{Object, Payload, each_object, map_text, resource_type};
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::versions::bare;

/// Gives locations, statuses and errors the form of the quirks.
pub(crate) fn response(scene: &Scene<'_>, base: &Base, answer: &mut Answer) {
    if !scene.interaction.is_fhir() {
        return;
    }
    scene.play(Quirk::LocationHistory, || lengthen_locations(answer));
    scene.play(Quirk::LocationPlain, || {
        answer.map_locations(&|location| location.split_once("/_history/").map(|(resource, _)| resource.to_owned()))
    });
    scene.play(Quirk::LocationRelative, || {
        let prefix = format!("{}/", base.url());
        answer.map_locations(&|location| location.strip_prefix(&prefix).map(str::to_owned))
    });
    scene.play(Quirk::ResponseStatusLong, || {
        edit_status(answer, |status| {
            let code = status.split(' ').next()?;
            let reason = status_code(code.parse().ok()?).canonical_reason()?;
            Some(format!("{code} {reason}"))
        })
    });
    scene
        .play(Quirk::ResponseStatusShort, || edit_status(answer, |status| status.split(' ').next().map(str::to_owned)));
    scene.play(Quirk::ErrorInDetails, || {
        edit_issues(answer, |issue| {
            let Some(text) = issue.shift_remove("diagnostics") else { return false };
            let details = issue.entry("details").or_insert_with(|| json!({}));
            if let Some(details) = details.as_object_mut() {
                details.insert("text".into(), text);
            }
            true
        })
    });
    scene.play(Quirk::ErrorInDiagnostics, || {
        edit_issues(answer, |issue| {
            let Some(Value::Object(mut details)) = issue.shift_remove("details") else { return false };
            let text = details.shift_remove("text").or_else(|| details.get("coding")?.pointer("/0/display").cloned());
            if let Some(text) = text {
                issue.entry("diagnostics").or_insert(text);
            }
            true
        })
    });
    scene.play(Quirk::ErrorHtml, || {
        let is_error = answer.status.is_client_error() || answer.status.is_server_error();
        if is_error {
            answer.body = Payload::new(error_page(answer.status.as_u16()));
            answer.set_header(CONTENT_TYPE, "text/html; charset=utf-8");
        }
        is_error
    });
}

/// What a gateway shows in place of the server's words.
pub(crate) fn error_page(status: u16) -> String {
    let reason = status_code(status).canonical_reason().unwrap_or("Error");
    format!(
        "<!DOCTYPE html>\n<html><head><title>{status} {reason}</title></head><body><h1>{reason}</h1><hr>gateway</body></html>\n"
    )
}

fn lengthen_locations(answer: &mut Answer) -> bool {
    let body = answer.body.json();
    let from_body = body.and_then(|body| body.pointer("/meta/versionId")?.as_str()).map(str::to_owned);
    let version =
        answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(|tag| bare(tag).to_owned()).or(from_body);
    let lengthened = |location: &str, version: Option<&str>| {
        let version = version.filter(|_| !location.contains("/_history/"))?;
        Some(format!("{location}/_history/{version}"))
    };
    let header = answer.map_header(LOCATION, |location| lengthened(location, version.as_deref()));
    header
        | answer.edit_entry_responses(|response| {
            let version = response.get("etag").and_then(Value::as_str).map(|tag| bare(tag).to_owned());
            map_text(response, "location", |location| lengthened(location, version.as_deref()))
        })
}

fn edit_status(answer: &mut Answer, change: impl Fn(&str) -> Option<String>) -> bool {
    answer.edit_entry_responses(|response| map_text(response, "status", &change))
}

/// Changes the issues of every OperationOutcome, those of failed entries included.
fn edit_issues(answer: &mut Answer, edit: impl Fn(&mut Object) -> bool) -> bool {
    answer.body.edit(|value| {
        each_object(value, &mut |object| {
            if resource_type(object) != Some("OperationOutcome") {
                return false;
            }
            let issues = object.get_mut("issue").and_then(Value::as_array_mut);
            issues
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
                .fold(false, |changed, issue| edit(issue) | changed)
        })
    })
}
