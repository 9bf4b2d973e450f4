//! Failures on the way, with and without effect.

use serde_json::json;
use tern_unruly::Quirk;

use crate::stage::{Stage, message};

const JSON: [(&str, &str); 1] = [("content-type", "application/fhir+json")];

async fn reply(stage: &Stage, id: &str) -> Result<u16, crate::stage::Broken> {
    let body = message("Come in.").to_string();
    stage.try_send("PUT", &format!("Communication/{id}"), &JSON, body).await.map(|reply| reply.status.as_u16())
}

#[tokio::test]
async fn a_connection_closes_before_or_after_the_effect() {
    let stage = Stage::with("drop-before=once@PUT:Communication").await;
    assert!(reply(&stage, "a").await.is_err());
    assert_eq!(stage.practice.count("Communication"), 0);
    assert_eq!(reply(&stage, "a").await.unwrap(), 201);
    stage.handle().set_list("drop-after=once@PUT:Communication").unwrap();
    assert!(reply(&stage, "b").await.is_err());
    assert_eq!(stage.practice.times_seen("PUT", "/fhir/Communication/b"), 1);
    assert_eq!(reply(&stage, "b").await.unwrap(), 200);
    assert_eq!((stage.applied(Quirk::DropBefore), stage.applied(Quirk::DropAfter)), (1, 1));
}

#[tokio::test]
async fn a_fault_strikes_only_what_it_is_meant_for() {
    let stage = Stage::with("drop-before=always@POST:Communication,status-500=always@POST:/auth/token").await;
    assert_eq!(reply(&stage, "a").await.unwrap(), 201);
    assert_eq!(stage.get("/auth/authorize").await.status, 302);
    assert_eq!(stage.try_send("POST", "/auth/token", &[], "").await.unwrap().status, 500);
    assert!(stage.try_send("POST", "Communication", &JSON, message("x").to_string()).await.is_err());
}

#[tokio::test]
async fn statuses_without_effect_and_one_with() {
    for (quirks, status, retry_after, effects) in [
        ("status-429=once:7", 429, Some("7"), 0),
        ("status-429=once", 429, Some("1"), 0),
        ("status-500=once", 500, None, 0),
        ("status-503=once:3", 503, Some("3"), 0),
        ("status-504=once", 504, None, 1),
        ("html-200=once", 200, None, 0),
    ] {
        let stage = Stage::with(quirks).await;
        let struck = stage.put("Communication/a", message("Come in.")).await;
        assert_eq!((struck.status.as_u16(), struck.header("retry-after")), (status, retry_after), "{quirks}");
        assert_eq!(stage.practice.count("Communication"), effects, "{quirks}");
        assert!(stage.put("Communication/b", message("Come in.")).await.status == 201, "{quirks}");
    }
    let stage = Stage::with("html-200=once").await;
    assert!(stage.get("Task").await.bytes.starts_with(b"<!DOCTYPE html>"));
}

#[tokio::test]
async fn half_a_body_breaks_off() {
    let stage = Stage::with("half-body=once").await;
    stage.ana_writes(3);
    assert!(stage.try_send("GET", "Communication", &[], "").await.is_err());
    assert_eq!(stage.get("Communication").await.ids().len(), 3);
}

#[tokio::test]
async fn half_a_body_is_half_a_body() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let stage = Stage::with("half-body=once").await;
    stage.a_task();
    let address = stage.origin().trim_start_matches("http://").to_owned();
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!("GET /fhir/Task/call HTTP/1.1\r\nhost: {address}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).await.unwrap();
    let answer = String::from_utf8(bytes).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let whole = stage.get("Task/call").await.bytes.len();
    assert!(head.contains(&format!("content-length: {whole}")), "{head}");
    assert_eq!(body.len(), whole / 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits() {
    // Tokio's time stands still and jumps to whatever is waited for: nobody sits through the hour.
    let stage = Stage::with("delay=3600000@GET:Task").await;
    let before = tokio::time::Instant::now();
    stage.get("Communication").await;
    assert_eq!(stage.applied(Quirk::Delay), 0);
    stage.get("Task").await;
    assert!(before.elapsed() >= std::time::Duration::from_secs(3_600));
    assert_eq!(stage.applied(Quirk::Delay), 1);
}

#[tokio::test]
async fn over_http_2_the_stream_breaks_and_the_connection_lives() {
    let mut stage = Stage::with("drop-before=once@GET:Task,drop-after=once@GET:Patient").await;
    stage.speak_http2();
    assert!(stage.try_send("GET", "Task", &[], "").await.is_err());
    assert!(stage.try_send("GET", "Patient", &[], "").await.is_err());
    assert_eq!(stage.get("Task").await.status, 200);
    assert_eq!(stage.practice.last_seen().uri.path(), "/fhir/Task");
}

#[tokio::test]
async fn a_fault_has_the_clock_of_the_server() {
    let stage = Stage::with("clock=+36h,status-500=once").await;
    assert_eq!(stage.get("Task").await.header("date"), Some("Thu, 05 Mar 2026 22:00:00 GMT"));
}

#[tokio::test]
async fn a_seed_fails_in_the_same_places() {
    let mut journeys = Vec::new();
    for seed in [7, 7, 8] {
        let stage = Stage::seeded("drop-before=0.3,status-500=0.2,drop-after=0.2", seed).await;
        let mut journey = Vec::new();
        for number in 0..40 {
            journey.push(reply(&stage, &number.to_string()).await.ok());
        }
        journeys.push(journey);
    }
    assert_eq!(journeys[0], journeys[1]);
    assert_ne!(journeys[0], journeys[2]);
}

#[tokio::test]
async fn an_upstream_that_is_away_is_a_bad_gateway() {
    let stage = Stage::with("").await;
    let away = tern_unruly::Upstream::new(&"http://127.0.0.1:9/fhir".parse().unwrap(), None).unwrap();
    let front = tern_unruly::Unruly::new(away, "".parse().unwrap(), 1);
    let front = tern_unruly::serve(front, tern_unruly::Listen::on_loopback()).unwrap();
    let answer = stage.get(&format!("{}/Task", front.base_url())).await;
    assert_eq!((answer.status.as_u16(), answer.json()["resourceType"].clone()), (502, json!("OperationOutcome")));
}
