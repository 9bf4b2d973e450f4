//! The sample practice as a process beside us.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::process::{Ends, Process, Says};
use crate::step::{command, run};
use serde::Deserialize;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the practice may take to be ready: it seeds its threads first.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// What the practice says when it is ready, as far as tasks use it. It holds secrets, if only of
/// invented people, so nothing here can be printed by accident.
#[derive(Deserialize)]
pub(crate) struct Ready {
    /// Its FHIR base address.
    pub(crate) base_url: String,
    /// The authority that its certificate is from.
    pub(crate) ca_file: PathBuf,
    /// Who may sign in.
    pub(crate) accounts: Vec<Account>,
    /// For programs that look without a member.
    pub(crate) backend: Backend,
}

/// An invented member.
#[derive(Deserialize)]
pub(crate) struct Account {
    /// `physician`, `nurse`, `ma`, …
    pub(crate) role: String,
    /// What is typed into the sign-in page.
    pub(crate) username: String,
    /// What is typed into the sign-in page. Invented like its owner.
    pub(crate) password: String,
    /// As people say it.
    pub(crate) name: String,
}

/// Client credentials.
#[derive(Deserialize)]
pub(crate) struct Backend {
    /// Its name.
    pub(crate) client_id: String,
    /// Its secret; made for this one run.
    pub(crate) client_secret: String,
}

/// A running practice; ends when dropped.
pub(crate) struct Practice {
    _process: Process,
    /// What it said.
    pub(crate) ready: Ready,
    /// The line it said it in.
    pub(crate) line: String,
}

impl Practice {
    /// Starts one with its data in `folder/data` and its log in `folder/practice.log`, and waits until it is ready.
    pub(crate) fn start(checkout: &Checkout, folder: &Path, arguments: &[OsString]) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let mut command = command(&[checkout.practice().into_os_string()])?;
        command.args(["serve", "--exit-with-stdin", "--data"]).arg(folder.join("data")).args(arguments);
        let log = folder.join("practice.log");
        let process = Process::start(&mut command, Says::OnOutput, Ends::WithInput, &log)?;
        let line = process.line(READY_WITHIN, |_| true)?;
        let ready = serde_json::from_str(&line);
        let ready = ready.map_err(|error| Error::other(format!("the practice says something else: {error}")))?;
        Ok(Self { _process: process, ready, line })
    }

    /// The first member who plays `role`.
    pub(crate) fn account(&self, role: &str) -> Result<&Account> {
        let account = self.ready.accounts.iter().find(|account| account.role == role);
        account.ok_or_else(|| Error::other(format!("the practice has no {role}")))
    }
}

/// Cuts the published search parameters to the types we use.
pub(crate) fn cut_definitions(checkout: &Checkout, from: &Path, to: &Path) -> Result {
    let mut cut = command(&[checkout.practice().into_os_string(), "definitions".into()])?;
    run(cut.arg("--from").arg(from).arg("--to").arg(to))
}
