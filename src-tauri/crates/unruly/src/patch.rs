//! The status of a PATCH whose `test` operation fails: 400, 409, 412 or 422 (3).
//!
//! Which of an upstream's refusals was a failed test can't be told from its status, so the proxy looks: it reads
//! the resource and tries the `test` operations itself.

use axum::http::StatusCode;
use serde_json::Value;

use crate::exchange::{Answer, Kind, Request, outcome, status_code};
use crate::payload::Payload;
use crate::quirk::Quirk;
use crate::scene::Scene;
use crate::upstream::{Unanswered, Upstream};

const STATUSES: [(Quirk, u16); 4] =
    [(Quirk::PatchTest400, 400), (Quirk::PatchTest409, 409), (Quirk::PatchTest412, 412), (Quirk::PatchTest422, 422)];

/// Gives a failed test the quirk's status.
pub(crate) async fn response(
    scene: &Scene<'_>,
    upstream: &Upstream,
    request: &mut Request,
    answer: &mut Answer,
) -> Result<(), Unanswered> {
    let Some((quirk, status)) = STATUSES.into_iter().find(|(quirk, _)| scene.on(*quirk)) else { return Ok(()) };
    if !scene.interaction.is(Kind::Patch) || !matches!(answer.status.as_u16(), 400 | 409 | 412 | 422) {
        return Ok(());
    }
    let mut current = upstream.send(request.sibling(&request.path)).await?;
    if current.status != StatusCode::OK {
        return Ok(());
    }
    let failed = match (request.body.json(), current.body.json()) {
        (Some(patch), Some(resource)) => a_test_fails(patch, resource),
        _ => false,
    };
    if failed {
        scene.tally.note(quirk);
        answer.status = status_code(status);
        if answer.body.json().is_none() {
            answer.body = Payload::of(outcome("conflict", "A test operation failed"));
        }
    }
    Ok(())
}

/// Whether a `test` of a JSON Patch (RFC 6902) fails against a resource as it stands.
fn a_test_fails(patch: &Value, resource: &Value) -> bool {
    patch.as_array().into_iter().flatten().any(|operation| {
        operation.get("op").and_then(Value::as_str) == Some("test")
            && operation.get("path").and_then(Value::as_str).and_then(|path| resource.pointer(path))
                != operation.get("value")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_test_is_tried_as_json_patch_says() {
        let task = json!({"meta": {"versionId": "3"}, "status": "requested"});
        let test = |path: &str, value: Value| json!([{"op": "test", "path": path, "value": value}]);
        assert!(!a_test_fails(&test("/meta/versionId", "3".into()), &task));
        assert!(a_test_fails(&test("/meta/versionId", "2".into()), &task));
        assert!(a_test_fails(&test("/owner", "x".into()), &task));
        assert!(!a_test_fails(&json!([{"op": "add", "path": "/owner", "value": 1}]), &task));
    }
}
