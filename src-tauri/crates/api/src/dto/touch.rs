use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{FilingState, Holder, UrgencyLevel};

/// A thread by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ThreadRequest {
    /// Which.
    pub thread: String,
}

/// A thread with the work items that were on screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ThreadItemsRequest {
    /// Which.
    pub thread: String,
    /// `TouchView.workItems`.
    pub work_items: Vec<String>,
}

/// What Start did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export)]
pub enum StartResult {
    /// Ours: here it is.
    Started {
        /// The open touch.
        touch: Box<TouchView>,
    },
    /// Somebody else was first: nothing opens.
    Taken {
        /// Who.
        holder: Holder,
    },
}

/// How the right pane stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum TouchMode {
    /// Started: it can be answered.
    Started,
    /// Peeked: it can be read; counted and audited.
    Peeked,
}

/// How the member may answer a thread: by role, and by what the thread is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum ReplyRight {
    /// In their own words.
    Free,
    /// By one of the practice's templates.
    TemplateOnly,
    /// Not at all.
    No,
}

/// A started (or peeked) thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TouchView {
    /// The thread.
    pub thread: String,
    /// Started or peeked.
    pub mode: TouchMode,
    /// For whom.
    pub patient: PatientCard,
    /// The subject line.
    pub subject_line: String,
    /// Code, worded by the catalogue.
    pub category: Option<String>,
    /// How soon it wants an answer, as it is now: a message that came meanwhile may have raised it. None once nothing of
    /// it is open.
    pub urgency: Option<UrgencyLevel>,
    /// When it is due, UTC ms.
    #[ts(type = "number | null")]
    pub due: Option<i64>,
    /// Oldest first.
    pub messages: Vec<MessageRow>,
    /// Open work items on screen: only these are completed by an outcome.
    pub work_items: Vec<String>,
    /// The claim is acknowledged, and has not lapsed; false: offline, or still on its way.
    pub claim_confirmed: bool,
    /// Whether there is a composer, and for what. May change while the touch is open.
    pub may_reply: ReplyRight,
    /// Set when somebody else turned out to hold it: the draft is kept, sending is refused.
    pub lost_to: Option<Holder>,
    /// Set when the server refused to close it, or to put it back, and no message says so.
    pub stuck: Option<StuckChange>,
    /// What was typed so far.
    pub draft: String,
    /// What was typed of a note for colleagues and not said yet.
    pub note: String,
    /// Id that the reply will have; made when the composer opened, so that a double press is one reply.
    pub reply_id: String,
    /// When the touch began, UTC ms.
    #[ts(type = "number")]
    pub started: i64,
    /// The how-manieth touch of the thread it is, from 1.
    pub touch_number: u32,
    /// A message came after the touch began.
    pub wrote_again: bool,
}

/// What the server refused to do with a work item. It can be tried again, or given up: the item then stays as the
/// server has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct StuckChange {
    /// What was to be done.
    pub kind: StuckKind,
    /// Why it was not.
    pub reason: WedgeReason,
}

/// A change of a work item that needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum StuckKind {
    /// It was to be closed: with the reply, which has arrived, or without one.
    Close,
    /// It was to be put back.
    PutBack,
    /// It was to go elsewhere: to a pool, a person, the call list, to another urgency.
    Move,
}

/// The head of the right pane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PatientCard {
    /// The patient's name; blank where the thread names none.
    pub name: String,
    /// How to address the patient.
    pub preferred_name: String,
    /// ISO date.
    pub birth_date: Option<String>,
    /// Whole years today.
    pub age_years: Option<u32>,
    /// Record number.
    pub record_number: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Everybody who reads what is sent, where that is not the patient alone: "Ana Ruiz, Leo Ruiz".
    pub read_by: Option<String>,
    /// Code (`MTH`) or text of the relationship.
    pub relationship: Option<String>,
    /// To call: the reader's number, else the patient's.
    pub phone: Option<String>,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum MessageSide {
    /// The patient or a proxy.
    Patient,
    /// The practice.
    Practice,
    /// The practice, by itself.
    Automatic,
    /// Inside the practice: no patient can read it.
    Inside,
}

/// How far a message of ours has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum DeliveryState {
    /// Waits here.
    Queued,
    /// On the wire.
    Sending,
    /// Sent, and no answer: being looked for.
    Unknown,
    /// The server has it.
    Sent,
    /// Needs you.
    NeedsYou,
}

/// One text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MessageRow {
    /// Its id.
    pub id: String,
    /// Whose.
    pub side: MessageSide,
    /// Who wrote it.
    pub author: String,
    /// "Leo", where a proxy wrote for the patient.
    pub on_behalf_of: Option<String>,
    /// UTC ms.
    #[ts(type = "number")]
    pub sent: i64,
    /// UTC ms; what it means is the practice's setting.
    #[ts(type = "number | null")]
    pub received: Option<i64>,
    /// Plain text: shown as text, whatever is in it.
    pub text: String,
    /// Files.
    pub attachments: Vec<AttachmentRow>,
    /// Ours only.
    pub delivery: Option<DeliveryState>,
    /// Why it needs a person.
    pub wedge: Option<WedgeReason>,
    /// Marked entered-in-error.
    pub retracted: bool,
    /// A reply that was begun and handed over, inside the practice.
    pub draft: bool,
    /// It could not be read: the text is blank.
    pub unreadable: bool,
}

/// Why a message needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export)]
pub enum WedgeReason {
    /// Somebody else holds the claim.
    ClaimLost {
        /// Who.
        by: Option<String>,
    },
    /// Somebody answered since.
    AnsweredSince {
        /// Who.
        by: Option<String>,
        /// UTC ms.
        #[ts(type = "number")]
        at: i64,
    },
    /// The server refused it.
    Refused {
        /// HTTP status.
        status: u16,
        /// `OperationOutcome` code.
        code: Option<String>,
    },
    /// Nobody knows whether it arrived.
    OutcomeUnknown,
    /// What it was to change is gone.
    Gone,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AttachmentRow {
    /// Its id.
    pub id: String,
    /// As sent.
    pub title: String,
    /// Claimed media type.
    pub content_type: Option<String>,
    /// Bytes.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// What has become of it, where it is one that a patient sent; completing the work with one that is unfiled warns.
    pub filing: Option<FilingState>,
}

/// Keep what is typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DraftSaveRequest {
    /// Where.
    pub thread: String,
    /// What.
    pub text: String,
}

/// Words for colleagues about a thread.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NoteWriteRequest {
    /// The patient's thread that they are about.
    pub thread: String,
    /// Plain text.
    pub text: String,
}

/// Send and close.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReplyRequest {
    /// Where.
    pub thread: String,
    /// `TouchView.replyId`.
    pub reply_id: String,
    /// What.
    pub text: String,
    /// `TouchView.workItems`: what was on screen.
    pub work_items: Vec<String>,
}

/// Put back, with a reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PutBackRequest {
    /// Which.
    pub thread: String,
    /// Why; stays inside the practice.
    pub reason: String,
}

/// An outcome was taken; until `undo_until` nothing has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Ended {
    /// For [`UndoRequest`].
    pub undo: String,
    /// UTC ms.
    #[ts(type = "number")]
    pub undo_until: i64,
}

/// Take the outcome back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UndoRequest {
    /// `Ended.undo`.
    pub undo: String,
}

/// The touch is open again, or the moved rows stand where they stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Undone {
    /// Where: one thread of a touch, as many as were moved.
    pub threads: Vec<String>,
}

/// A message by its id (retry, edit, discard).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MessageRequest {
    /// Which.
    pub message: String,
}
