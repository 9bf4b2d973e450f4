//! The sample practice as a child process, and a look at it from the other side.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{Failure, PATIENCE};

/// What the practice prints when it is ready.
#[derive(Clone, Debug, Deserialize)]
pub struct Ready {
    /// FHIR base URL.
    pub base_url: String,
    /// Its certificate authority.
    pub ca_file: PathBuf,
    /// One per role.
    pub accounts: Vec<Account>,
    /// For looking from the other side.
    pub backend: Backend,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// physician, nurse, ma, front-office, triage-lead, it.
    pub role: String,
    /// What is typed into the page.
    pub username: String,
    /// What is typed into the page.
    pub password: String,
    /// "Dr Amara Osei".
    pub name: String,
    /// `PractitionerRole/…`: as whom they act.
    pub practitioner_role: String,
}

/// Client credentials.
#[derive(Clone, Debug, Deserialize)]
pub struct Backend {
    /// Id.
    pub client_id: String,
    /// Secret.
    pub client_secret: String,
}

/// A running sample practice.
pub struct Practice {
    child: Option<Child>,
    /// What it said.
    pub ready: Ready,
    http: reqwest::Client,
    token_endpoint: String,
    /// Lives ten minutes, and a long journey lives longer.
    token: tokio::sync::Mutex<String>,
}

impl Practice {
    /// Starts `program serve` with its data in `data` and more arguments.
    ///
    /// # Errors
    /// When it does not start; its log lies beside the data.
    pub async fn start(program: &Path, data: &Path, more: &[&str]) -> Result<Self, Failure> {
        std::fs::create_dir_all(data)?;
        let log = data.join("tern-practice.log");
        let mut child = Command::new(program)
            .args(["serve", "--exit-with-stdin", "--data"])
            .arg(data)
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(PATIENCE * 4, lines.next_line())
            .await??
            .ok_or_else(|| format!("the practice ended before it was ready: see {}", log.display()))?;
        let mut practice = Self::join(serde_json::from_str(&line)?).await?;
        practice.child = Some(child);
        Ok(practice)
    }

    /// Stops it, and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn stop(&mut self) -> Result<(), Failure> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Writes a resource as it is, over the one that was there.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn put(&self, resource: &Value) -> Result<(), Failure> {
        let part = |name: &str| resource[name].as_str().ok_or_else(|| format!("a resource without {name}"));
        let url = format!("{}/{}/{}", self.ready.base_url, part("resourceType")?, part("id")?);
        let body = resource.to_string();
        self.answered(|| self.http.put(&url).header("Content-Type", "application/fhir+json").body(body.clone()))
            .await?;
        Ok(())
    }

    /// Looks at a practice that somebody else started.
    ///
    /// # Errors
    /// When its CA cannot be read or it gives no token.
    pub async fn join(ready: Ready) -> Result<Self, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = reqwest::Certificate::from_pem(&std::fs::read(&ready.ca_file)?)?;
        let http = reqwest::Client::builder().tls_certs_only([ca]).build()?;
        let discovery: Value =
            http.get(format!("{}/.well-known/smart-configuration", ready.base_url)).send().await?.json().await?;
        let token_endpoint = discovery["token_endpoint"].as_str().ok_or("no token endpoint")?.to_owned();
        let token = bought(&http, &token_endpoint, &ready.backend).await?.into();
        Ok(Self { child: None, ready, http, token_endpoint, token })
    }

    /// The answer to a request of the practice's own program; with a new token where the old one has run out.
    async fn answered(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let token = self.token.lock().await.clone();
        let answer = request().bearer_auth(token).send().await?;
        if answer.status() != reqwest::StatusCode::UNAUTHORIZED {
            return Ok(answer.error_for_status()?);
        }
        let token = bought(&self.http, &self.token_endpoint, &self.ready.backend).await?;
        self.token.lock().await.clone_from(&token);
        Ok(request().bearer_auth(token).send().await?.error_for_status()?)
    }

    /// Who may sign in as `role`.
    ///
    /// # Errors
    /// When the practice has nobody of that role.
    pub fn account(&self, role: &str) -> Result<&Account, Failure> {
        self.ready.accounts.iter().find(|account| account.role == role).ok_or_else(|| format!("no {role}").into())
    }

    /// A FHIR search or read, as the server has it now.
    ///
    /// # Errors
    /// When the server does not answer with a resource.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        let url = format!("{}/{path}", self.ready.base_url);
        Ok(self.answered(|| self.http.get(&url)).await?.json().await?)
    }

    /// The resources of a search.
    ///
    /// # Errors
    /// When the server does not answer with a Bundle.
    pub async fn search(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let bundle = self.get(path).await?;
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        Ok(entries.into_iter().map(|entry| entry["resource"].clone()).collect())
    }

    /// A patient writes now.
    ///
    /// # Errors
    /// When the practice refuses.
    pub async fn arrive(&self, subject: &str, text: &str) -> Result<Value, Failure> {
        self.comes(&json!({ "subject": subject, "text": text })).await
    }

    /// A patient writes now with a FHIR priority (routine, urgent, asap, stat); what came: thread, message, task,
    /// patient, as references.
    ///
    /// # Errors
    /// When the practice refuses.
    pub async fn arrive_as(&self, priority: &str, subject: &str, text: &str) -> Result<Value, Failure> {
        let told = self.comes(&json!({ "subject": subject, "text": text, "priority": priority })).await?;
        Ok(told["arrived"][0].clone())
    }

    /// A patient writes now, with a photo; what came, as [`Practice::arrive_as`] says it.
    ///
    /// # Errors
    /// When the practice refuses.
    pub async fn arrive_with_photo(&self, subject: &str, text: &str) -> Result<Value, Failure> {
        let told = self.comes(&json!({ "subject": subject, "text": text, "photo": true })).await?;
        Ok(told["arrived"][0].clone())
    }

    /// The patient of a thread (`Communication/…`) writes again.
    ///
    /// # Errors
    /// When the practice refuses.
    pub async fn writes_again(&self, thread: &str, text: &str) -> Result<Value, Failure> {
        self.comes(&json!({ "thread": thread, "text": text })).await
    }

    async fn comes(&self, arrival: &Value) -> Result<Value, Failure> {
        let origin = self.ready.base_url.trim_end_matches("/fhir");
        let url = format!("{origin}/practice/arrive");
        Ok(self.answered(|| self.http.post(&url).json(arrival)).await?.json().await?)
    }
}

/// An access token by client credentials.
async fn bought(http: &reqwest::Client, endpoint: &str, backend: &Backend) -> Result<String, Failure> {
    let asked = [("grant_type", "client_credentials"), ("scope", "system/*.cruds")];
    let request = http.post(endpoint).basic_auth(&backend.client_id, Some(&backend.client_secret)).form(&asked);
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(answer["access_token"].as_str().ok_or("no token")?.to_owned())
}
