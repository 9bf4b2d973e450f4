//! Where things lie in the checkout.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The checkout that the tasks work on. Everything a task makes lies in one of its `target` folders.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The checkout that `cargo xtask` was called in.
    pub(crate) fn here() -> Result<Self> {
        // `cargo run` names the package's folder at run time; the one of compile time is only for a
        // program that was started by hand.
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(2).ok_or_else(|| Error::other("src-tauri/xtask lies in no checkout"))?;
        Ok(Self { root: root.to_owned() })
    }

    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// A path below `target/`, where everything lies that tasks fetch and make. Not cargo's own
    /// target folder, which the reader may have put elsewhere.
    pub(crate) fn out(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join("target").join(path)
    }

    /// A program of the root workspace, built for debugging.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.built().join("debug").join(executable(name))
    }

    /// Where release builds of the root workspace lie.
    pub(crate) fn release(&self) -> PathBuf {
        self.built().join("release")
    }

    fn built(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), |dir| self.root.join(dir))
    }

    /// The sample practice. Its workspace builds into a folder of its own whatever
    /// `CARGO_TARGET_DIR` says, so that the two lockfiles' artifacts never share one.
    pub(crate) fn practice(&self) -> PathBuf {
        self.at("src-tauri/practice/target/debug").join(executable("tern-practice"))
    }

    /// A program from the Python packages that `setup` installs.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
        self.out("venv").join(scripts).join(executable(name))
    }
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}
