//! Changing a proxy while it runs, from here and from elsewhere.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn the_control_endpoint_wants_its_secret() {
    let stage = Stage::with("").await;
    let url = stage.serving.control_url();
    for headers in [&[][..], &[("authorization", "Bearer guess")]] {
        assert_eq!(stage.try_send("PUT", &url, headers, r#"{"quirks": "no-total"}"#).await.unwrap().status, 401);
    }
    assert!(stage.handle().quirks().is_empty());
}

#[tokio::test]
async fn quirks_change_while_it_runs() {
    let stage = Stage::with("").await;
    stage.ana_writes(1);
    let url = stage.serving.control_url();
    let secret = format!("Bearer {}", stage.serving.control_secret());
    let headers = [("authorization", secret.as_str())];
    let changed = stage.try_send("PUT", &url, &headers, r#"{"quirks": "no-total"}"#).await.unwrap();
    assert_eq!(changed.json(), json!({"quirks": "no-total", "offline": false, "applied": {}}));
    assert_eq!(stage.get("Communication").await.json().get("total"), None);
    for wrong in ["{", r#"{"quirks": "no-such"}"#, r#"{"quirk": "no-total"}"#] {
        assert_eq!(stage.try_send("PUT", &url, &headers, wrong).await.unwrap().status, 400);
    }
    let state = stage.try_send("GET", &url, &headers, "").await.unwrap().json();
    assert_eq!(state, json!({"quirks": "no-total", "offline": false, "applied": {"no-total": 1}}));
}

#[tokio::test]
async fn offline_nobody_answers_but_the_control_endpoint() {
    let stage = Stage::with("").await;
    let url = stage.serving.control_url();
    let secret = format!("Bearer {}", stage.serving.control_secret());
    let headers = [("authorization", secret.as_str())];
    stage.handle().offline(true);
    assert!(stage.try_send("GET", "Task", &[], "").await.is_err());
    assert_eq!(stage.practice.seen.lock().unwrap().len(), 0);
    stage.try_send("PUT", &url, &headers, r#"{"offline": false}"#).await.unwrap();
    assert_eq!(stage.get("Task").await.status, 200);
}
