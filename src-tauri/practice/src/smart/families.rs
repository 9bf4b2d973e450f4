//! Refresh tokens: one holds at a time, and each use replaces it (RFC 9700, 4.14.2).
//!
//! The tokens that descend from one sign-in are a family. A token is `family.secret`; the family
//! keeps the digest of the secret that holds now.
//!
//! ```text
//!                refresh with the one that holds
//!                     ┌──────┐
//!   sign in ──► Live ─┘◄─────┘ another holds now
//!                 │
//!                 ├─ refresh with any other ──► Ended  (stolen, or used twice: who holds the
//!                 ├─ revoke, run out        ──► Ended   newest must sign in again)
//! ```
//!
//! Families lie in `sign-ins.json` and are written **before** an answer leaves, so that a restart
//! of the practice signs nobody out and no token is good that the disk does not know.

use crate::{
    Error, files,
    secrets::{Secret, digest},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Days without a refresh after which a sign-in ends.
const IDLE_DAYS: i64 = 90;

/// A live sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Family {
    /// Who signed in.
    pub username: String,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    /// Digest of the token that holds.
    current: String,
    until: DateTime<Utc>,
}

/// What came of a refresh.
#[derive(Debug)]
pub(super) enum Rotation {
    /// The new token, and whose it is.
    Rotated {
        /// The token that holds now.
        token: Secret,
        /// The family's id.
        family: Uuid,
        /// Who signed in, and what was granted.
        sign_in: Family,
    },
    /// Used before: the family has ended, and its access tokens must too.
    Reused(Uuid),
    /// No family knows it.
    Unknown,
}

/// All live sign-ins.
#[derive(Debug)]
pub(super) struct Families {
    path: PathBuf,
    live: BTreeMap<Uuid, Family>,
}

impl Families {
    /// Reads the sign-ins kept in `data`.
    pub(super) fn open(data: &Path) -> Result<Self, Error> {
        let path = data.join("sign-ins.json");
        let live = files::read_json(&path)?.unwrap_or_default();
        Ok(Self { path, live })
    }

    /// A new family; answers its id and its first token.
    pub(super) fn begin(&mut self, username: &str, scope: &str, now: DateTime<Utc>) -> Result<(Uuid, Secret), Error> {
        let family = Uuid::new_v4();
        let (token, current) = self.fresh(family)?;
        self.live.retain(|_, family| family.until > now);
        let (username, scope) = (username.to_owned(), scope.to_owned());
        self.put(family, Some(Family { username, scope, current, until: now + Duration::days(IDLE_DAYS) }))?;
        Ok((family, token))
    }

    /// The scopes of the sign-in that `presented` belongs to, if it holds.
    pub(super) fn granted(&self, presented: &str, now: DateTime<Utc>) -> Option<&str> {
        let family = self.live.get(&family_of(presented)?).filter(|family| family.until > now)?;
        (family.current == digest(presented)).then_some(family.scope.as_str())
    }

    /// Replaces the token that holds, or ends the family if `presented` is another of its tokens.
    pub(super) fn rotate(&mut self, presented: &str, now: DateTime<Utc>) -> Result<Rotation, Error> {
        let Some(id) = family_of(presented) else {
            return Ok(Rotation::Unknown);
        };
        let Some(family) = self.live.get(&id).filter(|family| family.until > now) else {
            return Ok(Rotation::Unknown);
        };
        if family.current != digest(presented) {
            self.end(id);
            return Ok(Rotation::Reused(id));
        }
        let (token, current) = self.fresh(id)?;
        let sign_in = Family { current, until: now + Duration::days(IDLE_DAYS), ..family.clone() };
        self.put(id, Some(sign_in.clone()))?;
        Ok(Rotation::Rotated { token, family: id, sign_in })
    }

    /// Ends the family that `presented` belongs to, if any, and answers its id. Where that cannot be kept it has
    /// not ended, and whoever signs out is told so.
    pub(super) fn revoke(&mut self, presented: &str) -> Result<Option<Uuid>, Error> {
        match family_of(presented).filter(|id| self.live.contains_key(id)) {
            Some(id) => self.put(id, None).map(|()| Some(id)),
            None => Ok(None),
        }
    }

    /// Ends a family that somebody may have stolen, whether that can be kept or not: what the disk does not take
    /// now it is told with the next sign-in.
    pub(super) fn end(&mut self, family: Uuid) {
        self.live.remove(&family);
        if let Err(error) = self.keep() {
            tracing::error!(%error, %family, "a sign-in has ended, and a restart would not know");
        }
    }

