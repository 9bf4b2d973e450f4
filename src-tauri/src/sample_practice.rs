//! Starts `tern-practice` beside the program: *Try the sample practice*, one click.
//!
//! It is a package of its own, so that four hundred clinicians' machines don't carry it: looked for next to
//! this program, then on the `PATH`. It ends with this program, because its standard input closes with it, and
//! listens where it listened the last time: an account is known by its address.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::Deserialize;
use tern_api::ports::{Address, Doing, SamplePractice, SamplePracticeFailed};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::Mutex,
};

/// The first start makes a certificate authority, people and threads.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// `tern-practice` as a child of this program.
#[derive(Default)]
pub(crate) struct SamplePracticeProcess {
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Kept: it is killed when it is dropped.
    child: Child,
    address: Address,
}

/// In its folder: the port on which it listened the last time.
const PORT_FILE: &str = "port";

/// The line that it prints when it is ready; the rest of the line is for tests and training.
#[derive(Deserialize)]
struct Ready {
    base_url: String,
    ca_file: PathBuf,
}

impl SamplePractice for SamplePracticeProcess {
    fn is_installed(&self) -> bool {
        program().is_some()
    }

    fn start<'a>(&'a self, data: &'a Path) -> Doing<'a, Result<Address, SamplePracticeFailed>> {
        Box::pin(async move {
            let mut running = self.running.lock().await;
            if let Some(running) = running.as_mut()
                && matches!(running.child.try_wait(), Ok(None))
            {
                return Ok(running.address.clone());
            }
            let mut started = launch(data, last_port(data)).await;
            if started.is_err() {
                // Somebody else may listen there by now.
                started = launch(data, 0).await;
            }
            let started = started.map_err(|error| {
                tracing::error!(%error, "the sample practice did not start");
                SamplePracticeFailed
            })?;
            Ok(running.insert(started).address.clone())
        })
    }
}

async fn launch(data: &Path, port: u16) -> std::io::Result<Running> {
    let program = program().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))?;
    std::fs::create_dir_all(data)?;
    let log = std::fs::File::create(data.join("tern-practice.log"))?;
    let mut child = Command::new(program)
        .args([
            "serve",
            "--exit-with-stdin",
            "--one-click",
            "--arrivals",
            "30",
            "--bind",
            &format!("127.0.0.1:{port}"),
            "--data",
        ])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().ok_or_else(|| std::io::Error::other("no output"))?;
    let line = tokio::time::timeout(STARTS_WITHIN, BufReader::new(output).lines().next_line())
        .await
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??
        .ok_or_else(|| std::io::Error::other("it ended before it was ready"))?;
    let ready: Ready = serde_json::from_str(&line)?;
    remember_port(data, &ready.base_url);
    Ok(Running { child, address: Address { server: ready.base_url, ca_file: Some(ready.ca_file) } })
}

/// Where it listened the last time; 0 for any free port.
fn last_port(data: &Path) -> u16 {
    std::fs::read_to_string(data.join(PORT_FILE)).ok().and_then(|port| port.trim().parse().ok()).unwrap_or(0)
}

fn remember_port(data: &Path, base_url: &str) {
    let port = tauri::Url::parse(base_url).ok().and_then(|url| url.port());
    let kept = port.map(|port| std::fs::write(data.join(PORT_FILE), port.to_string()));
    if !matches!(kept, Some(Ok(()))) {
        tracing::warn!("the sample practice's port is not kept: it may listen elsewhere the next time");
    }
}

/// The program, if it is installed.
fn program() -> Option<PathBuf> {
    let name = format!("tern-practice{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(&name)));
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|dir| dir.join(&name)).collect::<Vec<_>>());
    beside.into_iter().chain(on_path).find(|candidate| candidate.is_file())
}
