//! The same thing said otherwise (6, 7, 8, 9, 10, 13, 14).

use serde_json::{Value, json};

use crate::stage::{Stage, message};

#[tokio::test]
async fn etags_have_three_forms() {
    for (quirk, etag) in [("etag-missing", None), ("etag-weak", Some("W/\"1\"")), ("etag-strong", Some("\"1\""))] {
        let stage = Stage::with(quirk).await;
        stage.a_task();
        let read = stage.get("Task/call").await;
        assert_eq!((read.header("etag"), read.json()["meta"]["versionId"].as_str()), (etag, Some("1")), "{quirk}");
        let put = json!({"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "PUT", "url": "Task/call"}, "resource": {"resourceType": "Task"}},
        ]});
        let told = stage.post("", put).await.json()["entry"][0]["response"].get("etag").cloned();
        assert_eq!(told, etag.map(|etag| Value::from(etag.replace('1', "2"))), "{quirk}");
        // What it was told, or the version's name, is taken back; the upstream compares letter by letter.
        for if_match in ["W/\"1\"", "\"1\""] {
            let stale =
                stage.send("PUT", "Task/call", &[("if-match", if_match)], json!({"resourceType": "Task"})).await;
            assert_eq!(stale.status, 412, "{quirk}");
        }
        let if_match = etag.unwrap_or("\"1\"").replace('1', "2");
        let fresh = stage.send("PUT", "Task/call", &[("if-match", &if_match)], json!({"resourceType": "Task"})).await;
        assert_eq!(fresh.status, 200, "{quirk}");
    }
}

#[tokio::test]
async fn versions_named_by_uuid_lead_back_wherever_they_are_used() {
    let stage = Stage::with("etag-uuid").await;
    let created = stage.put("Task/call", json!({"resourceType": "Task"})).await;
    let version = created.json()["meta"]["versionId"].as_str().unwrap().to_owned();
    assert_eq!(version.len(), 36);
    let etag = format!("W/\"{version}\"");
    assert_eq!(created.header("etag"), Some(etag.as_str()));
    assert!(created.header("location").unwrap().ends_with(&format!("/_history/{version}")));
    assert_eq!(stage.get(&format!("Task/call/_history/{version}")).await.status, 200);
    let guarded = json!([{"op": "test", "path": "/meta/versionId", "value": version}, {"op": "add", "path": "/status", "value": "accepted"}]);
    assert_eq!(stage.send("PATCH", "Task/call", &[("if-match", &etag)], guarded.clone()).await.status, 200);
    assert_eq!(stage.send("PATCH", "Task/call", &[], guarded).await.status, 422);
    assert_eq!(
        stage.send("PUT", "Task/call", &[("if-match", &etag)], json!({"resourceType": "Task"})).await.status,
        412
    );
    assert_ne!(stage.get("Task/call").await.json()["meta"]["versionId"], version);
}

#[tokio::test]
async fn versions_named_otherwise_become_numbers() {
    // The upstream of the second proxy is the first, which names versions by UUID.
    let uuids = Stage::with("etag-uuid").await;
    uuids.a_task();
    let upstream = tern_unruly::Upstream::new(&uuids.base().parse().unwrap(), None).unwrap();
    let numbers = tern_unruly::Unruly::new(upstream, "etag-number".parse().unwrap(), 1);
    let numbers = tern_unruly::serve(numbers, tern_unruly::Listen::on_loopback()).unwrap();
    let task = format!("{}/Task/call", numbers.base_url());
    let read = uuids.get(&task).await;
    assert_eq!((read.header("etag"), read.json()["meta"]["versionId"].as_str()), (Some("W/\"1\""), Some("1")));
    for (if_match, status, etag) in [("W/\"7\"", 412, None), ("W/\"1\"", 200, Some("W/\"2\""))] {
        let put = uuids.send("PUT", &task, &[("if-match", if_match)], json!({"resourceType": "Task"})).await;
        assert_eq!((put.status.as_u16(), put.header("etag")), (status, etag));
    }
}

