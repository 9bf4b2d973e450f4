//! `cargo xtask demo`: the sample practice and a window on it.
//!
//! With a display, the window is yours: sign in with one key (the practice's page is filled in as
//! Dr Osei's), and close it when you have seen enough. Without one, or with `--headless`, the same runs
//! on a display that nobody sees, and five minutes are played by keyboard; what happened is printed as
//! the server saw it, and pictures and logs lie in `target/demo`.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::practice::Practice;
use crate::step::{Around, Step, command, run, run_all};
use crate::{say, setup, test};
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// Start the sample practice and open the window on it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// What patients write: JSON lines with `subject` and `text`; otherwise the project's own words
    #[arg(long, value_name = "FILE")]
    messages: Option<PathBuf>,
    /// Play five minutes by keyboard on a display that nobody sees
    #[arg(long)]
    headless: bool,
    /// Port of the practice on this machine; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

impl Demo {
    /// Installs, builds, and shows.
    pub(crate) fn run(self, checkout: &Checkout) -> Result {
        // Before a quarter of an hour of building.
        let messages = self.messages.as_deref().map(absolute).transpose()?;
        let mut steps = setup::steps();
        steps.push(test::screen_build());
        steps.push(test::programs());
        run_all(checkout, &steps)?;

        let out = checkout.out("demo");
        if out.exists() {
            // Every demo begins anew: a profile from the last one would look for a practice that is gone.
            fs::remove_dir_all(&out).map_err(Error::file("empty", &out))?;
        }
        let mut arguments: Vec<OsString> = vec!["--bind".into(), format!("127.0.0.1:{}", self.port).into()];
        if let Some(messages) = &messages {
            arguments.extend(["--messages".into(), messages.into()]);
        }
        let headless = self.headless || !has_display();
        if !headless {
            arguments.extend(["--arrivals", "60"].map(Into::into));
        }
        say::line("\n── the practice opens");
        let practice = Practice::start(checkout, &out.join("practice"), &arguments)?;
        say::line(&format!("{} (its authority: {})", practice.ready.base_url, practice.ready.ca_file.display()));
        if headless { play(checkout, &practice, &out, messages.as_deref()) } else { show(checkout, &practice, &out) }
    }
}

/// The window, for a person.
fn show(checkout: &Checkout, practice: &Practice, out: &Path) -> Result {
    let member = practice.account("physician")?;
    say::line("Signing in takes one click and no password here; in a browser it would be:");
    for account in &practice.ready.accounts {
        say::line(&format!("  {:14} {:20} {} / {}", account.role, account.name, account.username, account.password));
    }
    say::line("Close the window, or press Ctrl C here, when you have seen enough.");
    let mut window = command(&[checkout.program("tern").into_os_string()])?;
    window.arg("--profile").arg(out.join("profile"));
    window.arg("--server").arg(&practice.ready.base_url);
    window.arg("--ca").arg(&practice.ready.ca_file);
    window.arg("--browser").arg(checkout.program("sign-in-page"));
    window.env("TERN_SIGN_IN_USERNAME", &member.username);
    window.env("TERN_SIGN_IN_PASSWORD", &member.password);
    // The second one is made by *Try the sample practice*, which starts another practice in the profile.
    let authorities = [&practice.ready.ca_file, &out.join("profile/sample-practice/ca.pem")];
    window.env("TERN_SIGN_IN_CA", joined(authorities)?);
    window.env("PATH", with_practice(checkout)?);
    run(&mut window)
}

/// Five minutes by keyboard, for nobody.
fn play(checkout: &Checkout, practice: &Practice, out: &Path, messages: Option<&Path>) -> Result {
    let said = out.join("practice.json");
    fs::write(&said, &practice.line).map_err(Error::file("write", &said))?;
    let mut five_minutes = Step::run("five minutes", &[])
        .with(checkout.program("demo"))
        .with("--app")
        .with(checkout.program("tern"))
        .with("--practice")
        .with(said)
        .with("--out")
        .with(out)
        .env("PATH", with_practice(checkout)?);
    if let Some(messages) = messages {
        five_minutes = five_minutes.with("--messages").with(messages);
    }
    let played = run_all(checkout, &[five_minutes.around(Around::Display)]);
    say::line(&format!("pictures and logs: {}", out.display()));
    played
}

/// The `PATH` with the practice's folder at its end: the app finds `tern-practice` there as where the package is
/// installed, and does not say beside a running one that there is none.
fn with_practice(checkout: &Checkout) -> Result<OsString> {
    let practice = checkout.practice();
    let path = std::env::var_os("PATH").unwrap_or_default();
    joined(std::env::split_paths(&path).chain(practice.parent().map(Path::to_owned)))
}

fn joined(paths: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<OsString> {
    std::env::join_paths(paths).map_err(|error| Error::other(error.to_string()))
}

/// Whether a window would be seen.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn absolute(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(Error::file("read", path))
}
