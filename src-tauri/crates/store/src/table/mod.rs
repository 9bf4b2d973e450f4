//! One table, one file: its statements, its reading and its writing.

pub(crate) mod alarm;
pub(crate) mod alias;
pub(crate) mod attachment;
pub(crate) mod audit;
pub(crate) mod coverage;
pub(crate) mod cursor;
pub(crate) mod document;
pub(crate) mod draft;
pub(crate) mod duty;
pub(crate) mod envelope;
pub(crate) mod library;
pub(crate) mod member;
pub(crate) mod message;
pub(crate) mod moved;
pub(crate) mod outbox;
pub(crate) mod patient;
pub(crate) mod pool;
pub(crate) mod proxy;
pub(crate) mod quarantine;
pub(crate) mod setting;
pub(crate) mod tally;
pub(crate) mod thread;
pub(crate) mod tombstone;
pub(crate) mod touch;
pub(crate) mod unplaced;
pub(crate) mod versions;
pub(crate) mod whose_pool;
pub(crate) mod work_item;

use rusqlite::Row;
use tern_inbox::{arrival::Arrival, plan::Known};

use crate::column::{Columns, micros_of};

/// What every pulled row carries beside its content.
#[derive(Clone, Copy)]
pub(crate) struct Meta<'a> {
    pub(crate) server_id: &'a str,
    pub(crate) version: &'a str,
    pub(crate) updated: Option<i64>,
    pub(crate) identity: Option<&'a str>,
}

impl<'a> From<&'a Arrival> for Meta<'a> {
    fn from(arrival: &'a Arrival) -> Self {
        Self {
            server_id: &arrival.server_id,
            version: &arrival.version,
            updated: micros_of(arrival.last_updated),
            identity: arrival.identity.as_deref(),
        }
    }
}

/// Reads `id, server_id, version, updated, first_updated`, in this order.
pub(crate) fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known {
        key: row.get(0)?,
        server_id: row.get(1)?,
        version: row.get(2)?,
        updated: row.at_opt(3)?,
        first_updated: row.at_opt(4)?,
        ours: false,
    })
}

/// Reads what [`known`] does, and behind it whether the row was made here.
pub(crate) fn known_or_made_here(row: &Row<'_>) -> rusqlite::Result<Known> {
    Ok(Known { ours: row.get(5)?, ..known(row)? })
}

/// A row as the server knows it: what a write to it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnServer<T> {
    /// The row.
    pub row: T,
    /// The server's id; none while it was only made here.
    pub server_id: Option<String>,
    /// The newest `meta.versionId` that we know of, our own last write's included.
    pub version: Option<String>,
}

/// What a pull asks for every row that it does not know, by name.
#[cfg(test)]
pub(crate) fn of_a_pull() -> [(&'static str, &'static str); 2] {
    [message::OF_A_PULL, thread::OF_A_PULL]
}

/// Every statement that a screen waits for, by name: a test asks for the plan of each.
#[cfg(test)]
pub(crate) fn screens() -> Vec<(&'static str, &'static str)> {
    [
        alarm::SCREENS,
        attachment::SCREENS,
        coverage::SCREENS,
        document::SCREENS,
        draft::SCREENS,
        duty::SCREENS,
        envelope::SCREENS,
        member::SCREENS,
        message::SCREENS,
        outbox::SCREENS,
        patient::SCREENS,
        pool::SCREENS,
        proxy::SCREENS,
        quarantine::SCREENS,
        thread::SCREENS,
        touch::SCREENS,
        work_item::SCREENS,
        crate::emergencies::SCREENS,
        crate::search::SCREENS,
        crate::sight::SCREENS,
    ]
    .concat()
}
