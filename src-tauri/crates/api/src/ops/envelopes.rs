//! A window of a queue's list. Envelopes have no body: what nobody has started cannot leak to the page.

use tern_inbox::{queue::Queue, rights::Deed};

use crate::{
    dto::{ApiError, EnvelopePage, EnvelopesRequest, ErrorCode},
    fail::Answer,
    handling::usual_of,
    program::Program,
    show,
};

/// Rows of a window at most.
const MOST_ROWS: u32 = 200;

impl Program {
    /// Rows of a queue, in the order to work in.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for a queue that is none; [`ErrorCode::Locked`], [`ErrorCode::SignedOut`],
    /// [`ErrorCode::NotAllowed`], or what the cache says.
    pub async fn envelopes(&self, request: EnvelopesRequest) -> Answer<EnvelopePage> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let queue = show::queue(&request.queue.0).ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        let (offset, limit) = (request.offset, request.limit.min(MOST_ROWS));
        let now = desk.server_now();
        let author = desk.member.reference.clone();
        let (page, usual) = desk
            .read(move |reader| {
                // A pool's name may be typed: it opens nobody else's queue.
                if let Queue::Pool(pool) = &queue
                    && let Some(pool) = reader.pool(pool)?
                    && !reader.me()?.sees_pool(&pool)
                {
                    return Ok(None);
                }
                let page = reader.envelopes(&queue, offset, limit, now)?;
                let usual = usual_of(reader, &author, &page.envelopes)?;
                Ok(Some((page, usual)))
            })
            .await?
            .ok_or_else(|| ApiError::new(ErrorCode::NotAllowed))?;
        let row = |(envelope, usual)| show::envelope(envelope, usual, &desk, now);
        Ok(EnvelopePage { total: page.total, offset, rows: page.envelopes.into_iter().zip(usual).map(row).collect() })
    }
}
