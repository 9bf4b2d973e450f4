//! Where the practice's table puts what nobody has put anywhere, and until when an envelope is to be dealt with.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tern_inbox::{
    envelope::Envelope,
    hours,
    message::Thread,
    triage::Sorter,
    work_item::{Urgency, WorkItem},
};

use crate::{
    Practice, StoreError,
    table::{message, thread, work_item},
};

/// Gives category and pool by the practice's table to work items to which the server gives none, on every machine the
/// same; whoever moves one writes that down. So a portal that makes Tasks of nothing but a message needs nobody to sort
/// them, and whoever may deal with that category may deal with them.
pub(crate) fn sort(
    connection: &Connection,
    key: &str,
    thread: Option<&Thread>,
    items: &mut [WorkItem],
    sorter: &Sorter,
) -> Result<(), StoreError> {
    let subject = thread.map(|thread| thread.subject_line.clone()).unwrap_or_default();
    for id in work_item::unsorted(connection, key)? {
        let Some(item) = items.iter_mut().find(|item| item.id == id) else { continue };
        // The server's word, and a move of ours that is on its way, say more than the table.
        let Some(said) = work_item::unraised(connection, &id)? else { continue };
        let portal = said.category.as_deref().or_else(|| thread?.category.as_deref());
        let placement = sorter.place(portal, subject.reveal());
        let category = placement.category.map(str::to_owned);
        let pool = said.pool.clone().or_else(|| placement.pool.map(str::to_owned));
        if item.category != category || item.pool != pool {
            (item.category, item.pool) = (category, pool);
            work_item::sort(connection, item)?;
        }
    }
    Ok(())
}

/// Until when the first of an envelope is to be dealt with: what the server says; else the turnaround of its category
/// in the practice's office hours, from when it was sent. None where the practice has not said when it is open.
pub(crate) fn due(
    connection: &Connection,
    envelope: &Envelope,
    items: &[WorkItem],
    unplaced: &[String],
    practice: &Practice,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let by_the_clock =
        |category: Option<&str>, sent: DateTime<Utc>, urgency: Urgency, own: Option<DateTime<Utc>>| match practice
            .hours()
        {
            Some(hours) => {
                let turnaround = practice.sorter().turnaround(category);
                hours::due(sent, turnaround, urgency, own, hours).ok().map(|due| due.at)
            }
            None => own.or_else(|| (urgency == Urgency::Emergency).then_some(sent)),
        };
    let mut earliest: Option<DateTime<Utc>> = None;
    let mut sooner = |due: Option<DateTime<Utc>>| earliest = earliest.into_iter().chain(due).min();
    for item in items {
        let sent = match &item.message {
            Some(message) => message::head(connection, message.as_str())?.map(|head| head.sent),
            None => None,
        };
        let sent = sent.unwrap_or(envelope.waiting_since);
        sooner(by_the_clock(item.category.as_deref(), sent, item.urgency, item.due));
    }
    if !unplaced.is_empty() {
        let thread = thread::get(connection, envelope.thread.as_str())?;
        let portal = thread.as_ref().and_then(|thread| thread.category.as_deref());
        let category = practice.sorter().place(portal, envelope.subject_line.reveal()).category;
        for message in unplaced {
            if let Some(head) = message::head(connection, message)? {
                sooner(by_the_clock(category, head.sent, envelope.urgency, None));
            }
        }
    }
    Ok(earliest)
}
