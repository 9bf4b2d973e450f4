//! What came from the server, in the domain's words. `fhir` makes these, `store` files them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    coverage::Coverage,
    emergency::{Alarm, Duty},
    member::{Member, Pool},
    message::{Message, Thread},
    patient::{Patient, Proxy},
    practice_table::PracticeTable,
    private::PrivateText,
    work_item::WorkItem,
};

/// The FHIR types that are cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Patients.
    Patient,
    /// Proxies.
    RelatedPerson,
    /// Names behind roles.
    Practitioner,
    /// Members.
    PractitionerRole,
    /// Pools.
    CareTeam,
    /// The practice's tables.
    Library,
    /// Threads and messages.
    Communication,
    /// Work items, who stands in, who is on duty, and who was called.
    Task,
}

impl Kind {
    /// In the order in which they are pulled: names first, so that no envelope is shown without one.
    pub const ALL: [Self; 8] = [
        Self::Practitioner,
        Self::PractitionerRole,
        Self::CareTeam,
        Self::Library,
        Self::Patient,
        Self::RelatedPerson,
        Self::Communication,
        Self::Task,
    ];

    /// The FHIR type name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::RelatedPerson => "RelatedPerson",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::CareTeam => "CareTeam",
            Self::Library => "Library",
            Self::Communication => "Communication",
            Self::Task => "Task",
        }
    }

    /// The kind of a FHIR type name, if it is cached.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One resource of a page, or its deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its type.
    pub kind: Kind,
    /// The server's logical id.
    pub server_id: String,
    /// `meta.versionId`; where the server has none, a digest of the bytes.
    pub version: String,
    /// `meta.lastUpdated`, server time; none in some deletions.
    pub last_updated: Option<DateTime<Utc>>,
    /// `identifier` of ours (`urn:uuid:…`), by which an echo of our own write is recognised.
    pub identity: Option<String>,
    /// What it says.
    pub content: Content,
}

/// What a resource says in the domain's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A patient.
    Patient(Patient),
    /// A parent or carer.
    Proxy(Proxy),
    /// The name behind a role: `Practitioner/id` and the name.
    Practitioner(Member),
    /// A member.
    Member(Member),
    /// A shared queue.
    Pool(Pool),
    /// What the practice decides for everybody.
    Table(PracticeTable),
    /// A conversation.
    Thread(Thread),
    /// A text; on flat servers with the thread it stands in made up from it.
    Message {
        /// The message.
        message: Message,
        /// Where the server has no threads: the one of this message.
        flat_thread: Option<Thread>,
    },
    /// A work item.
    WorkItem(WorkItem),
    /// Who stands in for whom, and when.
    Coverage(Coverage),
    /// Who is on duty, and when.
    Duty(Duty),
    /// How far an emergency has been told.
    Alarm(Alarm),
    /// A resource of this type that the inbox does not use (a Task of another product, a CareTeam that is no pool, a Library that is no table).
    NotOurs,
    /// Gone (a `DELETE` in the history, or missing in a full comparison).
    Deleted,
    /// Could not be read: kept as it came, shown in *Unsorted* where it is a Communication.
    Unreadable {
        /// The bytes of the resource.
        raw: PrivateText,
        /// What was wrong, without a word of the content.
        problem: String,
    },
}
