//! Plays the scripted five minutes of the demo: a physician signs in, answers, changes her mind once, answers
//! through an outage, and the server has every answer exactly once. Prints each step as the server sees it.

use std::path::{Path, PathBuf};

use clap::Parser;
use fantoccini::key::Key;
use serde_json::{Value, json};
use tern_journeys::{
    Failure, PATIENCE,
    practice::{Practice, Ready},
    road::Road,
    traces,
    window::{Opening, Window, web_folder},
};

/// The scripted five minutes.
#[derive(Parser)]
struct Arguments {
    /// The program.
    #[arg(long)]
    app: PathBuf,
    /// The line that the practice printed, in a file.
    #[arg(long)]
    practice: PathBuf,
    /// Where pictures and logs go.
    #[arg(long)]
    out: PathBuf,
    /// What patients write, for the record: the practice was started with it.
    #[arg(long)]
    messages: Option<PathBuf>,
}

/// What is typed; our own words, so that the server can be asked for exactly these.
const FIRST: &str = "Thank you for writing. Please come by tomorrow at 9:20, and bring the list of what you take.";
const SECOND: &str = "I have read this. Nothing needs to change until we see each other next week.";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let ready: Ready = serde_json::from_slice(&std::fs::read(&arguments.practice)?)?;
    std::fs::create_dir_all(&arguments.out)?;
    let practice = Practice::join(ready.clone()).await?;
    let road = Road::build(&ready, &arguments.out.join("road"), "")?;
    let member = practice.account("physician")?.clone();
    let window = Window::open(&Opening {
        app: &arguments.app,
        browser: &beside_this_program("sign-in-page")?,
        profile: &arguments.out.join("profile"),
        server: (&road.base_url, &road.ca_file),
        account: &member,
        language: "C.UTF-8",
        log: &arguments.out.join("window.log"),
    })
    .await?;
    let mut five = FiveMinutes { window, practice, road, out: arguments.out, pictures: 0 };
    if let Some(file) = &arguments.messages {
        five.say(&format!("Patients write in the words of {}.", file.display()));
    }
    let played = five.play(&member.name).await;
    if played.is_err() {
        five.picture("where-it-stopped").await?;
    }
    played?;
    let FiveMinutes { window, practice, out, .. } = five;
    window.quit().await?;
    leaves_nothing(&practice, &out).await
}

/// No word of a message or a reply stands in what the program left: the cache, what the web view keeps, the log.
#[allow(clippy::print_stdout, reason = "the program's own output")]
async fn leaves_nothing(practice: &Practice, out: &Path) -> Result<(), Failure> {
    let messages = practice.search("Communication?_count=1000").await?;
    let texts = messages.iter().filter_map(|message| message["payload"][0]["contentString"].as_str());
    // Their beginnings: a log would cut them.
    let mut words: Vec<String> =
        texts.filter(|text| text.chars().count() > 40).map(|text| text.chars().take(40).collect()).collect();
    if words.is_empty() {
        return Err("the practice has no messages to look for".into());
    }
    words.extend([FIRST, SECOND].map(str::to_owned));
    let profile = out.join("profile");
    let mut read = 0;
    for place in [&profile, &web_folder(&profile), &out.join("window.log")] {
        let traces = traces::look(place, &words)?;
        if !traces.holding.is_empty() {
            return Err(format!("words of messages are left in {:?}", traces.holding).into());
        }
        read += traces.read.len();
    }
    println!("7. {} texts looked for in the {read} files that the program leaves: none is there.", words.len());
    Ok(())
}

struct FiveMinutes {
    window: Window,
    practice: Practice,
    road: Road,
    out: PathBuf,
    pictures: u32,
}

impl FiveMinutes {
    #[allow(clippy::print_stdout, reason = "the program's own output")]
    fn say(&self, what: &str) {
        println!("{what}");
    }

    async fn picture(&mut self, name: &str) -> Result<(), Failure> {
        self.pictures += 1;
        let file = self.out.join(format!("{:02}-{name}.png", self.pictures));
        self.window.picture(&file).await?;
        self.say(&format!("   picture: {}", file.display()));
        Ok(())
    }

    async fn play(&mut self, member: &str) -> Result<(), Failure> {
        self.window.see("[data-testid=view-sign-in]").await?;
        self.picture("sign-in").await?;
        self.window.see("[data-testid=server]").await?;
        self.window.press_key(Key::Enter).await?;
        self.window.see("[data-testid=view-inbox]").await?;
        self.window.see("[data-testid^=envelope-]").await?;
        self.say(&format!("1. {member} signed in through the browser; the server has given a session."));
        self.window.see_words("[data-testid=rail-mine]", "").await?;
        self.picture("envelopes").await?;

        let first = self.answer(FIRST).await?;
        self.window.see("[data-testid=undo-bar]").await?;
        self.picture("undo").await?;
        self.nothing_left(&first, FIRST).await?;
        self.window.press('z').await?;
        self.window.see("[data-testid=composer]").await?;
        self.say("3. Sent, and undone within its seconds: the server has seen nothing of it.");
        self.picture("undone").await?;
        self.send().await?;
        self.once(&first, FIRST).await?;
        self.say("4. Sent again: the server has the reply exactly once, and the work item is completed.");

        let second = self.answer_in_an_outage().await?;
        self.once(&second, SECOND).await?;
        self.window.see_words("[data-testid=status]", "All sent").await?;
        self.say("6. Back online: the server has the second reply exactly once; the window says that all is sent.");
        self.picture("all-sent").await?;
        self.looks().await
    }

