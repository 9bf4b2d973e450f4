//! `Communication`: a thread, a message in one, or, on servers without threads, both at once.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::{
    arrival::{Content, Kind},
    ids::{AttachmentId, MessageId, PatientId, ThreadId},
    message::{Attachment, Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
    private::PrivateText,
};

use super::{
    Reading,
    entry::{Resource, head},
    reference, time,
    wire::{self, Concept, Identifier, Many, Meta, Reference, Text, each, words},
};
use crate::{
    links::{self, Base},
    vocabulary::{AUTOMATIC, CATEGORY_SYSTEM, CHECK, DRAFT, INTERNAL, TAG_SYSTEM},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Wire<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    status: Option<Text<'a>>,
    category: Many<Concept<'a>>,
    topic: Option<Concept<'a>>,
    subject: Option<Reference<'a>>,
    about: Many<Reference<'a>>,
    part_of: Many<Reference<'a>>,
    in_response_to: Many<Reference<'a>>,
    sender: Option<Reference<'a>>,
    recipient: Many<Reference<'a>>,
    sent: Option<Text<'a>>,
    received: Option<Text<'a>>,
    payload: Many<Payload<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Payload<'a> {
    content_string: Option<Text<'a>>,
    content_reference: Option<Reference<'a>>,
    content_attachment: Option<wire::Attachment<'a>>,
}

impl<'a> Resource<'a> for Wire<'a> {
    const KIND: Kind = Kind::Communication;

    head!();

    fn content(&self, id: &str, at: DateTime<Utc>, reading: &Reading<'_>) -> Result<Content, String> {
        let base = reading.base;
        if self.is_a_probe() {
            return Ok(Content::NotOurs);
        }
        let part_of = each(&self.part_of).find_map(|part| part.id_of("Communication", base));
        let has_payload = each(&self.payload).next().is_some();
        Ok(match part_of {
            Some(thread) => {
                Content::Message { message: self.message(id, ThreadId::new(thread), at, base), flat_thread: None }
            }
            None if has_payload => {
                // No threads here: what is answered and its answer stand together, else alone.
                let thread = ThreadId::new(self.answered(base).unwrap_or_else(|| id.to_owned()));
                let flat_thread = self.thread(thread.clone(), base);
                Content::Message { message: self.message(id, thread, at, base), flat_thread: Some(flat_thread) }
            }
            None => Content::Thread(self.thread(ThreadId::new(id), base)),
        })
    }
}

