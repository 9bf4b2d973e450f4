//! The sample practice as a process beside us.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::step::{command, run};
use serde::Deserialize;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long the practice may take to be ready: it seeds its threads first.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// How long it may take to put its database in order at the end.
const GONE_WITHIN: Duration = Duration::from_secs(10);

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
    child: Child,
    lines: Receiver<String>,
    /// What it said.
    pub(crate) ready: Ready,
    /// The line it said it in.
    pub(crate) line: String,
}

impl Practice {
    /// Starts one with its data in `folder/data` and its log in `folder/practice.log`, and waits until
    /// it is ready.
    pub(crate) fn start(checkout: &Checkout, folder: &Path, arguments: &[OsString]) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let log = folder.join("practice.log");
        let program = checkout.practice();
        let mut child = Command::new(&program)
            // Ends with us, however we end.
            .args(["serve", "--exit-with-stdin", "--data"])
            .arg(folder.join("data"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).map_err(Error::file("write", &log))?)
            .spawn()
            .map_err(|source| Error::Start { program: program.display().to_string(), hint: "", source })?;
        let lines = child.stdout.take().map(lines).ok_or_else(|| Error::other("the practice has no output"))?;
        let said = lines.recv_timeout(READY_WITHIN);
        let ready =
            said.map_err(|_| Error::other(format!("the practice was not ready: {}", log.display()))).and_then(|line| {
                match serde_json::from_str(&line) {
                    Ok(ready) => Ok((ready, line)),
                    Err(error) => Err(Error::other(format!("the practice says something else: {error}"))),
                }
            });
        match ready {
            Ok((ready, line)) => Ok(Self { child, lines, ready, line }),
            Err(error) => {
                // It may have ended already.
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The member who plays `role`.
    pub(crate) fn account(&self, role: &str) -> Result<&Account> {
        let account = self.ready.accounts.iter().find(|account| account.role == role);
        account.ok_or_else(|| Error::other(format!("the practice has no {role}")))
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        // Its input closes, it checkpoints its database and goes; its output closing says so.
        drop(self.child.stdin.take());
        while self.lines.recv_timeout(GONE_WITHIN).is_ok() {}
        if !matches!(self.lines.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Disconnected)) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Its lines, read on a thread so that waiting for one can end.
fn lines(output: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Cuts the published search parameters to the types we use.
pub(crate) fn cut_definitions(checkout: &Checkout, from: &Path, to: &Path) -> Result {
    let mut cut = command(&[checkout.practice().into_os_string(), "definitions".into()])?;
    run(cut.arg("--from").arg(from).arg("--to").arg(to))
}
