//! Numbered migrations, each in a transaction of its own, never edited once released. The number of the last
//! one is SQLite's `user_version`, so that it changes with the schema or not at all.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// Every migration in order; its number is its place, counted from one.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("migrations/0001-first.sql")];

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
