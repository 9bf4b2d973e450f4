//! Putting a row of the list together: from a thread's open work items, its patient, its oldest open message,
//! what of ours is on its way or stuck, and what of it could not be read. Done in the transaction that changed any of
//! these, so that a list is one walk along one index and never a join over messages.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use tern_inbox::{
    coverage::Roster,
    envelope::Envelope,
    ids::ThreadId,
    member::Pool,
    message::Thread,
    party::{PartyKind, PartyRef},
    private::PrivateText,
    queue::{self, Me, Situation},
    red_flags::{Match, Scanner},
    work_item::{CLAIM_LAPSES_AFTER_MINUTES, Hold, Urgency, WorkItem},
};

use crate::{
    Practice, Reader, StoreError, Tag, Writer, coverage, documents,
    flags::{self, Flagged},
    sorting,
    table::{
        attachment, document, envelope, member, message, outbox, patient, pool, proxy, quarantine, thread, unplaced,
        whose_pool, work_item,
    },
};

/// What every envelope of a transaction is filed by.
struct Filing {
    me: Me,
    pools: Vec<Pool>,
    practice: Practice,
    roster: Roster,
    now: DateTime<Utc>,
}

/// Writes the envelopes with these keys anew.
pub(crate) fn refresh(writer: &mut Writer<'_>, keys: &BTreeSet<String>) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let practice = Practice::of(writer.connection())?;
    let filing = Filing {
        me: writer.read().me()?,
        pools: pool::all(writer.connection())?,
        roster: coverage::roster(writer.connection(), &practice, writer.now())?,
        practice,
        now: writer.now(),
    };
    let mut changed = false;
    for key in keys {
        changed |= refresh_one(writer.connection(), key, &filing)?;
        documents::show(writer, key)?;
    }
    if changed {
        writer.changes.add(Tag::Envelopes);
        writer.changes.add(Tag::Queues);
    }
    Ok(())
}

/// Writes one envelope, or takes it off the list; returns whether there is or was one.
fn refresh_one(connection: &Connection, key: &str, filing: &Filing) -> Result<bool, StoreError> {
    // What is said inside the practice has no row of its own: it stands beside the patient's thread.
    if thread::about(connection, key)?.is_some() {
        return envelope::remove(connection, key);
    }
    let mut items = work_item::open(connection, key)?;
    let unreadable = quarantine::since(connection, key)?;
    let unplaced = unplaced::of_thread(connection, key)?;
    let delivery = outbox::delivery_of(connection, key)?;
    if items.is_empty() && unreadable.is_none() && unplaced.is_empty() && delivery.is_none() {
        return envelope::remove(connection, key);
    }
    let thread = thread::get(connection, key)?;
    sorting::sort(connection, key, thread.as_ref(), &mut items, filing.practice.sorter())?;
    let judged = judge(connection, key, thread.as_ref(), &mut items, &unplaced, filing.practice.scanner())?;
    let situation = Situation {
        items: &items,
        pools: &filing.pools,
        roster: &filing.roster,
        unreadable: unreadable.is_some(),
        unplaced: !unplaced.is_empty(),
        loose: judged.loose,
        unsent: delivery.is_some(),
    };
    let queues = queue::queues_of(situation, &filing.me, filing.now);
    if queues.is_empty() {
        return envelope::remove(connection, key);
    }
    let mut messages: Vec<&str> =
        items.iter().filter_map(|item| item.message.as_ref()).map(|message| message.as_str()).collect();
    messages.extend(unplaced.iter().map(String::as_str));
    let oldest = oldest_message(connection, &messages)?;
    let mut envelope = assemble(connection, key, filing, &items, thread, oldest, (unreadable, delivery))?;
    envelope.urgency = envelope.urgency.max(judged.loose);
    envelope.flags = judged.flags;
    envelope.due = sorting::due(connection, &envelope, &items, &unplaced, &filing.practice)?;
    for message in messages {
        let files = attachment::count(connection, message)?;
        envelope.attachments += files;
        if files > 0 {
            document::expect(connection, key, message)?;
        }
    }
    envelope::put(connection, &envelope, &queues)?;
    Ok(true)
}

