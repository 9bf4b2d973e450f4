//! The FHIR server behind the sign-in: who gets in, what is there on the first day, what it takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scene;

use reqwest::{Method, StatusCode};
use scene::{Scene, open, open_with};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tern_practice::{Error, Practice, vocabulary};

fn resources(bundle: &Value) -> Vec<&Value> {
    let entries = bundle["entry"].as_array();
    entries.into_iter().flatten().map(|entry| &entry["resource"]).collect()
}

async fn leo(scene: &Scene, token: &str) -> Value {
    let (_, found) = scene.get("/Patient?family=Ruiz", token).await;
    resources(&found)[0].clone()
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_but_the_door_says_how() {
    let scene = open().await;
    for path in ["/Patient", "/Communication?_count=1", "/AuditEvent", "/Subscription/1", "/_history"] {
        let response = scene.http.get(format!("{}{path}", scene.base)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    for token in ["", "nonsense"] {
        assert_eq!(scene.get("/Patient", token).await.0, StatusCode::UNAUTHORIZED);
        for path in ["/AuditEvent", "/Subscription", "/Communication", ""] {
            let (status, _) = scene.post(path, token, json!({})).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    let metadata = scene.http.get(format!("{}/metadata", scene.base)).send().await.unwrap();
    assert_eq!(metadata.status(), StatusCode::OK);
    let statement: Value = metadata.json().await.unwrap();
    assert_eq!(statement["resourceType"], "CapabilityStatement");
    assert_eq!(statement["implementation"]["url"], scene.base.as_str());
}

#[tokio::test]
async fn only_who_trusts_its_authority_reaches_it_and_never_in_the_clear() {
    let scene = open().await;
    let stranger = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    assert!(stranger.get(format!("{}/metadata", scene.base)).send().await.is_err());
    let plain = scene.base.replacen("https", "http", 1);
    let answer = scene.http.get(format!("{plain}/metadata")).send().await;
    assert!(answer.is_err() || !answer.unwrap().status().is_success());
}

#[tokio::test]
async fn anas_thread_for_leo_is_there_as_the_specification_draws_it() {
    let scene = open().await;
    let token = scene.agent().await;
    let leo = leo(&scene, &token).await;
    let patient = format!("Patient/{}", leo["id"].as_str().unwrap());
    let (_, threads) =
        scene.get(&format!("/Communication?subject={patient}&part-of:missing=true&_sort=_lastUpdated"), &token).await;
    let thread = resources(&threads)[0];
    assert_eq!(thread["status"], "in-progress");
    assert!(thread.get("payload").is_none() && thread.get("partOf").is_none());
    assert!(!thread["topic"]["text"].as_str().unwrap().is_empty());
    assert_eq!(thread["sender"]["display"], "Ana Ruiz");
    let recipients = thread["recipient"].as_array().unwrap();
    for kind in ["Patient/", "RelatedPerson/", "CareTeam/"] {
        let is_named = |r: &Value| r["reference"].as_str().unwrap().starts_with(kind);
        assert!(recipients.iter().any(is_named), "{kind}");
    }
    let identity = format!("urn:uuid:{}", thread["id"].as_str().unwrap());
    assert_eq!(thread["identifier"][0], json!({"system": "urn:ietf:rfc:3986", "value": identity}));

    let (_, messages) =
        scene.get(&format!("/Communication?part-of=Communication/{}", thread["id"].as_str().unwrap()), &token).await;
    let message = resources(&messages)[0];
    assert_eq!(message["status"], "completed");
    assert!(message["sent"].is_string() && message["payload"][0]["contentString"].is_string());
    assert!(message["sender"]["reference"].as_str().unwrap().starts_with("RelatedPerson/"));

    let (_, tasks) = scene.get(&format!("/Task?focus=Communication/{}", thread["id"].as_str().unwrap()), &token).await;
    let task = resources(&tasks)[0];
    assert_eq!(task["intent"], "order");
    assert_eq!(task["status"], "requested");
    assert_eq!(task["for"]["reference"], patient.as_str());
    assert_eq!(
        task.pointer("/input/0/valueReference/reference").unwrap(),
        &json!(format!("Communication/{}", message["id"].as_str().unwrap()))
    );
    assert_eq!(task.get("restriction"), None, "until when, the calendar says");
    let (_, tables) = scene.get("/Library", &token).await;
    assert_eq!(resources(&tables).len(), 2);
    let coding = &task["performerType"][0]["coding"][0];
    let (_, pools) = scene
        .get(
            &format!(
                "/CareTeam?identifier={}|{}",
                coding["system"].as_str().unwrap(),
                coding["code"].as_str().unwrap()
            ),
            &token,
        )
        .await;
    assert_eq!(resources(&pools).len(), 1, "the pool it names exists");
    let (_, organizations) = scene.get("/Organization", &token).await;
    let practice = resources(&organizations)[0]["identifier"][0]["value"].as_str().unwrap().to_owned();
    let category = thread.pointer("/category/0/coding/0/code").unwrap().as_str().unwrap();
    let message_identity = message["identifier"][0]["value"].as_str().unwrap();
    let expected = vocabulary::work_item_identity(&practice, message_identity, category);
    assert_eq!(task["identifier"][0]["value"], expected.urn().to_string());
}

#[tokio::test]
async fn two_patients_share_a_name_and_every_role_is_at_work() {
    let scene = open().await;
    let token = scene.agent().await;
    let (_, found) = scene.get("/Patient?family=Garc%C3%ADa&given=Mar%C3%ADa", &token).await;
    assert_eq!(resources(&found).len(), 2);
    let (_, roles) = scene.get("/PractitionerRole", &token).await;
    let mut codes: Vec<&str> =
        resources(&roles).iter().map(|r| r.pointer("/code/0/coding/0/code").unwrap().as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["front-office", "it", "ma", "nurse", "physician", "physician", "triage-lead"]);
    let (_, pools) = scene.get("/CareTeam", &token).await;
    assert_eq!(resources(&pools).len(), 5);
}

#[tokio::test]
async fn a_search_finds_what_was_asked_for_and_not_everything() {
    let scene = open().await;
    let token = scene.agent().await;
    // Without its search parameters Helios answers this with every Communication there is.
    let (status, none) = scene.get("/Communication?recipient=Patient/nobody", &token).await;
    assert_eq!(status, StatusCode::OK);
    assert!(resources(&none).is_empty());
}

#[tokio::test]
async fn a_restart_keeps_what_was_there_whatever_it_is_started_with() {
    let data = Arc::new(TempDir::new().unwrap());
    let scene = open_with(Arc::clone(&data), |_| {}).await;
    let token = scene.agent().await;
    let count = async |scene: &Scene, token: &str| {
        scene.get("/Communication?_count=1&_total=accurate", token).await.1["total"].clone()
    };
    scene.arrive(&token, json!({"text": "one more"})).await;
    let before = count(&scene, &token).await;
    scene.practice.close().await;
    let again = open_with(data, |options| options.size.threads = 500).await;
    let token = again.agent().await;
    assert_eq!(count(&again, &token).await, before);
}

#[tokio::test]
async fn audit_events_are_taken_and_incomplete_ones_are_not() {
    let scene = open().await;
    let granted = scene.sign_in("osei").await;
    let token = granted["access_token"].as_str().unwrap();
    let event = json!({
        "resourceType": "AuditEvent",
        "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110110"},
        "recorded": "2026-01-05T09:00:00Z",
        "agent": [{"requestor": true}],
        "source": {"observer": {"display": "Tern"}}
    });
    let (status, stored) = scene.post("/AuditEvent", token, event.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = stored["id"].as_str().unwrap();
    let (status, read) = scene.get(&format!("/AuditEvent/{id}"), token).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(read["recorded"], event["recorded"]);
    let (status, _) = scene.get("/AuditEvent?_count=1", token).await;
    assert_eq!(status, StatusCode::OK, "and searched");
    let (status, outcome) = scene.post("/AuditEvent", token, json!({"resourceType": "AuditEvent"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(outcome["resourceType"], "OperationOutcome");
}

#[tokio::test]
async fn of_two_who_claim_one_item_one_holds_it() {
    let scene = open().await;
    let token = scene.agent().await;
    let arrived = scene.arrive(&token, json!({"text": "Who takes me?"})).await;
    let url = format!("{}/{}", scene.base, arrived["task"].as_str().unwrap());
    let (_, task) = scene.ask(Method::GET, &url, &token, None).await;
    // Helios keeps `meta` apart, so a patch cannot test `/meta/versionId`; `If-Match` is the guard.
    let claim = async |owner: usize| {
        let at_work = &scene.practice.announcement().accounts[owner].practitioner_role;
        let patch = json!([
            {"op": "add", "path": "/owner", "value": {"reference": at_work}},
            {"op": "replace", "path": "/status", "value": "accepted"}
        ]);
        let version = task["meta"]["versionId"].as_str().unwrap();
        let request = scene
            .http
            .patch(&url)
            .bearer_auth(&token)
            .header("if-match", format!("W/\"{version}\""))
            .header("content-type", "application/json-patch+json");
        request.body(patch.to_string()).send().await.unwrap().status()
    };
    let (osei, tran) = tokio::join!(claim(0), claim(3));
    let held = [osei, tran].iter().filter(|status| status.is_success()).count();
    assert_eq!(held, 1, "{osei:?} {tran:?}");
}

#[tokio::test]
async fn a_patient_writes_writes_again_and_reads_when_told_to() {
    let scene = open().await;
    let token = scene.agent().await;
    let arrived = scene
        .arrive(
            &token,
            json!({"patient": "Leo Ruiz", "subject": "Cough", "text": "Leo coughs at night.", "photo": true}),
        )
        .await;
    let (_, thread) = scene.get(&format!("/{}", arrived["thread"].as_str().unwrap()), &token).await;
    assert_eq!(thread["topic"]["text"], "Cough");
    assert_eq!(thread["sender"]["display"], "Ana Ruiz");
    let (_, message) = scene.get(&format!("/{}", arrived["message"].as_str().unwrap()), &token).await;
    let document = message.pointer("/payload/1/contentReference/reference").unwrap().as_str().unwrap();
    let (_, document) = scene.get(&format!("/{document}"), &token).await;
    assert_eq!(document.pointer("/content/0/attachment/contentType").unwrap(), "image/png");

    let again = scene.arrive(&token, json!({"thread": arrived["thread"], "text": "Now he sleeps."})).await;
    assert_eq!(again["thread"], arrived["thread"]);
    assert_ne!(again["task"], arrived["task"], "a work item of its own");

    let reply = scene.reply(&token, &arrived).await;
    let url = format!("{}/practice/received/{reply}", scene.issuer);
    let (status, _) = scene.ask(Method::POST, &url, &token, None).await;
    assert_eq!(status, StatusCode::OK);
    let (_, read) = scene.get(&format!("/Communication/{reply}"), &token).await;
    assert!(read["received"].is_string());
}

#[tokio::test]
async fn only_the_agent_moves_the_invented_people() {
    let scene = open().await;
    let granted = scene.sign_in("osei").await;
    let url = format!("{}/practice/arrive", scene.issuer);
    let (status, _) = scene.ask(Method::POST, &url, granted["access_token"].as_str().unwrap(), None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = scene.ask(Method::POST, &url, "nonsense", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let token = scene.agent().await;
    for wrong in [
        json!({"patient": "Nobody"}),
        json!({"subject": "no text"}),
        json!({"text": "x", "category": "weather"}),
        json!({"text": "x", "priority": "high"}),
        json!({"txet": "x"}),
    ] {
        let (status, _) = scene.ask(Method::POST, &url, &token, Some(wrong.clone())).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let (status, made) = scene.ask(Method::POST, &format!("{url}?count=7"), &token, None).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(made["arrived"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn with_a_file_the_patients_say_what_stands_in_it() {
    let data = Arc::new(TempDir::new().unwrap());
    let file = data.path().join("messages.jsonl");
    std::fs::write(&file, "{\"subject\":\"\",\"text\":\"the only thing anybody says\"}\n").unwrap();
    let scene = open_with(data, |options| options.messages = Some(file)).await;
    let token = scene.agent().await;
    let arrived = scene.arrive(&token, json!({})).await;
    let (_, thread) = scene.get(&format!("/{}", arrived["thread"].as_str().unwrap()), &token).await;
    assert_eq!(thread["topic"]["text"], "the only thing anybody says");
}

#[tokio::test]
async fn without_search_parameters_nothing_opens_and_the_reason_is_said() {
    let data = TempDir::new().unwrap();
    let mut options = scene::options(&data);
    options.search_parameters = Some(data.path().join("missing.json"));
    match Practice::open(options).await {
        Err(error @ Error::NoSearchParameters { .. }) => assert!(error.to_string().contains("missing.json")),
        other => panic!("{:?}", other.map(|p| p.announcement().base_url.clone())),
    }
}

#[tokio::test]
async fn a_bundle_larger_than_the_server_takes_is_refused_before_it_is_read_through() {
    let scene = open().await;
    let token = scene.agent().await;
    let bundle = vec![b' '; 33 * 1024 * 1024];
    let post = scene.http.post(&scene.base).bearer_auth(&token).header("content-type", "application/fhir+json");
    // The server may answer and close before all is sent, and a client may see either.
    if let Ok(answer) = post.body(bundle).send().await {
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(scene.get("/Patient?_count=1", &token).await.0, StatusCode::OK);
}
