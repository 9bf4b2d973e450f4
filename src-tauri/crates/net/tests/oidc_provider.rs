//! Signing in at an OpenID provider that nobody here wrote: npm `oidc-provider`, over loopback http.
//!
//! Wants Node and `npm ci` in `tests/interop/oidc-provider`; without them it fails and says so. Runs with
//! `--features interop`.
#![cfg(feature = "interop")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};

use reqwest::Url;
use tempfile::TempDir;
use tern_fhir::exchange::Request;
use tern_net::{
    Connection, FhirBase, Http, RefreshTokens, Token, Unkept,
    smart::{
        Client, Resumption, SignInError,
        backend::{Backend, KeyFile, backend},
        resume, sign_in, sign_out,
    },
};
use tern_sync::server::{Answering, Server, Unanswered};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// The provider, running until dropped.
struct Provider {
    base: FhirBase,
    folder: TempDir,
    _node: Child,
}

impl Provider {
    async fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/interop/oidc-provider");
        assert!(
            here.join("node_modules/oidc-provider").is_dir(),
            "oidc-provider is not installed: run `npm ci` in tests/interop/oidc-provider (`cargo xtask test` does)"
        );
        let folder = tempfile::tempdir().unwrap();
        let mut node = Command::new("node")
            .arg(here.join("provider.mjs"))
            .arg(folder.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node runs the provider: is `node` installed?");
        let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
        // It may warn before it is ready.
        let ready = loop {
            let line = lines.next_line().await.unwrap().expect("the provider ended before it was ready");
            if let Ok(ready) = serde_json::from_str::<serde_json::Value>(&line) {
                break ready;
            }
        };
        let base = FhirBase::parse(ready["base"].as_str().unwrap()).unwrap();
        // Its pipe stays open: a program that can't print any more would end.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { base, folder, _node: node }
    }

    fn http(&self) -> Http {
        Http::new(&self.base, None).unwrap()
    }

    fn resumption(&self, kept: &Kept) -> Resumption {
        Resumption {
            base: self.base.clone(),
            http: self.http(),
            client_id: "tern-desktop".to_owned(),
            tokens: Arc::new(kept.clone()),
            lock_file: self.lock_file(),
        }
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.path().join("refresh.lock")
    }

    /// Dr Osei signs in, as `person` does at each of the provider's pages.
    async fn signs_in(
        &self,
        person: fn(&str) -> &'static [(&'static str, &'static str)],
    ) -> Result<(Kept, Connection), SignInError> {
        let signed_in = sign_in(self.base.clone(), self.http(), &Client::default(), |page| {
            tokio::spawn(browse(page.to_owned(), person));
        })
        .await?;
        assert_eq!(signed_in.fhir_user(), "Practitioner/osei");
        let kept = Kept::default();
        let connection = signed_in.keep(Arc::new(kept.clone()), self.lock_file()).await.unwrap();
        Ok((kept, connection))
    }
}

/// A browser: follows redirects, keeps cookies, fills in each form as the person does, until it is led back to us.
async fn browse(page: String, person: fn(&str) -> &'static [(&'static str, &'static str)]) {
    let browser = reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap();
    let mut response = browser.get(page).send().await.unwrap();
    while response.url().path() != "/callback" {
        let here = response.url().clone();
        let html = response.text().await.unwrap();
        let filled_in = person(prompt(&html));
        response = match filled_in {
            [] => browser.get(abort(&here, &html)).send().await.unwrap(),
            fields => browser.post(action(&here, &html)).form(fields).send().await.unwrap(),
        };
    }
}

/// What a page of the provider asks for: `login` or `consent`.
fn prompt(html: &str) -> &str {
    between(html, "name=\"prompt\" value=\"", "\"")
}

fn action(here: &Url, html: &str) -> Url {
    here.join(between(html, "action=\"", "\"")).unwrap()
}

