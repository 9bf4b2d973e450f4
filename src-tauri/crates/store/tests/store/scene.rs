//! The practice in which the cache's tests play: Dr Amara Osei (physician), Mia Tran (MA), Ana Ruiz who writes
//! for her son Leo.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tempfile::TempDir;
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::{MessageId, ThreadId, WorkItemId},
    member::{Member, Pool, Role},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    patient::{Patient, Proxy},
    queue::Me,
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::{Applied, Cache, CacheKey, Cursor, Draft, Ending, Page, Provenance};

pub(crate) const NURSES: &str = "urn:practice|nurses";

/// One machine with one cache.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) cache: Cache,
}

impl Scene {
    /// Dr Osei's machine, the people of the practice on it, nothing else.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("inbox.tern"), &key(), &here(), noon()).unwrap();
        let scene = Self { folder, cache };
        scene.cache.write(noon(), |writer| writer.set_me(&physician())).unwrap();
        scene.apply(Kind::PractitionerRole, vec![member(&osei(), "Dr Amara Osei"), member(&mia(), "Mia Tran")]);
        scene.apply(Kind::CareTeam, vec![pool()]);
        scene.apply(Kind::Patient, vec![leo()]);
        scene.apply(Kind::RelatedPerson, vec![ana()]);
        scene
    }

    /// With Ana's message about Leo's cough and its work item.
    pub(crate) fn with_cough() -> Self {
        let scene = Self::new();
        scene.apply(Kind::Communication, vec![thread("cough"), message("m1", "cough", 0, "Leo coughs at night")]);
        scene.apply(Kind::Task, vec![work_item("t1", "cough", "m1")]);
        scene
    }

    pub(crate) fn apply(&self, kind: Kind, arrivals: Vec<Arrival>) -> Applied {
        self.apply_at(noon(), kind, arrivals)
    }

    pub(crate) fn apply_at(&self, now: DateTime<Utc>, kind: Kind, arrivals: Vec<Arrival>) -> Applied {
        let cursor = Some(Cursor { position: Some(now), complete: true, ..Cursor::default() });
        self.cache.write_bulk(now, |writer| writer.apply_page(&Page { kind, arrivals, cursor })).unwrap()
    }

    /// Dr Osei starts the thread with its work items.
    pub(crate) fn start(&self, thread: &str, items: &[&str]) -> Vec<tern_inbox::outbox::OutboxRow> {
        let items: Vec<WorkItemId> = items.iter().map(|id| WorkItemId::from(*id)).collect();
        self.cache.write(noon(), |writer| writer.start_touch(&ThreadId::from(thread), &items, &osei())).unwrap()
    }

    pub(crate) fn view(&self, thread: &str) -> tern_store::ThreadView {
        self.cache.read(|reader| reader.thread(&ThreadId::from(thread), &osei())).unwrap().unwrap()
    }

    /// The threads of a queue, in its order.
    pub(crate) fn queue(&self, queue: &tern_inbox::queue::Queue) -> Vec<String> {
        self.queue_at(queue, noon())
    }

    pub(crate) fn queue_at(&self, queue: &tern_inbox::queue::Queue, now: DateTime<Utc>) -> Vec<String> {
        let page = self.cache.read(|reader| reader.envelopes(queue, 0, 50, now)).unwrap();
        assert_eq!(page.total as usize, page.envelopes.len());
        page.envelopes.into_iter().map(|envelope| envelope.thread.to_string()).collect()
    }

    pub(crate) fn ready(&self, now: DateTime<Utc>) -> Vec<tern_inbox::outbox::OutboxRow> {
        self.cache.read(|reader| reader.outbox_ready(now, &osei())).unwrap()
    }
}

pub(crate) fn key() -> CacheKey {
    CacheKey::new([7; 32])
}

pub(crate) fn here() -> Provenance {
    Provenance {
        machine: "the practice's laptop".to_owned(),
        account: "https://a.example|Practitioner/osei".to_owned(),
    }
}

/// Friday, 6 March 2026, 12:00 UTC.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 6, 12, 0, 0).unwrap()
}

pub(crate) fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

pub(crate) fn osei() -> PartyRef {
    PartyRef::new("PractitionerRole/osei")
}

/// Dr Osei, as the queues are filed for her.
pub(crate) fn physician() -> Me {
    Me { references: vec![osei()], role: Role::Physician }
}

pub(crate) fn mia() -> PartyRef {
    PartyRef::new("PractitionerRole/mia")
}

pub(crate) fn arrival(kind: Kind, id: &str, version: u32, content: Content) -> Arrival {
    Arrival {
        kind,
        server_id: id.to_owned(),
        version: version.to_string(),
        last_updated: Some(noon() + TimeDelta::seconds(i64::from(version))),
        identity: None,
        content,
    }
}

pub(crate) fn member(reference: &PartyRef, name: &str) -> Arrival {
    let member = Member { reference: reference.clone(), practitioner: None, name: name.into(), role: Role::Physician };
    arrival(Kind::PractitionerRole, reference.id(), 1, Content::Member(member))
}

