//! Authorization codes: good once, and for a minute (RFC 6749, 4.1.2).

use crate::secrets::{Secret, digest};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// Seconds from the code to its exchange.
const CODE_SECONDS: i64 = 60;

/// What a code stands for.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// Who signed in.
    pub username: String,
    /// Where the code went, in the client's own spelling.
    pub redirect_uri: String,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    /// PKCE's, by S256.
    pub code_challenge: String,
    /// To be echoed in the id token.
    pub nonce: Option<String>,
}

/// What became of a code.
#[derive(Debug)]
pub(super) enum Redeemed {
    /// It holds, and now no longer does.
    Good(Grant),
    /// It was used before: what it bought is to be revoked (RFC 6749, 4.1.2).
    Again(Option<Uuid>),
    /// Nobody knows it, or not any more.
    Unknown,
}

/// A code that was sent.
#[derive(Debug)]
struct Sent {
    /// What it buys, until somebody takes it.
    grant: Option<Grant>,
    /// The sign-in that it bought.
    bought: Option<Uuid>,
    until: DateTime<Utc>,
}

/// Codes that were sent and not yet exchanged, and, as long as they would have lived, those that
/// were; by their SHA-256.
#[derive(Debug, Default)]
pub(super) struct Codes(HashMap<String, Sent>);

impl Codes {
    /// Takes note of a code that is about to be sent.
    pub(super) fn keep(&mut self, code: &Secret, grant: Grant, now: DateTime<Utc>) {
        self.0.retain(|_, sent| sent.until > now);
        let until = now + Duration::seconds(CODE_SECONDS);
        self.0.insert(digest(code.expose()), Sent { grant: Some(grant), bought: None, until });
    }

    /// Takes up a code, once.
    pub(super) fn redeem(&mut self, code: &str, now: DateTime<Utc>) -> Redeemed {
        match self.0.get_mut(&digest(code)) {
            Some(sent) if sent.until > now => match sent.grant.take() {
                Some(grant) => Redeemed::Good(grant),
                None => Redeemed::Again(sent.bought),
            },
            _ => Redeemed::Unknown,
        }
    }

    /// Notes which sign-in a code bought.
    pub(super) fn bought(&mut self, code: &str, family: Uuid) {
        if let Some(sent) = self.0.get_mut(&digest(code)) {
            sent.bought = Some(family);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let (mut codes, now) = (Codes::default(), Utc::now());
        let grant = Grant {
            username: "osei".into(),
            redirect_uri: String::new(),
            scope: String::new(),
            code_challenge: String::new(),
            nonce: None,
        };
        let (first, second) = (Secret::new("one"), Secret::new("two"));
        codes.keep(&first, grant.clone(), now);
        codes.keep(&second, grant, now);
        assert!(matches!(codes.redeem("one", now), Redeemed::Good(_)));
        let family = Uuid::new_v4();
        codes.bought("one", family);
        assert!(matches!(codes.redeem("one", now), Redeemed::Again(Some(f)) if f == family));
        let late = now + Duration::seconds(CODE_SECONDS);
        assert!(matches!(codes.redeem("two", late), Redeemed::Unknown));
        assert!(matches!(codes.redeem("three", now), Redeemed::Unknown));
    }
}
