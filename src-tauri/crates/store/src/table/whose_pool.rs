//! Which pools are the member's to look at: worked out by the domain when the pools or the member change, and asked
//! by [`crate::sight`].

use rusqlite::{Connection, params};
use tern_inbox::{member::Pool, queue::Me};

use crate::StoreError;

/// Works it out anew. Of two pools with one identifier the first counts, as it does for the queues.
pub(crate) fn keep(connection: &Connection, pools: &[Pool], me: &Me) -> Result<(), StoreError> {
    connection.execute("DELETE FROM whose_pool", [])?;
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO whose_pool (identifier, own) VALUES (?1, ?2)")?;
    for pool in pools.iter().filter(|pool| !pool.is_deserted()) {
        insert.execute(params![pool.identifier, me.sees_pool(pool)])?;
    }
    Ok(())
}
