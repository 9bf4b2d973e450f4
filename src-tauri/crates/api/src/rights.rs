//! Who may what: every operation asks here, for the desktop and the agent alike; the screen only shows what is allowed.
//!
//! The table itself is [`tern_inbox::rights`]. Here it is asked with what a cell wants to know: whose pools the thread's
//! open work items stand in, of what sort it is, whether the member sees it at all. The role is the one that the cache
//! holds: the practice may have changed it since the sign-in.

use chrono::{DateTime, Utc};
use tern_inbox::{
    document,
    ids::{MessageId, ThreadId},
    message::{Audience, Thread},
    queue::{self, Me},
    rights::{self, Deed, Sort, Wording},
    work_item::{Hold, Urgency, WorkItem},
};
use tern_store::{Reader, StoreError};

use crate::{
    desk::Desk,
    dto::{ApiError, ErrorCode, ReplyRight},
    fail::Answer,
};

/// A thread as the table asks about it, at the moment of asking.
pub(crate) struct Case {
    me: Me,
    seen: bool,
    thread: Option<Thread>,
    /// Open ones.
    items: Vec<WorkItem>,
    /// All of them are the member's, or in a pool of theirs.
    own_pool: bool,
    /// What is open stands in the pool for documents; where nothing is, all that was did.
    documents_pool: bool,
}

impl Case {
    /// Reads it, at `now` (server time): what is somebody's for whom the member stands in counts as the member's.
    pub(crate) fn of(reader: &Reader<'_>, id: &ThreadId, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let (me, pools) = (reader.me()?, reader.pools()?);
        let mut items = reader.work_items(id)?;
        let in_documents = |item: &WorkItem| item.pool.as_deref().is_some_and(document::is_documents_pool);
        let was_there = !items.is_empty() && items.iter().all(in_documents);
        items.retain(|item| item.status.is_open());
        let documents_pool = if items.is_empty() { was_there } else { items.iter().all(in_documents) };
        let roster = reader.roster(now)?;
        let stands_in = |item: &WorkItem| !roster.for_whom(item, queue::pool_of(item, &pools), &me, now).is_empty();
        let own_pool = items.iter().all(|item| me.holds(item, &pools) || stands_in(item));
        items = items.iter().map(|item| roster.freed(item, queue::pool_of(item, &pools), &me, now)).collect();
        let thread = reader.thread_on_server(id)?.map(|found| found.row);
        Ok(Self { seen: reader.sees(id)?, me, thread, items, own_pool, documents_pool })
    }

    /// Refuses a thread that the member does not see.
    pub(crate) fn may_be_seen(&self) -> Answer<()> {
        allowed(rights::may(self.me.role, Deed::Read) && self.seen)
    }

    /// Refuses to start it: seen, of the role's sort, and where it would be taken from the member's own pools.
    pub(crate) fn may_start(&self) -> Answer<()> {
        self.may_be_seen()?;
        allowed(rights::may(self.me.role, Deed::Start { sort: self.sort() }))?;
        allowed(rights::may(self.me.role, Deed::Claim { own_pool: self.own_pool }))
    }

