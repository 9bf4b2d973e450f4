//! What the practice says of emergencies, in one table: where they are posted to, and since when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The format that this program reads and writes.
pub const FORMAT: u32 = 1;

/// The longest address.
const LONGEST: usize = 2_000;

/// The table as the practice writes it: what the `Library` *emergencies* carries as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Emergencies {
    /// [`FORMAT`].
    pub version: u32,
    /// Where a page is posted to: an address of the practice's pager or SMS gateway. None: nowhere. Everybody of the
    /// practice can read it, so it is no place for a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// When it was named, server time. What was sent before is not called for: on the day a practice begins, nobody is
    /// paged for what lay there for years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// Why a table cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmergenciesProblem {
    /// Made by a newer program.
    #[error("version {found} is not one that this program knows")]
    UnknownVersion {
        /// Its number.
        found: u32,
    },
    /// Not an address.
    #[error("webhook: not an address")]
    NotAnAddress,
    /// What is posted says who is on duty: in the clear only on this machine.
    #[error("webhook: https, or http on this machine")]
    NotSecure,
    /// A user and a password in the address.
    #[error("webhook: no user and no password")]
    Password,
}

impl Default for Emergencies {
    fn default() -> Self {
        Self { version: FORMAT, webhook: None, since: None }
    }
}

impl Emergencies {
    /// Whether it can be used.
    ///
    /// # Errors
    /// [`EmergenciesProblem`].
    pub fn check(&self) -> Result<(), EmergenciesProblem> {
        if self.version != FORMAT {
            return Err(EmergenciesProblem::UnknownVersion { found: self.version });
        }
        let Some(webhook) = &self.webhook else { return Ok(()) };
        if webhook.len() > LONGEST {
            return Err(EmergenciesProblem::NotAnAddress);
        }
        let url = Url::parse(webhook).map_err(|_| EmergenciesProblem::NotAnAddress)?;
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err(EmergenciesProblem::NotAnAddress),
        };
        match url.scheme() {
            _ if !url.username().is_empty() || url.password().is_some() => Err(EmergenciesProblem::Password),
            "https" => Ok(()),
            "http" if is_here => Ok(()),
            _ => Err(EmergenciesProblem::NotSecure),
        }
    }

    /// Where to post what was sent at an instant; none where it is not posted.
    pub fn webhook_for(&self, sent: DateTime<Utc>) -> Option<&str> {
        self.webhook.as_deref().filter(|_| self.since.is_none_or(|since| sent >= since))
    }
}
