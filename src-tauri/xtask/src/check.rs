//! `cargo xtask check`: what to look at before a commit. Everything of `test` that takes no server and
//! no window, and the linters.

use crate::setup;
use crate::step::{Around, Step};
use crate::{drift, test};

/// The steps, cheap ones first.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::run("rust: format", &["cargo", "fmt", "--all", "--check"]),
        Step::run("practice: format", &["cargo", "fmt", "--check"]).folder("src-tauri/practice"),
    ];
    steps.extend(setup::quick());
    steps.push(workflows());
    steps.push(
        Step::run("screen: format", &["npm", "run", "--silent", "format:check"])
            .folder("ui")
            .after(&["screen's packages"]),
    );
    steps.extend(test::screen());
    steps.extend([
        Step::run("architecture", &["cargo", "test", "--locked", "--package", "tern", "--test", "architecture"])
            .takes("4 minutes from nothing on two cores")
            .after(&["screen: build"]),
        Step::call("what may be in it", |checkout| {
            let mut deny = crate::step::command(&[checkout.tool("cargo-deny").into_os_string()])?;
            deny.args([
                "--workspace",
                "--all-features",
                "--locked",
                "check",
                "--allow",
                "unused-wrapper",
                "--allow",
                "license-exception-not-encountered",
            ]);
            deny.args(["bans", "licenses", "sources"]);
            crate::step::run(deny.current_dir(checkout.root()))
        })
        .after(&["python tools"]),
        Step::call("bindings", drift::check).after(&["system packages"]),
        lints("rust: lints").with("--workspace").with("--").with("-Dwarnings").after(&["screen: build"]),
        test::rust().around(Around::Keyring),
        lints("practice: lints")
            .with("--")
            .with("-Dwarnings")
            .folder("src-tauri/practice")
            .takes("4 minutes from nothing on two cores")
            .after(&["system packages"]),
    ]);
    steps
}

fn lints(name: &'static str) -> Step {
    Step::run(name, &["cargo", "clippy", "--locked", "--all-targets"])
}

fn workflows() -> Step {
    Step::call("workflows", |checkout| {
        let mut zizmor = crate::step::command(&[checkout.tool("zizmor").into_os_string()])?;
        // Offline: what it would ask a server for is left out, what it reads is judged all the same.
        zizmor.args(["--offline", "--no-progress", "--strict-collection", "--persona", "regular", ".github"]);
        crate::step::run(zizmor.current_dir(checkout.root()))
    })
    .after(&["python tools"])
}