    /// Changes one family, in memory and on disk or in neither: a client that never gets its new token must go on
    /// with the old one.
    fn put(&mut self, id: Uuid, family: Option<Family>) -> Result<(), Error> {
        let before = self.swap(id, family);
        self.keep().inspect_err(|_| {
            self.swap(id, before);
        })
    }

    fn swap(&mut self, id: Uuid, family: Option<Family>) -> Option<Family> {
        match family {
            Some(family) => self.live.insert(id, family),
            None => self.live.remove(&id),
        }
    }

    fn fresh(&self, family: Uuid) -> Result<(Secret, String), Error> {
        let random = Secret::random(32).map_err(Error::file("cannot find randomness for", &self.path))?;
        let token = format!("{}.{}", family.simple(), random.expose());
        let current = digest(&token);
        Ok((Secret::new(token), current))
    }

    fn keep(&self) -> Result<(), Error> {
        files::write_json(&self.path, &self.live)
    }
}

fn family_of(token: &str) -> Option<Uuid> {
    Uuid::try_parse(token.split_once('.')?.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn rotated(rotation: Rotation) -> Result<Secret, String> {
        match rotation {
            Rotation::Rotated { token, .. } => Ok(token),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn each_refresh_replaces_the_token_and_an_old_one_ends_the_sign_in() -> Outcome {
        let data = tempfile::tempdir()?;
        let mut families = Families::open(data.path())?;
        let now = Utc::now();
        let (_, first) = families.begin("osei", "openid", now)?;
        let second = rotated(families.rotate(first.expose(), now)?)?;
        assert!(matches!(families.rotate(first.expose(), now)?, Rotation::Reused(_)));
        assert!(matches!(families.rotate(second.expose(), now)?, Rotation::Unknown));
        Ok(())
    }

    #[test]
    fn a_sign_in_outlives_a_restart_of_the_practice() -> Outcome {
        let data = tempfile::tempdir()?;
        let now = Utc::now();
        let (_, token) = Families::open(data.path())?.begin("osei", "openid", now)?;
        let mut again = Families::open(data.path())?;
        let next = rotated(again.rotate(token.expose(), now)?)?;
        let kept = std::fs::read_to_string(data.path().join("sign-ins.json"))?;
        assert!(!kept.contains(next.expose()), "only digests are kept");
        Ok(())
    }

    #[test]
    fn a_sign_in_that_nobody_used_for_three_months_has_ended() -> Outcome {
        let data = tempfile::tempdir()?;
        let mut families = Families::open(data.path())?;
        let now = Utc::now();
        let (_, token) = families.begin("osei", "openid", now)?;
        let later = now + Duration::days(IDLE_DAYS);
        assert!(matches!(families.rotate(token.expose(), later)?, Rotation::Unknown));
        Ok(())
    }

    #[test]
    fn a_token_that_no_family_knows_changes_nothing() -> Outcome {
        let data = tempfile::tempdir()?;
        let mut families = Families::open(data.path())?;
        for stranger in ["", "x", "no.dot", "00000000000000000000000000000000.x"] {
            assert!(matches!(families.rotate(stranger, Utc::now())?, Rotation::Unknown));
            assert_eq!(families.revoke(stranger)?, None);
        }
        Ok(())
    }

    #[test]
    fn when_the_disk_is_full_nothing_changes_but_that_a_stolen_sign_in_ends() -> Outcome {
        let data = tempfile::tempdir()?;
        let folder = data.path().join("practice");
        std::fs::create_dir(&folder)?;
        let mut families = Families::open(&folder)?;
        let now = Utc::now();
        let (_, token) = families.begin("osei", "openid", now)?;
        let (_, stolen) = families.begin("tran", "openid", now)?;
        let newest = rotated(families.rotate(stolen.expose(), now)?)?;
        let aside = data.path().join("aside");
        std::fs::rename(&folder, &aside)?;
        assert!(families.rotate(token.expose(), now).is_err());
        assert!(families.revoke(token.expose()).is_err());
        assert!(matches!(families.rotate(stolen.expose(), now)?, Rotation::Reused(_)));
        std::fs::rename(&aside, &folder)?;
        rotated(families.rotate(token.expose(), now)?)?;
        let mut restarted = Families::open(&folder)?;
        assert!(matches!(restarted.rotate(newest.expose(), now)?, Rotation::Unknown), "the disk was told since");
        Ok(())
    }
}
