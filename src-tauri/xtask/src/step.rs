//! Steps as data: every task is a table of them, run in order, and closed by a table of how it went.
//!
//! A step that fails does not stop the run, so that one run shows everything that is wrong; steps that
//! build on it are not tried and count as failed. What a step prints is not touched: the runners' own
//! closing lines stay on the screen as they are.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::say;
use clap::Args;
use std::ffi::OsString;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a step does.
pub(crate) enum Does {
    /// Starts a program and waits for its end.
    Run(Vec<OsString>),
    /// Calls a function of this program.
    Call(Box<dyn Fn(&Checkout) -> Result>),
}

/// What has to be around a program while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Around {
    /// Nothing.
    Nothing,
    /// A private D-Bus session with an unlocked, throw-away keyring (Linux; elsewhere nothing).
    Keyring,
    /// The same, and a display that nobody sees, with a window manager (Linux; elsewhere nothing).
    Display,
}

/// One row of a task's table.
pub(crate) struct Step {
    /// How it is called in the summary.
    pub(crate) name: &'static str,
    /// How long it takes; empty when that goes without saying.
    pub(crate) takes: &'static str,
    /// What it does.
    pub(crate) does: Does,
    /// Where, below the root.
    pub(crate) folder: &'static str,
    /// What is set in its environment.
    pub(crate) env: Vec<(&'static str, OsString)>,
    /// What has to be around it.
    pub(crate) around: Around,
    /// Steps without which it makes no sense.
    pub(crate) after: &'static [&'static str],
}

impl Step {
    /// A step that runs a program at the root.
    pub(crate) fn run(name: &'static str, line: &[&str]) -> Self {
        Self::of(name, Does::Run(line.iter().map(OsString::from).collect()))
    }

    /// A step that calls a function.
    pub(crate) fn call(name: &'static str, function: impl Fn(&Checkout) -> Result + 'static) -> Self {
        Self::of(name, Does::Call(Box::new(function)))
    }

    fn of(name: &'static str, does: Does) -> Self {
        Self { name, takes: "", does, folder: "", env: Vec::new(), around: Around::Nothing, after: &[] }
    }

    /// Says beforehand how long it takes.
    pub(crate) fn takes(mut self, takes: &'static str) -> Self {
        self.takes = takes;
        self
    }

    /// Adds an argument that is only known now.
    pub(crate) fn with(mut self, argument: impl Into<OsString>) -> Self {
        if let Does::Run(line) = &mut self.does {
            line.push(argument.into());
        }
        self
    }

    /// Runs in a folder below the root.
    pub(crate) fn folder(mut self, folder: &'static str) -> Self {
        self.folder = folder;
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Puts something around the program.
    pub(crate) fn around(mut self, around: Around) -> Self {
        self.around = around;
        self
    }

    /// Names the steps that it builds on.
    pub(crate) fn after(mut self, after: &'static [&'static str]) -> Self {
        self.after = after;
        self
    }

    /// Does it.
    fn go(&self, checkout: &Checkout) -> Result {
        match &self.does {
            Does::Call(function) => function(checkout),
            Does::Run(line) => {
                let line = wrapped(checkout, self.around, line);
                let mut command = command(&line)?;
                command.current_dir(checkout.at(self.folder));
                command.envs(self.env.iter().map(|(name, value)| (name, value)));
                run(&mut command)
            }
        }
    }
}

/// A part of a task.
#[derive(Debug, Default, Args)]
pub(crate) struct Only {
    /// Only the steps with these words in their name, and those they need
    #[arg(long = "only", value_name = "WORDS")]
    words: Option<String>,
}

impl Only {
    /// What stays of a table of steps.
    pub(crate) fn of(&self, steps: Vec<Step>) -> Vec<Step> {
        let Some(words) = &self.words else { return steps };
        let mut wanted: Vec<&'static str> = Vec::new();
        // From the end, because what a step needs comes before it.
        for step in steps.iter().rev() {
            if step.name.contains(words) || wanted.contains(&step.name) {
                wanted.push(step.name);
                wanted.extend(step.after);
            }
        }
        steps.into_iter().filter(|step| wanted.contains(&step.name)).collect()
    }
}

/// How a step ended.
enum End {
    Passed,
    Failed(Error),
    NotRun(&'static str),
}

/// Runs the steps and prints the table.
///
/// # Errors
/// [`Error::Steps`] with the names of those that failed or could not be run.
pub(crate) fn run_all(checkout: &Checkout, steps: &[Step]) -> Result {
    let whole = Instant::now();
    let mut ends: Vec<(&Step, End, Duration)> = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let missing = step
            .after
            .iter()
            .find(|name| ends.iter().any(|(done, end, _)| done.name == **name && !matches!(end, End::Passed)));
        if let Some(missing) = missing {
            ends.push((step, End::NotRun(missing), Duration::ZERO));
            continue;
        }
        say::head(index + 1, steps.len(), step.name, step.takes);
        let begun = Instant::now();
        let end = match step.go(checkout) {
            Ok(()) => End::Passed,
            Err(error) => {
                say::trouble(&error);
                End::Failed(error)
            }
        };
        ends.push((step, end, begun.elapsed()));
    }
    print_table(&ends, whole.elapsed());
    let failed: Vec<&str> =
        ends.iter().filter(|(_, end, _)| !matches!(end, End::Passed)).map(|(step, ..)| step.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(Error::Steps(failed.join(", "))) }
}

