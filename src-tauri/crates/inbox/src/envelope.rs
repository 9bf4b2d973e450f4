//! What the list shows before anybody has started: who, what about, how urgent, since when. Never a body.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    ids::{PatientId, ThreadId},
    message::Delivery,
    party::PartyRef,
    private::PrivateText,
    red_flags::Match,
    work_item::{Urgency, WaitingFor},
};

/// A row of the list: a thread with its open work items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The thread.
    pub thread: ThreadId,
    /// For whom.
    pub patient: Option<PatientId>,
    /// The patient's name.
    pub patient_name: PrivateText,
    /// The patient's date of birth: two with the same name are told apart by it.
    pub birth_date: Option<NaiveDate>,
    /// Who wrote, where it was not the patient ("Ana Ruiz for Leo Ruiz").
    pub writer: Option<PrivateText>,
    /// `topic.text`.
    pub subject_line: PrivateText,
    /// Code of the category.
    pub category: Option<String>,
    /// Highest of the open work items.
    pub urgency: Urgency,
    /// The rules that made it as urgent as it is, highest first, without their places.
    pub flags: Vec<Match>,
    /// `sent` of the oldest message that is still open.
    pub waiting_since: DateTime<Utc>,
    /// Earliest due instant of the open work items.
    pub due: Option<DateTime<Utc>>,
    /// What its open work items wait for, where a call or a visit is wanted.
    pub waiting_for: Option<WaitingFor>,
    /// Files in the open messages.
    pub attachments: u32,
    /// The owner and since when (server time), if somebody is on it.
    pub held: Option<(PartyRef, PrivateText, DateTime<Utc>)>,
    /// Who is away, and for whom the member has it, who stands in.
    pub stands_in_for: Option<(PartyRef, PrivateText)>,
    /// BCP 47 language of the patient, where it is known.
    pub language: Option<String>,
    /// The state of the last message of ours, while it is not yet sent.
    pub delivery: Option<Delivery>,
    /// A message of it could not be read.
    pub unreadable: bool,
}
