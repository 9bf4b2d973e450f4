//! Dr Osei signs in, and all that can happen to her on the way.

use std::{sync::Arc, time::Duration};

use crate::{
    Kept, Practice,
    desk::{Instead, Page},
};
use serde_json::{Value, json};
use tern_fhir::exchange::Request;
use tern_net::smart::{Client, Language, NotBelieved, SignInError, SignedIn, sign_in};
use tern_sync::server::{Server, Unanswered};

/// Signs in with a browser that opens what it is told to; gives what the browser showed last, too.
async fn signs_in(practice: &Practice, client: Client) -> (Result<SignedIn, SignInError>, String) {
    let browser = practice.browser();
    let (shown, mut last_page) = tokio::sync::mpsc::unbounded_channel();
    let result = sign_in(practice.base.clone(), practice.http(), &client, |page| {
        let (browser, page, shown) = (browser.clone(), page.to_owned(), shown.clone());
        tokio::spawn(async move {
            let text = browser.get(page).send().await.unwrap().text().await.unwrap();
            let _ = shown.send(text);
        });
    })
    .await;
    // None where no page was opened.
    drop(shown);
    (result, last_page.recv().await.unwrap_or_default())
}

async fn failure(practice: &Practice) -> SignInError {
    signs_in(practice, Client::default()).await.0.unwrap_err()
}

#[tokio::test]
async fn a_member_signs_in_and_reads() {
    let practice = Practice::open().await;
    let (signed_in, page) = signs_in(&practice, Client::default()).await;
    let signed_in = signed_in.unwrap();
    assert!(page.contains("You can close this window."), "{page}");
    assert_eq!(signed_in.fhir_user(), "Practitioner/osei");
    assert_eq!(signed_in.scope(), "openid fhirUser offline_access user/*.cruds");

    let kept = Kept::default();
    let connection = signed_in.keep(Arc::new(kept.clone()), practice.lock_file()).await.unwrap();
    assert_eq!(kept.now(), practice.desk.told().refresh);
    assert_eq!(connection.send(Request::get("Task/7")).await.unwrap().status, 200);
    assert_eq!(practice.desk.count("POST /token"), 1, "the first access token came with the sign-in");
}

#[tokio::test]
async fn the_last_page_speaks_french_and_the_port_is_the_one_that_policy_sets() {
    let practice = Practice::open().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client { language: Language::French, redirect_port: Some(port), ..Client::default() };
    let (signed_in, page) = signs_in(&practice, client).await;
    signed_in.unwrap();
    assert!(page.contains("Vous pouvez fermer cette fenêtre."), "{page}");
}

#[tokio::test]
async fn saying_no_is_no_error_of_the_servers() {
    let practice = Practice::open().await;
    practice.desk.told().page = Page::Denied;
    let (failed, page) = signs_in(&practice, Client::default()).await;
    assert!(matches!(failed.unwrap_err(), SignInError::Cancelled));
    assert!(page.contains("Nobody was signed in."), "{page}");
    assert!(!page.contains("canary"), "what the server says is not shown");
}

#[tokio::test]
async fn a_stranger_with_another_state_is_turned_away_and_the_wait_goes_on() {
    let practice = Practice::open().await;
    practice.desk.told().page = Page::StrangerFirst;
    signs_in(&practice, Client::default()).await.0.unwrap();
}

#[tokio::test]
async fn a_code_of_another_issuer_is_not_taken_to_ours() {
    let practice = Practice::open().await;
    practice.desk.told().page = Page::OtherIssuer;
    assert!(matches!(failure(&practice).await, SignInError::OtherIssuer));
    assert_eq!(practice.desk.count("POST /token"), 0);
}

#[tokio::test]
async fn who_never_comes_back_is_not_waited_for_for_ever_and_the_port_is_free_again() {
    let practice = Practice::open().await;
    practice.desk.told().page = Page::Silent;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client { patience: Duration::from_millis(300), redirect_port: Some(port), ..Client::default() };
    assert!(matches!(signs_in(&practice, client).await.0.unwrap_err(), SignInError::TimedOut));
    std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let practice = Practice::open().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client { redirect_port: Some(taken.local_addr().unwrap().port()), ..Client::default() };
    let failed = sign_in(practice.base.clone(), practice.http(), &client, |_| unreachable!("no page")).await;
    assert!(matches!(failed.unwrap_err(), SignInError::PortTaken));
}

