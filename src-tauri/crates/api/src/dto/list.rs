use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::RailDocuments;

/// A queue by name: `mine`, `urgent`, `for/<reference>`, `pool/<id>`, `unsorted`, `calls`, `waiting`, `unsent`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QueueId(pub String);

/// The left rail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Rail {
    /// In the order in which they are shown.
    pub queues: Vec<RailQueue>,
    /// Files that wait to be filed; none for a role that files nothing.
    pub documents: Option<RailDocuments>,
}

/// One entry of the rail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RailQueue {
    /// Which.
    pub id: QueueId,
    /// A pool's name, or that of the member who is away; none for the built-in queues, whose names are in the catalogue.
    pub name: Option<String>,
    /// Rows in it.
    pub count: u32,
    /// `sent` of the oldest, UTC ms.
    #[ts(type = "number | null")]
    pub oldest: Option<i64>,
    /// Of somebody who is away: nobody stands in, so that what stands in a pool of the member's is here, and why.
    pub gap: Option<super::AwayGap>,
}

/// A window of a queue's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EnvelopesRequest {
    /// Which queue.
    pub queue: QueueId,
    /// First row, from 0.
    pub offset: u32,
    /// At most 200.
    pub limit: u32,
}

/// The window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EnvelopePage {
    /// Rows in the whole queue.
    pub total: u32,
    /// First row of this window.
    pub offset: u32,
    /// In the order to work in.
    pub rows: Vec<EnvelopeRow>,
}

/// routine < same-day < urgent < emergency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum UrgencyLevel {
    /// No word on the row.
    Routine,
    /// Amber.
    SameDay,
    /// Amber, stronger.
    Urgent,
    /// Red.
    Emergency,
}

/// Who is on a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Holder {
    /// Name as shown; empty where the server named nobody.
    pub name: String,
    /// Whether it is the person at this screen.
    pub me: bool,
    /// Since when, UTC ms, server time.
    #[ts(type = "number")]
    pub since: i64,
    /// The claim lapsed: "left by Dr Osei".
    pub lapsed: bool,
}

/// What an envelope waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Wanted {
    /// Somebody calls the patient.
    Call,
    /// A visit is booked.
    Visit,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FlagRow {
    /// The rule's id.
    pub rule: String,
    /// In which version.
    pub version: u32,
    /// What the rule is about; a code, worded by the catalogue.
    pub category: String,
    /// What it raises to.
    pub level: UrgencyLevel,
    /// The words, at most 60 characters: only at urgent or above, and none for violence, abuse and self-harm.
    pub words: Option<String>,
    /// The words may be negated: it raises all the same.
    pub maybe_negated: bool,
}

/// An envelope: what the list shows. Has no body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct EnvelopeRow {
    /// The thread, and the key of the row.
    pub thread: String,
    /// The patient.
    pub patient_name: String,
    /// ISO date.
    pub birth_date: Option<String>,
    /// Whole years today.
    pub age_years: Option<u32>,
    /// "Ana Ruiz", where a proxy wrote.
    pub writer: Option<String>,
    /// Blank where the server sent none.
    pub subject_line: String,
    /// Code, worded by the catalogue: refills, results, question, appointment, referral, form, billing, other.
    pub category: Option<String>,
    /// Of the thread's open work items, the highest.
    pub urgency: UrgencyLevel,
    /// A call or a visit is wanted.
    pub waiting_for: Option<Wanted>,
    /// The rules that made it as urgent as it is, highest first.
    pub flags: Vec<FlagRow>,
    /// `sent` of the oldest open message, UTC ms.
    #[ts(type = "number")]
    pub waiting_since: i64,
    /// UTC ms.
    #[ts(type = "number | null")]
    pub due: Option<i64>,
    /// Minutes that it usually takes this member.
    pub usual_minutes: Option<u32>,
    /// Fewer than five touches so far: the minutes are the stated default.
    pub usual_is_default: bool,
    /// Files.
    pub attachments: u32,
    /// Who is on it.
    pub holder: Option<Holder>,
    /// The member has it because somebody is away: their name.
    pub stands_in_for: Option<String>,
    /// BCP 47, where it differs from the practice's.
    pub language: Option<String>,
    /// The last message of ours, while it is not sent.
    pub delivery: Option<crate::dto::DeliveryState>,
    /// A message of it could not be read.
    pub unreadable: bool,
}

/// Search as you type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SearchRequest {
    /// As typed; the last word is a prefix.
    pub text: String,
    /// Narrowing.
    pub filters: SearchFilters,
    /// At most 50.
    pub limit: u32,
}

/// What narrows a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct SearchFilters {
    /// Only this patient.
    pub patient: Option<String>,
    /// Only this queue's pool.
    pub pool: Option<QueueId>,
    /// Sent at or after, UTC ms.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    /// Sent before, UTC ms.
    #[ts(type = "number | null")]
    pub until: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SearchResults {
    /// Newest first.
    pub hits: Vec<SearchHit>,
    /// There are more than were asked for.
    pub more: bool,
    /// UTC ms: the index reaches back to here so far; none when it is complete.
    #[ts(type = "number | null")]
    pub reaches_back_to: Option<i64>,
}

/// One thread that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SearchHit {
    /// The thread.
    pub thread: String,
    /// Of whom, for narrowing by ([`SearchFilters::patient`]); none where the thread names nobody.
    pub patient: Option<String>,
    /// The patient.
    pub patient_name: String,
    /// ISO date.
    pub birth_date: Option<String>,
    /// The subject line.
    pub subject_line: String,
    /// `sent` of the message that matches, UTC ms.
    #[ts(type = "number")]
    pub sent: i64,
    /// Words around the hit, as parts: every odd one matches. Empty where nobody has started the thread:
    /// then the hit says that it matches, not the text.
    pub snippet: Vec<String>,
    /// The thread has an open work item.
    pub open: bool,
}