#[tokio::test]
async fn links_name_another_origin_and_nothing_else_does() {
    let stage = Stage::with("").await;
    stage.ana_writes(3);
    let port = stage.origin().rsplit_once(':').unwrap().1.to_owned();
    for (quirks, origin) in [
        ("links-other-host", "https://fhir.internal.example".to_owned()),
        ("links-other-host=http://127.0.0.1:7", "http://127.0.0.1:7".to_owned()),
        ("links-localhost", format!("http://localhost:{port}")),
    ] {
        stage.handle().set_list(quirks).unwrap();
        let page = stage.get("Communication?_count=1").await.json();
        for url in [&page["link"][0]["url"], &page["entry"][0]["fullUrl"]] {
            assert!(url.as_str().unwrap().starts_with(&format!("{origin}/fhir/Communication")), "{quirks}: {url}");
        }
        let created = stage.post("Communication", message("Come in.")).await;
        assert!(created.header("location").unwrap().starts_with(&origin), "{quirks}");
        let smart = stage.get(".well-known/smart-configuration").await.json();
        assert_eq!(smart["token_endpoint"], format!("{}/auth/token", stage.origin()));
    }
}

#[tokio::test]
async fn links_say_http_for_https() {
    let stage = Stage::with("").await;
    stage.ana_writes(2);
    let ca = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (ca.cert.pem(), ca.signing_key.serialize_pem());
    let tls = tern_unruly::Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let unruly = |base: String, ca: Option<&str>, quirks: &str| {
        let upstream = tern_unruly::Upstream::new(&base.parse().unwrap(), ca.map(str::as_bytes)).unwrap();
        tern_unruly::Unruly::new(upstream, quirks.parse().unwrap(), 1)
    };
    let secure = unruly(stage.base(), None, "links-http");
    let secure = tern_unruly::serve(secure, tern_unruly::Listen::on_loopback_with(tls)).unwrap();
    // A plain proxy in front, so that the scene's client needs no TLS; it knows the upstream as https only.
    let front = unruly(secure.base_url(), Some(&certificate), "");
    let front = tern_unruly::serve(front, tern_unruly::Listen::on_loopback()).unwrap();
    let page = stage.get(&format!("{}/Communication?_count=1", front.base_url())).await.json();
    let plain = secure.base_url().replace("https:", "http:");
    assert!(page["link"][0]["url"].as_str().unwrap().starts_with(&plain), "{page}");
}

#[tokio::test]
async fn a_location_has_three_forms() {
    for (quirk, tail) in [("location-history", "/_history/1"), ("location-plain", "")] {
        let stage = Stage::with(quirk).await;
        let created = stage.put("Task/call", json!({"resourceType": "Task"})).await;
        assert_eq!(created.header("location"), Some(format!("{}/Task/call{tail}", stage.base()).as_str()));
    }
    let stage = Stage::with("location-relative,location-plain").await;
    assert_eq!(stage.put("Task/call", json!({"resourceType": "Task"})).await.header("location"), Some("Task/call"));
    // Where the upstream leaves the version out, it is put in.
    let upstream = tern_unruly::Upstream::new(&stage.base().parse().unwrap(), None).unwrap();
    stage.handle().set_list("location-plain").unwrap();
    let long = tern_unruly::Unruly::new(upstream, "location-history".parse().unwrap(), 1);
    let long = tern_unruly::serve(long, tern_unruly::Listen::on_loopback()).unwrap();
    let created = stage.put(&format!("{}/Task/other", long.base_url()), json!({"resourceType": "Task"})).await;
    assert_eq!(created.header("location"), Some(format!("{}/Task/other/_history/1", long.base_url()).as_str()));
}

#[tokio::test]
async fn references_are_absolute_or_relative() {
    let stage = Stage::with("references-absolute").await;
    stage.ana_writes(1);
    let read = stage.get("Communication/m-01").await.json();
    assert_eq!(read["partOf"][0]["reference"], format!("{}/Communication/leo", stage.base()));
    // What comes back is stored as it was, and found as it was.
    stage.put("Communication/m-01", read).await;
    assert_eq!(stage.practice.holds("Communication", "m-01").unwrap()["partOf"][0]["reference"], "Communication/leo");
    let search = format!("Communication?recipient={}/PractitionerRole/osei", stage.base());
    assert_eq!(stage.get(&search).await.ids(), ["m-01"]);
    let stage = Stage::with("references-relative").await;
    let absolute = format!("{}/fhir/Patient/leo", stage.practice.origin);
    stage.practice.write("Task", "call", json!({"resourceType": "Task", "for": {"reference": absolute}}));
    assert_eq!(stage.get("Task/call").await.json()["for"]["reference"], "Patient/leo");
}