/// What the rules say of an envelope.
#[derive(Default)]
struct Judged {
    /// Of what belongs to no work item, or could not be read.
    loose: Urgency,
    /// What was found, highest first; nothing of what a person has lowered.
    flags: Vec<Match>,
}

/// Holds the words that wait against the rules, and raises the work items that they are about.
fn judge(
    connection: &Connection,
    key: &str,
    thread: Option<&Thread>,
    items: &mut [WorkItem],
    unplaced: &[String],
    scanner: &Scanner,
) -> Result<Judged, StoreError> {
    let subject = thread.map(|thread| thread.subject_line.clone()).unwrap_or_default();
    let patient = thread.and_then(|thread| thread.patient.as_ref());
    let language = match patient {
        Some(patient) => patient::get(connection, patient.as_str())?.and_then(|patient| patient.language),
        None => None,
    };
    let scan = |message: &str| flags::of_message(connection, scanner, message, subject.reveal(), language.as_deref());
    let mut judged = Judged::default();
    let mut found: Vec<Match> = Vec::new();
    for item in items.iter_mut() {
        // A portal's own Task may name its thread alone: then it is about whatever nobody has answered.
        let about = match &item.message {
            Some(message) => vec![message.as_str().to_owned()],
            None => message::unanswered(connection, key)?,
        };
        let mut raised = item.urgency;
        for message in about {
            let Some(flagged) = scan(&message)? else { continue };
            raised = raised.max(flagged.raises(item.urgency, item.lowered.as_ref()));
            if !flagged.is_lowered(item.lowered.as_ref()) {
                found.extend(flagged.findings.matches);
            }
        }
        if raised != item.urgency {
            work_item::raise(connection, &item.id, raised)?;
            item.urgency = raised;
        }
    }
    let mut loose: Vec<Flagged> = Vec::new();
    for raw in quarantine::raws(connection, key)? {
        loose.push(flags::of_raw(scanner, raw.reveal()));
    }
    for message in unplaced {
        loose.extend(scan(message)?);
    }
    for flagged in loose {
        judged.loose = judged.loose.max(flagged.findings.level());
        found.extend(flagged.findings.matches);
    }
    judged.flags = flags::said(found);
    Ok(judged)
}

fn oldest_message(connection: &Connection, messages: &[&str]) -> Result<Option<message::Head>, StoreError> {
    let mut oldest: Option<message::Head> = None;
    for id in messages {
        if let Some(head) = message::head(connection, id)?
            && oldest.as_ref().is_none_or(|before| head.sent < before.sent)
        {
            oldest = Some(head);
        }
    }
    Ok(oldest)
}

fn assemble(
    connection: &Connection,
    key: &str,
    filing: &Filing,
    items: &[WorkItem],
    thread: Option<Thread>,
    oldest: Option<message::Head>,
    (unreadable, delivery): (Option<DateTime<Utc>>, Option<tern_inbox::message::Delivery>),
) -> Result<Envelope, StoreError> {
    let patient_id = thread
        .as_ref()
        .and_then(|thread| thread.patient.clone())
        .or_else(|| items.iter().find_map(|item| item.patient.clone()));
    let patient = match &patient_id {
        Some(id) => patient::get(connection, id.as_str())?,
        None => None,
    };
    let urgent = items.iter().max_by_key(|item| item.urgency);
    let mut urgency = urgent.map_or(Urgency::Routine, |item| item.urgency);
    if unreadable.is_some() {
        urgency = urgency.max(Urgency::SameDay);
    }
    let waiting_since = match (&oldest, unreadable, items.iter().map(|item| item.modified).min()) {
        (Some(head), _, _) => head.sent,
        (None, Some(since), _) => since,
        (None, None, Some(modified)) => modified,
        (None, None, None) => message::last_sent(connection, key)?.unwrap_or(filing.now),
    };
    Ok(Envelope {
        thread: ThreadId::from(key),
        patient_name: patient.as_ref().map(|patient| patient.name.clone()).unwrap_or_default(),
        birth_date: patient.as_ref().and_then(|patient| patient.birth_date),
        language: patient.as_ref().and_then(|patient| patient.language.clone()),
        patient: patient_id,
        writer: writer_of(connection, oldest)?,
        subject_line: thread.as_ref().map(|thread| thread.subject_line.clone()).unwrap_or_default(),
        category: urgent
            .and_then(|item| item.category.clone())
            .or_else(|| thread.as_ref().and_then(|thread| thread.category.clone())),
        urgency,
        flags: Vec::new(),
        waiting_for: items.iter().find_map(|item| item.waiting_for),
        waiting_since,
        due: None,
        attachments: 0,
        held: held(connection, items, filing.now)?,
        stands_in_for: stands_in_for(connection, items, filing)?,
        delivery,
        unreadable: unreadable.is_some(),
    })
}