impl Wire<'_> {
    /// What a check of the server left behind where it couldn't delete it.
    fn is_a_probe(&self) -> bool {
        self.standing() == Standing::Retracted && self.meta.as_ref().is_some_and(|meta| meta.has_tag(TAG_SYSTEM, CHECK))
    }

    fn thread(&self, id: ThreadId, base: &Base) -> Thread {
        let opener = self.sender.as_ref().and_then(|sender| reference::party(sender, base));
        let participants = self.participants(opener.as_ref(), base);
        let patient = self.subject.as_ref().and_then(|subject| subject.id_of("Patient", base)).map(PatientId::new);
        let audience = self.audience(&participants);
        Thread {
            id,
            subject_line: PrivateText::from(self.subject_line()),
            patient,
            category: self.category().map(str::to_owned),
            opener,
            participants,
            audience,
            about: each(&self.about).find_map(|about| about.id_of("Communication", base)).map(ThreadId::new),
        }
    }

    fn message(&self, id: &str, thread: ThreadId, at: DateTime<Utc>, base: &Base) -> Message {
        let texts: Vec<&str> = each(&self.payload).filter_map(|payload| words(&payload.content_string)).collect();
        let sender = self.sender.as_ref().and_then(|sender| reference::party(sender, base));
        let recipients: Vec<PartyRef> =
            each(&self.recipient).filter_map(|party| reference::party_ref(party, base)).collect();
        let mut parties = recipients.iter().chain(sender.as_ref().map(|sender| &sender.reference));
        let names_patient_side = self.subject.is_some() || parties.any(|party| party.kind().is_patient_side());
        let is_tagged = |code| self.meta.as_ref().is_some_and(|meta| meta.has_tag(TAG_SYSTEM, code));
        let authorship = match () {
            () if is_tagged(AUTOMATIC) => Authorship::Automatic,
            // Where a patient reads it, it is a message like any other, whatever it is tagged as.
            () if is_tagged(DRAFT) && !names_patient_side => Authorship::Draft,
            () => Authorship::Person,
        };
        Message {
            id: MessageId::new(id),
            thread,
            identity: wire::identity(&self.identifier),
            sender,
            recipients,
            sent: words(&self.sent).and_then(time::instant).unwrap_or(at),
            received: words(&self.received).and_then(time::instant),
            text: PrivateText::from(texts.join("\n\n")),
            in_response_to: self.answered(base).map(MessageId::new),
            standing: self.standing(),
            authorship,
            attachments: self.attachments(base),
        }
    }

    /// What it answers.
    fn answered(&self, base: &Base) -> Option<String> {
        each(&self.in_response_to).find_map(|answered| answered.id_of("Communication", base))
    }

    fn subject_line(&self) -> &str {
        self.topic
            .as_ref()
            .and_then(|topic| words(&topic.text))
            .or_else(|| each(&self.category).find_map(|category| words(&category.text)))
            .unwrap_or_default()
    }

    /// Our category, else the portal's first code.
    fn category(&self) -> Option<&str> {
        let ours =
            each(&self.category).filter_map(|category| category.of(CATEGORY_SYSTEM)).find(|code| *code != INTERNAL);
        let theirs = each(&self.category).filter(|category| category.of(CATEGORY_SYSTEM).is_none());
        ours.or_else(|| theirs.filter_map(Concept::any).next())
    }

    /// Internal only where no patient can read it: a category alone doesn't keep a portal's token out.
    fn audience(&self, participants: &[Party]) -> Audience {
        let marked = each(&self.category).any(|category| category.is(CATEGORY_SYSTEM, INTERNAL));
        let patient_side = participants.iter().any(|party| party.reference.kind().is_patient_side());
        if marked && self.subject.is_none() && !patient_side { Audience::Internal } else { Audience::Patient }
    }

    fn participants(&self, opener: Option<&Party>, base: &Base) -> Vec<Party> {
        let mut parties: Vec<Party> = Vec::new();
        let recipients = each(&self.recipient).filter_map(|party| reference::party(party, base));
        for party in opener.cloned().into_iter().chain(recipients) {
            if !parties.iter().any(|known| known.reference == party.reference && known.reference != PartyRef::new("")) {
                parties.push(party);
            }
        }
        parties
    }

    /// Some servers store another status than was sent, so most of them count as sent; one that nobody knows
    /// does too, because hiding a patient's words is the worse mistake.
    fn standing(&self) -> Standing {
        match words(&self.status) {
            Some("preparation" | "on-hold") => Standing::Draft,
            Some("not-done" | "stopped") => Standing::NotDone,
            Some("entered-in-error") => Standing::Retracted,
            _ => Standing::Sent,
        }
    }

    fn attachments(&self, base: &Base) -> Vec<Attachment> {
        each(&self.payload)
            .enumerate()
            .filter_map(|(place, payload)| payload.file(base).or_else(|| payload.inline(place, base)))
            .collect()
    }
}

impl Payload<'_> {
    /// A file by reference.
    fn file(&self, base: &Base) -> Option<Attachment> {
        let reference = self.content_reference.as_ref()?;
        let link = words(&reference.reference)?;
        let known = |kind: &str| ["DocumentReference", "Binary", "Media"].contains(&kind);
        let id = match links::ours(link, base) {
            Some((kind, id)) => known(&kind).then(|| format!("{kind}/{id}"))?,
            // What a message carries beside files (an Appointment, a CarePlan) is no attachment; what stands elsewhere
            // may be one, and is shown as one that cannot be fetched.
            None if link.contains("://") => link.to_owned(),
            None => return None,
        };
        Some(Attachment {
            id: AttachmentId::new(id),
            title: PrivateText::from(words(&reference.display).unwrap_or_default()),
            content_type: None,
            size: None,
        })
    }

    /// A file inside the message: its place (`#0` is the first payload) where the bytes are there, else the file that
    /// it names.
    fn inline(&self, place: usize, base: &Base) -> Option<Attachment> {
        let attachment = self.content_attachment.as_ref()?;
        let here = format!("#{place}");
        let id = match words(&attachment.url).filter(|_| attachment.data.is_none()) {
            Some(url) => match links::ours(url, base) {
                Some((kind, id)) if matches!(kind.as_str(), "Binary" | "DocumentReference") => format!("{kind}/{id}"),
                _ if url.contains("://") => url.to_owned(),
                _ => here,
            },
            None => here,
        };
        Some(Attachment {
            id: AttachmentId::new(id),
            title: PrivateText::from(words(&attachment.title).unwrap_or_default()),
            content_type: words(&attachment.content_type).map(str::to_owned),
            size: attachment.size,
        })
    }
}