pub(crate) fn pool() -> Arrival {
    let pool = Pool {
        id: "nurses".into(),
        identifier: NURSES.to_owned(),
        name: "Nurse triage".to_owned(),
        members: vec![osei(), mia()],
        responsible: Some(osei()),
        check_every_hours: Some(4),
    };
    arrival(Kind::CareTeam, "nurses", 1, Content::Pool(pool))
}

pub(crate) fn leo() -> Arrival {
    let patient = Patient {
        id: "leo".into(),
        name: "Leo Ruiz".into(),
        preferred_name: "Leo".into(),
        birth_date: "2019-05-02".parse().ok(),
        record_number: Some("4711".to_owned()),
        language: Some("en".to_owned()),
        phones: vec!["555 0100".into()],
    };
    arrival(Kind::Patient, "leo", 1, Content::Patient(patient))
}

pub(crate) fn ana() -> Arrival {
    let proxy = Proxy {
        reference: PartyRef::new("RelatedPerson/ana"),
        patient: "leo".into(),
        name: "Ana Ruiz".into(),
        relationship: Some("MTH".to_owned()),
        phones: vec![],
        active: true,
    };
    arrival(Kind::RelatedPerson, "ana", 1, Content::Proxy(proxy))
}

pub(crate) fn a_thread(id: &str) -> Thread {
    let ana = Party { reference: PartyRef::new("RelatedPerson/ana"), display: "Ana Ruiz".into() };
    Thread {
        id: id.into(),
        subject_line: format!("About {id}").into(),
        patient: Some("leo".into()),
        category: Some("clinical".to_owned()),
        opener: Some(ana.clone()),
        participants: vec![ana],
        audience: Audience::Patient,
        about: None,
    }
}

pub(crate) fn thread(id: &str) -> Arrival {
    arrival(Kind::Communication, id, 1, Content::Thread(a_thread(id)))
}

/// A message of Ana's, `minute` minutes after noon.
pub(crate) fn a_message(id: &str, thread: &str, minute: i64, text: &str) -> Message {
    Message {
        id: id.into(),
        thread: thread.into(),
        identity: None,
        sender: Some(Party { reference: PartyRef::new("RelatedPerson/ana"), display: "Ana Ruiz".into() }),
        recipients: vec![osei()],
        sent: noon() + minutes(minute),
        received: None,
        text: text.into(),
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: vec![],
    }
}

pub(crate) fn of_message(message: Message, version: u32) -> Arrival {
    let identity = message.identity.clone();
    let id = message.id.as_str().to_owned();
    let content = Content::Message { message, flat_thread: None };
    Arrival { identity, ..arrival(Kind::Communication, &id, version, content) }
}

pub(crate) fn message(id: &str, thread: &str, minute: i64, text: &str) -> Arrival {
    of_message(a_message(id, thread, minute, text), 1)
}

pub(crate) fn an_item(id: &str, thread: &str, message: &str) -> WorkItem {
    WorkItem {
        id: id.into(),
        thread: Some(thread.into()),
        message: Some(message.into()),
        patient: Some("leo".into()),
        category: Some("clinical".to_owned()),
        pool: Some(NURSES.to_owned()),
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Routine,
        lowered: None,
        due: None,
        modified: noon(),
    }
}

pub(crate) fn of_item(item: WorkItem, version: u32) -> Arrival {
    let id = item.id.as_str().to_owned();
    arrival(Kind::Task, &id, version, Content::WorkItem(item))
}

pub(crate) fn work_item(id: &str, thread: &str, message: &str) -> Arrival {
    of_item(an_item(id, thread, message), 1)
}

pub(crate) fn unreadable(id: &str, version: u32) -> Arrival {
    let content =
        Content::Unreadable { raw: r#"{"sent":"yesterday"}"#.into(), problem: "sent is no instant".to_owned() };
    arrival(Kind::Communication, id, version, content)
}

/// What Dr Osei wrote in a thread; the id is the one her composer made.
pub(crate) fn a_reply(id: &str, thread: &str) -> Message {
    Message {
        identity: Some(format!("urn:uuid:{id}")),
        sender: Some(Party { reference: osei(), display: "Dr Amara Osei".into() }),
        in_response_to: Some(MessageId::from("m1")),
        ..a_message(id, thread, 5, "Give him water and rest")
    }
}

pub(crate) fn a_draft(message: &str, thread: &str) -> Draft {
    Draft {
        thread: thread.into(),
        author: osei(),
        message: message.into(),
        in_response_to: Some("m1".into()),
        text: "Give him water and rest".into(),
        updated: noon(),
    }
}

/// Dr Osei's reply to a thread with its work items; nothing leaves before ten seconds after noon.
pub(crate) fn replying(reply: &str, thread: &str, items: &[&str]) -> Ending {
    Ending {
        thread: thread.into(),
        author: osei(),
        outcome: tern_inbox::touch::Outcome::Replied,
        items: items.iter().map(|id| WorkItemId::from(*id)).collect(),
        reply: Some(a_reply(reply, thread)),
        notes: Vec::new(),
        not_before: noon() + TimeDelta::seconds(10),
    }
}
