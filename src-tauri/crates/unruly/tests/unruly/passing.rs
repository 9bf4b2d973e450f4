//! Without quirks the client sees the server, at another address.

use axum::body::Bytes;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tern_unruly::{Listen, Tls, Unruly, Upstream, serve};

use crate::stage::{Stage, message};

#[tokio::test]
async fn every_byte_passes_both_ways() {
    let stage = Stage::with("").await;
    let bodies: Vec<Vec<u8>> = {
        let mut runner = TestRunner::deterministic();
        let any = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..600),
            "\\PC{0,200}".prop_map(String::into_bytes),
            Just(br#"{"z" : 1.00,  "a":[ 1e3, 12345678901234567890.10 ], "u":"\u00e9\/"}"#.to_vec()),
        ];
        (0..64).map(|_| any.new_tree(&mut runner).unwrap().current()).collect()
    };
    for kind in ["application/fhir+json", "application/octet-stream", "text/html"] {
        for body in &bodies {
            let echoed = stage.try_send("POST", "$echo", &[("content-type", kind)], body.clone()).await.unwrap();
            assert_eq!(stage.practice.last_seen().body, Bytes::from(body.clone()));
            assert_eq!(echoed.bytes, Bytes::from(body.clone()));
        }
    }
}

#[tokio::test]
async fn the_proxy_is_the_server_in_links_locations_and_documents() {
    let stage = Stage::with("").await;
    stage.ana_writes(3);
    let created = stage.put("Communication/reply", message("Come in at four.")).await;
    assert_eq!(created.status, 201);
    assert!(
        created.header("location").unwrap().starts_with(&format!("{}/Communication/reply/_history/", stage.base()))
    );
    for path in ["Communication?_count=2", ".well-known/smart-configuration"] {
        let words = String::from_utf8(stage.get(path).await.bytes.to_vec()).unwrap();
        assert!(words.contains(&stage.origin()), "{path}");
        assert!(!words.contains(&stage.practice.origin), "{path}");
    }
    let redirect = stage.get("/auth/authorize").await;
    let own: String = form_urlencoded::byte_serialize(stage.base().as_bytes()).collect();
    assert!(redirect.header("location").unwrap().ends_with(&format!("iss={own}")));
}

#[tokio::test]
async fn what_the_client_says_of_the_server_names_the_upstream() {
    let stage = Stage::with("").await;
    let audience: String = form_urlencoded::byte_serialize(stage.base().as_bytes()).collect();
    stage.get(&format!("/auth/authorize?aud={audience}")).await;
    let upstream: String =
        form_urlencoded::byte_serialize(format!("{}/fhir", stage.practice.origin).as_bytes()).collect();
    assert_eq!(stage.practice.last_seen().uri.query(), Some(format!("aud={upstream}").as_str()));
    stage.try_send("GET", "Task", &[("authorization", "Bearer secret")], "").await.unwrap();
    let seen = stage.practice.last_seen();
    assert_eq!(seen.headers["authorization"], "Bearer secret");
    assert_eq!(seen.headers["x-forwarded-host"], stage.origin().trim_start_matches("http://"));
}

#[tokio::test]
async fn a_server_that_calls_itself_by_another_address_is_the_proxy_too() {
    let stage = Stage::with("").await;
    let public = "https://fhir.practice.example/fhir".parse().unwrap();
    let upstream = Upstream::new(&stage.base().parse().unwrap(), None).unwrap().named(&public);
    let front = serve(Unruly::new(upstream, "".parse().unwrap(), 1), Listen::on_loopback()).unwrap();
    let page = r#"{"link": [{"url": "https://fhir.practice.example/fhir/Task?page=2"}]}"#;
    let json = [("content-type", "application/fhir+json")];
    let echoed = stage.try_send("POST", &format!("{}/$echo", front.base_url()), &json, page).await.unwrap();
    assert_eq!(echoed.json()["link"][0]["url"], format!("{}/Task?page=2", front.base_url()));
}

#[tokio::test]
async fn https_on_both_sides_with_a_ca_of_ones_own() {
    let stage = Stage::with("").await;
    stage.ana_writes(1);
    let ca = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (ca.cert.pem(), ca.signing_key.serialize_pem());
    let tls = Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let plain = Upstream::new(&stage.base().parse().unwrap(), None).unwrap();
    let secure = serve(Unruly::new(plain, "etag-strong".parse().unwrap(), 1), Listen::on_loopback_with(tls)).unwrap();
    assert!(secure.base_url().starts_with("https://127.0.0.1:"));
    let trusting = Upstream::new(&secure.base_url().parse().unwrap(), Some(certificate.as_bytes())).unwrap();
    let front = serve(Unruly::new(trusting, "".parse().unwrap(), 1), Listen::on_loopback()).unwrap();
    let reply = stage.get(&format!("{}/Communication/m-01", front.base_url())).await;
    assert_eq!((reply.status.as_u16(), reply.header("etag")), (200, Some("\"1\"")));
    let doubting = Upstream::new(&secure.base_url().parse().unwrap(), None).unwrap();
    let front = serve(Unruly::new(doubting, "".parse().unwrap(), 1), Listen::on_loopback()).unwrap();
    assert_eq!(stage.get(&format!("{}/Communication/m-01", front.base_url())).await.status, 502);
}
