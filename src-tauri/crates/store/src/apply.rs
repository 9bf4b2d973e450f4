//! A page that arrived, in one transaction: what we have, what the server says, [`plan::decide`], carry it out,
//! move the cursor. A crash anywhere repeats the page harmlessly.

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    ids::{OutboxId, PatientId, ThreadId},
    message::{Message, Standing, Thread},
    plan::{self, Decision, Facts, Known},
    work_item::WorkItem,
};

use crate::{
    Cursor, Extra, StoreError, Tag, Writer, index, outbox,
    table::{
        Meta, alarm, alias, coverage, document, duty, envelope, library, member, message, outbox as outbox_rows,
        patient, pool, proxy, quarantine, tally, thread, tombstone, unplaced, work_item,
    },
};

/// One page of one kind, and where the cursor stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The kind that was asked for.
    pub kind: Kind,
    /// What it holds; a resource of another kind is filed as what it is.
    pub arrivals: Vec<Arrival>,
    /// Where the pull stands once these rows are in; none for rows read out of turn.
    pub cursor: Option<Cursor>,
}

/// What became of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that are new, or newer than before.
    pub stored: usize,
    /// Repeats, old versions, and what is none of ours.
    pub dropped: usize,
    /// Rows that could not be read.
    pub quarantined: usize,
    /// Rows that went.
    pub removed: usize,
    /// Our own writes that this page proves to have arrived.
    pub confirmed: Vec<OutboxId>,
    /// Second copies of something of ours, to be retracted ([`crate::Reader::extras`] lists them too).
    pub extras: Vec<Extra>,
}

/// What is looked up once a page, and counted over it, so that a first sync does not ask a million times.
#[expect(clippy::struct_excessive_bools, reason = "five independent looks; none of them crosses a boundary")]
struct Looks {
    aliases: bool,
    graves: bool,
    quarantine: bool,
    /// Some work item or envelope exists, so that a message may change the list.
    listed: bool,
    /// The first pull of work items is through.
    watched: bool,
    /// How far the text index has come down.
    index_line: i64,
    /// New messages, added to the running total once a page.
    inserted: i64,
}

