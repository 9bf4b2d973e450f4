//! Members of the practice: `PractitionerRole`s, and the `Practitioner`s whose names stand behind them. The key
//! is the whole reference.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{member::Member, party::PartyRef, plan::Known};

use crate::{
    Reader, StoreError,
    column::{Columns, Word},
    table::{Meta, known},
};

const GET: &str = "SELECT id, practitioner, name, role FROM member WHERE id = ?1";
const ALL: &str = "SELECT id, practitioner, name, role FROM member ORDER BY id";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[("a member", GET)];

fn read(row: &Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member {
        reference: row.party_ref(0)?,
        practitioner: row.party_ref_opt(1)?,
        name: row.private(2)?,
        role: row.word(3)?,
    })
}

pub(crate) fn get(connection: &Connection, reference: &str) -> Result<Option<Member>, StoreError> {
    Ok(connection.prepare_cached(GET)?.query_row([reference], read).optional()?)
}

/// The name to show for a reference: its own, or that of the practitioner behind the role.
pub(crate) fn name(connection: &Connection, reference: &str) -> Result<Option<String>, StoreError> {
    let Some(member) = get(connection, reference)? else { return Ok(None) };
    if member.name.is_blank()
        && let Some(practitioner) = &member.practitioner
        && let Some(person) = get(connection, practitioner.as_str())?
    {
        return Ok(Some(person.name.into_revealed()));
    }
    Ok(Some(member.name.into_revealed()))
}

/// What is known of a member, by the id behind the slash: whoever files an arrival puts its type before it.
pub(crate) fn find(connection: &Connection, reference: &str) -> Result<Option<Known>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT substr(id, instr(id, '/') + 1), substr(id, instr(id, '/') + 1), version, updated, NULL
             FROM member WHERE id = ?1",
        )?
        .query_row([reference], known)
        .optional()?)
}

pub(crate) fn put(connection: &Connection, reference: &str, member: &Member, meta: Meta<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO member (id, version, updated, practitioner, name, role)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            reference,
            meta.version,
            meta.updated,
            member.practitioner.as_ref().map(PartyRef::as_str),
            member.name.reveal(),
            member.role.word(),
        ])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, reference: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM member WHERE id = ?1")?.execute([reference])?;
    Ok(())
}

impl Reader<'_> {
    /// A member by reference; a role whose own name is blank gets that of its practitioner.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn member(&self, reference: &PartyRef) -> Result<Option<Member>, StoreError> {
        let Some(mut member) = get(self.connection(), reference.as_str())? else { return Ok(None) };
        if let Some(name) = name(self.connection(), reference.as_str())? {
            member.name = name.into();
        }
        Ok(Some(member))
    }

    /// Every member and practitioner that is known: tens to a few hundred.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn members(&self) -> Result<Vec<Member>, StoreError> {
        let mut statement = self.connection().prepare_cached(ALL)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
