//! Servers that differ: `tern-agent check --write` goes the whole way on each of them.
//!
//! - the practice as it is;
//! - the practice behind the unruly proxy: each quirk alone, then sets of them in which every two meet. One practice,
//!   one proxy after the other before it;
//! - sekmet, a strict R4 server that nobody here wrote.
//!
//! Sign-in goes against an OpenID provider that nobody here wrote either; its scenes are tests of `tern-net`.
//!
//! What a check says goes to a file under `target/interop`, one each, and to the screen when it fails.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::practice::Practice;
use crate::process::{Ends, Process, Says};
use crate::say;
use crate::setup;
use crate::step::{Step, command, output};
use serde::Deserialize;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Fixes the sets of quirks and the random faults.
const SEED: u64 = 1;
/// Servers that no client of messages can work with: the check has to say so, and does by its exit code.
const UNFIT: &[&str] = &["json-missing", "put-ignores-if-match"];

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
    ]
}

/// Every server that differs, one after the other; asked for by name, because it takes a while.
pub(crate) fn unruly_servers() -> Step {
    Step::call("check: unruly servers", unruly).takes("10 minutes").after(&["build the programs", "search parameters"])
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
    with_practice(&mut check, &practice, &folder)?;
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

/// What the proxy says when it is ready.
#[derive(Debug, Deserialize)]
struct Unruly {
    base_url: String,
}

fn unruly(checkout: &Checkout) -> Result {
    let folder = fresh(checkout, "unruly")?;
    let practice = Practice::start(checkout, &folder, &[])?;
    let program = checkout.program("tern-unruly").into_os_string();
    let list = output(command(std::slice::from_ref(&program))?.arg("list"))?;
    let alone = list.lines().filter_map(|line| line.split_whitespace().next());
    let pairs = output(command(std::slice::from_ref(&program))?.arg("pairs").arg(format!("--seed={SEED}")))?;
    say::line(&format!("sets in which every two quirks meet: seed {SEED}"));
    let mut wrong = Vec::new();
    for (number, quirks) in alone.chain(pairs.lines()).enumerate() {
        let verdict = if UNFIT.contains(&quirks) { Verdict::Unfit } else { Verdict::Fit };
        let begun = Instant::now();
        let judged = behind(checkout, &practice, &folder, &format!("{number:03}"), quirks, verdict);
        say::line(&format!(
            "{:>8}  {}  {quirks}",
            say::duration(begun.elapsed()),
            if judged.is_ok() { "ok" } else { "WRONG" }
        ));
        if let Err(error) = judged {
            say::trouble(&error);
            wrong.push(quirks.to_owned());
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::other(format!("not as it should be: {}", wrong.join("; ")))) }
}

/// One check behind one proxy.
fn behind(
    checkout: &Checkout,
    practice: &Practice,
    folder: &Path,
    name: &str,
    quirks: &str,
    verdict: Verdict,
) -> Result {
    let mut proxy = command(&[checkout.program("tern-unruly").into_os_string()])?;
    proxy.arg("--upstream").arg(&practice.ready.base_url).arg("--upstream-ca").arg(&practice.ready.ca_file);
    proxy.arg("--quirks").arg(quirks).arg(format!("--seed={SEED}"));
    let proxy = Process::start(&mut proxy, Says::OnOutput, Ends::Killed, &folder.join(format!("{name}.log")))?;
    let line = proxy.line(READY_WITHIN, |_| true)?;
    let said = serde_json::from_str::<Unruly>(&line);
    let said = said.map_err(|error| Error::other(format!("the proxy says something else: {error}")))?;
    let mut check = check(checkout, &said.base_url)?;
    with_practice(&mut check, practice, folder)?;
    judge(&mut check, verdict, &folder.join(format!("{name}.txt")))
}

/// The agent, told to go the whole way on a server.
fn check(checkout: &Checkout, base: &str) -> Result<Command> {
    let mut check = command(&[checkout.program("tern-agent").into_os_string()])?;
    check.args(["check", "--write", "--server", base]);
    Ok(check)
}

/// Adds what the practice gives to programs.
fn with_practice(check: &mut Command, practice: &Practice, folder: &Path) -> Result {
    let secret = folder.join("client-secret");
    if !secret.exists() {
        private(&secret, &practice.ready.backend.client_secret)?;
    }
    check.arg("--ca").arg(&practice.ready.ca_file);
    check.arg("--client-id").arg(&practice.ready.backend.client_id).arg("--client-secret-file").arg(secret);
    Ok(())
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
