//! A session over hours and days: refresh, rotation, two processes, a keyring that won't, the end.

use std::sync::Arc;

use crate::{Kept, Practice};
use axum::http::StatusCode;
use serde_json::json;
use tern_fhir::exchange::{FHIR_JSON, Method, Request};
use tern_net::{
    Connection,
    smart::{Resumption, resume, sign_out},
};
use tern_sync::server::{Server, Unanswered};

fn resumption(practice: &Practice, kept: &Kept) -> Resumption {
    Resumption {
        base: practice.base.clone(),
        http: practice.http(),
        client_id: "tern-desktop".to_owned(),
        tokens: Arc::new(kept.clone()),
        lock_file: practice.lock_file(),
    }
}

/// Dr Osei signed in yesterday.
async fn yesterday() -> (Practice, Kept, Connection) {
    let practice = Practice::open().await;
    let kept = Kept::with(&practice.desk.begin_session());
    let connection = resume(resumption(&practice, &kept));
    (practice, kept, connection)
}

async fn reads(connection: &Connection) -> Result<u16, Unanswered> {
    connection.send(Request::get("Task/7")).await.map(|answer| answer.status)
}

#[tokio::test]
async fn the_first_request_of_the_day_refreshes_and_the_next_do_not() {
    let (practice, kept, connection) = yesterday().await;
    for _ in 0..3 {
        assert_eq!(reads(&connection).await, Ok(200));
    }
    assert_eq!(practice.desk.count("POST /token"), 1);
    assert_eq!(kept.now(), practice.desk.told().refresh, "the new refresh token is kept");
}

#[tokio::test]
async fn an_access_token_that_ended_early_costs_one_refresh_and_no_request() {
    let (practice, _, connection) = yesterday().await;
    reads(&connection).await.unwrap();
    practice.desk.expire_access();
    let write = Request::new(Method::Post, "Task").with_body(FHIR_JSON, b"{}".to_vec());
    assert_eq!(connection.send(write).await.unwrap().status, 201);
    assert_eq!(practice.desk.count("POST /token"), 2);
    assert_eq!(practice.desk.count("POST /fhir/Task*"), 2, "once refused, once taken");
}

#[tokio::test]
async fn many_requests_at_once_make_one_refresh() {
    let (practice, _, connection) = yesterday().await;
    reads(&connection).await.unwrap();
    practice.desk.expire_access();
    let all = (0..8).map(|_| {
        let connection = connection.clone();
        tokio::spawn(async move { reads(&connection).await })
    });
    for request in all.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), Ok(200));
    }
    assert_eq!(practice.desk.count("POST /token"), 2);
}

#[tokio::test]
async fn two_windows_that_refresh_at_once_never_show_a_token_twice() {
    let (practice, kept, first) = yesterday().await;
    // As a second process has it: its own connection and memory; the keyring and the lock file are shared.
    let second = resume(resumption(&practice, &kept));
    for _ in 0..5 {
        practice.desk.expire_access();
        let (first, second) = tokio::join!(reads(&first), reads(&second));
        assert_eq!((first, second), (Ok(200), Ok(200)));
    }
    assert_eq!(kept.now(), practice.desk.told().refresh);
}

#[tokio::test]
async fn a_long_token_that_does_not_rotate_stays_what_it_is() {
    let (practice, kept, connection) = yesterday().await;
    practice.desk.told().rotates = false;
    let before = kept.now();
    for _ in 0..2 {
        practice.desk.expire_access();
        assert_eq!(reads(&connection).await, Ok(200));
    }
    assert_eq!(kept.now(), before);
}

#[tokio::test]
async fn a_request_that_is_given_up_while_it_refreshes_loses_no_token() {
    let (practice, kept, connection) = yesterday().await;
    let closed = practice.desk.gate.acquire_many(u32::MAX >> 4).await.unwrap();
    let asked = tokio::spawn({
        let connection = connection.clone();
        async move { reads(&connection).await }
    });
    practice.desk.at_gate.notified().await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    drop(closed);

    assert_eq!(reads(&connection).await, Ok(200));
    assert_eq!(practice.desk.count("POST /token"), 1, "the refresh that was begun is the one that counts");
    assert_eq!(kept.now(), practice.desk.told().refresh);
}