/// The link that says no.
fn abort(here: &Url, html: &str) -> Url {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let abort = links.into_iter().find(|link| link.ends_with("/abort")).expect("a link to cancel");
    here.join(abort).unwrap()
}

fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("no {before} in {html}"));
    rest.split_once(after).unwrap().0
}

fn willing(prompt: &str) -> &'static [(&'static str, &'static str)] {
    match prompt {
        "login" => &[("prompt", "login"), ("login", "osei"), ("password", "any")],
        _ => &[("prompt", "consent")],
    }
}

fn unwilling(prompt: &str) -> &'static [(&'static str, &'static str)] {
    match prompt {
        "login" => willing("login"),
        _ => &[],
    }
}

/// A keyring in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<Token>>>);

impl RefreshTokens for Kept {
    fn read(&self) -> Answering<'_, Result<Option<Token>, Unkept>> {
        Box::pin(async { Ok(self.0.lock().unwrap().clone()) })
    }

    fn write(&self, token: Token) -> Answering<'_, Result<(), Unkept>> {
        Box::pin(async move {
            *self.0.lock().unwrap() = Some(token);
            Ok(())
        })
    }
}

impl Kept {
    fn now(&self) -> Option<Token> {
        self.0.lock().unwrap().clone()
    }
}

async fn reads(connection: &Connection) -> Result<u16, Unanswered> {
    connection.send(Request::get("Task/7")).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_member_signs_in_refreshes_and_a_stolen_token_ends_the_session() {
    let provider = Provider::start().await;
    let (kept, connection) = provider.signs_in(willing).await.unwrap();
    assert_eq!(reads(&connection).await, Ok(200));

    // The next morning: a new process with what the keyring holds.
    let first = kept.now().expect("a refresh token");
    assert_eq!(reads(&resume(provider.resumption(&kept))).await, Ok(200));
    let second = kept.now().unwrap();
    assert_ne!(first, second, "it rotates");

    // Somebody shows the old one.
    let thief = Kept(Arc::new(Mutex::new(Some(first))));
    assert_eq!(reads(&resume(provider.resumption(&thief))).await, Err(Unanswered::SignInAgain));
    assert_eq!(kept.now(), Some(second), "nothing of ours was overwritten");
    assert_eq!(reads(&resume(provider.resumption(&kept))).await, Err(Unanswered::SignInAgain), "the session has ended");
}

#[tokio::test]
async fn signing_out_revokes_the_refresh_token() {
    let provider = Provider::start().await;
    let (kept, _) = provider.signs_in(willing).await.unwrap();
    sign_out(provider.resumption(&kept)).await.unwrap();
    assert_eq!(reads(&resume(provider.resumption(&kept))).await, Err(Unanswered::SignInAgain));
}

#[tokio::test]
async fn saying_no_on_the_page_cancels() {
    let provider = Provider::start().await;
    assert!(matches!(provider.signs_in(unwilling).await.err().unwrap(), SignInError::Cancelled));
}

#[tokio::test]
async fn the_agent_proves_itself_by_key_and_by_secret() {
    let provider = Provider::start().await;
    let by = |proof| backend(provider.base.clone(), provider.http(), proof);
    for algorithm in ["RS384", "ES384"] {
        let file = provider.folder.path().join(format!("{algorithm}.pem"));
        let key = KeyFile::read(&file, Some(format!("key-{algorithm}"))).unwrap();
        let agent = Backend::Key { client_id: format!("agent-{algorithm}"), key };
        assert_eq!(reads(&by(agent)).await, Ok(200), "{algorithm}");
    }
    // Characters that Basic wants encoded.
    let secret = |secret: &str| Backend::Secret { client_id: "agent-secret".to_owned(), secret: Token::from(secret) };
    assert_eq!(reads(&by(secret("s3cret:/+ &%"))).await, Ok(200));
    assert_eq!(reads(&by(secret("wrong"))).await, Err(Unanswered::SignInAgain));
}
