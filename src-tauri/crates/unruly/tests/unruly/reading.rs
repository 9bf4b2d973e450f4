//! Pages, parameters, visibility and time (1, 2, 16, 17).

use chrono::Duration;
use serde_json::json;
use tern_unruly::Quirk;

use crate::stage::{Reply, Stage, message};

/// Reads all pages of a search.
async fn read_all(stage: &Stage, search: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = Some(search.to_owned());
    while let Some(page) = next {
        let reply = stage.get(&page).await;
        ids.extend(reply.ids());
        next = reply.next();
    }
    ids
}

fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("m-{number:02}")).collect()
}

#[tokio::test]
async fn count_is_capped_silently() {
    let stage = Stage::with("count-cap=4").await;
    stage.ana_writes(9);
    assert_eq!(stage.get("Communication?_count=1000").await.ids().len(), 4);
    assert_eq!(stage.get("Communication").await.ids().len(), 4);
    assert_eq!(stage.get("Communication?_count=2").await.ids().len(), 2);
    assert_eq!(read_all(&stage, "Communication?_count=1000").await, numbered(1..=9));
}

#[tokio::test]
async fn offset_pages_lead_through_all_rows_and_shift_under_writes() {
    let stage = Stage::with("offset-paging").await;
    stage.ana_writes(7);
    assert_eq!(read_all(&stage, "Communication?_count=3").await, numbered(1..=7));
    let first = stage.get("Communication?_count=3").await;
    assert!(first.next().unwrap().contains("_offset=3"));
    // Leo's first message is changed, so it moves to the end, and the fourth is never shown.
    stage.practice.write("Communication", "m-01", message("Leo has a high fever."));
    assert_eq!(stage.get(&first.next().unwrap()).await.ids(), numbered(5..=7));
}

#[tokio::test]
async fn offsets_end_at_a_limit() {
    let stage = Stage::with("offset-paging-limit=4").await;
    stage.ana_writes(9);
    let second = stage.get("Communication?_count=3").await.next().unwrap();
    let third = stage.get(&second).await.next().unwrap();
    assert_eq!(stage.get(&third).await.status, 400);
}

#[tokio::test]
async fn a_cursor_wants_the_sort_by_last_updated() {
    let stage = Stage::with("cursor-needs-last-updated").await;
    stage.ana_writes(5);
    assert!(stage.get("Communication?_count=2&_sort=_lastUpdated").await.next().unwrap().contains("_cursor="));
    assert!(stage.get("Communication?_count=2&_sort=sent").await.next().unwrap().contains("_offset="));
    assert_eq!(read_all(&stage, "Communication?_count=2&_sort=sent").await, numbered(1..=5));
}

