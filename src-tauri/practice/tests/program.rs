//! The program itself: one line when it is ready, an end when it is told, and nothing left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// The program, and what it announced; its temporary folder is in `temporary`.
fn started(temporary: &TempDir, arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tern-practice"))
        .args(["serve", "--patients", "3", "--threads", "1"])
        .args(arguments)
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn tell(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

fn what_is_left(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_practice_that_nobody_named_a_folder_for_leaves_none() {
    for signal in ["-TERM", "-INT"] {
        let temporary = TempDir::new().unwrap();
        let (mut child, announced) = started(&temporary, &["--exit-with-stdin"]);
        let ca_file = Path::new(announced["ca_file"].as_str().unwrap()).to_owned();
        assert!(ca_file.starts_with(temporary.path().canonicalize().unwrap()) && ca_file.is_file());
        // Standard input stays open: that must not hold it up.
        tell(&child, signal);
        assert!(child.wait().unwrap().success(), "{signal}");
        assert_eq!(what_is_left(temporary.path()), 0, "{signal}");
    }
}

#[test]
fn it_ends_with_its_parent_and_keeps_the_folder_that_was_named() {
    let temporary = TempDir::new().unwrap();
    let data = TempDir::new().unwrap();
    let named = data.path().join("practice");
    let (mut child, _) = started(&temporary, &["--exit-with-stdin", "--data", named.to_str().unwrap()]);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(named.join("practice.db").is_file());
    assert_eq!(what_is_left(temporary.path()), 0);
}

#[test]
fn an_unruly_practice_says_how_to_change_it() {
    let temporary = TempDir::new().unwrap();
    let (mut child, announced) = started(&temporary, &["--unruly", "etag-weak,delay=1"]);
    let issuer = announced["issuer"].as_str().unwrap();
    assert!(announced["base_url"].as_str().unwrap().starts_with(issuer));
    assert_eq!(announced["unruly"]["control_url"], format!("{issuer}/unruly/quirks"));
    assert!(!announced["unruly"]["control_secret"].as_str().unwrap().is_empty());
    tell(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    assert_eq!(what_is_left(temporary.path()), 0);
}

#[test]
fn a_quirk_that_nobody_knows_is_refused_by_name() {
    let refused = Command::new(env!("CARGO_BIN_EXE_tern-practice"))
        .args(["serve", "--unruly", "etag-wrong"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("etag-wrong"));
}

#[test]
fn a_folder_is_served_by_one_at_a_time_and_the_second_is_told() {
    let temporary = TempDir::new().unwrap();
    let data = TempDir::new().unwrap();
    let named = data.path().join("practice");
    let (mut child, _) = started(&temporary, &["--data", named.to_str().unwrap()]);
    let second = Command::new(env!("CARGO_BIN_EXE_tern-practice"))
        .args(["serve", "--patients", "3", "--threads", "1", "--data", named.to_str().unwrap()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another tern-practice"));
    tell(&child, "-KILL");
    child.wait().unwrap();
    // However the first one ended, its folder is free again.
    let (mut child, _) = started(&temporary, &["--data", named.to_str().unwrap()]);
    tell(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}
