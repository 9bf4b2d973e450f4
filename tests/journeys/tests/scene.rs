//! Where a journey plays: a practice, a road to it, and windows on profiles of their own.

use std::path::{Path, PathBuf};

use fantoccini::{Locator, key::Key};
use serde_json::{Value, json};
use tern_journeys::{
    Failure, PATIENCE,
    bus::Bus,
    practice::Practice,
    road::Road,
    window::{Opening, Window},
};

/// A practice with its road.
pub(crate) struct Scene {
    pub(crate) practice: Practice,
    pub(crate) road: Road,
    dir: tempfile::TempDir,
}

impl Scene {
    /// A practice with a few people and threads.
    pub(crate) async fn set(more: &[&str]) -> Self {
        Self::of_threads("60", more).await
    }

    /// A practice with so many threads.
    pub(crate) async fn of_threads(threads: &str, more: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let program = required("TERN_PRACTICE");
        let mut arguments = vec!["--patients", "20", "--threads", threads, "--seed", "7"];
        arguments.extend(more);
        let practice = Practice::start(&program, &dir.path().join("practice"), &arguments).await.expect("a practice");
        let road = Road::build(&practice.ready, &dir.path().join("road"), "").expect("a road");
        Self { practice, road, dir }
    }

    /// A window on a profile named after the member's role, set to a language.
    pub(crate) async fn window(&self, role: &str, language: &str) -> Window {
        self.window_on(role, role, language).await
    }

    /// A window of a member on a profile by name: several members may share one.
    pub(crate) async fn window_on(&self, profile: &str, role: &str, language: &str) -> Window {
        self.seat(profile, role, language, &[]).await
    }

    /// A window of the physician on a profile by name, on a bus of its own.
    pub(crate) async fn window_on_bus(&self, profile: &str, bus: &Bus) -> Window {
        self.seat(profile, "physician", "en", &[("DBUS_SESSION_BUS_ADDRESS", &bus.address)]).await
    }

    /// A window of the physician on a machine whose system's own bus is this one.
    pub(crate) async fn window_on_system(&self, system: &Bus) -> Window {
        self.seat("physician", "physician", "en", &[("DBUS_SYSTEM_BUS_ADDRESS", &system.address)]).await
    }

