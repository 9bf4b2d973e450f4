//! Tern's window, as a person at a keyboard sees it.

use std::path::{Path, PathBuf};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
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
    _driver: Driver,
}

impl Window {
    /// Opens the window.
    ///
    /// # Errors
    /// When the driver or the program does not start.
    pub async fn open(opening: &Opening<'_>) -> Result<Self, Failure> {
        let environment = [
            ("TERN_SIGN_IN_USERNAME", opening.account.username.clone()),
            ("TERN_SIGN_IN_PASSWORD", opening.account.password.clone()),
            ("TERN_SIGN_IN_CA", opening.server.1.display().to_string()),
            ("LANG", opening.language.to_owned()),
            ("LC_ALL", opening.language.to_owned()),
        ];
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
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await?;
        Ok(Self { client, _driver: driver })
    }

    /// Waits until something that matches is there.
    ///
    /// # Errors
    /// When it does not come, with what the page says instead.
    pub async fn see(&self, css: &str) -> Result<fantoccini::elements::Element, Failure> {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => Ok(element),
            Err(error) => Err(format!("waited for {css}: {error}; the page says: {}", self.words().await).into()),
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
        std::fs::write(file, self.client.screenshot().await?)?;
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

    /// Closes the window.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> Result<(), Failure> {
        Ok(self.client.close().await?)
    }
}
