//! The people and messages that the check makes for itself: an invented patient, two members with a pool of their
//! own, and conversations in each of which the patient has written once.

use chrono::{DateTime, Utc};
use tern_fhir::{
    facts::ServerFacts,
    vocabulary::POOL_SYSTEM,
    write::{
        communication::{self, Standing as Place},
        people, task,
    },
};
use tern_inbox::{
    ids::{MessageId, PatientId, ThreadId, WorkItemId},
    member::{Member, Role},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    private::PrivateText,
    work_item::{Urgency, WorkItem, WorkStatus, identity},
};
use uuid::Uuid;

use super::{
    ask::{Asking, Failed},
    ledger::Ledger,
};

/// Who takes part.
pub(super) struct People {
    pub(super) patient: PartyRef,
    pub(super) members: [Member; 2],
    /// `system|value` of the pool: in nobody else's list.
    pub(super) pool: String,
    /// Server id of the pool.
    pub(super) pool_id: String,
}

/// A thread in which the patient waits for an answer.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) thread: ThreadId,
    pub(super) message: MessageId,
    pub(super) item: WorkItemId,
}

impl Conversation {
    /// `Task/id`.
    pub(super) fn task(&self) -> String {
        format!("Task/{}", self.item)
    }
}

/// Makes things on the server for a check.
pub(super) struct Making<'a> {
    pub(super) asking: &'a Asking,
    pub(super) facts: &'a ServerFacts,
    pub(super) ledger: &'a Ledger,
    /// Server time.
    pub(super) now: DateTime<Utc>,
}

impl Making<'_> {
    /// The patient, the members and their pool.
    pub(super) async fn people(&self) -> Result<People, Failed> {
        let id = || Uuid::new_v4().to_string();
        let (patient, one, other) = (
            people::patient(&id(), "Check", "Invented"),
            people::practitioner(&id(), "Check", "First"),
            people::practitioner(&id(), "Check", "Second"),
        );
        let (patient, one, other) = tokio::try_join!(self.make(&patient), self.make(&one), self.make(&other))?;
        let member = |reference: String, name: &str| Member {
            reference: PartyRef::new(reference),
            practitioner: None,
            name: name.into(),
            role: Role::Physician,
        };
        let members = [member(one, "First Check"), member(other, "Second Check")];
        let pool_id = id();
        let pool = format!("{POOL_SYSTEM}|check-{pool_id}");
        let references: Vec<PartyRef> = members.iter().map(|member| member.reference.clone()).collect();
        let pool_id = self.make(&people::pool(&pool_id, &pool, "Check", &references)?).await?;
        let pool_id = without_type(&pool_id);
        Ok(People { patient: PartyRef::new(patient), members, pool, pool_id })
    }

    /// A thread, a message of the patient's in it, and the work item that it makes.
    pub(super) async fn conversation(&self, people: &People) -> Result<Conversation, Failed> {
        let patient = Party { reference: people.patient.clone(), display: PrivateText::default() };
        let members = people
            .members
            .iter()
            .map(|member| Party { reference: member.reference.clone(), display: PrivateText::default() });
        let thread = Thread {
            id: ThreadId::from(Uuid::now_v7()),
            subject_line: "A check of this server".into(),
            patient: Some(PatientId::from(people.patient.id())),
            category: None,
            opener: Some(patient.clone()),
            participants: std::iter::once(patient.clone()).chain(members).collect(),
            audience: Audience::Patient,
            about: None,
        };
        let thread_path = self.make(&people::of_a_check(communication::thread(&thread, None)?)).await?;
        let thread = ThreadId::new(without_type(&thread_path));
        let message = Message {
            id: MessageId::from(Uuid::now_v7()),
            thread: thread.clone(),
            identity: None,
            sender: Some(patient),
            recipients: people.members.iter().map(|member| member.reference.clone()).collect(),
            sent: self.now,
            received: None,
            text: "Written by a check of this server, which takes it away again.".into(),
            in_response_to: None,
            standing: Standing::Sent,
            authorship: Authorship::Person,
            attachments: Vec::new(),
        };
        let place = Place {
            thread: &thread_path,
            patient: Some(people.patient.as_str()),
            audience: Audience::Patient,
            in_response_to: None,
        };
        let message_identity = format!("urn:uuid:{}", message.id);
        let message = self.make(&people::of_a_check(communication::message(&message, &place)?)).await?;
        let message = MessageId::new(without_type(&message));
        let item = WorkItem {
            id: identity(&message_identity, Some("check")),
            thread: Some(thread.clone()),
            message: Some(message.clone()),
            patient: Some(PatientId::from(people.patient.id())),
            category: None,
            pool: Some(people.pool.clone()),
            owner: None,
            status: WorkStatus::Requested,
            waiting_for: None,
            urgency: Urgency::Routine,
            lowered: None,
            due: None,
            modified: self.now,
        };
        let item = self.make(&people::of_a_check(task::work_item(&item, None, self.now)?)).await?;
        Ok(Conversation { thread, message, item: WorkItemId::new(without_type(&item)) })
    }

    async fn make(&self, new: &tern_fhir::write::create::New) -> Result<String, Failed> {
        self.ledger.create(self.asking, new, self.facts).await
    }
}

/// The id of `Type/id`.
pub(super) fn without_type(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