    async fn seat(&self, profile: &str, role: &str, language: &str, around: &[(&'static str, &str)]) -> Window {
        let log = self.dir.path().join(format!("{profile}.log"));
        let profile = self.profile(profile);
        std::fs::create_dir_all(&profile).expect("a profile");
        // What a person, or policy, has set before anybody signs in.
        let settings = json!({ "language": language });
        std::fs::write(profile.join("settings.json"), settings.to_string()).expect("settings");
        // More is logged than a practice ever does, so that this is looked at as well.
        let mut more =
            vec![("TERN_LOG", "info,tern=debug,tern_api=debug,tern_sync=debug,tern_net=debug,tern_store=debug")];
        more.extend(around);
        let opening = Opening {
            app: &required("TERN_APP"),
            browser: Path::new(env!("CARGO_BIN_EXE_sign-in-page")),
            profile: &profile,
            server: (&self.road.base_url, &self.road.ca_file),
            account: self.practice.account(role).expect("somebody of that role"),
            language: "C.UTF-8",
            log: &log,
        };
        Window::open_with(&opening, &more).await.expect("a window")
    }

    /// Starts the program a second time on a profile that is open; how that second one ends.
    pub(crate) async fn start_again(&self, profile: &str) -> std::process::ExitStatus {
        let mut second = tokio::process::Command::new(required("TERN_APP"));
        second.arg("--profile").arg(self.profile(profile)).kill_on_drop(true);
        tokio::time::timeout(PATIENCE, second.status()).await.expect("the second one ends").expect("a program")
    }

    /// The practice forgets every sign-in: who is signed in holds tokens that nobody knows any more.
    pub(crate) async fn forget_sign_ins(&mut self) {
        self.practice.stop().await.expect("a practice that stops");
        let data = self.dir.path().join("practice");
        std::fs::remove_file(data.join("sign-ins.json")).expect("sign-ins");
        let address = self.practice.ready.base_url.split('/').nth(2).expect("an address").to_owned();
        self.practice =
            Practice::start(&required("TERN_PRACTICE"), &data, &["--bind", &address]).await.expect("a practice");
    }

    /// A window in which the member has signed in and sees the envelopes of *Nurse triage*.
    pub(crate) async fn signed_in(&self, role: &str, language: &str) -> Window {
        let window = self.window(role, language).await;
        sign_in(&window).await;
        window
    }

    /// The folder where profiles, logs and the practice's data lie.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The folder of a profile.
    pub(crate) fn profile(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Waits until the server's work items of a thread are as they should be.
    pub(crate) async fn server_has(
        &self,
        thread: &str,
        what: &str,
        is: impl Fn(&[Value]) -> bool,
    ) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        loop {
            let items = self.practice.search(&format!("Task?focus=Communication/{thread}&_count=100")).await?;
            if is(&items) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("the server never had {what}: {:?}", statuses(&items)).into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// How many messages of a thread say exactly this.
    pub(crate) async fn said(&self, thread: &str, words: &str) -> usize {
        let path = format!("Communication?part-of=Communication/{thread}&_count=200");
        let messages = self.practice.search(&path).await.expect("messages");
        messages.iter().filter(|message| message["payload"][0]["contentString"] == json!(words)).count()
    }
}

fn statuses(items: &[Value]) -> Vec<&Value> {
    items.iter().map(|item| &item["status"]).collect()
}

/// A program that `cargo xtask test` built.
fn required(name: &str) -> PathBuf {
    let program = std::env::var_os(name).ok_or_else(|| format!("{name} names no program: run `cargo xtask test`"));
    program.expect("a program").into()
}

/// Signs in as whoever the stand-in for the browser is, and goes to *Nurse triage*.
pub(crate) async fn sign_in(window: &Window) {
    window.see("[data-testid=server]").await.expect("the sign-in screen");
    window.press_key(Key::Enter).await.expect("a key");
    window.see("[data-testid=view-inbox]").await.expect("the inbox");
    go_to(window, "Nurse triage").await;
    window.see("[data-testid^=envelope-]").await.expect("envelopes");
}

/// Goes to a pool of the rail.
pub(crate) async fn go_to(window: &Window, pool: &str) {
    let pool = format!("//*[starts-with(@data-testid, 'rail-pool/')][contains(., '{pool}')]");
    window.click_on(Locator::XPath(&pool)).await.expect("the pool");
}

/// Calls a command as the page does; what it answers, or why not.
pub(crate) async fn invoke(window: &Window, command: &str, request: Value) -> Result<Value, Value> {
    let script = "const [command, request, done] = arguments; window.__TAURI_INTERNALS__.invoke(command, request === null ? {} : { request }).then(answer => done({ answer }), error => done({ error }))";
    let told = window.client.execute_async(script, vec![json!(command), request]).await.expect("a page");
    match told.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(told["answer"].clone()),
    }
}

/// The thread under the hand.
pub(crate) async fn selected(window: &Window) -> String {
    let script = "return document.querySelector('[data-testid^=envelope-][aria-selected=true]')?.dataset.testid ?? ''";
    let hook = window.client.execute(script, vec![]).await.expect("a page");
    hook.as_str().and_then(|hook| hook.strip_prefix("envelope-")).expect("a selected envelope").to_owned()
}

/// Starts the envelope under the hand; its thread.
pub(crate) async fn start(window: &Window) -> String {
    window.see("[data-testid=pane][data-state=envelope]").await.expect("an envelope");
    let thread = selected(window).await;
    window.press_key(Key::Enter).await.expect("a key");
    window.see("[data-testid=pane][data-state=open]").await.expect("an open touch");
    thread
}

/// Types a reply into the open touch.
pub(crate) async fn write(window: &Window, words: &str) {
    window.press('r').await.expect("a key");
    window.see("[data-testid=composer]:focus, [data-testid=composer] :focus").await.expect("the cursor in the reply");
    window.type_text(words).await.expect("keys");
}

/// Sends it.
pub(crate) async fn send(window: &Window) {
    window.press_with(&[Key::Control], Key::Enter.into()).await.expect("a key");
    // Not the bar of undo, which stands for a second where a scene has made its seconds so few.
    let sent = "return !document.querySelector('[data-testid=composer]')";
    window.until(sent, vec![], "a composer that has sent").await.expect("it is sent");
}

/// Sets something of the settings.
pub(crate) async fn set(window: &Window, change: Value) {
    let mut settings = invoke(window, "settings", Value::Null).await.expect("settings");
    for (name, value) in change.as_object().expect("an object") {
        settings[name] = value.clone();
    }
    invoke(window, "settings_save", settings).await.expect("the settings are kept");
}

/// Signs out in the settings, whether or not something is unsent: the dialog lists it, and the file stays.
pub(crate) async fn sign_out(window: &Window) {
    window.click("[data-testid=settings]").await.expect("a click");
    window.click("[data-testid=sign-out]").await.expect("a click");
    window.click("[data-testid=sign-out-confirm]").await.expect("a click");
    let asked = "return !!document.querySelector('[data-testid=sign-out-anyway], [data-testid=view-sign-in]')";
    window.until(asked, vec![], "an answer").await.expect("signed out, or asked again");
    if window.count("[data-testid=sign-out-anyway]").await.expect("a page") > 0 {
        window.click("[data-testid=sign-out-anyway]").await.expect("a click");
    }
    window.see("[data-testid=view-sign-in]").await.expect("the sign-in screen");
}

/// What axe-core says of the page.
pub(crate) async fn accessible(window: &Window) {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).expect("axe-core: run `cargo xtask setup`");
    window.accessible(&axe).await.expect("an accessible page");
}

/// Waits for what arrived in *Urgent*; its thread.
pub(crate) async fn sees_in_urgent(window: &Window, arrived: &Value) -> String {
    let thread = arrived["thread"].as_str().unwrap().trim_start_matches("Communication/").to_owned();
    window.click("[data-testid=rail-urgent]").await.unwrap();
    // A new row waits above the list until it is let in.
    let there = format!(
        "const row = document.querySelector(\"[data-testid='envelope-{thread}']\"); if (!row) document.querySelector('[data-testid=new-rows]')?.click(); return !!row"
    );
    window.until(&there, vec![], "the envelope that arrived").await.unwrap();
    thread
}
