//! What stands between a row and the wire: whether the write is still wanted, seen from the work item as it
//! stands on the server now. `now` is server time throughout; `me` is matched by role and by person.

use chrono::{DateTime, Utc};

use super::Wedge;
use crate::{
    message::{Authorship, Message, Standing},
    moves::{Move, Seen},
    party::{PartyKind, PartyRef},
    queue::Me,
    work_item::{Hold, WorkItem, WorkStatus},
};

/// What to do about a work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write, under the version that was read.
    Write,
    /// It stands as we wanted it: an answer that was lost, another machine of ours, or nothing left to do.
    Settled,
    /// Somebody else is on it.
    Taken {
        /// Who, where the server says.
        by: Option<PartyRef>,
    },
    /// Somebody else has dealt with it.
    Ended {
        /// Who, where the server says.
        by: Option<PartyRef>,
    },
}

/// Take it. A claim that was not renewed for six minutes hides nothing: it may be taken over. An item that is
/// assigned to somebody else is theirs to start.
pub fn claim(item: &WorkItem, me: &Me, now: DateTime<Utc>) -> Step {
    if !item.status.is_open() {
        return Step::Ended { by: item.owner.clone() };
    }
    match item.hold(now) {
        Hold::Held { by, .. } if me.is(&by) => Step::Settled,
        Hold::Assigned(by) | Hold::Held { by, .. } if !me.is(&by) => Step::Taken { by: Some(by) },
        Hold::Free | Hold::Assigned(_) | Hold::Held { .. } | Hold::LeftBy(_) => Step::Write,
    }
}

/// Keep it. A claim of ours that lapsed and that nobody took is simply renewed; one that somebody put back, or
/// took, is lost.
pub fn renew(item: &WorkItem, me: &Me, now: DateTime<Utc>) -> Step {
    if !item.status.is_open() {
        return Step::Ended { by: item.owner.clone() };
    }
    match item.hold(now) {
        Hold::Held { by, .. } | Hold::Assigned(by) | Hold::LeftBy(by) if me.is(&by) => Step::Write,
        Hold::Held { by, .. } | Hold::Assigned(by) => Step::Taken { by: Some(by) },
        Hold::LeftBy(_) | Hold::Free => Step::Taken { by: None },
    }
}

/// Put it back. What is not ours any more needs no putting back.
pub fn release(item: &WorkItem, me: &Me) -> Step {
    match &item.owner {
        Some(by) if item.status.is_open() && me.is(by) => Step::Write,
        _ => Step::Settled,
    }
}

/// End it. `now` decides whether another's claim still counts; one of ours that lapsed meanwhile, and that
/// nobody took, still does.
pub fn complete(item: &WorkItem, me: &Me, now: DateTime<Utc>) -> Step {
    match item.status {
        WorkStatus::Completed if item.owner.as_ref().is_some_and(|by| me.is(by)) => return Step::Settled,
        WorkStatus::Completed | WorkStatus::Cancelled => return Step::Ended { by: item.owner.clone() },
        WorkStatus::Requested | WorkStatus::Accepted | WorkStatus::InProgress => {}
    }
    match item.hold(now) {
        Hold::Held { by, .. } | Hold::Assigned(by) if !me.is(&by) => Step::Taken { by: Some(by) },
        Hold::Free | Hold::Assigned(_) | Hold::Held { .. } | Hold::LeftBy(_) => Step::Write,
    }
}

/// Move it: to a pool or a person, to another urgency, to whoever's turn it is. What another member holds is
/// theirs to move, but anybody may say how urgent it is; and what somebody moved elsewhere since the member looked
/// stays where it is.
pub fn relocate(item: &WorkItem, change: &Move, seen: &Seen, me: &Me, now: DateTime<Utc>) -> Step {
    if !item.status.is_open() {
        return Step::Ended { by: item.owner.clone() };
    }
    if change.is_done(item, seen) {
        return Step::Settled;
    }
    let by_other = match item.hold(now) {
        Hold::Held { by, .. } if !me.is(&by) => Some(by),
        _ => None,
    };
    if by_other.is_some() && !matches!(change, Move::Urgency { .. }) {
        return Step::Taken { by: by_other };
    }
    // What the member's own claim changed is no surprise to them.
    let mine = item.owner.as_ref().is_some_and(|by| me.is(by));
    let as_seen = if mine { Seen { owner: item.owner.clone(), ..seen.clone() } } else { seen.clone() };
    if change.is_overtaken(item, &as_seen) {
        return Step::Taken { by: item.owner.clone().filter(|by| !me.is(by)) };
    }
    Step::Write
}

/// Whether somebody else of the practice has written to the patient since `touch_began`: the reply then waits
/// for its author. What a machine said, and what was retracted, answers nobody.
pub fn answered_since<'a>(
    messages: impl IntoIterator<Item = &'a Message>,
    touch_began: DateTime<Utc>,
    me: &Me,
) -> Option<Wedge> {
    messages
        .into_iter()
        .filter(|message| message.standing == Standing::Sent && message.authorship == Authorship::Person)
        .filter(|message| message.sent >= touch_began)
        .filter_map(|message| {
            let by = &message.sender.as_ref()?.reference;
            let staff = matches!(by.kind(), PartyKind::Member | PartyKind::Pool | PartyKind::Practice);
            (staff && !me.is(by)).then_some((message.sent, by))
        })
        .max_by_key(|(sent, _)| *sent)
        .map(|(at, by)| Wedge::AnsweredSince { by: Some(by.clone()), at })
}
