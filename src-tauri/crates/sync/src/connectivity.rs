//! The way to the server, as it stands: a pure state machine, fed with what came of each exchange.

use serde::{Deserialize, Serialize};
use tern_fhir::exchange::Response;

use crate::server::Unanswered;

/// How the way to the server stands.
///
/// ```text
///                     answered below 500, not 401
///   Starting ──────────────────────────────────────────> Online
///      │                                                  ^  │
///      │   ┌──────────── answered below 500, not 401 ─────┘  │
///      v   │                                                 v
///   Offline · Struggling · Untrusted · SignInAgain · Keyring · DiskFull
///   no way    5xx, 429,    certificate  401, revoked  locked    no room for
///   there     lost, not                               keyring   what arrived
///             FHIR
/// ```
/// From every state each event leads where it says: the last exchange decides. Three exceptions, in
/// [`Connectivity::on`]: one lost answer or 5xx of an online server is no change on screen (it may be a single
/// slow request; the second in a row is). *SignInAgain* and *Keyring* are left only by an answer that needed a
/// token, not by a failure on the way, which says nothing about the session. *DiskFull* is left only when
/// something could be stored again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// Not tried yet.
    #[default]
    Starting,
    /// The last exchange was answered.
    Online,
    /// No way there.
    Offline,
    /// It answers, but with failures.
    Struggling,
    /// The certificate is not trusted.
    Untrusted,
    /// Signing in again is needed.
    SignInAgain,
    /// The keyring does not answer.
    Keyring,
    /// No room on the disk.
    DiskFull,
}

/// What came of an exchange, or of storing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// An answer that a working server gives, refusals included.
    Answered,
    /// 429 or 5xx, an answer that is no FHIR, or none although the request may have arrived.
    Failed,
    /// Nobody there.
    Unreachable,
    /// The certificate is not trusted.
    NotTrusted,
    /// 401, or the refresh token was refused.
    SessionEnded,
    /// The keyring does not answer.
    KeyringSilent,
    /// The disk is full.
    NoRoom,
    /// What arrived is stored.
    Stored,
}

impl Event {
    /// Sorts what came of an exchange.
    pub fn of(exchange: &Result<Response, Unanswered>) -> Self {
        match exchange {
            Ok(response) => match response.status {
                401 => Self::SessionEnded,
                429 | 500.. => Self::Failed,
                // A captive portal answers everything with its page and 200; a page that tells of an error is the
                // server's own.
                ..=399 if is_page(response) => Self::Failed,
                _ => Self::Answered,
            },
            Err(Unanswered::Offline) => Self::Unreachable,
            Err(Unanswered::Lost) => Self::Failed,
            Err(Unanswered::Certificate(_)) => Self::NotTrusted,
            Err(Unanswered::SignInAgain | Unanswered::NotAPractice) => Self::SessionEnded,
            Err(Unanswered::Keyring) => Self::KeyringSilent,
        }
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.content_type.as_deref().unwrap_or_default();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml")
}

/// The state and what it needs to move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connectivity {
    state: Connection,
    failures_in_a_row: u32,
}

impl Connectivity {
    /// The state.
    pub fn state(self) -> Connection {
        self.state
    }

    /// The one way in which it moves; says whether the state is another one now.
    pub fn on(&mut self, event: Event) -> bool {
        let before = self.state;
        self.failures_in_a_row = match event {
            Event::Failed => self.failures_in_a_row.saturating_add(1),
            Event::Answered => 0,
            _ => self.failures_in_a_row,
        };
        self.state = match (before, event) {
            (Connection::DiskFull, Event::Stored) => Connection::Online,
            (Connection::DiskFull, _) => Connection::DiskFull,
            (_, Event::NoRoom) => Connection::DiskFull,
            (_, Event::Answered) => Connection::Online,
            (_, Event::SessionEnded) => Connection::SignInAgain,
            (_, Event::KeyringSilent) => Connection::Keyring,
            (Connection::SignInAgain | Connection::Keyring, Event::Failed | Event::Unreachable | Event::NotTrusted)
            | (_, Event::Stored) => before,
            (_, Event::Unreachable) => Connection::Offline,
            (_, Event::NotTrusted) => Connection::Untrusted,
            (Connection::Online, Event::Failed) if self.failures_in_a_row < 2 => Connection::Online,
            (_, Event::Failed) => Connection::Struggling,
        };
        self.state != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[Event]) -> Connection {
        let mut way = Connectivity::default();
        for event in events {
            way.on(*event);
        }
        way.state()
    }

    #[test]
    fn the_last_exchange_decides() {
        use Event::{Answered, Failed, KeyringSilent, NoRoom, NotTrusted, SessionEnded, Stored, Unreachable};
        for (events, state) in [
            (&[][..], Connection::Starting),
            (&[Answered], Connection::Online),
            (&[Unreachable], Connection::Offline),
            (&[Unreachable, Answered], Connection::Online),
            (&[Failed], Connection::Struggling),
            (&[Answered, Failed], Connection::Online),
            (&[Answered, Failed, Failed], Connection::Struggling),
            (&[Answered, Failed, Answered, Failed], Connection::Online),
            (&[Answered, NotTrusted], Connection::Untrusted),
            (&[Answered, SessionEnded], Connection::SignInAgain),
            (&[SessionEnded, Unreachable], Connection::SignInAgain),
            (&[SessionEnded, Answered], Connection::Online),
            (&[KeyringSilent, Failed], Connection::Keyring),
            (&[KeyringSilent, SessionEnded], Connection::SignInAgain),
            (&[Answered, NoRoom], Connection::DiskFull),
            (&[Answered, NoRoom, Answered, Unreachable], Connection::DiskFull),
            (&[Answered, NoRoom, Stored], Connection::Online),
            (&[Answered, Stored], Connection::Online),
            (&[Stored], Connection::Starting),
        ] {
            assert_eq!(after(events), state, "{events:?}");
        }
    }

    #[test]
    fn a_page_where_a_resource_should_be_is_a_failure() {
        for (status, kind, event) in [
            (200, "application/fhir+json", Event::Answered),
            (200, "text/html; charset=utf-8", Event::Failed),
            (404, "text/html", Event::Answered),
            (502, "text/html", Event::Failed),
        ] {
            let response = Response {
                status,
                etag: None,
                location: None,
                last_modified: None,
                date: None,
                retry_after: None,
                content_type: Some(kind.to_owned()),
                body: Vec::new(),
            };
            assert_eq!(Event::of(&Ok(response)), event, "{status} {kind}");
        }
    }

    #[test]
    fn it_says_when_the_screen_has_to_change() {
        let mut way = Connectivity::default();
        assert!(way.on(Event::Answered));
        assert!(!way.on(Event::Answered));
        assert!(!way.on(Event::Failed));
        assert!(way.on(Event::Failed));
    }
}