    /// Starts the envelope under the hand, writes and sends; the thread.
    async fn answer(&mut self, words: &str) -> Result<String, Failure> {
        let thread = self.start().await?;
        self.say(&format!(
            "2. Started {thread}: the server holds the claim for this member, and only now the text is shown."
        ));
        self.claimed(&thread).await?;
        self.picture("touch").await?;
        self.window.press('r').await?;
        self.window.type_text(words).await?;
        self.picture("reply").await?;
        self.send().await?;
        Ok(thread)
    }

    async fn answer_in_an_outage(&mut self) -> Result<String, Failure> {
        let thread = self.start().await?;
        self.claimed(&thread).await?;
        self.window.press('r').await?;
        self.road.cut();
        self.window.type_text(SECOND).await?;
        self.send().await?;
        self.window.see("[data-testid=status][data-connection=offline]").await?;
        self.nothing_left(&thread, SECOND).await?;
        self.say("5. The road is cut while she answers: the reply waits here, and the server has nothing of it.");
        self.picture("offline").await?;
        self.road.mend().await?;
        Ok(thread)
    }

    async fn start(&mut self) -> Result<String, Failure> {
        self.window.see("[data-testid=pane][data-state=envelope]").await?;
        self.window.press_key(Key::Enter).await?;
        self.window.see("[data-testid=pane][data-state=open]").await?;
        let script = "return document.querySelector('[data-testid^=envelope-][aria-selected=true]').dataset.testid";
        let hook = self.window.client.execute(script, vec![]).await?;
        let thread = hook.as_str().and_then(|hook| hook.strip_prefix("envelope-")).ok_or("no envelope is selected")?;
        Ok(thread.to_owned())
    }

    async fn send(&self) -> Result<(), Failure> {
        self.window.press_with(&[Key::Control], Key::Enter.into()).await?;
        self.window.see("[data-testid=undo-bar]").await?;
        Ok(())
    }

    async fn work_items(&self, thread: &str) -> Result<Vec<Value>, Failure> {
        self.practice.search(&format!("Task?focus=Communication/{thread}&_count=100")).await
    }

    async fn replies(&self, thread: &str, words: &str) -> Result<usize, Failure> {
        let messages =
            self.practice.search(&format!("Communication?part-of=Communication/{thread}&_count=200")).await?;
        Ok(messages.iter().filter(|message| message["payload"][0]["contentString"] == json!(words)).count())
    }

    /// The server holds the claim.
    async fn claimed(&self, thread: &str) -> Result<(), Failure> {
        self.server_until(thread, "a claim", |items| items.iter().any(|item| item["status"] == json!("in-progress")))
            .await
    }

    async fn server_until(&self, thread: &str, what: &str, is: impl Fn(&[Value]) -> bool) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        while !is(&self.work_items(thread).await?) {
            if began.elapsed() > PATIENCE {
                return Err(format!("the server never had {what} for {thread}").into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn nothing_left(&self, thread: &str, words: &str) -> Result<(), Failure> {
        match self.replies(thread, words).await? {
            0 => Ok(()),
            n => Err(format!("the server has {n} replies that should still be here").into()),
        }
    }

    /// The reply is there, once, and its work items are completed.
    async fn once(&self, thread: &str, words: &str) -> Result<(), Failure> {
        self.server_until(thread, "a completed work item", |items| {
            !items.is_empty() && items.iter().all(|item| item["status"] == json!("completed"))
        })
        .await?;
        match self.replies(thread, words).await? {
            1 => Ok(()),
            n => Err(format!("the server has the reply {n} times").into()),
        }
    }

    /// The same window in the dark, in high contrast, in French, and at twice the size.
    async fn looks(&mut self) -> Result<(), Failure> {
        // Two answers may have been all that was hers; what is urgent is more than that.
        self.window.click("[data-testid=rail-urgent]").await?;
        self.start().await?;
        for (name, theme, language) in [
            ("dark", "dark", "en"),
            ("high-contrast", "high-contrast", "en"),
            ("french", "light", "fr"),
            ("french-dark", "dark", "fr"),
        ] {
            let script = "const [theme, language, done] = arguments; const invoke = window.__TAURI_INTERNALS__.invoke; invoke('settings').then(s => invoke('settings_save', { request: { ...s, theme, language } })).then(() => done(true), e => done(JSON.stringify(e)))";
            let saved = self.window.client.execute_async(script, vec![json!(theme), json!(language)]).await?;
            if saved != json!(true) {
                return Err(format!("the settings were not kept: {saved}").into());
            }
            let shown = "return document.documentElement.lang === arguments[0] && document.documentElement.dataset.theme === arguments[1]";
            self.window.until(shown, vec![json!(language), json!(theme)], &format!("{language} in {theme}")).await?;
            self.picture(name).await?;
        }
        self.window.client.set_window_size(640, 400).await?;
        self.picture("at-200-percent").await
    }
}

fn beside_this_program(name: &str) -> Result<PathBuf, Failure> {
    let this = std::env::current_exe()?;
    Ok(this.parent().unwrap_or(Path::new(".")).join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