impl Writer<'_> {
    /// Files a page and moves its cursor.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the page is filed then, and the cursor has not moved.
    pub fn apply_page(&mut self, page: &Page) -> Result<Applied, StoreError> {
        let mut looks = self.looks()?;
        let mut applied = Applied::default();
        for arrival in &page.arrivals {
            self.apply(arrival, &mut looks, &mut applied)?;
        }
        tally::add(self.connection(), tally::MESSAGES, looks.inserted)?;
        if let Some(cursor) = &page.cursor {
            self.move_cursor(page.kind, cursor)?;
        }
        Ok(applied)
    }

    fn looks(&self) -> Result<Looks, StoreError> {
        let connection = self.connection();
        let listed = connection
            .prepare_cached(
                "SELECT 1 FROM work_item UNION ALL SELECT 1 FROM envelope UNION ALL SELECT 1 FROM outbox LIMIT 1",
            )?
            .exists([])?;
        Ok(Looks {
            aliases: alias::any(connection)?,
            graves: tombstone::any(connection)?,
            quarantine: quarantine::any(connection)?,
            listed,
            watched: unplaced::is_watched(&self.read())?,
            index_line: index::low(connection)?,
            inserted: 0,
        })
    }

    fn apply(&mut self, arrival: &Arrival, looks: &mut Looks, applied: &mut Applied) -> Result<(), StoreError> {
        let facts = self.facts(arrival, looks)?;
        let decision = plan::decide(arrival, &facts);
        let meta = Meta::from(arrival);
        if !matches!(decision, Decision::Drop(_) | Decision::Quarantine { .. }) && looks.quarantine {
            self.leave_quarantine(arrival)?;
        }
        match decision {
            Decision::Drop(_) => applied.dropped += 1,
            Decision::Insert => {
                if looks.graves {
                    tombstone::unbury(self.connection(), arrival.kind, &arrival.server_id)?;
                }
                self.insert(arrival, looks)?;
                applied.stored += 1;
            }
            Decision::Replace { key } => {
                self.replace(&key, arrival, meta, looks)?;
                applied.stored += 1;
            }
            Decision::Confirm { key } => {
                self.learn_server_id(&key, arrival, looks)?;
                self.replace(&key, arrival, meta, looks)?;
                applied.confirmed.extend(outbox::arrived(self, &key, arrival.kind)?);
                applied.stored += 1;
            }
            Decision::Extra { of } => {
                self.note_extra(arrival.kind, meta, of, applied)?;
                looks.graves = true;
            }
            Decision::TakeOver { key, extra } => {
                let version = facts.by_identity.as_ref().and_then(|known| known.version.clone()).unwrap_or_default();
                let old = Meta { server_id: &extra, version: &version, updated: None, identity: None };
                self.note_extra(arrival.kind, old, key.clone(), applied)?;
                looks.graves = true;
                self.learn_server_id(&key, arrival, looks)?;
                self.replace(&key, arrival, meta, looks)?;
                applied.stored += 1;
            }
            Decision::Quarantine { key } => {
                self.quarantine(arrival, meta, key.as_deref())?;
                looks.quarantine = true;
                applied.quarantined += 1;
            }
            Decision::Remove { key } => {
                if arrival.content == Content::Deleted {
                    tombstone::bury(self.connection(), arrival.kind, meta)?;
                    looks.graves = true;
                }
                if let Some(key) = key {
                    self.remove(arrival.kind, &key)?;
                    applied.removed += 1;
                } else {
                    applied.dropped += 1;
                }
            }
        }
        Ok(())
    }

    /// Loads what [`plan::decide`] looks at.
    fn facts(&self, arrival: &Arrival, looks: &Looks) -> Result<Facts, StoreError> {
        let connection = self.connection();
        let (kind, server_id) = (arrival.kind, arrival.server_id.as_str());
        let mut facts = Facts::default();
        if looks.graves {
            facts.deleted = tombstone::deleted(connection, kind, server_id)?;
            // What it was a copy of may have gone since: then it is a row like any other.
            if let Some(of) = tombstone::extra_of(connection, kind, server_id)?
                && let Some(known) = self.find(arrival, &of)?.filter(|known| known.ours)
            {
                facts.extra = true;
                facts.by_identity = Some(known);
                return Ok(facts);
            }
        }
        if looks.quarantine {
            facts.quarantined = quarantine::stamp(connection, kind, server_id)?;
        }
        let key = self.local(kind, server_id, looks)?;
        facts.by_id = self.find(arrival, &key)?;
        if facts.by_id.is_none()
            && let Some(identity) = &arrival.identity
        {
            facts.by_identity = self.made_here(arrival, identity)?;
        }
        Ok(facts)
    }

    fn find(&self, arrival: &Arrival, key: &str) -> Result<Option<Known>, StoreError> {
        let connection = self.connection();
        match (arrival.kind, &arrival.content) {
            (Kind::Patient, _) => patient::find(connection, key),
            (Kind::RelatedPerson, _) => proxy::find(connection, key),
            (Kind::Practitioner | Kind::PractitionerRole, _) => {
                member::find(connection, &member_key(arrival.kind, key))
            }
            (Kind::CareTeam, _) => pool::find(connection, key),
            (Kind::Library, _) => library::find(connection, key),
            (Kind::Task, _) => match work_item::find(connection, key)? {
                Some(known) => Ok(Some(known)),
                None => match coverage::find(connection, key)? {
                    Some(known) => Ok(Some(known)),
                    None => match duty::find(connection, key)? {
                        Some(known) => Ok(Some(known)),
                        None => alarm::find(connection, key),
                    },
                },
            },
            (Kind::Communication, Content::Message { .. }) => message::find(connection, key),
            (Kind::Communication, Content::Thread(_)) => thread::find(connection, key),
            (Kind::Communication, _) => match message::find(connection, key)? {
                Some(known) => Ok(Some(known)),
                None => thread::find(connection, key),
            },
        }
    }

    fn made_here(&self, arrival: &Arrival, identity: &str) -> Result<Option<Known>, StoreError> {
        let connection = self.connection();
        match (arrival.kind, &arrival.content) {
            (Kind::Communication, Content::Thread(_)) => thread::made_here(connection, identity),
            (Kind::Communication, Content::Message { .. }) => message::made_here(connection, identity),
            (Kind::Communication, _) => match message::made_here(connection, identity)? {
                Some(known) => Ok(Some(known)),
                None => thread::made_here(connection, identity),
            },
            _ => Ok(None),
        }
    }

    /// Our key of a server id.
    fn local(&self, kind: Kind, server_id: &str, looks: &Looks) -> Result<String, StoreError> {
        let alias = if looks.aliases { alias::key(self.connection(), kind, server_id)? } else { None };
        Ok(alias.unwrap_or_else(|| server_id.to_owned()))
    }

    fn local_thread(&self, thread: &ThreadId, looks: &Looks) -> Result<ThreadId, StoreError> {
        if !looks.aliases {
            return Ok(thread.clone());
        }
        Ok(ThreadId::new(self.local(Kind::Communication, thread.as_str(), looks)?))
    }

    fn insert(&mut self, arrival: &Arrival, looks: &mut Looks) -> Result<(), StoreError> {
        let meta = Meta::from(arrival);
        if let Content::Message { message, flat_thread } = &arrival.content {
            return self.insert_message(message, flat_thread.as_ref(), meta, looks);
        }
        self.replace(&arrival.server_id, arrival, meta, looks)
    }

    fn insert_message(
        &mut self,
        message: &Message,
        flat_thread: Option<&Thread>,
        meta: Meta<'_>,
        looks: &mut Looks,
    ) -> Result<(), StoreError> {
        let thread = self.local_thread(&message.thread, looks)?;
        if let Some(flat) = flat_thread {
            thread::put_flat(self.connection(), thread.as_str(), flat)?;
        }
        let n = message::insert(self.connection(), (meta.server_id, thread.as_str()), message, None, Some(meta))?;
        looks.inserted += 1;
        index::note_new(self.connection(), n, looks.index_line)?;
        self.message_changed(&thread, message, looks)
    }

    fn message_changed(&mut self, thread: &ThreadId, message: &Message, looks: &Looks) -> Result<(), StoreError> {
        if looks.watched {
            unplaced::on_message(self.connection(), thread.as_str(), message)?;
        }
        if looks.listed || looks.watched {
            self.touch_thread(thread);
        } else {
            self.changes.add(Tag::Thread(thread.clone()));
        }
        Ok(())
    }

    /// Writes what arrived under `key`, new or newer.
    fn replace(&mut self, key: &str, arrival: &Arrival, meta: Meta<'_>, looks: &Looks) -> Result<(), StoreError> {
        match &arrival.content {
            Content::Patient(patient) => self.put_patient(key, patient, meta),
            Content::Proxy(proxy) => {
                proxy::put(self.connection(), proxy, meta)?;
                self.touch_patient(proxy.patient.as_str())
            }
            Content::Practitioner(member) => {
                member::put(self.connection(), &member_key(arrival.kind, key), member, meta)?;
                self.member_changed()
            }
            Content::Member(member) => {
                member::put(self.connection(), &member_key(arrival.kind, key), member, meta)?;
                self.member_changed()?;
                self.my_role_is(member)
            }
            Content::Pool(pool) => {
                pool::put(self.connection(), pool, meta)?;
                self.changes.add(Tag::People);
                self.changes.add(Tag::Queues);
                self.touch_all_envelopes();
                Ok(())
            }
            Content::Table(table) => {
                library::put(self.connection(), table, meta)?;
                self.tables_changed();
                Ok(())
            }
            Content::Thread(thread) => self.put_thread(key, thread, meta, looks),
            Content::Message { message, .. } => {
                let thread = self.local_thread(&message.thread, looks)?;
                if index::differs(self.connection(), key, message)? {
                    index::note_message(self.connection(), key)?;
                }
                let has_files = document::has(self.connection(), key)?;
                message::update(self.connection(), (key, thread.as_str()), message, meta)?;
                if has_files {
                    if message.standing != Standing::Sent {
                        self.files_taken_back(key)?;
                    }
                    self.documents_changed();
                }
                self.message_changed(&thread, message, looks)
            }
            Content::WorkItem(item) => self.put_work_item(key, item, meta, looks),
            Content::Coverage(of) => {
                coverage::put(self.connection(), of, meta)?;
                // A Task that was a work item is none any more.
                self.remove_work_item(key)?;
                self.forget_emergency(key)?;
                self.coverage_changed()
            }
            Content::Duty(duty) => self.put_duty(duty, meta),
            Content::Alarm(alarm) => self.put_alarm(alarm, meta),
            // Our own write came back in a shape that cannot be read: it is there, and our words stay.
            Content::Unreadable { .. } | Content::NotOurs | Content::Deleted => {
                message::confirm(self.connection(), key, meta)?;
                thread::confirm(self.connection(), key, meta)
            }
        }
    }

    fn put_patient(
        &mut self,
        key: &str,
        patient: &tern_inbox::patient::Patient,
        meta: Meta<'_>,
    ) -> Result<(), StoreError> {
        let before = patient::get(self.connection(), key)?;
        patient::put(self.connection(), patient, meta)?;
        if before.is_none_or(|before| before.name != patient.name) {
            index::note_patient(self.connection(), key)?;
        }
        self.changes.add(Tag::People);
        self.touch_patient(key)
    }

    fn put_thread(&mut self, key: &str, arrived: &Thread, meta: Meta<'_>, looks: &Looks) -> Result<(), StoreError> {
        let mut arrived = arrived.clone();
        if let Some(about) = &arrived.about {
            arrived.about = Some(self.local_thread(about, looks)?);
        }
        if looks.index_line != index::NOT_STARTED {
            let before = thread::get(self.connection(), key)?;
            if before
                .is_none_or(|before| before.subject_line != arrived.subject_line || before.patient != arrived.patient)
            {
                index::note_thread(self.connection(), key)?;
            }
        }
        thread::put(self.connection(), key, &arrived, meta.identity, Some(meta))?;
        if looks.listed || looks.watched {
            self.touch_thread(&ThreadId::from(key));
        } else {
            self.changes.add(Tag::Thread(ThreadId::from(key)));
        }
        Ok(())
    }

    fn put_work_item(&mut self, key: &str, item: &WorkItem, meta: Meta<'_>, looks: &Looks) -> Result<(), StoreError> {
        let mut item = item.clone();
        if let Some(thread) = &item.thread {
            item.thread = Some(self.local_thread(thread, looks)?);
        }
        if let Some(message) = &item.message {
            item.message = Some(self.local(Kind::Communication, message.as_str(), looks)?.as_str().into());
        }
        let before = work_item::envelope_of(self.connection(), key)?;
        let pending = outbox_rows::pending(self.connection(), key)?;
        let remembers_owner = self.remembers_owner(key, &item)?;
        work_item::put(self.connection(), key, &item, (&pending, remembers_owner), meta)?;
        // A Task that was a coverage is none any more.
        self.forget_coverage(key)?;
        self.forget_emergency(key)?;
        if let Some(thread) = &item.thread {
            let message = item.message.as_ref().map(|message| message.as_str());
            unplaced::on_work_item(self.connection(), thread.as_str(), message)?;
        }
        let after = work_item::envelope_of(self.connection(), key)?;
        for envelope in before.iter().chain(&after) {
            if before.is_some() || item.status.is_open() {
                self.touch_thread(&ThreadId::from(envelope.as_str()));
            }
        }
        Ok(())
    }

    /// The server's id of a row that we made.
    fn learn_server_id(&mut self, key: &str, arrival: &Arrival, looks: &mut Looks) -> Result<(), StoreError> {
        if key != arrival.server_id {
            alias::put(self.connection(), arrival.kind, &arrival.server_id, key)?;
            looks.aliases = true;
            if arrival.kind == Kind::Communication {
                thread::adopt_children(self.connection(), &arrival.server_id, key)?;
            }
        }
        Ok(())
    }

    fn note_extra(&mut self, kind: Kind, meta: Meta<'_>, of: String, applied: &mut Applied) -> Result<(), StoreError> {
        tombstone::put_extra(self.connection(), kind, meta.server_id, meta.version, &of)?;
        applied.extras.push(Extra { kind, server_id: meta.server_id.to_owned(), version: meta.version.to_owned(), of });
        Ok(())
    }

    fn quarantine(&mut self, arrival: &Arrival, meta: Meta<'_>, key: Option<&str>) -> Result<(), StoreError> {
        let Content::Unreadable { raw, problem } = &arrival.content else { return Ok(()) };
        let envelope = match (arrival.kind, key) {
            (Kind::Communication, Some(key)) => {
                message::thread_of(self.connection(), key)?.unwrap_or_else(|| key.to_owned())
            }
            // No server id has a slash: nobody else's envelope.
            (Kind::Communication, None) => format!("Communication/{}", arrival.server_id),
            _ => String::new(),
        };
        quarantine::put(self.connection(), arrival.kind, meta, (raw, problem), &envelope, self.now())?;
        tracing::warn!(kind = arrival.kind.as_str(), id = %arrival.server_id, "a resource could not be read");
        self.touch_quarantine(&envelope);
        Ok(())
    }

    fn leave_quarantine(&mut self, arrival: &Arrival) -> Result<(), StoreError> {
        if let Some(envelope) = quarantine::leave(self.connection(), arrival.kind, &arrival.server_id)? {
            self.touch_quarantine(&envelope);
        }
        Ok(())
    }

    fn touch_quarantine(&mut self, envelope: &str) {
        self.changes.add(Tag::Status);
        if !envelope.is_empty() {
            self.touch_thread(&ThreadId::from(envelope));
        }
    }

    /// Everything is filed by the practice's tables.
    pub(crate) fn tables_changed(&mut self) {
        self.changes.add(Tag::Tables);
        self.touch_all_envelopes();
    }

    pub(crate) fn touch_patient(&mut self, patient: &str) -> Result<(), StoreError> {
        for thread in envelope::of_patient(self.connection(), PatientId::from(patient).as_str())? {
            self.touch_thread(&ThreadId::from(thread.as_str()));
        }
        // A file outlives its work item.
        for thread in document::of_patient(self.connection(), patient)? {
            self.touch_thread(&ThreadId::from(thread.as_str()));
        }
        Ok(())
    }
}

/// Practitioners and roles stand in one table, by their whole reference.
pub(crate) fn member_key(kind: Kind, id: &str) -> String {
    format!("{}/{id}", kind.as_str())
}
