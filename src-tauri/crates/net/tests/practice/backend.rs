//! The agent signs in without a person.

use crate::{
    Practice,
    desk::{Instead, write_private},
};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
use tern_fhir::exchange::Request;
use tern_net::{
    Token,
    smart::backend::{Backend, BackendError, KeyFile, backend, secret_file},
};
use tern_sync::server::{Server, Unanswered};

fn by_secret(secret: &str) -> Backend {
    Backend::Secret { client_id: "tern-agent".to_owned(), secret: Token::from(secret) }
}

#[tokio::test]
async fn a_client_secret_brings_a_token_and_the_next_one() {
    let practice = Practice::open().await;
    let connection = backend(practice.base.clone(), practice.http(), by_secret("s3cret"));
    for _ in 0..2 {
        practice.desk.expire_access();
        assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200);
    }
    assert_eq!(practice.desk.count("POST /token*"), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_nobody() {
    let practice = Practice::open().await;
    let connection = backend(practice.base.clone(), practice.http(), by_secret("wrong"));
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap_err(), Unanswered::SignInAgain);
}

#[tokio::test]
async fn an_address_without_a_sign_in_is_told_apart_from_credentials_that_are_not_taken() {
    let practice = Practice::open().await;
    practice.desk.told().configuration = serde_json::json!(null);
    let connection = backend(practice.base.clone(), practice.http(), by_secret("s3cret"));
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap_err(), Unanswered::NotAPractice);
}

/// What says nothing of the server: it, or a proxy before it, has a bad moment.
const BAD_MOMENTS: [Instead; 6] =
    [Instead::Status(500), Instead::Status(503), Instead::Status(429), Instead::Html, Instead::Half, Instead::Cut];

#[tokio::test]
async fn a_bad_moment_while_the_configuration_is_asked_for_is_over_with_the_next_request() {
    for instead in BAD_MOMENTS {
        let practice = Practice::open().await;
        practice.desk.told().system_scope = Some("system/*.cruds");
        practice.desk.told().instead.push_back(instead);
        let connection = backend(practice.base.clone(), practice.http(), by_secret("s3cret"));
        let failed = connection.send(Request::get("Task/7")).await.unwrap_err();
        assert!(matches!(failed, Unanswered::Offline | Unanswered::Lost), "{instead:?}: {failed:?}");
        if !matches!(instead, Instead::Html) {
            assert_eq!(practice.desk.count("GET /fhir/metadata"), 0, "{instead:?}: it didn't say that it has none");
        }
        assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200, "{instead:?}");
    }
}

#[tokio::test]
async fn only_a_server_that_says_it_has_no_configuration_is_taken_for_an_older_one() {
    for status in [404, 410] {
        let practice = Practice::open().await;
        practice.desk.told().system_scope = Some("system/*.*");
        practice.desk.told().instead.push_back(Instead::Status(status));
        let connection = backend(practice.base.clone(), practice.http(), by_secret("s3cret"));
        assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200, "{status}");
        assert_eq!(practice.desk.count("GET /fhir/metadata"), 1);
    }
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_is_asked_for_anew() {
    let practice = Practice::open().await;
    practice.desk.told().system_scope = Some("system/*.cruds");
    // An upgrade: for a moment the old one still answers.
    practice.desk.told().instead.push_back(Instead::Status(404));
    let connection = backend(practice.base.clone(), practice.http(), by_secret("s3cret"));
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap_err(), Unanswered::SignInAgain);
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200);
    practice.desk.expire_access();
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200);
    assert_eq!(practice.desk.count("GET /fhir/.well-known/smart-configuration"), 2, "what works is kept");
}

#[tokio::test]
async fn a_private_key_signs_what_its_public_half_verifies() {
    let practice = Practice::open().await;
    let file = practice.folder.path().join("agent.pem");
    write_private(&file, &KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap().serialize_pem());
    let key = KeyFile::read(&file, None).unwrap();
    let jwks: serde_json::Value = serde_json::from_str(&key.public_jwks().unwrap()).unwrap();
    assert_eq!(jwks["keys"][0]["crv"], "P-384");
    assert!(jwks["keys"][0].get("d").is_none(), "only the public half");

    let agent = Backend::Key { client_id: "tern-agent".to_owned(), key };
    let connection = backend(practice.base.clone(), practice.http(), agent);
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200);
}

#[test]
fn a_file_that_others_can_read_or_that_holds_no_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.pem");
    assert!(matches!(KeyFile::read(&file, None), Err(BackendError::Unreadable(_))));
    let small = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
    for text in ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", &small] {
        write_private(&file, text);
        assert!(matches!(KeyFile::read(&file, None), Err(BackendError::NotAKey)), "{text}");
    }
    write_private(&file, " s3cret\n");
    assert_eq!(secret_file(&file).unwrap(), Token::from("s3cret"));
    write_private(&file, " \n");
    assert!(matches!(secret_file(&file), Err(BackendError::Empty)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(secret_file(&file), Err(BackendError::Exposed)));
        assert!(matches!(KeyFile::read(&file, None), Err(BackendError::Exposed)));
    }
}