#[tokio::test]
async fn an_id_token_that_does_not_hold_lets_nobody_in() {
    let practice = Practice::open().await;
    type Expected = fn(&SignInError) -> bool;
    let cases: [(Value, Expected); 7] = [
        (json!({"aud": "another-client"}), |e| matches!(e, SignInError::IdToken(NotBelieved::NotForUs))),
        (json!({"aud": ["tern-desktop", "x"]}), |e| matches!(e, SignInError::IdToken(NotBelieved::NotForUs))),
        (json!({"iss": "https://other.example"}), |e| matches!(e, SignInError::IdToken(NotBelieved::NotForUs))),
        (json!({"exp": 1_000_000_000}), |e| matches!(e, SignInError::IdToken(NotBelieved::Expired))),
        (json!({"exp": "soon"}), |e| matches!(e, SignInError::IdToken(NotBelieved::Malformed))),
        (json!({"fhirUser": null}), |e| matches!(e, SignInError::NotAMember)),
        (json!({"fhirUser": "Patient/leo"}), |e| matches!(e, SignInError::NotAMember)),
    ];
    for (claims, expected) in cases {
        practice.desk.told().claims = claims.clone();
        let failed = failure(&practice).await;
        assert!(expected(&failed), "{claims}: {failed:?}");
    }
    for fine in [
        json!({"fhirUser": "Practitioner/osei"}),
        json!({"fhirUser": null, "profile": "Practitioner/osei"}),
        json!({"aud": ["tern-desktop", "x"], "azp": "tern-desktop"}),
        json!({"exp": 4_000_000_000.5}),
    ] {
        practice.desk.told().claims = fine.clone();
        assert_eq!(signs_in(&practice, Client::default()).await.0.unwrap().fhir_user(), "Practitioner/osei", "{fine}");
    }
}

#[tokio::test]
async fn an_id_token_signed_by_another_key_lets_nobody_in() {
    let practice = Practice::open().await;
    // The keys of another practice.
    let other = Practice::open().await;
    let foreign = format!("{}/jwks", other.desk.origin);
    practice.desk.told().configuration["jwks_uri"] = json!(foreign);
    let http_that_trusts_both = {
        let both = practice.folder.path().join("both.pem");
        std::fs::write(&both, format!("{}{}", practice.ca.pem, other.ca.pem)).unwrap();
        tern_net::Http::new(&practice.base, Some(&both)).unwrap()
    };
    let browser = practice.browser();
    let failed = sign_in(practice.base.clone(), http_that_trusts_both, &Client::default(), |page| {
        tokio::spawn(browser.get(page).send());
    })
    .await;
    assert!(matches!(failed.unwrap_err(), SignInError::IdToken(NotBelieved::Signature)));
}

#[tokio::test]
async fn an_address_without_smart_is_no_practice_and_one_without_anybody_is_unreachable() {
    let practice = Practice::open().await;
    for configuration in [json!(null), json!({}), json!({"token_endpoint": "http://practice.example/token"})] {
        practice.desk.told().configuration = configuration.clone();
        assert!(matches!(failure(&practice).await, SignInError::NotAPractice), "{configuration}");
    }
    // The address of the practice's web site, or of its portal: everything is a page.
    practice.desk.told().pages_only = true;
    assert!(matches!(failure(&practice).await, SignInError::NotAPractice));
    let nobody = tern_net::FhirBase::parse("https://127.0.0.1:9/fhir").unwrap();
    let failed = sign_in(nobody, practice.http(), &Client::default(), |_| unreachable!("no page")).await;
    assert!(matches!(failed.unwrap_err(), SignInError::Unanswered(Unanswered::Offline)));
}

#[tokio::test]
async fn a_bad_moment_of_the_server_does_not_make_it_no_practice() {
    let practice = Practice::open().await;
    for instead in [Instead::Status(502), Instead::Html, Instead::Half, Instead::Cut] {
        practice.desk.told().instead.push_back(instead);
        assert!(matches!(failure(&practice).await, SignInError::Unanswered(_)), "{instead:?}");
    }
    let signed_in = signs_in(&practice, Client::default()).await.0.unwrap();
    assert_eq!(signed_in.scope(), "openid fhirUser offline_access user/*.cruds");
}

#[tokio::test]
async fn a_keyring_that_is_locked_means_nobody_is_signed_in() {
    let practice = Practice::open().await;
    let kept = Kept::default();
    kept.lock_writes(usize::MAX);
    let signed_in = signs_in(&practice, Client::default()).await.0.unwrap();
    assert!(signed_in.keep(Arc::new(kept), practice.lock_file()).await.is_err());
}
