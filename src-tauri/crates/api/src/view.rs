//! The right pane: what a started or peeked thread shows.

use tern_inbox::{
    ids::{MessageId, ThreadId},
    message::{Authorship, Delivery, Standing},
    outbox::{Intent, OutboxRow, Wedge},
    party::{PartyKind, PartyRef},
    touch::Touch,
};
use tern_store::{Draft, Placed, ThreadView};

use crate::{
    desk::Desk,
    dto::{
        AttachmentRow, FilingState, Holder, MessageRow, MessageSide, PatientCard, StuckChange, StuckKind, TouchMode,
        TouchView, WedgeReason,
    },
    fail::Answer,
    recipients::{proxy, readers},
    show::{self, revealed},
};

impl Desk {
    /// A thread as the touch shows it; none where nothing of it is here.
    pub(crate) async fn view(&self, thread: ThreadId, mode: TouchMode) -> Answer<Option<TouchView>> {
        let Some(view) = self.thread(&thread).await? else { return Ok(None) };
        let (of_thread, author) = (thread.clone(), self.member.reference.clone());
        let touch_number = self.read(move |reader| reader.touch_count(&of_thread, &author)).await?;
        let (of_thread, now) = (thread.clone(), self.server_now());
        let envelope = self.read(move |reader| reader.envelope(&of_thread, now)).await?;
        let lost_to = self.lost_to(&view).await?;
        let may_reply = self.case(&thread).await?.reply_right();
        let mut messages = Vec::new();
        for placed in &view.messages {
            messages.push(self.message_row(placed, &view).await?);
        }
        for note in &view.notes {
            messages.push(self.note_row(note, &view).await?);
        }
        for unreadable in &view.unreadable {
            messages.push(unreadable_row(&unreadable.server_id, unreadable.first_seen.timestamp_millis()));
        }
        if !view.notes.is_empty() {
            messages.sort_by_key(|message| message.sent);
        }
        let open = view.items.iter().filter(|item| item.status.is_open());
        let started = view.touch.as_ref().map(|touch| touch.started);
        let shown = view.touch.as_ref().map(|touch| touch.items.as_slice()).unwrap_or_default();
        let wrote_again = mode == TouchMode::Started && open.clone().any(|item| !shown.contains(&item.id));
        let note = self.draft(&Draft::of_note(&thread)).await?;
        let reply_id = view.draft.as_ref().map_or_else(|| self.reply_id(&thread), |draft| draft.message.clone());
        Ok(Some(TouchView {
            thread: thread.to_string(),
            mode,
            patient: patient_card(&view, self.server_now()),
            subject_line: view
                .thread
                .as_ref()
                .map(|thread| thread.subject_line.reveal().to_owned())
                .unwrap_or_default(),
            category: view.thread.as_ref().and_then(|thread| thread.category.clone()),
            urgency: envelope.as_ref().map(|envelope| show::urgency(envelope.urgency)),
            due: envelope.and_then(|envelope| envelope.due).map(|due| due.timestamp_millis()),
            messages,
            work_items: shown_items(&view, mode),
            claim_confirmed: view.is_claimed(&self.me(), self.server_now()),
            may_reply,
            lost_to,
            stuck: self.stuck(&view).await?,
            draft: view.draft.map(|draft| revealed(draft.text)).unwrap_or_default(),
            note: note.map(revealed).unwrap_or_default(),
            reply_id: reply_id.to_string(),
            started: started.unwrap_or_else(|| self.server_now()).timestamp_millis(),
            touch_number,
            wrote_again,
        }))
    }

    /// What the cache has of a thread.
    pub(crate) async fn thread(&self, thread: &ThreadId) -> Answer<Option<ThreadView>> {
        let (thread, member) = (thread.clone(), self.member.reference.clone());
        self.read(move |reader| reader.thread(&thread, &member)).await
    }

    /// Whether a thread may be read: started by this member, or peeked at.
    pub(crate) async fn mode_of(&self, thread: &ThreadId) -> Answer<Option<TouchMode>> {
        let (of_thread, author) = (thread.clone(), self.member.reference.clone());
        let touch = self.read(move |reader| reader.touch(&of_thread, &author)).await?;
        // A claim that was lost leaves the pane as it is, with its draft, until the person leaves it.
        let started = touch.is_some_and(|touch| touch.state == Touch::Started || touch.is_lost());
        Ok(if started { Some(TouchMode::Started) } else { self.is_peeking(thread).then_some(TouchMode::Peeked) })
    }

