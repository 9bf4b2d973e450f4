//! What changes by time alone: a member goes, or is back, or the machine of somebody who was at work closed its lid,
//! and nobody writes anything.

use tern_store::{Cache, StoreError};
use tokio::task::spawn_blocking;

use crate::server_time::ServerTime;

/// Files anew what time alone moved since the last look: everything where somebody went or came back, and what a claim
/// held that lapsed. Looks before it writes: most of the time nothing did. By the server's time, so that all machines
/// say the same.
pub(crate) async fn turn(cache: &Cache, time: &ServerTime) -> Result<(), StoreError> {
    let (cache, now) = (cache.clone(), time.now());
    let turned = spawn_blocking(move || {
        let (coverage, claims) = cache
            .read(|reader| Ok::<_, StoreError>((reader.coverage_has_turned(now)?, reader.claims_have_lapsed(now)?)))?;
        if !coverage && !claims {
            return Ok(());
        }
        cache.write_bulk(now, |writer| {
            if coverage {
                writer.turn_coverage()?;
            }
            writer.lapse_claims()
        })
    });
    // A thread that broke off: the next look finds the same.
    turned.await.unwrap_or(Ok(()))
}