    /// Whether it is a thread of the practice alone.
    pub(crate) fn is_internal(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.audience == Audience::Internal)
    }

    /// Whether somebody else has it: it is theirs, or they are at work on it now.
    pub(crate) fn is_anothers(&self, now: DateTime<Utc>) -> bool {
        self.items.iter().any(|item| match item.hold(now) {
            Hold::Assigned(by) | Hold::Held { by, .. } => !self.me.is(&by),
            Hold::Free | Hold::LeftBy(_) => false,
        })
    }

    /// Refuses to close these of its work items without a reply. What came since is not asked: it stays open.
    pub(crate) fn may_close(&self, items: &[String]) -> Answer<()> {
        let mut closed = self.items.clone();
        closed.retain(|item| items.iter().any(|id| *id == item.id.as_str()));
        let sort = Sort::of_thread(&closed, self.thread.as_ref());
        allowed(rights::may(self.me.role, Deed::Start { sort }))
    }

    /// Refuses a reply of such wording. What the practice writes to itself is no reply: whoever works may.
    pub(crate) fn may_send(&self, wording: Wording) -> Answer<()> {
        let deed = match self.is_internal() {
            true => Deed::Claim { own_pool: true },
            false => Deed::Reply { sort: self.sort(), wording },
        };
        allowed(rights::may(self.me.role, deed))
    }

    /// Refuses to hand it to somebody else.
    pub(crate) fn may_route(&self) -> Answer<()> {
        self.may_be_seen()?;
        allowed(rights::may(self.me.role, Deed::Route { own_pool: self.own_pool }))
    }

    /// Refuses to look at its files among the documents, to file one, and to say that one is not needed.
    pub(crate) fn may_file(&self) -> Answer<()> {
        self.may_be_seen()?;
        allowed(rights::may(self.me.role, Deed::File { documents_pool: self.documents_pool }))
    }

    /// Refuses to put it on the call list, or to say how a call ended.
    pub(crate) fn may_call(&self) -> Answer<()> {
        self.may_be_seen()?;
        allowed(rights::may(self.me.role, Deed::Call { own_pool: self.own_pool }))
    }

    /// Refuses an urgency: anybody who works may raise, not everybody lower.
    pub(crate) fn may_set_urgency(&self, to: Urgency) -> Answer<()> {
        self.may_be_seen()?;
        let deed = if self.lowers(to) { Deed::LowerUrgency } else { Deed::RaiseUrgency };
        allowed(rights::may(self.me.role, deed))
    }

    /// Whether an urgency would make any of it less urgent than it is.
    pub(crate) fn lowers(&self, to: Urgency) -> bool {
        self.items.iter().any(|item| item.urgency > to)
    }

    /// What the composer is to offer.
    pub(crate) fn reply_right(&self) -> ReplyRight {
        if self.may_send(Wording::Free).is_ok() {
            ReplyRight::Free
        } else if self.may_send(Wording::Template).is_ok() {
            ReplyRight::TemplateOnly
        } else {
            ReplyRight::No
        }
    }

    fn sort(&self) -> Sort {
        Sort::of_thread(&self.items, self.thread.as_ref())
    }
}

impl Desk {
    /// Refuses what the member's role does not allow.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`], or what the cache says.
    pub(crate) async fn may(&self, deed: Deed) -> Answer<()> {
        let role = self.read(|reader| reader.me()).await?.role;
        allowed(rights::may(role, deed))
    }

    /// Refuses a role that holds no work. Whatever became of pools and categories since: what somebody holds they may
    /// give back, and what they wrote they may take up again or throw away.
    ///
    /// # Errors
    /// As [`Desk::may`].
    pub(crate) async fn may_hold(&self) -> Answer<()> {
        self.may(Deed::Claim { own_pool: true }).await
    }

    /// A thread as the table asks about it.
    ///
    /// # Errors
    /// What the cache says.
    pub(crate) async fn case(&self, thread: &ThreadId) -> Answer<Case> {
        let thread = thread.clone();
        let now = self.server_now();
        self.read(move |reader| Case::of(reader, &thread, now)).await
    }

    /// Refuses to let a message leave that the member's role may not write (any more).
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for a message that is not here; [`ErrorCode::NotAllowed`], or what the cache says.
    pub(crate) async fn may_send_again(&self, message: &MessageId) -> Answer<()> {
        let (message, now) = (message.clone(), self.server_now());
        let case = self
            .read(move |reader| {
                let found = reader.message(&message)?.ok_or(StoreError::NotFound("message"))?;
                Case::of(reader, &found.row.message.thread, now)
            })
            .await?;
        case.may_send(Wording::Free)
    }
}

fn allowed(allowed: bool) -> Answer<()> {
    if allowed { Ok(()) } else { Err(ApiError::new(ErrorCode::NotAllowed)) }
}

#[cfg(test)]
mod tests;
