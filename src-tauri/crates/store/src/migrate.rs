//! Numbered migrations, each in a transaction of its own, never edited once released. The number of the last
//! one is SQLite's `user_version`, so that it changes with the schema or not at all.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// Every migration in order; its number is its place, counted from one.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001-first.sql"),
    include_str!("migrations/0002-lost-claims.sql"),
    include_str!("migrations/0003-made-here.sql"),
    include_str!("migrations/0004-whose-pools.sql"),
    include_str!("migrations/0005-moves.sql"),
    include_str!("migrations/0006-tables.sql"),
    include_str!("migrations/0007-coverage.sql"),
    include_str!("migrations/0008-documents.sql"),
    include_str!("migrations/0009-emergencies.sql"),
];

/// The number of the last migration that this program has.
pub(crate) fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema up to date, from nothing or from any version before.
///
/// # Errors
/// [`StoreError::NewerSchema`] for a file that a newer program wrote; it is left as it is.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > latest() {
        return Err(StoreError::NewerSchema { found, known: latest() });
    }
    for (migration, number) in MIGRATIONS.iter().zip(1_i64..).filter(|(_, number)| *number > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::info!(number, "cache schema migrated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that makes a schema: tables, indexes, triggers with their text, white space aside.
    fn schema(connection: &Connection) -> Vec<(String, String, String)> {
        let mut statement =
            connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))).unwrap();
        rows.map(Result::unwrap)
            .map(|(kind, name, sql)| (kind, name, sql.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect()
    }

    /// The file as the program with so many migrations left it.
    fn of_version(number: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for migration in &MIGRATIONS[..number] {
            connection.execute_batch(migration).unwrap();
        }
        connection.pragma_update(None, "user_version", i64::try_from(number).unwrap()).unwrap();
        connection
    }

    #[test]
    fn every_old_schema_comes_to_the_fresh_one() {
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh).unwrap();
        for number in 0..=MIGRATIONS.len() {
            let mut old = of_version(number);
            migrate(&mut old).unwrap();
            assert_eq!(schema(&old), schema(&fresh), "from version {number}");
            migrate(&mut old).unwrap();
        }
    }

    #[test]
    fn who_the_member_is_is_asked_anew_once_the_role_is_kept_with_it() {
        let mut old = of_version(3);
        old.execute("INSERT INTO setting (name, value) VALUES ('me', '{}'), ('pace', '1')", []).unwrap();
        migrate(&mut old).unwrap();
        let kept: Vec<String> = old
            .prepare("SELECT name FROM setting")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(kept, ["pace"]);
    }

    #[test]
    fn a_released_migration_is_never_edited() {
        use sha2::{Digest, Sha256};
        let digests: Vec<String> =
            MIGRATIONS.iter().map(|sql| format!("{:x}", Sha256::digest(sql.replace("\r\n", "\n")))).collect();
        assert_eq!(digests, RELEASED, "a change is a new file; a digest is added once, with it");
    }

    /// SHA-256 of every migration. Until the first release they may still grow.
    const RELEASED: &[&str] = &[
        "14e19f7ee15a912e592b4abcf7071b5492fe310bba0ba8a44975ae9530fc0994",
        "a1c365c0fb1a3d2dfc29fee3a3793935b979e8aa76a4b93b034a473d805b9cb5",
        "86a5d73eed81f500ac46aae23261a1f6ba15a4199997145acb274a2c370deac4",
        "003a24b167e3f42e948e04636f4c2b1667db728c568a48067dbb19f8c73f7da2",
        "1aa47711c17182c02a9a83b80ec5896862c29e4349b7471011164d83ab436604",
        "c6a1dfcc0a7d2839ebc8045ab5acd5ada2fb072c239637c0eafd792693844377",
        "66b69f4f22fa02cac06306f76fddc80c549e4187501241de744e30d648491181",
        "1d70d27a7f221994eceba00d9f10a49edf64dc73bc0a55e265568cdf5425295f",
        "b88f392e72c37457a5c4837e681cc1a53da80068ea91aacba122aaccd1ffd5ec",
    ];

    #[test]
    fn every_table_is_strict() {
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh).unwrap();
        let loose: Vec<String> = fresh
            .prepare(
                "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(loose, [""; 0]);
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let mut newer = Connection::open_in_memory().unwrap();
        newer.pragma_update(None, "user_version", latest() + 1).unwrap();
        assert!(matches!(migrate(&mut newer), Err(StoreError::NewerSchema { .. })));
        assert!(schema(&newer).is_empty());
    }
}
