//! A member's machine: its process is started, dies where the dice say, and is started again.

use std::{collections::BTreeMap, os::unix::process::ExitStatusExt as _, path::PathBuf, process::Stdio};

use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng, seq::SliceRandom as _};
use tern_faults::orders::{Orders, Said};
use tern_journeys::Failure;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    sync::mpsc::UnboundedSender,
};

/// Where a process dies (`tern_sync`'s kill points), and at which visit at the latest.
pub(crate) const KILL_POINTS: &[(&str, u32)] = &[
    ("pull.before-commit", 60),
    ("pull.after-commit", 60),
    ("outbox.before-taken", 25),
    ("outbox.before-send", 20),
    ("outbox.after-send", 20),
    ("outbox.after-commit", 20),
];

/// `abort` ends by this.
const SIGABRT: i32 = 6;

/// A member's machine.
pub(crate) struct Machine {
    pub(crate) orders: Orders,
    pub(crate) home: PathBuf,
    pub(crate) seed: u64,
    /// Deaths at most; then the process is left in peace.
    pub(crate) kills: u32,
}

impl Machine {
    /// Runs until the member says that all is done; returns at which places the process died, and how often.
    pub(crate) async fn run(self, said: UnboundedSender<Said>) -> Result<BTreeMap<&'static str, u32>, Failure> {
        let mut dice = ChaCha8Rng::seed_from_u64(self.seed);
        let path = self.home.join("orders.json");
        std::fs::write(&path, serde_json::to_vec(&self.orders)?)?;
        let mut deaths = BTreeMap::new();
        let mut left = self.kills;
        // Every place once before any comes twice.
        let mut places = Vec::new();
        loop {
            if places.is_empty() {
                places = KILL_POINTS.to_vec();
                places.shuffle(&mut dice);
            }
            let (place, latest) = places.pop().ok_or("nowhere to die")?;
            let visit = dice.random_range(1..=latest);
            let log = std::fs::OpenOptions::new().create(true).append(true).open(self.home.join("member.log"))?;
            let mut command = Command::new(env!("CARGO_BIN_EXE_member"));
            command.arg(&path).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
            if left > 0 {
                command.env("TERN_KILL_AT", format!("{place}:{visit}"));
            }
            let mut child = command.spawn()?;
            let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
            while let Some(line) = lines.next_line().await? {
                // Half a line of a process that died is no word.
                if let Ok(word) = serde_json::from_str(&line) {
                    said.send(word)?;
                }
            }
            let status = child.wait().await?;
            match status.signal() {
                None if status.success() => return Ok(deaths),
                Some(SIGABRT) if left > 0 => {
                    left -= 1;
                    *deaths.entry(place).or_default() += 1;
                }
                _ => return Err(format!("{}: {status}, see {}", self.orders.member, self.home.display()).into()),
            }
        }
    }
}
