//! From the domain's words to the screen's.

use chrono::{DateTime, NaiveDate, Utc};
use tern_inbox::{
    envelope::Envelope,
    handling::Usual,
    ids::PoolId,
    message::Delivery,
    outbox::Wedge,
    party::PartyRef,
    private::PrivateText,
    queue::Queue,
    red_flags::{Match, Negation},
    work_item::{CLAIM_LAPSES_AFTER_MINUTES, Urgency, WaitingFor},
};

use crate::{
    desk::Desk,
    dto::{DeliveryState, EnvelopeRow, FlagRow, Holder, UrgencyLevel, Wanted},
};

/// Characters of urgent words on a row at most.
const URGENT_WORDS: usize = 60;

/// The id of a queue on the screen.
pub(crate) fn queue_id(queue: &Queue) -> String {
    match queue {
        Queue::Pool(pool) => format!("pool/{pool}"),
        Queue::For(absent) => format!("for/{absent}"),
        other => other.key(),
    }
}

/// The queue of an id.
pub(crate) fn queue(id: &str) -> Option<Queue> {
    if let Some(absent) = id.strip_prefix("for/") {
        return Some(Queue::For(PartyRef::new(absent)));
    }
    match id.strip_prefix("pool/") {
        Some(pool) => Some(Queue::Pool(PoolId::from(pool))),
        None if id.contains(':') => None,
        None => Queue::from_key(id),
    }
}

/// An envelope as the list shows it, at `now` (server time), with what its category usually takes the member.
pub(crate) fn envelope(envelope: Envelope, usual: Usual, desk: &Desk, now: DateTime<Utc>) -> EnvelopeRow {
    let me = desk.me();
    let holder = envelope.held.as_ref().map(|(by, name, since)| Holder {
        name: name.reveal().to_owned(),
        me: me.is(by),
        since: since.timestamp_millis(),
        lapsed: now - *since >= chrono::Duration::minutes(CLAIM_LAPSES_AFTER_MINUTES),
    });
    EnvelopeRow {
        thread: envelope.thread.to_string(),
        patient_name: revealed(envelope.patient_name),
        birth_date: envelope.birth_date.map(iso),
        age_years: envelope.birth_date.and_then(|born| age(born, now)),
        writer: envelope.writer.map(revealed),
        subject_line: revealed(envelope.subject_line),
        usual_minutes: Some(usual.minutes),
        usual_is_default: usual.is_default,
        category: envelope.category,
        urgency: urgency(envelope.urgency),
        waiting_for: envelope.waiting_for.and_then(wanted),
        flags: envelope.flags.iter().map(|found| flag(found, envelope.urgency)).collect(),
        waiting_since: envelope.waiting_since.timestamp_millis(),
        due: envelope.due.map(|due| due.timestamp_millis()),
        attachments: envelope.attachments,
        holder,
        stands_in_for: envelope.stands_in_for.map(|(_, name)| revealed(name)),
        language: envelope.language,
        delivery: envelope.delivery.map(delivery),
        unreadable: envelope.unreadable,
    }
}

/// Text that leaves for the screen.
pub(crate) fn revealed(text: PrivateText) -> String {
    text.into_revealed()
}

/// An ISO date.
pub(crate) fn iso(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// Whole years at `now`, by the calendar of UTC: a birthday may be a few hours off, a dose is never computed
/// from it.
pub(crate) fn age(born: NaiveDate, now: DateTime<Utc>) -> Option<u32> {
    now.date_naive().years_since(born)
}

fn wanted(what: WaitingFor) -> Option<Wanted> {
    match what {
        WaitingFor::Patient => None,
        WaitingFor::Call => Some(Wanted::Call),
        WaitingFor::Visit => Some(Wanted::Visit),
    }
}

/// A match as a row says it, on an envelope of that urgency: its words only where they say why it is urgent.
fn flag(found: &Match, shown: Urgency) -> FlagRow {
    let words = found.words.as_ref().filter(|_| shown >= Urgency::Urgent && found.level >= Urgency::Urgent);
    FlagRow {
        rule: found.rule.to_string(),
        version: found.version,
        category: found.category.code(),
        level: urgency(found.level),
        words: words.map(|words| words.reveal().chars().take(URGENT_WORDS).collect()),
        maybe_negated: found.negation == Negation::Possible,
    }
}

pub(crate) fn urgency(urgency: Urgency) -> UrgencyLevel {
    match urgency {
        Urgency::Routine => UrgencyLevel::Routine,
        Urgency::SameDay => UrgencyLevel::SameDay,
        Urgency::Urgent => UrgencyLevel::Urgent,
        Urgency::Emergency => UrgencyLevel::Emergency,
    }
}

pub(crate) fn urgency_of(level: UrgencyLevel) -> Urgency {
    match level {
        UrgencyLevel::Routine => Urgency::Routine,
        UrgencyLevel::SameDay => Urgency::SameDay,
        UrgencyLevel::Urgent => Urgency::Urgent,
        UrgencyLevel::Emergency => Urgency::Emergency,
    }
}

pub(crate) fn delivery(delivery: Delivery) -> DeliveryState {
    match delivery {
        Delivery::Queued => DeliveryState::Queued,
        Delivery::Sending => DeliveryState::Sending,
        Delivery::Unknown => DeliveryState::Unknown,
        Delivery::Sent => DeliveryState::Sent,
        Delivery::Wedged => DeliveryState::NeedsYou,
    }
}

/// Whether a wedge only says that another row is stuck.
pub(crate) fn is_root_cause(wedge: &Wedge) -> bool {
    *wedge != Wedge::Dependency
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_found_by_the_id_it_is_shown_by() {
        for shown in
            [Queue::Mine, Queue::Urgent, Queue::Unsorted, Queue::Waiting, Queue::Unsent, Queue::Pool("7".into())]
        {
            assert_eq!(queue(&queue_id(&shown)), Some(shown));
        }
        assert_eq!(queue("pool:7"), None, "the cache's own key is not for the screen");
        assert_eq!(queue("nonsense"), None);
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let born = NaiveDate::from_ymd_opt(2020, 3, 4).unwrap();
        let on = |text: &str| age(born, text.parse().unwrap());
        assert_eq!(on("2026-03-03T23:00:00Z"), Some(5));
        assert_eq!(on("2026-03-04T01:00:00Z"), Some(6));
        assert_eq!(on("2019-01-01T00:00:00Z"), None, "born in the future");
    }
}