#[tokio::test]
async fn a_keyring_that_locks_between_two_refreshes_loses_no_session() {
    let (practice, kept, connection) = yesterday().await;
    kept.lock_writes(2);
    let before = kept.now();
    for _ in 0..2 {
        practice.desk.expire_access();
        assert_eq!(reads(&connection).await, Ok(200), "work goes on with what is held in memory");
        assert_eq!(kept.now(), before, "nothing could be kept");
    }
    practice.desk.expire_access();
    assert_eq!(reads(&connection).await, Ok(200));
    assert_eq!(kept.now(), practice.desk.told().refresh, "kept as soon as it could be");
}

/// Killed at each step of a rotation, then started anew with what the keyring holds.
#[tokio::test]
async fn killed_at_any_point_of_a_rotation_nothing_worse_happens_than_signing_in_again() {
    // Before the server was asked: the old token holds.
    let (practice, kept, first) = yesterday().await;
    drop(first);
    assert_eq!(reads(&resume(resumption(&practice, &kept))).await, Ok(200));

    // After the new one was kept: it holds.
    assert_eq!(reads(&resume(resumption(&practice, &kept))).await, Ok(200));

    // In between: the server has moved on, the keyring has not. The server sees reuse; a person signs in.
    let stale = kept.now().unwrap();
    practice.desk.expire_access();
    reads(&resume(resumption(&practice, &kept))).await.unwrap();
    kept.set(&stale);
    practice.desk.expire_access();
    assert_eq!(reads(&resume(resumption(&practice, &kept))).await, Err(Unanswered::SignInAgain));
}

#[tokio::test]
async fn a_revoked_session_asks_for_a_sign_in_once_and_goes_on_after_it() {
    let (practice, kept, connection) = yesterday().await;
    reads(&connection).await.unwrap();
    practice.desk.told().refresh = None;
    practice.desk.expire_access();
    for _ in 0..3 {
        assert_eq!(reads(&connection).await, Err(Unanswered::SignInAgain));
    }
    assert_eq!(practice.desk.count("POST /token"), 2, "a refused token is not shown again");

    kept.set(&practice.desk.begin_session());
    assert_eq!(reads(&connection).await, Ok(200), "the same connection, after she signed in again");
}

#[tokio::test]
async fn an_authorization_server_that_is_away_sends_nobody_to_the_sign_in() {
    let (practice, kept, connection) = yesterday().await;
    for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY, StatusCode::OK] {
        practice.desk.told().token_status = Some(status);
        assert_eq!(reads(&connection).await, Err(Unanswered::Offline), "the request itself was not sent: {status}");
    }
    practice.desk.told().token_status = None;
    assert_eq!(reads(&connection).await, Ok(200));
    assert_eq!(kept.now(), practice.desk.told().refresh);
}

#[tokio::test]
async fn an_emptied_keyring_means_signing_in_again_without_asking_the_server() {
    let practice = Practice::open().await;
    let connection = resume(resumption(&practice, &Kept::default()));
    assert_eq!(reads(&connection).await, Err(Unanswered::SignInAgain));
    assert!(practice.desk.told().log.is_empty());
}

#[tokio::test]
async fn signing_out_revokes_the_session_at_the_server() {
    let (practice, kept, connection) = yesterday().await;
    reads(&connection).await.unwrap();
    sign_out(resumption(&practice, &kept)).await.unwrap();
    assert_eq!(practice.desk.told().refresh, None);
    assert_eq!(practice.desk.count("POST /revoke"), 1);
}

#[tokio::test]
async fn signing_out_where_nothing_can_be_revoked_is_no_error() {
    let (practice, kept, _) = yesterday().await;
    practice.desk.told().configuration["revocation_endpoint"] = json!(null);
    sign_out(resumption(&practice, &kept)).await.unwrap();
    sign_out(resumption(&practice, &Kept::default())).await.unwrap();
}
