//! Which version of what is here: one half of the full comparison with the server.

use std::collections::HashMap;

use tern_inbox::arrival::Kind;

use crate::{Reader, StoreError};

/// Of each type, everything that came from the server: rows, what could not be read, and second copies.
fn statement(kind: Kind) -> &'static str {
    match kind {
        Kind::Patient => "SELECT id, version FROM patient",
        Kind::RelatedPerson => "SELECT id, version FROM proxy",
        Kind::Practitioner => "SELECT substr(id, 14), version FROM member WHERE id LIKE 'Practitioner/%'",
        Kind::PractitionerRole => "SELECT substr(id, 18), version FROM member WHERE id LIKE 'PractitionerRole/%'",
        Kind::CareTeam => "SELECT id, version FROM pool",
        Kind::Library => "SELECT id, version FROM library",
        Kind::Communication => {
            "SELECT server_id, version FROM thread WHERE server_id IS NOT NULL
             UNION ALL SELECT server_id, version FROM message WHERE server_id IS NOT NULL"
        }
        Kind::Task => {
            "SELECT server_id, version FROM work_item WHERE server_id IS NOT NULL
             UNION ALL SELECT id, version FROM coverage
             UNION ALL SELECT id, version FROM duty
             UNION ALL SELECT id, version FROM alarm"
        }
    }
}

impl Reader<'_> {
    /// The server's id of every row of a type that came from the server, with its version; none where the row
    /// is ours and its echo has not come yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn versions(&self, kind: Kind) -> Result<HashMap<String, Option<String>>, StoreError> {
        let connection = self.connection();
        let mut versions = HashMap::new();
        for (sql, named) in [
            (statement(kind), false),
            ("SELECT server_id, version FROM quarantine WHERE kind = ?1", true),
            // Whatever became of a second copy, nothing is to be learnt from its version.
            ("SELECT server_id, NULL FROM extra WHERE kind = ?1", true),
        ] {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = if named { statement.query([kind.as_str()])? } else { statement.query([])? };
            while let Some(row) = rows.next()? {
                versions.insert(row.get(0)?, row.get(1)?);
            }
        }
        Ok(versions)
    }
}
