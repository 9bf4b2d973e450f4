//! Tern's window, as a person at a keyboard sees it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    error::CmdError,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::{Failure, PATIENCE, driver::Driver, practice::Account};

/// How a window is opened.
pub struct Opening<'a> {
    /// The program.
    pub app: &'a Path,
    /// The stand-in for the browser.
    pub browser: &'a Path,
    /// The profile's folder.
    pub profile: &'a Path,
    /// FHIR base URL and CA file.
    pub server: (&'a str, &'a Path),
    /// Who will sign in.
    pub account: &'a Account,
    /// Language of the system.
    pub language: &'a str,
    /// Where the program's output goes.
    pub log: &'a Path,
}

/// An open window.
pub struct Window {
    /// The WebDriver session.
    pub client: Client,
    profile: PathBuf,
    _driver: Driver,
}

/// The driver's picture waits for the next frame, and a page that rests draws none: seen once in sixty pictures, and
/// then for ever. So a corner of one pixel is drawn anew, in a colour that nobody sees, until the picture is there.
const STIR: &str = "const dot = document.createElement('div'); dot.setAttribute('aria-hidden', 'true'); dot.style.cssText = 'position:fixed;left:0;bottom:0;width:1px;height:1px;pointer-events:none'; document.body.append(dot); let on = false; window.__stir = [dot, setInterval(() => { on = !on; dot.style.background = on ? 'rgba(0,0,0,0.004)' : 'transparent' }, 30)]";
const SETTLE: &str =
    "const [dot, timer] = window.__stir ?? []; clearInterval(timer); dot?.remove(); delete window.__stir";

/// What is done with an element, once it is in reach.
#[derive(Clone, Copy)]
enum Reach<'a> {
    Click,
    Clear,
    Fill(&'a str),
}

/// Whether the page was drawn anew between finding an element and touching it: nothing was done then.
fn moved(error: &CmdError) -> bool {
    let covered = matches!(error, CmdError::Standard(said) if said.error() == "element click intercepted");
    covered || error.is_element_not_interactable() || error.is_stale_element_reference()
}

impl Drop for Window {
    fn drop(&mut self) {
        // A journey that stopped half-way leaves no program behind: it would hold the profile.
        let _ = self.kill();
    }
}

impl Window {
    /// Opens the window.
    ///
    /// # Errors
    /// When the driver or the program does not start.
    pub async fn open(opening: &Opening<'_>) -> Result<Self, Failure> {
        Self::open_with(opening, &[]).await
    }

