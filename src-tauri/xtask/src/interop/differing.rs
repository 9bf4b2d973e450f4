//! The practice behind the unruly proxy: each quirk alone, then sets of them in which every two meet.
//!
//! One practice, many proxies before it: every check makes a patient of its own, so a few go at a time. A check waits
//! far more than it computes (a lost answer, a back-off, a row that is visible late).

use super::{READY_WITHIN, Verdict, check, fresh, judge, secret, with_client};
use crate::checkout::Checkout;
use crate::error::{Error, Result};
use crate::practice::{Practice, Ready};
use crate::process::{Ends, Process, Says};
use crate::say;
use crate::step::{command, output};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Fixes the sets of quirks and the random faults.
const SEED: u64 = 1;
/// Servers that no client of messages can work with: the check has to say so, and does by its exit code.
const UNFIT: &[&str] = &["json-missing", "put-ignores-if-match"];
/// How many checks go at a time.
const AT_A_TIME: usize = 3;

/// What the proxy says when it is ready.
#[derive(Debug, Deserialize)]
struct Announced {
    base_url: String,
}

/// Faults that strike by chance, or by the clock. The dice are seeded, but whom they meet depends on the order in which
/// two members' requests come, and what a server shows late is waited for within limits; a check that they kept from
/// seeing anything is made once more, and says so. Wrong twice is wrong.
const BY_CHANCE: &[&str] = &[
    "drop-before",
    "drop-after",
    "delay",
    "status-429",
    "status-5",
    "half-body",
    "html-200",
    "stale-reads",
    "late-visible",
];

/// What all checks of a sweep share.
struct Sweep<'a> {
    checkout: &'a Checkout,
    practice: &'a Ready,
    folder: PathBuf,
    secret: PathBuf,
}

/// Every server that differs; names those that were judged otherwise than they should be.
pub(super) fn check_all(checkout: &Checkout) -> Result {
    let folder = fresh(checkout, "unruly")?;
    let practice = Practice::start(checkout, &folder, &[])?;
    let secret = secret(&practice.ready, &folder)?;
    let sweep = Sweep { checkout, practice: &practice.ready, folder, secret };
    let all = servers(checkout)?;
    say::line(&format!("{} servers; sets in which every two quirks meet: seed {SEED}", all.len()));
    let next = AtomicUsize::new(0);
    let wrong = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(|| sweep.work(&all, &next))).collect();
        let wrong = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|_| vec!["a check that fell over".to_owned()]));
        wrong.collect::<Vec<_>>()
    });
    if wrong.is_empty() { Ok(()) } else { Err(Error::other(format!("not as it should be: {}", wrong.join("; ")))) }
}

/// The quirks of each server: one alone, then in sets.
fn servers(checkout: &Checkout) -> Result<Vec<String>> {
    let program = checkout.program("tern-unruly").into_os_string();
    let list = output(command(std::slice::from_ref(&program))?.arg("list"))?;
    let alone = list.lines().filter_map(|line| line.split_whitespace().next());
    let pairs = output(command(std::slice::from_ref(&program))?.arg("pairs").arg(format!("--seed={SEED}")))?;
    Ok(alone.chain(pairs.lines()).map(str::to_owned).collect())
}

impl Sweep<'_> {
    /// Takes one server after the other until none is left; the quirks of those judged wrongly.
    fn work(&self, all: &[String], next: &AtomicUsize) -> Vec<String> {
        let mut wrong = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(quirks) = all.get(number) else { return wrong };
            let begun = Instant::now();
            let mut judged = self.one(&format!("{number:03}"), quirks);
            if judged.is_err() && BY_CHANCE.iter().any(|fault| quirks.contains(fault)) {
                say::line(&format!("{:>8}  once more  {quirks}", say::duration(begun.elapsed())));
                judged = self.one(&format!("{number:03}-again"), quirks);
            }
            let how = if judged.is_ok() { "ok" } else { "WRONG" };
            say::line(&format!("{:>8}  {how}  {quirks}", say::duration(begun.elapsed())));
            if let Err(error) = judged {
                say::trouble(&error);
                wrong.push(quirks.clone());
            }
        }
    }

    /// One check behind one proxy.
    fn one(&self, name: &str, quirks: &str) -> Result {
        let verdict = if UNFIT.contains(&quirks) { Verdict::Unfit } else { Verdict::Fit };
        let proxy = self.proxy(name, quirks)?;
        let line = proxy.line(READY_WITHIN, |_| true)?;
        let said = serde_json::from_str::<Announced>(&line);
        let said = said.map_err(|error| Error::other(format!("the proxy says something else: {error}")))?;
        let mut check = check(self.checkout, &said.base_url)?;
        with_client(&mut check, self.practice, &self.secret);
        judge(&mut check, verdict, &self.folder.join(format!("{name}.txt")))
    }

    fn proxy(&self, name: &str, quirks: &str) -> Result<Process> {
        let log: &Path = &self.folder.join(format!("{name}.log"));
        let mut proxy = command(&[self.checkout.program("tern-unruly").into_os_string()])?;
        proxy.arg("--upstream").arg(&self.practice.base_url).arg("--upstream-ca").arg(&self.practice.ca_file);
        proxy.arg("--quirks").arg(quirks).arg(format!("--seed={SEED}"));
        Process::start(&mut proxy, Says::OnOutput, Ends::Killed, log)
    }
}
