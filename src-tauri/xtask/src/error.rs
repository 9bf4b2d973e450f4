//! What can go wrong in a task, said so that the reader knows what to do next.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Why a task ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A program is not there, or cannot be started.
    #[error("cannot start `{program}`: {source}{hint}")]
    Start {
        /// The program as it was called.
        program: String,
        /// Where to get it; empty when there is nothing to say.
        hint: &'static str,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A program ended with another code than 0.
    #[error("`{line}` ended with {status}")]
    Failed {
        /// The whole command line.
        line: String,
        /// Its end: an exit code or a signal.
        status: ExitStatus,
    },
    /// A file or folder of ours could not be used.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried: "read", "write".
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
    /// Steps of a run failed; their own output stands above, their names in the table.
    #[error("not passed: {0}")]
    Steps(String),
}

impl Error {
    /// For a program that could not be started.
    pub(crate) fn start(command: &Command, source: std::io::Error) -> Self {
        let program = Path::new(command.get_program());
        let hint = match program.file_stem().and_then(|stem| stem.to_str()) {
            Some("npm" | "npx" | "node") => " (Node 20 or newer: https://nodejs.org)",
            Some("sudo" | "apt-get" | "dnf") => " (run as root, or install the packages by hand)",
            Some("xvfb-run" | "python3" | "sekmet" | "zizmor" | "cargo-deny") => " (`cargo xtask setup` installs it)",
            _ => "",
        };
        Self::Start { program: program.display().to_string(), hint, source }
    }

    /// For `map_err` on a file operation: `fs::read(path).map_err(Error::file("read", path))`.
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { verb, path, source }
    }

    /// An error in words.
    pub(crate) fn other(words: impl Into<String>) -> Self {
        Self::Other(words.into())
    }
}

/// What every task answers.
pub(crate) type Result<T = ()> = std::result::Result<T, Error>;
