//! Servers that differ: `tern-agent check --write` goes the whole way on each of them.
//!
//! - the practice as it is;
//! - the practice behind the unruly proxy, in [`differing`];
//! - sekmet, a strict R4 server that nobody here wrote.
//!
//! Sign-in goes against an OpenID provider that nobody here wrote either; its scenes are tests of `tern-net`.
//!
//! What a check says goes to a file under `target/interop`, one each, and to the screen when it fails.

mod differing;

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::practice::{Practice, Ready};
use crate::process::{Ends, Process, Says};
use crate::step::{Step, command};
use crate::{say, setup};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The steps: after them it is known on which servers Tern works.
pub(crate) fn steps() -> Vec<Step> {
    let needs = &["build the programs", "search parameters"];
    vec![
        Step::call("check: the practice", practice).after(needs),
        setup::oidc_provider().after(&["system packages"]),
        Step::run("sign-in: an OpenID provider", &["cargo", "test", "--locked", "--package", "tern-net"])
            .with("--features=interop")
            .with("--test=oidc_provider")
            .after(&["system packages", "OpenID provider"]),
        Step::call("check: sekmet", sekmet).after(&["build the programs", "python tools"]),
        Step::call("check: servers that differ", differing::check_all)
            .takes("7 minutes")
            .after(&["build the programs", "search parameters"]),
    ]
}

/// What the agent is to make of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Exit code 0 or 1: with or without work-arounds.
    Fit,
    /// Exit code 2.
    Unfit,
}

fn practice(checkout: &Checkout) -> Result {
    let folder = fresh(checkout, "practice")?;
    let practice = Practice::start(checkout, &folder, &[])?;
    let mut check = check(checkout, &practice.ready.base_url)?;
    with_client(&mut check, &practice.ready, &secret(&practice.ready, &folder)?);
    judge(&mut check, Verdict::Fit, &folder.join("check.txt"))
}

fn sekmet(checkout: &Checkout) -> Result {
    let folder = fresh(checkout, "sekmet")?;
    // Free a moment ago: it takes no port 0.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = port.map_err(|error| Error::other(format!("no free port: {error}")))?.port();
    let base = format!("http://127.0.0.1:{port}/fhir");
    let token = folder.join("token");
    private(&token, "for-tests-only")?;
    let settings = folder.join("settings.yaml");
    // Its simulator would answer tasks by itself; here nobody but the check does.
    let text = format!(
        "base_url: {base}\ndata_dir: {}\nserver_auth:\n  types: [bearer]\n  tokens: [for-tests-only]\n\
         simulator:\n  enabled: false\n",
        folder.join("data").display(),
    );
    fs::write(&settings, text).map_err(Error::file("write", &settings))?;
    let mut serve = command(&[checkout.tool("sekmet").into_os_string()])?;
    serve.current_dir(&folder).args(["serve", "--host", "127.0.0.1", "--port"]).arg(port.to_string());
    serve.arg("--config").arg(&settings);
    let server = Process::start(&mut serve, Says::InLog, Ends::Killed, &folder.join("sekmet.log"))?;
    server.line(READY_WITHIN, |line| line.contains("Uvicorn running on"))?;
    let mut check = check(checkout, &base)?;
    judge(check.arg("--token-file").arg(&token), Verdict::Fit, &folder.join("check.txt"))
}

/// The agent, told to go the whole way on a server.
fn check(checkout: &Checkout, base: &str) -> Result<Command> {
    let mut check = command(&[checkout.program("tern-agent").into_os_string()])?;
    check.args(["check", "--write", "--server", base]);
    Ok(check)
}

/// The file with what the practice gives to programs.
fn secret(practice: &Ready, folder: &Path) -> Result<PathBuf> {
    let file = folder.join("client-secret");
    private(&file, &practice.backend.client_secret)?;
    Ok(file)
}

/// Signs the check in as that program.
fn with_client(check: &mut Command, practice: &Ready, secret: &Path) {
    check.arg("--ca").arg(&practice.ca_file);
    check.arg("--client-id").arg(&practice.backend.client_id).arg("--client-secret-file").arg(secret);
}

/// Runs a check; what it says goes to `told`, and to the screen when the verdict is another.
fn judge(check: &mut Command, verdict: Verdict, told: &Path) -> Result {
    let output = check.stdin(std::process::Stdio::null()).output().map_err(|source| Error::start(check, source))?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    fs::write(told, &text).map_err(Error::file("write", told))?;
    let as_expected = match verdict {
        Verdict::Fit => matches!(output.status.code(), Some(0 | 1)),
        Verdict::Unfit => output.status.code() == Some(2),
    };
    if as_expected {
        return Ok(());
    }
    say::line(&text);
    Err(Error::other(format!("expected {verdict:?}, and it ended with {}; see {}", output.status, told.display())))
}

/// An empty folder for one server.
fn fresh(checkout: &Checkout, name: &str) -> Result<PathBuf> {
    let folder = checkout.out("interop").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::file("empty", &folder))?;
    }
    fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
    Ok(folder)
}

/// Writes a file that only its owner may read.
fn private(path: &Path, text: &str) -> Result {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(Error::file("write", path))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(Error::file("write", path))
}
