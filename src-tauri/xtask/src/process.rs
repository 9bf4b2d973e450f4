//! A program that runs beside us until it is dropped.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long a program may take to put its things in order once its input has closed.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// Where a program says that it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// On its output; its log goes to the file.
    OnOutput,
    /// In its log, which goes to the file as well.
    InLog,
}

/// A running program.
pub(crate) struct Process {
    child: Child,
    ends: Ends,
    lines: Receiver<String>,
    log: PathBuf,
}

/// How a program is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// When its input closes. Then it also ends when we are killed.
    WithInput,
    /// When it is killed; it has nothing to put in order.
    Killed,
}

impl Process {
    /// Starts it, with what it says going to `log`.
    pub(crate) fn start(command: &mut Command, says: Says, ends: Ends, log: &Path) -> Result<Self> {
        let mut file = File::create(log).map_err(Error::file("write", log))?;
        command.stdin(if ends == Ends::WithInput { Stdio::piped() } else { Stdio::null() });
        match says {
            Says::OnOutput => {
                command.stdout(Stdio::piped()).stderr(file.try_clone().map_err(Error::file("write", log))?)
            }
            Says::InLog => command.stdout(Stdio::null()).stderr(Stdio::piped()),
        };
        let mut child = command.spawn().map_err(|source| Error::start(command, source))?;
        let output = child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        let errors = child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        let stream = output.or(errors).unwrap_or_else(|| Box::new(std::io::empty()));
        let (sender, lines) = channel();
        // Read on a thread so that waiting for a line can end, and to the end so that it never blocks.
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                if says == Says::InLog {
                    // A log that cannot be written is missed by whoever looks for it; the run goes on.
                    let _ = writeln!(file, "{line}");
                }
                let _ = sender.send(line);
            }
        });
        Ok(Self { child, ends, lines, log: log.to_owned() })
    }

    /// The first line that is wanted, within a time.
    ///
    /// # Errors
    /// When it does not come: the program has ended, or takes too long. Its log is named.
    pub(crate) fn line(&self, within: Duration, wanted: impl Fn(&str) -> bool) -> Result<String> {
        loop {
            match self.lines.recv_timeout(within) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(_) => {}
                Err(_) => return Err(Error::other(format!("it did not get ready; see {}", self.log.display()))),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its output closes when it has gone.
        if self.ends == Ends::WithInput {
            drop(self.child.stdin.take());
            while self.lines.recv_timeout(GONE_WITHIN).is_ok() {}
        }
        // Does nothing to one that has gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
