//! Threads and the messages in them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AttachmentId, MessageId, PatientId, ThreadId},
    party::{Party, PartyRef},
    private::PrivateText,
};

/// A conversation: a `Communication` without `partOf` and `payload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Local key.
    pub id: ThreadId,
    /// `topic.text`.
    pub subject_line: PrivateText,
    /// `subject`; none for internal threads, which no patient may ever read.
    pub patient: Option<PatientId>,
    /// Code of our category system, or the portal's.
    pub category: Option<String>,
    /// Who opened it.
    pub opener: Option<Party>,
    /// All participants, the opener too.
    pub participants: Vec<Party>,
    /// Whether patients can read it.
    pub audience: Audience,
    /// The patient's thread that an internal one hangs on.
    pub about: Option<ThreadId>,
}

/// Who can read a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The patient, the proxies and the practice.
    Patient,
    /// The practice alone.
    Internal,
}

/// One text in a thread: a `Communication` with `partOf`. Text, sender and recipients never change after
/// it was sent; status and receipt may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Local key.
    pub id: MessageId,
    /// Where it stands.
    pub thread: ThreadId,
    /// `identifier` of ours (`urn:uuid:…`), which an echo is recognised by.
    pub identity: Option<String>,
    /// Who wrote it.
    pub sender: Option<Party>,
    /// To whom.
    pub recipients: Vec<PartyRef>,
    /// `sent`, or `meta.lastUpdated` where it is missing.
    pub sent: DateTime<Utc>,
    /// `received`: what it means is the practice's setting.
    pub received: Option<DateTime<Utc>>,
    /// Joined `payload[].contentString`, as received; shown as text, never as markup.
    pub text: PrivateText,
    /// What it answers.
    pub in_response_to: Option<MessageId>,
    /// Whether it counts.
    pub standing: Standing,
    /// Whether a machine wrote it (`meta.tag` automatic).
    pub authorship: Authorship,
    /// Files it carries.
    pub attachments: Vec<Attachment>,
}

impl Message {
    /// The message, dated after `last`, which the same person sent into the same thread before it. A clock that
    /// was put back must not make two replies change places: whoever reads them by their date reads an answer
    /// before its question. One millisecond is the least that an R4 instant is written with.
    #[must_use]
    pub fn sent_after(mut self, last: Option<DateTime<Utc>>) -> Self {
        let earliest = last.map(|last| last + TimeDelta::milliseconds(1));
        self.sent = earliest.map_or(self.sent, |earliest| self.sent.max(earliest));
        self
    }
}

/// Whether a message counts as sent (`Communication.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// in-progress, completed or unknown: read as sent.
    Sent,
    /// preparation or on-hold: not ours to show.
    Draft,
    /// not-done.
    NotDone,
    /// entered-in-error: retracted.
    Retracted,
}

/// Who wrote a message, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authorship {
    /// A person typed it.
    Person,
    /// Tagged automatic.
    Automatic,
    /// A person began it as a reply and handed it over: a colleague goes on from it. Inside the practice only.
    Draft,
}

/// A file that a message carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// `DocumentReference/id` or `Binary/id`, or the place inside the message.
    pub id: AttachmentId,
    /// Title as sent.
    pub title: PrivateText,
    /// Claimed media type: looked at before it is believed.
    pub content_type: Option<String>,
    /// Bytes, where the server says.
    pub size: Option<u64>,
}

/// How far a message of ours has got.
///
/// ```text
///             ┌───────────── retry ──────────────┐
///             v                                  │
///   Queued ──send──> Sending ──acknowledged──> Sent (end)
///     │  ^             │   │                      ^  ^
///     │  │             │   └─unknown─> Unknown ─found┘
///     │  └──not reached┘                 │  │       │
///     │  └───────────── not found ───────┘  │       │
///     └──refused──> Wedged <──refused──(Sending,Unknown)
///                     ├── retry ──> Queued          │
///                     └── look again ──> Unknown    │
///   echo by pull: Queued, Sending, Unknown, Wedged ─┘
/// ```
/// *Queued* waits for its undo seconds, its claim or the network. *Sending* is on the wire. *Unknown* left
/// and no answer came: the server is searched before anything is sent again. *Wedged* needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Waiting here.
    Queued,
    /// On the wire.
    Sending,
    /// Sent, no answer.
    Unknown,
    /// Acknowledged by the server, or seen there.
    Sent,
    /// Refused; a person decides.
    Wedged,
}

/// What happened to a message of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryEvent {
    /// The outbox took it.
    Taken,
    /// It surely did not arrive (no connection, refused before the body, told to wait).
    NotReached,
    /// Nobody knows whether it arrived.
    NoAnswer,
    /// The server has it: acknowledged, found by search, or arrived by pull.
    Acknowledged,
    /// Searched for after no answer, and not there.
    NotFound,
    /// The server or a lost claim refuses it.
    Refused,
    /// A person said: again.
    Retried,
    /// A person said: again, of what may have arrived: it is searched for first.
    LookedForAgain,
}

/// A move that the drawing does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message that is {from:?} cannot take {event:?}")]
pub struct NoSuchMove {
    /// Where it stood.
    pub from: Delivery,
    /// What was asked.
    pub event: DeliveryEvent,
}

impl Delivery {
    /// The one way in which a delivery moves.
    ///
    /// # Errors
    /// [`NoSuchMove`] for every arrow that is not drawn above.
    pub fn on(self, event: DeliveryEvent) -> Result<Self, NoSuchMove> {
        use DeliveryEvent as E;
        match (self, event) {
            (Self::Queued, E::Taken) => Ok(Self::Sending),
            (Self::Sending, E::NotReached) | (Self::Unknown, E::NotFound) => Ok(Self::Queued),
            (Self::Sending, E::NoAnswer) | (Self::Unknown, E::NoAnswer) => Ok(Self::Unknown),
            (Self::Queued | Self::Sending | Self::Unknown, E::Refused) => Ok(Self::Wedged),
            (Self::Wedged, E::Retried) => Ok(Self::Queued),
            (Self::Wedged, E::LookedForAgain) => Ok(Self::Unknown),
            (_, E::Acknowledged) => Ok(Self::Sent),
            (from, event) => Err(NoSuchMove { from, event }),
        }
    }
}