/// "Ana Ruiz" of "Ana Ruiz for Leo Ruiz": the proxy who wrote, by the cache's name or the message's own.
fn writer_of(connection: &Connection, oldest: Option<message::Head>) -> Result<Option<PrivateText>, StoreError> {
    let Some(message::Head { sender: Some(sender), sender_name, .. }) = oldest else { return Ok(None) };
    if sender.kind() != PartyKind::Proxy {
        return Ok(None);
    }
    Ok(proxy::name(connection, sender.id())?.or(sender_name).map(PrivateText::new))
}

/// The first of those who are away and whose work of this the member has.
fn stands_in_for(
    connection: &Connection,
    items: &[WorkItem],
    filing: &Filing,
) -> Result<Option<(PartyRef, PrivateText)>, StoreError> {
    let absent = items.iter().find_map(|item| {
        let pool = queue::pool_of(item, &filing.pools);
        filing.roster.for_whom(item, pool, &filing.me, filing.now).into_iter().next()
    });
    let Some(absent) = absent else { return Ok(None) };
    let name = member::name(connection, absent.as_str())?.unwrap_or_default();
    Ok(Some((absent, name.into())))
}

fn held(
    connection: &Connection,
    items: &[WorkItem],
    now: DateTime<Utc>,
) -> Result<Option<(PartyRef, PrivateText, DateTime<Utc>)>, StoreError> {
    for item in items {
        if let Hold::Held { by, since } = item.hold(now) {
            let name = member::name(connection, by.as_str())?.unwrap_or_default();
            return Ok(Some((by, name.into(), since)));
        }
    }
    Ok(None)
}

/// The envelopes that were filed as held, by a claim that holds no more at `now`.
fn lapsed(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    envelope::held_before(connection, now - TimeDelta::minutes(CLAIM_LAPSES_AFTER_MINUTES))
}

impl Reader<'_> {
    /// Whether a claim lapsed by time alone since its envelope was filed (server time).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_have_lapsed(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(!lapsed(self.connection(), now)?.is_empty())
    }
}

/// The version of the rules by which the envelopes were filed.
const RULES: &str = "red-flag-rules";

impl Writer<'_> {
    /// Files everything anew where it was judged by other rules than this program's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn judge_anew(&mut self) -> Result<(), StoreError> {
        let judged_by = self.read().setting::<String>(RULES)?;
        let practice = Practice::of(self.connection())?;
        if judged_by.as_deref() != Some(practice.scanner().version()) {
            self.touch_all_envelopes();
            self.set_setting(RULES, &practice.scanner().version())?;
        }
        Ok(())
    }

    /// Files anew what somebody held and did not renew: back in its pool, the draft kept. Called every few seconds,
    /// behind [`Reader::claims_have_lapsed`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lapse_claims(&mut self) -> Result<(), StoreError> {
        for key in lapsed(self.connection(), self.now())? {
            self.touch_envelope(&key);
        }
        Ok(())
    }

    /// Files everything anew before the commit, once: the member, the pools or the rules changed.
    pub(crate) fn refile(&mut self) -> Result<(), StoreError> {
        let (pools, me) = (pool::all(self.connection())?, self.read().me()?);
        whose_pool::keep(self.connection(), &pools, &me)?;
        for key in envelope::all(self.connection())?.into_iter().chain(document::threads(self.connection())?) {
            self.touch_envelope(&key);
        }
        Ok(())
    }
}
