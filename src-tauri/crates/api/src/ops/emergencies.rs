//! Emergencies that nobody has dealt with: who was called for them, and "I have it".

use tern_inbox::{
    emergency::{self, State},
    ids::WorkItemId,
    party::PartyRef,
    rights::Deed,
};
use tern_store::{Emergency, Reader, StoreError};
use tern_sync::HaveIt;

use crate::{
    dto::{EmergencyBoard, EmergencyRequest, EmergencyRow, EmergencyTaken, EmergencyTold},
    fail::Answer,
    program::Program,
};

impl Program {
    /// What waits of emergencies that the member sees, and whether anybody is called for them outside the app.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed),
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked),
    /// [`ErrorCode::SignedOut`](crate::dto::ErrorCode::SignedOut), or what the cache says.
    pub async fn emergencies(&self) -> Answer<EmergencyBoard> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let (now, is_unheard) = (desk.server_now(), desk.engine.status().borrow().pager_unheard);
        desk.read(move |reader| {
            let me = reader.me()?;
            let table = reader.emergency_table()?;
            let mut rows = Vec::new();
            for one in reader.emergencies(now)?.into_iter().filter(|one| one.rings) {
                let is_seen = match &one.thread {
                    Some(thread) => reader.sees(thread)?,
                    None => false,
                };
                if is_seen {
                    rows.push(EmergencyRow {
                        told: told(reader, &one, |who| me.is(who), now)?,
                        item: one.item.to_string(),
                        thread: one.thread.as_ref().map(ToString::to_string),
                        sent: one.sent.timestamp_millis(),
                    });
                }
            }
            rows.sort_by(|one, other| (one.sent, &one.item).cmp(&(other.sent, &other.item)));
            let called = emergency::chain(&reader.duties(now)?, None, &reader.roster(now)?, now);
            let names = called.iter().map(|who| name(reader, who)).collect::<Result<Vec<_>, _>>()?;
            Ok(EmergencyBoard {
                rows,
                is_posted: table.webhook.is_some(),
                is_unheard,
                on_duty: names.into_iter().filter(|name| !name.is_empty()).collect(),
            })
        })
        .await
    }

    /// "I have it": nobody else is called for the next five minutes. Waits for the server, for a promise that only this
    /// machine knows would keep nobody from being called.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed) for whoever may not take the work item,
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked),
    /// [`ErrorCode::SignedOut`](crate::dto::ErrorCode::SignedOut), or what the cache says.
    pub async fn emergency_have(&self, request: EmergencyRequest) -> Answer<EmergencyTaken> {
        let desk = self.desk()?;
        let item = WorkItemId::new(request.item);
        let asked = item.clone();
        let Some(thread) = desk.read(move |reader| reader.work_item(&asked)).await?.and_then(|item| item.thread) else {
            return Ok(EmergencyTaken::Over);
        };
        desk.case(&thread).await?.may_call()?;
        let taken = match desk.engine.have_it(&item).await? {
            HaveIt::Yes { until } => EmergencyTaken::Yours { until: until.timestamp_millis() },
            HaveIt::Somebody { by } => EmergencyTaken::Somebody { name: desk.name_of(&by).await? },
            HaveIt::Over => EmergencyTaken::Over,
            HaveIt::NotConfirmed => EmergencyTaken::NotConfirmed,
        };
        if matches!(taken, EmergencyTaken::Yours { .. }) {
            let entry = desk.audit("have-it", Some(format!("Task/{item}")));
            desk.write(move |writer| writer.audit_and_send(&entry)).await?;
        }
        Ok(taken)
    }
}

fn told(
    reader: &Reader<'_>,
    one: &Emergency,
    is_me: impl Fn(&PartyRef) -> bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<EmergencyTold, StoreError> {
    let Some(alarm) = &one.alarm else { return Ok(EmergencyTold::Nobody) };
    if let Some(held) = alarm.holder(now) {
        let until = held.until.timestamp_millis();
        return Ok(EmergencyTold::Held { name: name(reader, &held.by)?, mine: is_me(&held.by), until });
    }
    let (Some(at), false) = (alarm.called_at, alarm.is_over) else { return Ok(EmergencyTold::Nobody) };
    let next = match alarm.state(now) {
        State::Called(next) => next,
        _ => now,
    };
    // Once everybody in turn was called, it was everybody.
    let last = alarm.called.last().filter(|_| usize::try_from(alarm.pages).is_ok_and(|all| all <= alarm.called.len()));
    Ok(EmergencyTold::Called {
        name: last.map(|who| name(reader, who)).transpose()?,
        at: at.timestamp_millis(),
        next: next.timestamp_millis(),
    })
}

/// A member's name, by their role or their person; blank where nobody knows it.
pub(super) fn name(reader: &Reader<'_>, who: &PartyRef) -> Result<String, StoreError> {
    let Some(member) = reader.member(who)? else { return Ok(String::new()) };
    let own = member.name.reveal().to_owned();
    match (own.is_empty(), &member.practitioner) {
        (true, Some(person)) => {
            Ok(reader.member(person)?.map(|person| person.name.into_revealed()).unwrap_or_default())
        }
        _ => Ok(own),
    }
}

#[cfg(test)]
mod tests;