    /// Who holds the item instead, where the claim was lost.
    async fn lost_to(&self, view: &ThreadView) -> Answer<Option<Holder>> {
        // What stands of an earlier touch says nothing of this one.
        let ended_by = view.touch.as_ref().and_then(|touch| touch.group.as_ref());
        let of_touch = view.outbox.iter().filter(|row| ended_by.is_some() && row.group.as_ref() == ended_by);
        let lost = of_touch.into_iter().find_map(|row| match &row.wedged {
            Some(Wedge::ClaimLost { to }) => Some(to.clone()),
            _ => None,
        });
        let told = view.touch.as_ref().filter(|touch| touch.is_lost());
        let told = told.and_then(|touch| touch.lost.as_ref()).map(|lost| lost.to.clone());
        let Some(to) = lost.or(told) else { return Ok(None) };
        let name = match &to {
            Some(to) => self.name_of(to).await?,
            None => String::new(),
        };
        let since = view.items.iter().map(|item| item.modified).max().unwrap_or_else(|| self.server_now());
        Ok(Some(Holder { name, me: false, since: since.timestamp_millis(), lapsed: false }))
    }

    /// What of the thread's work items the server refused, where no message says so.
    async fn stuck(&self, view: &ThreadView) -> Answer<Option<StuckChange>> {
        let Some((row, wedge)) = view.stuck.iter().find_map(|row| Some((row, row.wedged.as_ref()?))) else {
            return Ok(None);
        };
        let kind = match row.intent {
            Intent::Release { .. } => StuckKind::PutBack,
            Intent::Move { .. } => StuckKind::Move,
            _ => StuckKind::Close,
        };
        Ok(Some(StuckChange { kind, reason: self.wedge_reason(wedge, view).await? }))
    }

    async fn message_row(&self, placed: &Placed, view: &ThreadView) -> Answer<MessageRow> {
        let message = &placed.message;
        let side = match message.sender.as_ref().map(|sender| sender.reference.kind()) {
            Some(kind) if kind.is_patient_side() => MessageSide::Patient,
            _ if message.authorship == Authorship::Automatic => MessageSide::Automatic,
            _ => MessageSide::Practice,
        };
        let sender = message.sender.as_ref().map(|sender| &sender.reference);
        let author = match sender {
            Some(sender) => {
                self.author_name(sender, view, message.sender.as_ref().map(|party| party.display.reveal())).await?
            }
            None => String::new(),
        };
        let by_proxy = sender.is_some_and(|sender| sender.kind() == PartyKind::Proxy);
        let row = view.outbox.iter().find(|row| sends(row, placed));
        let wedge = match row.and_then(|row| row.wedged.as_ref()) {
            Some(wedge) => Some(self.wedge_reason(wedge, view).await?),
            None => None,
        };
        Ok(MessageRow {
            id: message.id.to_string(),
            side,
            author,
            on_behalf_of: by_proxy.then(|| preferred_name(view)).filter(|name| !name.is_empty()),
            sent: message.sent.timestamp_millis(),
            received: message.received.map(|at| at.timestamp_millis()),
            text: message.text.reveal().to_owned(),
            attachments: (0..)
                .zip(&message.attachments)
                .map(|(place, file)| attachment_row(file, filing(view, &message.id, place)))
                .collect(),
            delivery: placed.delivery.map(show::delivery),
            wedge: if placed.delivery == Some(Delivery::Wedged) { wedge } else { None },
            retracted: message.standing == Standing::Retracted,
            draft: false,
            unreadable: false,
        })
    }

    /// What was said inside the practice. What names somebody on the patient's side they can read, wherever it stands, and
    /// it is shown as what it is.
    async fn note_row(&self, placed: &Placed, view: &ThreadView) -> Answer<MessageRow> {
        let row = self.message_row(placed, view).await?;
        let reads = placed.message.recipients.iter().any(|party| party.kind().is_patient_side());
        if reads || row.side == MessageSide::Patient {
            return Ok(row);
        }
        let draft = placed.message.authorship == Authorship::Draft;
        Ok(MessageRow { side: MessageSide::Inside, draft, ..row })
    }

    async fn author_name(&self, sender: &PartyRef, view: &ThreadView, display: Option<&str>) -> Answer<String> {
        let known = match sender.kind() {
            PartyKind::Patient => view.patient.as_ref().map(|patient| patient.name.reveal().to_owned()),
            PartyKind::Proxy => proxy(view, sender).map(|proxy| proxy.name.reveal().to_owned()),
            PartyKind::Member => Some(self.name_of(sender).await?),
            _ => None,
        };
        Ok(known.filter(|name| !name.is_empty()).or_else(|| display.map(str::to_owned)).unwrap_or_default())
    }

