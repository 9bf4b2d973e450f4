//! Writes that do other than they say (3, 4, 5, 10, 11, 12, 14).

use serde_json::{Value, json};
use tern_unruly::Quirk;

use crate::stage::{Reply, Stage, message};

const CLAIM: &str = r#"[{"op": "test", "path": "/meta/versionId", "value": "VERSION"}, {"op": "add", "path": "/owner", "value": {"reference": "PractitionerRole/osei"}}]"#;

async fn claim(stage: &Stage, version: &str, if_match: &[(&str, &str)]) -> Reply {
    stage.send("PATCH", "Task/call", if_match, serde_json::from_str(&CLAIM.replace("VERSION", version)).unwrap()).await
}

#[tokio::test]
async fn patch_ignores_if_match_and_its_test_guards() {
    let stage = Stage::with("patch-ignores-if-match").await;
    stage.a_task();
    assert_eq!(claim(&stage, "9", &[("if-match", "W/\"1\"")]).await.status, 422);
    assert_eq!(claim(&stage, "1", &[("if-match", "W/\"9\"")]).await.status, 200);
    assert_eq!(stage.practice.last_seen().headers.get("if-match"), None);
}

#[tokio::test]
async fn a_failed_test_has_many_statuses() {
    for (quirk, status) in
        [("patch-test-400", 400), ("patch-test-409", 409), ("patch-test-412", 412), ("patch-test-422", 422)]
    {
        let stage = Stage::with(quirk).await;
        stage.a_task();
        assert_eq!(claim(&stage, "9", &[]).await.status, status, "{quirk}");
        assert_eq!(claim(&stage, "1", &[]).await.status, 200);
        // Another refusal keeps the server's own status.
        assert_eq!(claim(&stage, "2", &[("if-match", "W/\"9\"")]).await.status, 412);
        assert_eq!(stage.applied(quirk.parse().unwrap()), 1);
    }
}

#[tokio::test]
async fn there_is_no_patch() {
    let stage = Stage::with("patch-missing=501").await;
    stage.a_task();
    assert_eq!(claim(&stage, "1", &[]).await.status, 501);
    assert!(!stage.get("metadata").await.json().to_string().contains("\"patch\""));
}

/// A reply, and the Task that it completes.
fn reply_and_outcome(if_match: &str) -> Value {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "PUT", "url": "Task/call", "ifMatch": if_match},
         "resource": {"resourceType": "Task", "status": "completed", "focus": {"reference": "urn:uuid:reply"}}},
        {"fullUrl": "urn:uuid:reply", "request": {"method": "POST", "url": "Communication"}, "resource": message("Come in.")},
    ]})
}

#[tokio::test]
async fn a_transaction_is_half_done_and_answered_200() {
    let stage = Stage::with("").await;
    stage.a_task();
    assert_eq!(stage.post("", reply_and_outcome("W/\"9\"")).await.status, 412);
    assert_eq!(stage.practice.count("Communication"), 0);
    stage.handle().set_list("transaction-half").unwrap();
    let half = stage.post("", reply_and_outcome("W/\"9\"")).await;
    let bundle = half.json();
    assert_eq!((half.status.as_u16(), bundle["type"].as_str()), (200, Some("transaction-response")));
    assert_eq!(bundle["entry"][0]["response"]["status"], "412 Precondition Failed");
    assert_eq!(bundle["entry"][0]["response"]["outcome"]["resourceType"], "OperationOutcome");
    assert_eq!(bundle["entry"][1]["response"]["status"], "201 Created");
    assert!(bundle["entry"][1]["response"]["location"].as_str().unwrap().starts_with(&stage.base()));
    assert_eq!(stage.practice.count("Communication"), 1);
    // What succeeds refers to what was made before it.
    let whole = stage.post("", reply_and_outcome("W/\"1\"")).await.json();
    assert_eq!(whole["entry"][0]["response"]["status"], "200 OK");
    assert_eq!(stage.practice.holds("Task", "call").unwrap()["focus"]["reference"], "Communication/new-2");
    assert!(stage.get("metadata").await.json().to_string().contains("\"transaction\""));
}

#[tokio::test]
async fn there_is_no_transaction() {
    let stage = Stage::with("transaction-missing").await;
    stage.a_task();
    assert_eq!(stage.post("", reply_and_outcome("W/\"1\"")).await.status, 400);
    assert!(!stage.get("metadata").await.json().to_string().contains("\"transaction\""));
    let mut batch = reply_and_outcome("W/\"9\"");
    batch["type"] = "batch".into();
    assert_eq!(stage.post("", batch).await.json()["entry"][1]["response"]["status"], "201 Created");
}

