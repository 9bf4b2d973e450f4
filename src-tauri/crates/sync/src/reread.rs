//! What could not be read, read again by a newer reader.
//!
//! A resource that is set aside comes no more by itself: its version is known, and the server has nothing new to
//! say about it. So the cache remembers which reader looked last, and where this program has a newer one, everything
//! in quarantine is read once more, before anything is asked of the server: it needs no network. What can be read
//! now is filed like any arrival; what can't stays, until the next reader.

use tern_fhir::{
    links::Base,
    read::{self, Reading},
};
use tern_store::{Cache, Page};
use tokio::task::spawn_blocking;

use crate::{pull::PullError, server_time::ServerTime};

/// Name of the setting that holds which reader looked last.
const SETTING: &str = "reader";

/// Reads the quarantine again where an older reader, or an unknown one, looked last.
pub(crate) async fn after_an_update(cache: &Cache, base: &Base, time: &ServerTime) -> Result<(), PullError> {
    let (cache, base, now) = (cache.clone(), base.clone(), time.now());
    let again = move || {
        if cache.read(|reader| reader.setting::<u32>(SETTING))? == Some(read::READER) {
            return Ok(());
        }
        cache.write_bulk(now, |writer| {
            let set_aside = writer.read().quarantined()?;
            let waiting = set_aside.len();
            let mut readable = 0_usize;
            for row in set_aside {
                let reading = Reading { expected: row.kind, base: &base, received: row.first_seen };
                let Some(arrival) = read::again(row.raw.reveal(), &row.server_id, &reading) else { continue };
                writer.apply_page(&Page { kind: row.kind, arrivals: vec![arrival], cursor: None })?;
                readable += 1;
            }
            tracing::info!(waiting, readable, "read again after an update");
            writer.set_setting(SETTING, &read::READER)
        })
    };
    Ok(spawn_blocking(again).await??)
}
