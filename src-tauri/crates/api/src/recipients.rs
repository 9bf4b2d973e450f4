//! Who gets what is written in a thread: decided once, for sending and for the line that says who reads it.

use tern_inbox::{
    message::Audience,
    party::{PartyKind, PartyRef},
    patient::Proxy,
};
use tern_store::ThreadView;

use crate::{
    dto::{ApiError, ErrorCode},
    fail::Answer,
};

/// Everybody on the patient's side of the thread. A patient who is not the thread's, or a proxy of somebody
/// else, means that the thread is not what the screen shows: nothing is sent.
pub(crate) fn recipients(view: &ThreadView) -> Answer<Vec<PartyRef>> {
    let disagree = || ApiError::new(ErrorCode::Invalid);
    let thread = view.thread.as_ref().ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    let patient = match (&thread.audience, &thread.patient) {
        (Audience::Patient, Some(patient)) => PartyRef::new(format!("Patient/{patient}")),
        _ => return Err(disagree()),
    };
    let named = thread.participants.iter().chain(&thread.opener).map(|party| &party.reference);
    let wrote = view.messages.iter().filter_map(|placed| Some(&placed.message.sender.as_ref()?.reference));
    let mut recipients: Vec<PartyRef> = Vec::new();
    // Who was a proxy once reads what was written to them then, and nothing new.
    let has_lapsed = |party: &PartyRef| proxy(view, party).is_some_and(|proxy| !proxy.active);
    for party in named.chain(wrote).filter(|party| party.kind().is_patient_side() && !has_lapsed(party)) {
        let belongs = match party.kind() {
            PartyKind::Patient => *party == patient,
            _ => view.proxies.is_empty() || view.proxies.iter().any(|proxy| proxy.reference == *party),
        };
        if !belongs {
            return Err(disagree());
        }
        if !recipients.contains(party) {
            recipients.push(party.clone());
        }
    }
    if recipients.is_empty() {
        recipients.push(patient);
    }
    Ok(recipients)
}

/// Everybody who reads what is sent, by name, and the relationship where that is one proxy alone; none where it is the
/// patient alone. A teenager who wrote last is not the only one: the parent in the thread gets it as well.
pub(crate) fn readers(view: &ThreadView) -> (Option<String>, Option<String>) {
    let recipients = recipients(view).unwrap_or_default();
    let name = |reference: &PartyRef| match (reference.kind(), proxy(view, reference)) {
        (_, Some(proxy)) => proxy.name.reveal().to_owned(),
        (PartyKind::Patient, None) => {
            view.patient.as_ref().map(|patient| patient.name.reveal().to_owned()).unwrap_or_default()
        }
        // A server that shows nobody's proxies: by the name that the thread has, and never as the patient.
        (_, None) => named_in_thread(view, reference),
    };
    let relationship = match recipients.as_slice() {
        [one] if one.kind() == PartyKind::Patient => return (None, None),
        [one] => proxy(view, one).and_then(|proxy| proxy.relationship.clone()),
        _ => None,
    };
    let names: Vec<String> = recipients.iter().map(name).filter(|name| !name.is_empty()).collect();
    (Some(names.join(", ")).filter(|names| !names.is_empty()), relationship)
}

/// The name of somebody as the thread or their own message has it, else their reference: somebody stands there.
fn named_in_thread(view: &ThreadView, reference: &PartyRef) -> String {
    let of_thread = view.thread.iter().flat_map(|thread| thread.participants.iter().chain(&thread.opener));
    let of_messages = view.messages.iter().filter_map(|placed| placed.message.sender.as_ref());
    let mut names = of_thread.chain(of_messages).filter(|party| party.reference == *reference);
    names
        .find_map(|party| Some(party.display.reveal()).filter(|name| !name.trim().is_empty()))
        .unwrap_or(reference.as_str())
        .to_owned()
}

/// The proxy of a reference.
pub(crate) fn proxy<'v>(view: &'v ThreadView, reference: &PartyRef) -> Option<&'v Proxy> {
    view.proxies.iter().find(|proxy| proxy.reference == *reference)
}

#[cfg(test)]
mod tests {
    use tern_inbox::{message::Thread, party::Party, patient::Patient};

    use super::*;

    fn party(reference: &str) -> Party {
        Party { reference: PartyRef::new(reference), display: "".into() }
    }

    /// Leo's thread, with these on his side of it; Ana is his mother.
    fn view(participants: &[&str]) -> ThreadView {
        let leo = Patient {
            id: "leo".into(),
            name: "Leo Ruiz".into(),
            preferred_name: "Leo".into(),
            birth_date: None,
            record_number: None,
            language: None,
            phones: Vec::new(),
        };
        let ana = Proxy {
            reference: PartyRef::new("RelatedPerson/ana"),
            patient: "leo".into(),
            name: "Ana Ruiz".into(),
            relationship: Some("MTH".to_owned()),
            phones: Vec::new(),
            active: true,
        };
        let thread = Thread {
            id: "t1".into(),
            subject_line: "".into(),
            patient: Some("leo".into()),
            category: None,
            opener: None,
            participants: participants.iter().map(|reference| party(reference)).collect(),
            audience: Audience::Patient,
            about: None,
        };
        ThreadView {
            thread: Some(thread),
            patient: Some(leo),
            proxies: vec![ana],
            messages: Vec::new(),
            notes: Vec::new(),
            items: Vec::new(),
            touched: Vec::new(),
            outbox: Vec::new(),
            stuck: Vec::new(),
            files: Vec::new(),
            unreadable: Vec::new(),
            touch: None,
            draft: None,
        }
    }

    #[test]
    fn whoever_gets_the_reply_is_named_and_nobody_else_gets_it() {
        let named = |participants: &[&str]| readers(&view(participants));
        let staff = "PractitionerRole/osei";
        assert_eq!(named(&[staff]), (None, None), "the patient alone");
        assert_eq!(named(&["Patient/leo", staff]), (None, None));
        let mother = (Some("Ana Ruiz".to_owned()), Some("MTH".to_owned()));
        assert_eq!(named(&["RelatedPerson/ana", staff]), mother);
        let both = (Some("Leo Ruiz, Ana Ruiz".to_owned()), None);
        assert_eq!(named(&["Patient/leo", "RelatedPerson/ana", staff]), both);
        assert!(recipients(&view(&["Patient/somebody-else"])).is_err(), "thread and recipient disagree");
        assert!(recipients(&view(&["RelatedPerson/another"])).is_err(), "a proxy of somebody else");
    }

    #[test]
    fn who_was_a_proxy_once_gets_nothing_new() {
        let mut lapsed = view(&["Patient/leo", "RelatedPerson/ana"]);
        lapsed.proxies[0].active = false;
        assert_eq!(recipients(&lapsed).unwrap(), [PartyRef::new("Patient/leo")]);
        assert_eq!(readers(&lapsed), (None, None));
    }

    #[test]
    fn where_the_server_shows_no_proxies_they_are_named_as_the_thread_names_them_and_never_as_the_patient() {
        let mut unknown = view(&["RelatedPerson/ana"]);
        unknown.proxies.clear();
        assert_eq!(readers(&unknown).0.as_deref(), Some("RelatedPerson/ana"));
        unknown.thread.as_mut().unwrap().participants[0].display = "Ana Ruiz".into();
        assert_eq!(readers(&unknown).0.as_deref(), Some("Ana Ruiz"));
    }
}
