//! `cargo xtask package`: what IT installs.
//!
//! The app's `.deb` and `.rpm` come from Tauri's bundler, which reads `tauri.conf.json`. `tern-agent` lies in
//! them as well: IT checks a server before anybody else has the app. The bundler is told of it here and not in
//! `tauri.conf.json`, because it fails over a file that is missing, and where the agent lies is cargo's to say.
//! The sample practice is a package of its own, so that four hundred clinicians' machines don't carry it.

use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::say;
use crate::setup;
use crate::step::{Step, command, output, run, run_all};
use clap::Args;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Make the .deb and .rpm packages.
#[derive(Debug, Args)]
pub(crate) struct Package {
    /// Also the sample practice's package: 40 processor minutes from nothing
    #[arg(long)]
    with_practice: bool,
}

impl Package {
    /// Builds, collects into `target/package` and lists.
    pub(crate) fn run(&self, checkout: &Checkout) -> Result {
        let mut steps = setup::quick();
        steps.push(
            Step::run("build the agent", &["cargo", "build", "--locked", "--release", "--package=tern-agent"])
                .takes("4 minutes from nothing on two cores")
                .after(&["system packages"]),
        );
        steps.push(
            // From the root, where tauri.conf.json lies; it builds the screen itself.
            Step::run("bundle the app", &["npx", "--prefix", "ui", "tauri", "build", "--ci", "--bundles", "deb,rpm"])
                .with("--config")
                .with(agent_too(&checkout.release().join("tern-agent")))
                .takes("9 minutes from nothing on two cores")
                .after(&["system packages", "screen's packages", "build the agent"]),
        );
        steps.push(Step::call("collect", collect).after(&["bundle the app"]));
        if self.with_practice {
            // Only for the search parameters: cutting them takes the debug build.
            steps.extend(setup::practice());
            steps.push(
                Step::run("build the practice for release", &["cargo", "build", "--locked", "--release"])
                    .with("--manifest-path=src-tauri/practice/Cargo.toml")
                    .with("--target-dir=src-tauri/practice/target")
                    .takes("20 minutes from nothing on two cores")
                    .after(&["system packages"]),
            );
            let needs = &["build the practice for release", "search parameters"];
            steps.push(Step::call("bundle the practice", practice_deb).after(needs));
        }
        run_all(checkout, &steps)?;
        list(&checkout.out("package"))
    }
}

/// What the bundler is told on top of `tauri.conf.json`: the agent is installed beside the app.
fn agent_too(agent: &Path) -> String {
    let files = json!({ "/usr/bin/tern-agent": agent });
    json!({ "bundle": { "linux": { "deb": { "files": files }, "rpm": { "files": files } } } }).to_string()
}

/// Copies what the bundler made into one folder.
fn collect(checkout: &Checkout) -> Result {
    let to = checkout.out("package");
    fs::create_dir_all(&to).map_err(Error::file("make", &to))?;
    let bundles = checkout.release().join("bundle");
    let mut found = 0;
    for kind in ["deb", "rpm"] {
        for file in files(&bundles.join(kind))? {
            if file.extension().is_some_and(|extension| extension == kind) {
                copy(&file, &to.join(file.file_name().unwrap_or_default()))?;
                found += 1;
            }
        }
    }
    if found < 2 {
        return Err(Error::other(format!("no .deb and .rpm in {}", bundles.display())));
    }
    Ok(())
}

/// A Debian package by hand: one program and the file it needs beside it.
fn practice_deb(checkout: &Checkout) -> Result {
    let root = checkout.out("package/practice-root");
    if root.exists() {
        fs::remove_dir_all(&root).map_err(Error::file("empty", &root))?;
    }
    // Beside the program, where it looks first; /usr/bin only points there.
    let lib = root.join("usr/lib/tern-practice");
    let documents = root.join("usr/share/doc/tern-practice");
    for folder in [&lib, &documents, &root.join("usr/bin"), &root.join("DEBIAN")] {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    let program = checkout.at("src-tauri/practice/target/release/tern-practice");
    copy(&program, &lib.join("tern-practice"))?;
    copy(&checkout.out(setup::DEFINITIONS), &lib.join("search-parameters-r4.json"))?;
    copy(&checkout.at("LICENSE"), &documents.join("copyright"))?;
    link(Path::new("../lib/tern-practice/tern-practice"), &root.join("usr/bin/tern-practice"))?;
    let architecture = output(&mut command(&["dpkg", "--print-architecture"].map(Into::into))?)?;
    let control = format!(
        "Package: tern-practice\nVersion: {}\nArchitecture: {}\nMaintainer: The Tern authors <tern@example.org>\n\
         Section: misc\nPriority: optional\nDepends: libc6, libgcc-s1\nEnhances: tern\n\
         Description: Sample practice for Tern\n A FHIR server on this machine with invented patients whose messages\n \
         keep arriving: for a look, for training and for tests. It cannot reach a real one.\n",
        env!("CARGO_PKG_VERSION"),
        architecture.trim(),
    );
    let path = root.join("DEBIAN/control");
    fs::write(&path, control).map_err(Error::file("write", &path))?;
    let mut build = command(&["dpkg-deb", "--build", "--root-owner-group"].map(Into::into))?;
    run(build.arg(&root).arg(checkout.out("package")))
}

fn list(folder: &Path) -> Result {
    for file in files(folder)? {
        let size = fs::metadata(&file).map_err(Error::file("read", &file))?.len();
        // One decimal is plenty, and exact enough without floating point.
        let tenths = size * 10 / (1 << 20);
        say::line(&format!("{:>4}.{} MiB  {}", tenths / 10, tenths % 10, file.display()));
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file("read", folder))? {
        let path = entry.map_err(Error::file("read", folder))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to).map_err(Error::file("copy", from))?;
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> Result {
    std::os::unix::fs::symlink(target, at).map_err(Error::file("link", at))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result {
    Err(Error::other("a Debian package is made on Linux"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_of_a_tag_has_the_agent_as_ours_has() {
        let checkout = Checkout::here().expect("we lie in one");
        let release = fs::read_to_string(checkout.at(".github/workflows/release.yml")).expect("the workflow");
        let ours = agent_too(Path::new("target/release/tern-agent"));
        assert!(release.contains(&format!("agent_too: '{ours}'")), "not in release.yml: {ours}");
    }
}