#[tokio::test]
async fn there_is_no_total() {
    let stage = Stage::with("no-total").await;
    stage.ana_writes(2);
    assert!(stage.get("Communication").await.json().get("total").is_none());
    assert_eq!(stage.get("Communication?_summary=count").await.json()["total"], 2);
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_or_ignored() {
    let stage = Stage::with("unknown-param-400").await;
    assert_eq!(stage.get("Communication?_total=none").await.status, 400);
    assert_eq!(stage.get("Communication?_count=5").await.status, 200);
    let stage = Stage::with("unknown-param-400=recipient|sender").await;
    assert_eq!(stage.get("Communication?recipient:PractitionerRole=osei").await.status, 400);
    let stage = Stage::with("unknown-param-ignored=part-of").await;
    stage.ana_writes(2);
    assert_eq!(stage.get("Communication?part-of=Communication/other").await.ids().len(), 2);
    assert_eq!(stage.get("Communication?recipient=nobody").await.ids().len(), 0);
}

#[tokio::test]
async fn part_of_wants_the_type() {
    let stage = Stage::with("part-of-needs-type").await;
    stage.ana_writes(2);
    assert_eq!(stage.get("Communication?part-of=leo").await.ids().len(), 0);
    assert_eq!(stage.get("Communication?part-of=Communication/leo").await.ids().len(), 2);
}

#[tokio::test]
async fn filters_are_ignored() {
    let stage = Stage::with("search-ignored").await;
    stage.ana_writes(4);
    let reply = stage.get("Communication?recipient=nobody&_count=3").await;
    assert_eq!(reply.ids().len(), 3);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    stage.try_send("POST", "Communication/_search", &form, "recipient=nobody&_count=3").await.unwrap();
    assert_eq!(stage.practice.last_seen().body, "_count=3");
    let stage = Stage::with("search-ignored=identifier").await;
    stage.ana_writes(1);
    assert_eq!(stage.get("Communication?identifier=urn:uuid:x").await.ids().len(), 1);
    assert_eq!(stage.get("Communication?recipient=nobody").await.ids().len(), 0);
}

#[tokio::test]
async fn a_row_comes_twice_and_one_cannot_be_read() {
    let stage = Stage::with("duplicate-rows").await;
    stage.ana_writes(5);
    assert_eq!(read_all(&stage, "Communication?_count=2").await, numbered([1, 2, 2, 3, 4, 4, 5]));
    let stage = Stage::with("bad-entry").await;
    stage.ana_writes(2);
    stage.a_task();
    let page = stage.get("Communication").await;
    assert_eq!(page.ids(), ["m-01", "unruly-bad-entry", "m-02"]);
    assert_eq!(page.json()["entry"][1]["resource"]["status"], 42);
    assert_eq!(page.json()["entry"][1]["fullUrl"], format!("{}/Communication/unruly-bad-entry", stage.base()));
    assert_eq!(stage.get("Task").await.ids(), ["call"]);
}

#[tokio::test]
async fn there_is_no_history() {
    let stage = Stage::with("history-missing=501").await;
    stage.ana_writes(1);
    for path in ["Communication/_history?_since=2026-03-04T10:00:00Z", "Communication/m-01/_history", "_history"] {
        assert_eq!(stage.get(path).await.status, 501, "{path}");
    }
    assert_eq!(stage.get("Communication/m-01/_history/1").await.status, 200);
    assert!(!stage.get("metadata").await.json().to_string().contains("history-"));
}

#[tokio::test]
async fn rows_become_visible_late() {
    let stage = Stage::with("late-visible=5s").await;
    stage.ana_writes(2);
    let searched = stage.get("Communication").await;
    assert_eq!((searched.ids().len(), searched.json()["total"].clone()), (0, json!(0)));
    assert_eq!(stage.get("Communication/m-01").await.status, 200);
    // The first is six seconds old now, the second five.
    stage.practice.clock.forward(Duration::milliseconds(4_500));
    assert_eq!(stage.get("Communication").await.ids(), numbered([1]));
    stage.practice.clock.forward(Duration::seconds(1));
    assert_eq!(stage.get("Communication").await.ids(), numbered([1, 2]));
}

#[tokio::test]
async fn reads_come_from_a_snapshot_that_is_behind() {
    let stage = Stage::with("stale-reads=5s").await;
    stage.a_task();
    stage.practice.clock.forward(Duration::seconds(10));
    let claim = json!({"resourceType": "Task", "status": "accepted"});
    // Dr Osei claims, and even she sees nothing of it for a while.
    assert_eq!(stage.put("Task/call", claim).await.json()["status"], "accepted");
    let status = |reply: Reply| reply.json()["status"].clone();
    let read = stage.get("Task/call").await;
    assert_eq!((read.header("etag"), status(read_again(&stage).await)), (Some("W/\"1\""), json!("requested")));
    assert_eq!(stage.get("Task").await.json()["entry"][0]["resource"]["status"], "requested");
    assert_eq!(status(stage.get("Task/call/_history/2").await), "accepted");
    // What is new isn't there at all.
    stage.put("Task/new", json!({"resourceType": "Task"})).await;
    assert_eq!(stage.get("Task/new").await.status, 404);
    stage.practice.clock.forward(Duration::seconds(6));
    assert_eq!(status(read_again(&stage).await), "accepted");
    assert_eq!(stage.get("Task?_count=50").await.ids(), ["call", "new"]);
    assert!(stage.applied(Quirk::StaleReads) >= 4);
}

async fn read_again(stage: &Stage) -> Reply {
    stage.get("Task/call").await
}

#[tokio::test]
async fn the_clock_is_off_both_ways() {
    let stage = Stage::with("clock=+36h").await;
    stage.ana_writes(3);
    let read = stage.get("Communication/m-01").await;
    assert_eq!(read.header("date"), Some("Thu, 05 Mar 2026 22:00:03 GMT"));
    assert_eq!(read.json()["meta"]["lastUpdated"], "2026-03-05T22:00:01.000Z");
    // What the server stamped leads back to the same row.
    let since = "Communication?_count=1&_lastUpdated=ge2026-03-05T22:00:02.000Z";
    assert_eq!(read_all(&stage, since).await, numbered([2, 3]));
    assert!(stage.get(since).await.next().unwrap().contains("2026-03-05T22"));
    assert!(stage.practice.last_seen().uri.query().unwrap().contains("2026-03-04T10"));
    stage.get("Communication/_history?_since=2026-03-05T22:00:02Z").await;
    assert_eq!(stage.practice.last_seen().uri.query(), Some("_since=2026-03-04T10%3A00%3A02Z"));
}