#[tokio::test]
async fn the_status_of_an_entry_is_long_or_short() {
    for (quirk, told) in [("response-status-long", "201 Created"), ("response-status-short", "201")] {
        let stage = Stage::with(quirk).await;
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"request": {"method": "POST", "url": "Task"}, "resource": {"resourceType": "Task"}},
        ]});
        assert_eq!(stage.post("", bundle).await.json()["entry"][0]["response"]["status"], told);
    }
}

#[tokio::test]
async fn an_error_stands_in_three_places() {
    let stage = Stage::with("error-in-details").await;
    let issue = stage.get("Task/never").await.json()["issue"][0].clone();
    assert_eq!((issue["details"]["text"].as_str(), issue.get("diagnostics")), (Some("not known"), None));
    let upstream = tern_unruly::Upstream::new(&stage.base().parse().unwrap(), None).unwrap();
    let back = tern_unruly::Unruly::new(upstream, "error-in-diagnostics".parse().unwrap(), 1);
    let back = tern_unruly::serve(back, tern_unruly::Listen::on_loopback()).unwrap();
    let issue = stage.get(&format!("{}/Task/never", back.base_url())).await.json()["issue"][0].clone();
    assert_eq!((issue["diagnostics"].as_str(), issue.get("details")), (Some("not known"), None));
    stage.handle().set_list("error-html").unwrap();
    let page = stage.get("Task/never").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.bytes.starts_with(b"<!DOCTYPE html>"));
}

#[tokio::test]
async fn message_text_is_html() {
    let stage = Stage::with("payload-html").await;
    stage.practice.write("Communication", "m", message("Is 38 < 39?\nLeo's hot"));
    let read = stage.get("Communication/m").await.json();
    assert_eq!(read["payload"][0]["contentString"], "<div><p>Is 38 &lt; 39?<br/>Leo&#39;s hot</p></div>");
    stage.put("Communication/m", read).await;
    let held = stage.practice.holds("Communication", "m").unwrap();
    assert_eq!(held["payload"][0]["contentString"], "Is 38 < 39?\nLeo's hot");
}

#[tokio::test]
async fn read_receipts_are_missing_or_elsewhere() {
    let mut read_by_ana = message("Come in.");
    read_by_ana["received"] = "2026-03-04T11:00:00Z".into();
    let stage = Stage::with("received-never").await;
    stage.practice.write("Communication", "reply", read_by_ana.clone());
    assert_eq!(stage.get("Communication/reply").await.json().get("received"), None);
    let stage = Stage::with("receipts-in-extension=urn:receipt").await;
    stage.practice.write("Communication", "reply", read_by_ana);
    let told = stage.get("Communication?_count=1").await.json()["entry"][0]["resource"].clone();
    assert_eq!(told["extension"], json!([{"url": "urn:receipt", "valueDateTime": "2026-03-04T11:00:00Z"}]));
    assert_eq!(told.get("received"), None);
    stage.put("Communication/reply", told).await;
    let held = stage.practice.holds("Communication", "reply").unwrap();
    assert_eq!((held["received"].as_str(), held.get("extension")), (Some("2026-03-04T11:00:00Z"), None));
}

#[tokio::test]
async fn one_format_is_missing() {
    let stage = Stage::with("json-missing").await;
    stage.a_task();
    let read = stage.get("Task/call").await;
    assert_eq!((read.status.as_u16(), read.header("content-type")), (406, Some("application/fhir+xml")));
    assert_eq!(stage.put("Task/call", json!({"resourceType": "Task"})).await.status, 415);
    stage.handle().set_list("xml-missing").unwrap();
    assert_eq!(stage.get("Task/call").await.status, 200);
    let xml = [("accept", "application/fhir+xml")];
    assert_eq!(stage.try_send("GET", "Task/call", &xml, "").await.unwrap().status, 406);
}

#[tokio::test]
async fn a_binary_is_json_only() {
    let stage = Stage::with("binary-json-only").await;
    let raw = [("content-type", "image/png")];
    assert_eq!(stage.try_send("POST", "Binary", &raw, "PNG").await.unwrap().status, 415);
    let photo = stage.try_send("GET", "Binary/photo", &[("accept", "image/png")], "").await.unwrap();
    let wrapped = json!({"resourceType": "Binary", "id": "photo", "contentType": "image/png", "data": "UE5H"});
    assert_eq!(photo.json(), wrapped);
}
