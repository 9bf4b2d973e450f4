//! Dates that were read from a clock which turned out to be wrong.
//!
//! Without a way to the server, time is what the machine says. One that is a day ahead dates a reply tomorrow, where
//! it stands behind everything that is written until then; and what others wrote since its touch began is looked for
//! from tomorrow on, so that their answer is overlooked. Both are put right before anything leaves.
//!
//! A clock that was put right while no server was there (by the system, as the network came) leaves no measure of how
//! wrong it was. Then a reply that seems to be written later than now says it: at least by so much.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    ids::ThreadId,
    message::{Delivery, Message},
    outbox::{Intent, OutboxRow, Wedge, redated},
    party::PartyRef,
};

use crate::{
    StoreError, Writer,
    table::{message, outbox as rows, touch},
};

/// What the measuring of a right clock is off by: an answer says seconds, and was on its way for some. Dates are not
/// touched for less, or two replies of one thread, the first of which has left, would change their order.
const JITTER: TimeDelta = TimeDelta::minutes(1);

impl Writer<'_> {
    /// The clock was put right by `jump` and says when this transaction is: the author's open touches, and the
    /// replies that wait, began no later than by either clock, and none is dated later than now, but for the
    /// milliseconds that keep those of one thread in the order in which they were written. `may_be_wrong` says whether
    /// dates before now may be the wrong clock's as well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn redate(&mut self, author: &PartyRef, jump: TimeDelta, may_be_wrong: bool) -> Result<(), StoreError> {
        let jump = if jump.abs() < JITTER { TimeDelta::zero() } else { jump };
        for touch in self.read().open_touches(author)? {
            if jump.is_zero() && touch.started - self.now() < JITTER {
                continue;
            }
            let began = redated(touch.started, self.now(), jump, may_be_wrong);
            if began != touch.started {
                touch::began(self.connection(), &touch, began)?;
                self.touch_thread(&touch.thread);
            }
        }
        let mut last = HashMap::new();
        for row in rows::all(self.connection())?.into_iter().filter(|row| row.author == *author) {
            self.redate_row(row, jump, may_be_wrong, &mut last)?;
        }
        Ok(())
    }

    fn redate_row(
        &mut self,
        mut row: OutboxRow,
        jump: TimeDelta,
        may_be_wrong: bool,
        last: &mut HashMap<ThreadId, DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let is_here = is_surely_here(&row);
        let Intent::Send { message, touch_began } = &mut row.intent else { return Ok(()) };
        let Some(found) = self.read().message(message)? else { return Ok(()) };
        let ahead = (self.now() - found.row.message.sent).min(TimeDelta::zero());
        if jump.is_zero() && -ahead < JITTER {
            return Ok(());
        }
        let began = touch_began.map(|began| redated(began, self.now(), jump.min(ahead), may_be_wrong));
        if ahead < TimeDelta::zero() && is_here && found.server_id.is_none() {
            let dated = self.redate_message(found.row.message, &row.author, jump, last)?;
            last.insert(dated.thread, dated.sent);
        }
        if began != *touch_began {
            *touch_began = began;
            rows::update(self.connection(), &row)?;
        }
        Ok(())
    }

    /// Its row number is its place in time, on screen too: it is kept anew under another. Behind the last one that was
    /// dated anew, since a clock that was far ahead leaves *now* to all of them; what still stands tomorrow is not
    /// asked, for it may have left and is to stay.
    fn redate_message(
        &mut self,
        own: Message,
        author: &PartyRef,
        jump: TimeDelta,
        last: &HashMap<ThreadId, DateTime<Utc>>,
    ) -> Result<Message, StoreError> {
        let sent = (own.sent + jump).min(self.now());
        let dated = Message { sent, ..own };
        let behind = last.get(&dated.thread).copied();
        let dated = dated.sent_after(behind);
        message::remove(self.connection(), dated.id.as_str())?;
        self.insert_own(&dated, author)?;
        Ok(dated)
    }
}

/// Whether what a row sends has never left. What may have keeps its date: sent again, it is to be the same.
fn is_surely_here(row: &OutboxRow) -> bool {
    let waits = match row.delivery {
        Delivery::Queued => true,
        Delivery::Wedged => {
            matches!(row.wedged, Some(Wedge::ClaimLost { .. } | Wedge::AnsweredSince { .. } | Wedge::Dependency))
        }
        _ => false,
    };
    waits && row.attempts == 0
}
