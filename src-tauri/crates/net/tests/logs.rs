//! What the logs say of an exchange, and what they never say.
//!
//! A program of its own, because whether an event is logged at all is remembered once for the whole process, and
//! another test's thread, which logs nowhere, may be the first to ask.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

#[path = "practice/ca.rs"]
#[allow(dead_code, reason = "the practice's other tests use the rest")]
mod ca;
#[path = "practice/desk.rs"]
#[allow(dead_code, reason = "the practice's other tests use the rest")]
mod desk;
#[path = "practice/open.rs"]
#[allow(dead_code, reason = "the practice's other tests use the rest")]
mod open;

use std::sync::{Arc, Mutex};

use tern_fhir::exchange::{FHIR_JSON, Method, Request};
use tern_net::{Connection, Token};
use tern_sync::server::Server;

use open::Practice;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_log_holds_method_path_status_and_duration_and_no_word_more() {
    let practice = Practice::open().await;
    practice.desk.told().access.insert("canary-token".to_owned());
    let connection = Connection::with_token(practice.base.clone(), practice.http(), Token::from("canary-token"));
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("tern=trace,tern_net=trace")
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let search = Request::get("Task/7").with("patient", "canary-name");
    connection.send(search).await.unwrap();
    let write = Request::new(Method::Post, "Task").with_body(FHIR_JSON, b"{\"note\":\"canary-text\"}".to_vec());
    connection.send(write).await.unwrap();

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("method=\"GET\" path=Task/7 status=200 took="), "{log}");
    assert!(log.contains("method=\"POST\" path=Task status=201 took="), "{log}");
    assert!(!log.contains("canary"), "{log}");
}