    async fn wedge_reason(&self, wedge: &Wedge, view: &ThreadView) -> Answer<WedgeReason> {
        // A row that only waits for another one says what that one has.
        let root = view.outbox.iter().filter_map(|row| row.wedged.as_ref()).find(|wedge| show::is_root_cause(wedge));
        let wedge = if show::is_root_cause(wedge) { wedge } else { root.unwrap_or(wedge) };
        Ok(match wedge {
            Wedge::ClaimLost { to } => WedgeReason::ClaimLost { by: self.name_of_some(to.as_ref()).await? },
            Wedge::AnsweredSince { by, at } => {
                WedgeReason::AnsweredSince { by: self.name_of_some(by.as_ref()).await?, at: at.timestamp_millis() }
            }
            Wedge::Refused { status, code } => WedgeReason::Refused { status: *status, code: code.clone() },
            Wedge::Gone => WedgeReason::Gone,
            _ => WedgeReason::OutcomeUnknown,
        })
    }

    async fn name_of_some(&self, party: Option<&PartyRef>) -> Answer<Option<String>> {
        match party {
            Some(party) => Ok(Some(self.name_of(party).await?).filter(|name| !name.is_empty())),
            None => Ok(None),
        }
    }
}

fn sends(row: &OutboxRow, placed: &Placed) -> bool {
    matches!(&row.intent, Intent::Send { message, .. } if *message == placed.message.id)
}

/// The work items that an outcome will complete: of a started touch those on screen when it began.
fn shown_items(view: &ThreadView, mode: TouchMode) -> Vec<String> {
    match (&view.touch, mode) {
        (Some(touch), TouchMode::Started) => touch.items.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn preferred_name(view: &ThreadView) -> String {
    view.patient.as_ref().map(|patient| patient.preferred_name.reveal().to_owned()).unwrap_or_default()
}

fn patient_card(view: &ThreadView, now: chrono::DateTime<chrono::Utc>) -> PatientCard {
    let patient = view.patient.as_ref();
    let (read_by, relationship) = readers(view);
    // To call: the proxy who wrote last, where one did.
    let caller = view
        .messages
        .iter()
        .rev()
        .filter_map(|placed| placed.message.sender.as_ref())
        .find(|sender| sender.reference.kind().is_patient_side())
        .and_then(|sender| proxy(view, &sender.reference))
        .filter(|proxy| proxy.active);
    let phone =
        caller.and_then(|proxy| proxy.phones.first()).or_else(|| patient.and_then(|patient| patient.phones.first()));
    PatientCard {
        name: patient.map(|patient| patient.name.reveal().to_owned()).unwrap_or_default(),
        preferred_name: preferred_name(view),
        birth_date: patient.and_then(|patient| patient.birth_date).map(show::iso),
        age_years: patient.and_then(|patient| show::age(patient.birth_date?, now)),
        record_number: patient.and_then(|patient| patient.record_number.clone()),
        language: patient.and_then(|patient| patient.language.clone()),
        read_by,
        relationship,
        phone: phone.map(|phone| phone.reveal().to_owned()),
    }
}

/// What has become of a file of a message; one that the server refused is unfiled.
fn filing(view: &ThreadView, message: &MessageId, place: u32) -> Option<FilingState> {
    let state = view.files.iter().find(|state| state.file.message == *message && state.file.place == place)?;
    Some(if state.stuck { FilingState::Unfiled } else { state.filing.into() })
}

fn attachment_row(attachment: &tern_inbox::message::Attachment, filing: Option<FilingState>) -> AttachmentRow {
    AttachmentRow {
        id: attachment.id.to_string(),
        title: attachment.title.reveal().to_owned(),
        content_type: attachment.content_type.clone(),
        size: attachment.size,
        filing,
    }
}

fn unreadable_row(id: &str, seen: i64) -> MessageRow {
    MessageRow {
        id: id.to_owned(),
        side: MessageSide::Patient,
        author: String::new(),
        on_behalf_of: None,
        sent: seen,
        received: None,
        text: String::new(),
        attachments: Vec::new(),
        delivery: None,
        wedge: None,
        retracted: false,
        draft: false,
        unreadable: true,
    }
}

#[cfg(test)]
mod tests {
    use tern_inbox::outbox::Wedge;

    use crate::{dto::TouchMode, scene::Machine};

    #[tokio::test]
    async fn a_claim_that_an_earlier_touch_lost_is_not_told_of_a_later_one() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        let desk = program.desk().unwrap();
        machine.reply_that_waits(&desk).await;
        let lost = desk.write(|writer| {
            let row = writer.read().outbox_of_message(&"m1".into())?;
            row.iter().try_for_each(|row| writer.outbox_wedged(&row.id, Wedge::ClaimLost { to: None }))
        });
        lost.await.unwrap();
        let told = desk.view("t1".into(), TouchMode::Started).await.unwrap().unwrap();
        assert!(told.lost_to.is_some(), "the reply stands for it");

        let author = desk.member.reference.clone();
        desk.write(move |writer| writer.start_touch(&"t1".into(), &[], &author)).await.unwrap();
        let anew = desk.view("t1".into(), TouchMode::Started).await.unwrap().unwrap();
        assert!(anew.lost_to.is_none(), "it is hers to answer");
    }
}
