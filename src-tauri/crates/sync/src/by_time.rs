//! What changes by time alone: a member goes, or is back, and nobody writes anything.

use tern_store::{Cache, StoreError};
use tokio::task::spawn_blocking;

use crate::server_time::ServerTime;

/// Files everything anew where somebody went or came back since the last look. Looks before it writes: most of the time
/// nobody did. By the server's time, so that all machines say the same.
pub(crate) async fn turn(cache: &Cache, time: &ServerTime) -> Result<(), StoreError> {
    let (cache, now) = (cache.clone(), time.now());
    let turned = spawn_blocking(move || {
        if cache.read(|reader| reader.coverage_has_turned(now))? {
            cache.write_bulk(now, |writer| writer.turn_coverage())?;
        }
        Ok(())
    });
    // A thread that broke off: the next look finds the same.
    turned.await.unwrap_or(Ok(()))
}