#[tokio::test]
async fn a_new_id_is_refused_also_inside_a_transaction() {
    let stage = Stage::with("put-new-id-refused").await;
    stage.a_task();
    assert_eq!(stage.put("Communication/mine", message("Come in.")).await.status, 404);
    assert_eq!(stage.put("Task/call", json!({"resourceType": "Task", "status": "accepted"})).await.status, 200);
    let mut bundle = reply_and_outcome("W/\"2\"");
    bundle["entry"][1]["request"] = json!({"method": "PUT", "url": "Communication/mine"});
    assert_eq!(stage.post("", bundle).await.status, 404);
    assert_eq!(stage.practice.holds("Task", "call").unwrap()["status"], "accepted");
    assert_eq!(stage.get("metadata").await.json()["rest"][0]["resource"][0]["updateCreate"], false);
}

#[tokio::test]
async fn an_unchanged_put_keeps_its_version() {
    let stage = Stage::with("put-unchanged-keeps-version").await;
    stage.a_task();
    let current = stage.get("Task/call").await.json();
    let same = stage.send("PUT", "Task/call", &[("if-match", "W/\"1\"")], current.clone()).await;
    assert_eq!((same.status.as_u16(), same.header("etag")), (200, Some("W/\"1\"")));
    assert_eq!(stage.send("PUT", "Task/call", &[("if-match", "W/\"9\"")], current.clone()).await.status, 412);
    let mut changed = current;
    changed["status"] = "accepted".into();
    assert_eq!(stage.put("Task/call", changed).await.header("etag"), Some("W/\"2\""));
}

#[tokio::test]
async fn conditions_are_ignored() {
    let stage = Stage::with("put-ignores-if-match,if-none-match-ignored,if-none-exist-ignored").await;
    stage.a_task();
    let task = || json!({"resourceType": "Task", "identifier": [{"value": "k"}]});
    assert_eq!(stage.send("PUT", "Task/call", &[("if-match", "W/\"9\"")], task()).await.status, 200);
    assert_eq!(stage.send("PUT", "Task/call", &[("if-none-match", "*")], task()).await.status, 200);
    assert_eq!(stage.send("POST", "Task", &[("if-none-exist", "identifier=k")], task()).await.status, 201);
    assert_eq!(stage.get("metadata").await.json()["rest"][0]["resource"][1]["conditionalCreate"], false);
}

#[tokio::test]
async fn conditional_creates_side_by_side_all_create() {
    for (quirks, stored) in [("", 1), ("if-none-exist-not-atomic", 2)] {
        let stage = Stage::with(quirks).await;
        let key = || json!({"resourceType": "Communication", "identifier": [{"value": "k"}]});
        let once = [("if-none-exist", "identifier=k")];
        stage.practice.gather_creates(2);
        tokio::join!(
            stage.send("POST", "Communication", &once, key()),
            stage.send("POST", "Communication", &once, key()),
        );
        assert_eq!(stage.practice.count("Communication"), stored, "{quirks}");
        // One after the other, the condition holds.
        stage.practice.gather_creates(1);
        assert_eq!(stage.send("POST", "Communication", &once, key()).await.status, 200);
    }
}

#[tokio::test]
async fn a_create_is_stored_with_another_status() {
    let stage = Stage::with("status-rewritten").await;
    let created = stage.put("Communication/reply", message("Come in.")).await.json();
    assert_eq!(created["status"], "in-progress");
    let mut retracted = created;
    retracted["status"] = "entered-in-error".into();
    assert_eq!(stage.put("Communication/reply", retracted).await.json()["status"], "entered-in-error");
    let stage = Stage::with("status-rewritten=unknown").await;
    assert_eq!(stage.post("Communication", message("Come in.")).await.json()["status"], "unknown");
}

#[tokio::test]
async fn large_bodies_and_audit_events_are_refused() {
    let stage = Stage::with("body-limit=1KB,audit-refused").await;
    assert_eq!(stage.put("Communication/long", message(&"x".repeat(2_000))).await.status, 413);
    assert_eq!(stage.put("Communication/short", message("x")).await.status, 201);
    assert_eq!(stage.post("AuditEvent", json!({"resourceType": "AuditEvent"})).await.status, 405);
    assert_eq!(stage.applied(Quirk::BodyLimit), 1);
}

#[tokio::test]
async fn the_deleted_has_three_statuses() {
    for (quirk, status) in [("deleted-as-404", 404), ("deleted-as-410", 410), ("deleted-as-200", 200)] {
        let stage = Stage::with(quirk).await;
        stage.a_task();
        assert_eq!(stage.send("DELETE", "Task/call", &[], Value::Null).await.status, 204);
        let read = stage.get("Task/call").await;
        assert_eq!((read.status.as_u16(), read.json()["resourceType"].as_str()), (status, Some("OperationOutcome")));
        assert_eq!(stage.get("Task/never").await.status, 404);
    }
}