fn print_table(ends: &[(&Step, End, Duration)], whole: Duration) {
    let width = ends.iter().map(|(s, ..)| s.name.len()).max().unwrap_or(0);
    say::line("");
    for (step, end, took) in ends {
        let (mark, why) = match end {
            End::Passed => ("ok", String::new()),
            End::Failed(error) => ("FAILED", format!("  {error}")),
            End::NotRun(missing) => ("NOT RUN", format!("  needs: {missing}")),
        };
        say::line(&format!("{:width$}  {mark:7}  {:>8}{why}", step.name, say::duration(*took)));
    }
    say::line(&format!("{:width$}  {:7}  {:>8}", "in all", "", say::duration(whole)));
}

/// A command from its words: the program, then its arguments.
pub(crate) fn command(line: &[OsString]) -> Result<Command> {
    let (program, arguments) = line.split_first().ok_or_else(|| Error::other("a step without a program"))?;
    // npm and npx are scripts on Windows, and those are found by their whole name only.
    let program = match program.to_str() {
        Some(name @ ("npm" | "npx")) if cfg!(windows) => OsString::from(format!("{name}.cmd")),
        _ => program.clone(),
    };
    let mut command = Command::new(program);
    command.args(arguments);
    // `cargo xtask` is `cargo run`, which tells a program which package it is. Handed on to a cargo below, that
    // reaches build scripts; ring's counts as changed then, and all that stands on it would be built anew at each
    // turn between `cargo xtask` and a plain `cargo build`, the practice's FHIR server first of all.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// Runs a command with nobody at its keyboard; its output goes where ours goes.
///
/// # Errors
/// When it cannot be started or ends with another code than 0.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(Error::Failed { line: shown(command), status }) }
}

fn status(command: &mut Command) -> Result<ExitStatus> {
    command.stdin(Stdio::null()).status().map_err(|source| Error::start(command, source))
}

/// What a command prints, when it ends well.
///
/// # Errors
/// When it cannot be started, ends with another code than 0 (what it said goes to the screen), or
/// prints something else than UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Error::start(command, source))?;
    if !output.status.success() {
        return Err(Error::Failed { line: shown(command), status: output.status });
    }
    String::from_utf8(output.stdout).map_err(|_| Error::other(format!("`{}` prints no UTF-8", shown(command))))
}

/// A command line as one would type it.
fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// Puts around a command line what it needs.
fn wrapped(checkout: &Checkout, around: Around, line: &[OsString]) -> Vec<OsString> {
    let keyring = checkout.at("tests/with-keyring.sh").into_os_string();
    let before: Vec<OsString> = match around {
        _ if !cfg!(target_os = "linux") => Vec::new(),
        Around::Nothing => Vec::new(),
        Around::Keyring => vec![keyring],
        // A window manager, because without one a window is neither focused nor sized. It ends with
        // the display.
        Around::Display => vec![
            "xvfb-run".into(),
            "--auto-servernum".into(),
            "--server-args=-screen 0 1440x900x24".into(),
            keyring,
            "sh".into(),
            "-c".into(),
            "openbox >/dev/null 2>&1 & exec \"$@\"".into(),
            "sh".into(),
        ],
    };
    before.into_iter().chain(line.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const GARDEN: &str = "xtask-tests-were-here";

    fn checkout() -> Checkout {
        Checkout::here().expect("we lie in one")
    }

    #[test]
    fn a_step_that_fails_stops_only_what_builds_on_it() {
        let steps = [
            Step::call("ground", |_| Err(Error::other("it gives way"))),
            Step::call("house", |_| panic!("nobody builds on that")).after(&["ground"]),
            Step::call("roof", |_| panic!("nor on what was not built")).after(&["house"]),
            Step::call("garden", |checkout| {
                let mark = checkout.out(GARDEN);
                fs::write(&mark, "").map_err(Error::file("write", &mark))
            }),
        ];
        let mark = checkout().out(GARDEN);
        let ended = run_all(&checkout(), &steps);
        let Err(Error::Steps(names)) = ended else { panic!("three of four did not pass") };
        assert_eq!(names, "ground, house, roof");
        fs::remove_file(mark).expect("the garden was done all the same");
    }

    #[test]
    fn every_step_that_another_needs_comes_before_it() {
        let test = crate::test::Test { faults: 200, only: Only::default() }.steps(&checkout());
        for steps in [crate::setup::steps(), test, crate::check::steps()] {
            let mut before: Vec<&str> = Vec::new();
            for step in &steps {
                for needed in step.after {
                    assert!(before.contains(needed), "{}: {needed} comes later, or never", step.name);
                }
                assert!(!before.contains(&step.name), "two steps are called {}", step.name);
                before.push(step.name);
            }
        }
    }

    #[test]
    fn a_part_of_a_task_brings_what_it_needs() {
        let only = Only { words: Some("practice: tests".to_owned()) };
        let steps = crate::test::Test { faults: 1, only }.steps(&checkout());
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        assert_eq!(names, ["system packages", "build the practice", "search parameters", "practice: tests"]);
    }

    #[test]
    fn a_program_that_ends_badly_is_named_with_its_arguments() {
        let mut command = command(&["cargo", "no-such-task"].map(Into::into)).expect("a command");
        let said = run(command.stderr(Stdio::null())).expect_err("cargo has no such task").to_string();
        assert!(said.starts_with("`cargo no-such-task` ended with"), "{said}");
    }
}
