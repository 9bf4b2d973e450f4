//! Figures 7 to 10: the app in its window, on a full cache.
//!
//! The mailbox is the bench's own, answered by its server at the speed of the data figures; behind that server
//! stands a sample practice for what a window needs beside pages: somebody to sign in, pools, push. The window is
//! the app as it is shipped, driven as the journeys drive it, and what a person would see is sampled inside its
//! page.

mod keys;
mod push;
mod start;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tern_journeys::{
    practice::{Account, Practice},
    window::{Opening, Window},
};

use crate::{
    Failure,
    corpus::Corpus,
    figure::{Figure, say, short},
    server::Server,
};

/// How long a first sync with its index may take in the window, per message: ten times what is usual.
const MILLISECONDS_EACH: u64 = 5;
/// Looks at the status, a fifth of a second apart, after which nothing more is expected to come.
const QUIET_LOOKS: usize = 20;

/// The programs that are measured, as they were built beside this one.
pub(crate) struct Programs {
    app: PathBuf,
    browser: PathBuf,
    empty: PathBuf,
    practice: PathBuf,
}

impl Programs {
    /// Looks for them: the practice is named by `TERN_PRACTICE` and the stand-in for the browser by
    /// `TERN_SIGN_IN_PAGE`; the windows lie beside this program, built as it was.
    ///
    /// # Errors
    /// When one of them is not there, or nothing shows windows.
    pub(crate) fn find() -> Result<Self, Failure> {
        if !cfg!(target_os = "linux") || std::env::var_os("DISPLAY").is_none() {
            return Err("the window's figures need Linux and a display: run `cargo xtask bench`".into());
        }
        let own = std::env::current_exe()?;
        let beside = |name: &str| {
            let path = own.with_file_name(name);
            if path.is_file() { Ok(path) } else { Err(format!("{} is not built", path.display())) }
        };
        let named =
            |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("{name} names no program"));
        Ok(Self {
            app: beside("tern")?,
            browser: named("TERN_SIGN_IN_PAGE")?,
            empty: beside("empty-window")?,
            practice: named("TERN_PRACTICE")?,
        })
    }
}

/// A profile and the server it is signed in to.
struct Desk<'a> {
    programs: &'a Programs,
    account: &'a Account,
    server: (&'a str, &'a Path),
    profile: PathBuf,
    log: PathBuf,
}

impl Desk<'_> {
    /// Opens a program's window as the profile's.
    async fn window(&self, program: &Path) -> Result<Window, Failure> {
        std::fs::create_dir_all(&self.profile)?;
        Window::open(&Opening {
            app: program,
            browser: &self.programs.browser,
            profile: &self.profile,
            server: self.server,
            account: self.account,
            language: "C.UTF-8",
            log: &self.log,
        })
        .await
    }

    /// The app's window with the member signed in.
    async fn signed_in(&self) -> Result<Window, Failure> {
        let window = self.window(&self.programs.app).await?;
        window.see("[data-testid=server]").await?;
        window.press_key(fantoccini::key::Key::Enter).await?;
        window.see("[data-testid=view-inbox]").await?;
        Ok(window)
    }
}

/// Measures the window on the mailbox, and a practice's push. What was measured before something failed stays.
///
/// # Errors
/// When a program does not start, or something that was waited for does not come.
pub(crate) async fn measure(corpus: Arc<Corpus>, folder: &Path, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let programs = Programs::find()?;
    let practice = practice(&programs, &folder.join("practice")).await?;
    let messages = corpus.messages;
    let server = Server::start(corpus, folder, Some(&practice.ready))?;
    let desk = Desk {
        programs: &programs,
        account: practice.account("physician")?,
        server: (&server.base_url, &server.ca_file),
        profile: folder.join("profile"),
        log: folder.join("tern.log"),
    };
    say(&format!("window: signing in, first sync of {}", short(messages)));
    let window = desk.signed_in().await?;
    everything_cached(&window, messages).await?;
    figures.extend(keys::measure(&window, messages).await?);
    window.quit().await?;
    figures.extend(start::measure(&desk, messages).await?);

    say("window: push");
    let desk = Desk {
        server: (&practice.ready.base_url, &practice.ready.ca_file),
        profile: folder.join("profile-push"),
        log: folder.join("tern-push.log"),
        ..desk
    };
    let window = desk.signed_in().await?;
    figures.push(push::measure(&window, &practice).await?);
    window.quit().await
}

async fn practice(programs: &Programs, folder: &Path) -> Result<Practice, Failure> {
    Practice::start(&programs.practice, folder, &["--patients", "20", "--threads", "20", "--seed", "7"]).await
}

/// Waits until the first sync and its index are through: no progress to be shown, look after look, because for a
/// moment between the two there is none either.
async fn everything_cached(window: &Window, messages: u64) -> Result<(), Failure> {
    let patience = Duration::from_secs(60) + Duration::from_millis(MILLISECONDS_EACH * messages);
    let began = Instant::now();
    let mut quiet = 0;
    while quiet < QUIET_LOOKS {
        let status = invoked(window, "status").await?;
        let through = !status["checked"].is_null() && status["firstSync"].is_null() && status["index"].is_null();
        quiet = if through { quiet + 1 } else { 0 };
        if began.elapsed() > patience {
            return Err(format!("the mailbox was never cached: {status}").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// What a command of the app answers.
async fn invoked(window: &Window, command: &str) -> Result<Value, Failure> {
    const SCRIPT: &str = "const [command, done] = arguments; window.__TAURI_INTERNALS__.invoke(command).then(done, e => done({ failed: String(e) }))";
    Ok(window.client.execute_async(SCRIPT, vec![json!(command)]).await?)
}

/// The numbers that a script answers with.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}