    /// The same, where the program finds more in its environment, such as `TERN_LOG`.
    ///
    /// # Errors
    /// As [`Window::open`].
    pub async fn open_with(opening: &Opening<'_>, more: &[(&'static str, &str)]) -> Result<Self, Failure> {
        let web = web_folder(opening.profile).display().to_string();
        let mut environment = vec![
            ("XDG_DATA_HOME", format!("{web}/data")),
            ("XDG_CACHE_HOME", format!("{web}/cache")),
            ("XDG_CONFIG_HOME", format!("{web}/config")),
            ("TERN_SIGN_IN_USERNAME", opening.account.username.clone()),
            ("TERN_SIGN_IN_PASSWORD", opening.account.password.clone()),
            ("TERN_SIGN_IN_CA", opening.server.1.display().to_string()),
            ("LANG", opening.language.to_owned()),
            ("LC_ALL", opening.language.to_owned()),
        ];
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let driver = Driver::start(&environment, opening.log).await?;
        let arguments = json!([
            "--profile",
            opening.profile,
            "--server",
            opening.server.0,
            "--ca",
            opening.server.1,
            "--browser",
            opening.browser,
        ]);
        let capabilities = json!({ "webkitgtk:browserOptions": { "binary": opening.app, "args": arguments } });
        let Value::Object(capabilities) = capabilities else { return Err("capabilities".into()) };
        let address = format!("http://127.0.0.1:{}", driver.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let connecting = builder.capabilities(capabilities).connect(&address);
        let client = tokio::time::timeout(PATIENCE * 2, connecting).await.map_err(|_| "the window did not open")??;
        Ok(Self { client, profile: opening.profile.to_owned(), _driver: driver })
    }

    /// Waits until something that matches is there.
    ///
    /// # Errors
    /// When it does not come, with what the page says instead.
    pub async fn see(&self, css: &str) -> Result<fantoccini::elements::Element, Failure> {
        self.see_found(Locator::Css(css)).await
    }

    async fn see_found(&self, found: Locator<'_>) -> Result<fantoccini::elements::Element, Failure> {
        match self.client.wait().at_most(PATIENCE).for_element(found).await {
            Ok(element) => Ok(element),
            Err(error) => Err(format!("waited for {found:?}: {error}; the page says: {}", self.words().await).into()),
        }
    }

    /// Clicks what matches, once it is there and at rest: a row that moves while it is aimed at, or is drawn anew, is
    /// aimed at again, as a person would.
    ///
    /// # Errors
    /// When it does not come, or cannot be clicked for as long as anything is waited for.
    pub async fn click(&self, css: &str) -> Result<(), Failure> {
        self.reach(Locator::Css(css), Reach::Click).await
    }

    /// Clicks what is found otherwise than by CSS, as [`Window::click`].
    ///
    /// # Errors
    /// As [`Window::click`].
    pub async fn click_on(&self, found: Locator<'_>) -> Result<(), Failure> {
        self.reach(found, Reach::Click).await
    }

    /// Empties the field that matches, once it can be.
    ///
    /// # Errors
    /// As [`Window::click`].
    pub async fn clear(&self, css: &str) -> Result<(), Failure> {
        self.reach(Locator::Css(css), Reach::Clear).await
    }

    /// Types into the field that matches, once it can be.
    ///
    /// # Errors
    /// As [`Window::click`].
    pub async fn fill(&self, css: &str, words: &str) -> Result<(), Failure> {
        self.reach(Locator::Css(css), Reach::Fill(words)).await
    }

    async fn reach(&self, found: Locator<'_>, how: Reach<'_>) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        loop {
            let element = self.see_found(found).await?;
            let done = match how {
                Reach::Click => element.click().await,
                Reach::Clear => element.clear().await,
                Reach::Fill(words) => element.send_keys(words).await,
            };
            match done {
                Ok(()) => return Ok(()),
                Err(error) if moved(&error) && began.elapsed() < PATIENCE => {
                    tokio::time::sleep(std::time::Duration::from_millis(25)).await;
                }
                Err(error) => {
                    return Err(format!(
                        "{found:?} is there and out of reach: {error}; the page says: {}",
                        self.words().await
                    )
                    .into());
                }
            }
        }
    }

    /// Waits until the element that matches says something with `words` in it.
    ///
    /// # Errors
    /// When it does not.
    pub async fn see_words(&self, css: &str, words: &str) -> Result<(), Failure> {
        let script = "const [css, words] = arguments; return [...document.querySelectorAll(css)].some(e => e.textContent.includes(words))";
        self.until(script, vec![json!(css), json!(words)], &format!("“{words}” in {css}")).await
    }

    /// Waits until nothing matches.
    ///
    /// # Errors
    /// When it stays.
    pub async fn see_gone(&self, css: &str) -> Result<(), Failure> {
        self.until("return !document.querySelector(arguments[0])", vec![json!(css)], &format!("{css} to go")).await
    }

    /// Waits until a script says true.
    ///
    /// # Errors
    /// When it does not, with what the page says instead.
    pub async fn until(&self, script: &str, arguments: Vec<Value>, what: &str) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        loop {
            if self.client.execute(script, arguments.clone()).await? == json!(true) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("waited for {what}; the page says: {}", self.words().await).into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
    }

    /// How many elements match.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn count(&self, css: &str) -> Result<usize, Failure> {
        Ok(self.client.find_all(Locator::Css(css)).await?.len())
    }

    /// Presses one key with modifiers held, such as `press(&[Key::Control], "k")`.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn press_with(&self, modifiers: &[Key], key: char) -> Result<(), Failure> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for modifier in modifiers {
            actions = actions.then(KeyAction::Down { value: (*modifier).into() });
        }
        actions = actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        for modifier in modifiers.iter().rev() {
            actions = actions.then(KeyAction::Up { value: (*modifier).into() });
        }
        Ok(self.client.perform_actions(actions).await?)
    }

    /// Presses one key.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn press(&self, key: char) -> Result<(), Failure> {
        self.press_with(&[], key).await
    }

    /// Presses a named key.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn press_key(&self, key: Key) -> Result<(), Failure> {
        self.press_with(&[], key.into()).await
    }

    /// Types into whatever has the focus.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn type_text(&self, text: &str) -> Result<(), Failure> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in text.chars() {
            actions = actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        }
        Ok(self.client.perform_actions(actions).await?)
    }

    /// Keeps a picture.
    ///
    /// # Errors
    /// When the window is gone or the file cannot be written.
    pub async fn picture(&self, file: &Path) -> Result<PathBuf, Failure> {
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir)?;
        }
        self.at_rest().await?;
        self.client.execute(STIR, vec![]).await?;
        let picture = self.client.screenshot().await;
        self.client.execute(SETTLE, vec![]).await?;
        std::fs::write(file, picture?)?;
        Ok(file.to_owned())
    }

    /// Waits until nothing moves: a colour half-way between two themes is nobody's.
    ///
    /// # Errors
    /// When it never rests.
    pub async fn at_rest(&self) -> Result<(), Failure> {
        // A transition begins with the frame that shows the change, so two frames are waited for first.
        let frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
        self.client.execute_async(frames, vec![]).await?;
        self.until("return document.getAnimations().every(a => a.playState !== 'running')", vec![], "rest").await
    }

    /// Everything the page says.
    pub async fn words(&self) -> String {
        let text = self.client.execute("return document.body.innerText", vec![]).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Runs axe-core over the page.
    ///
    /// # Errors
    /// Names every violation with the places.
    pub async fn accessible(&self, axe_js: &str) -> Result<(), Failure> {
        self.at_rest().await?;
        self.client.execute(&format!("{axe_js}; window.axe = axe; return true"), vec![]).await?;
        let script = "const done = arguments[0]; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(r => done({ violations: r.violations.map(v => v.id + ' [' + v.impact + ']: ' + v.nodes.map(n => n.target.join(' ') + ' — ' + (n.any[0]?.message ?? '')).join('; ')), passes: r.passes.length }), e => done({ violations: [String(e)], passes: 0 }))";
        let result = self.client.execute_async(script, vec![]).await?;
        let violations: Vec<&str> =
            result["violations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !violations.is_empty() {
            return Err(format!("not accessible:\n  {}", violations.join("\n  ")).into());
        }
        if result["passes"].as_u64().unwrap_or(0) < 5 {
            return Err("axe looked at nothing".into());
        }
        Ok(())
    }

    /// Quits the program as its own word does, and waits until it is gone: closing the window would leave it in
    /// the tray, at work on the profile.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn quit(self) -> Result<(), Failure> {
        let process = process_of(&self.profile)?;
        // The page goes with the program, perhaps before the driver has its answer: what counts is that it ends.
        let quit = "setTimeout(() => window.__TAURI_INTERNALS__.invoke('quit', { request: { withUnsent: true } }))";
        let _ = self.client.execute(quit, vec![]).await;
        ended(process).await
    }

    /// Quits as `how` does (a key, a button), and waits until the program is gone.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn quit_by(self, how: impl AsyncFnOnce(&Self) -> Result<(), Failure>) -> Result<(), Failure> {
        let process = process_of(&self.profile)?;
        how(&self).await?;
        ended(process).await
    }

    /// Asks the program to end as the system does when somebody signs out of it (SIGTERM), and waits until it is gone.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end_by_system(self) -> Result<(), Failure> {
        let process = process_of(&self.profile)?.ok_or("no program is at work")?;
        tokio::process::Command::new("kill").args(["-TERM", &process.to_string()]).status().await?;
        ended(Some(process)).await
    }

    /// Kills the program where it stands (SIGKILL): it can do nothing about it any more.
    ///
    /// # Errors
    /// When the processes of this machine cannot be looked at.
    #[expect(clippy::disallowed_methods, reason = "also where a window is dropped, and nothing can be awaited there")]
    pub fn kill(&self) -> Result<(), Failure> {
        if let Some(process) = process_of(&self.profile)? {
            Command::new("kill").args(["-KILL", &process.to_string()]).status()?;
            let began = std::time::Instant::now();
            while is_at_work(process) && began.elapsed() < PATIENCE {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        Ok(())
    }
}

/// Waits until a process holds nothing any more.
async fn ended(process: Option<u32>) -> Result<(), Failure> {
    let began = tokio::time::Instant::now();
    while process.is_some_and(is_at_work) {
        if began.elapsed() > PATIENCE {
            return Err("the program does not quit".into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Where the web view of a profile keeps what it keeps: beside the profile, so that it can be looked at.
pub fn web_folder(profile: &Path) -> PathBuf {
    let mut name = profile.file_name().unwrap_or_default().to_owned();
    name.push("-web");
    profile.with_file_name(name)
}

/// Whether a process still holds anything: one that is gone, or a zombie, does not. (A process that ends loses
/// its command line before it closes its connections.)
fn is_at_work(process: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
    // The state stands behind the name, which may hold anything.
    !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X']))
}

/// The program that is at work on a profile, where one is.
fn process_of(profile: &Path) -> Result<Option<u32>, Failure> {
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may be gone by the time it is looked at.
        let Ok(command) = std::fs::read(format!("/proc/{process}/cmdline")) else { continue };
        let mut arguments = command.split(|byte| *byte == 0);
        let is_ours = arguments.next().is_some_and(|program| program.ends_with(b"/tern"));
        if is_ours && arguments.any(|argument| Path::new(&*String::from_utf8_lossy(argument)) == profile) {
            return Ok(Some(process));
        }
    }
    Ok(None)
}
