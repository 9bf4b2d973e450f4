//! Files as they come: photos of a phone, and what somebody called a photo.

use super::*;
use crate::{
    member::Role,
    rights::{Deed, may},
};

/// The beginning of a PNG that says how large it is, and no more.
fn png(across: u32, down: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(across.to_be_bytes());
    bytes.extend(down.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0\0\0\0\0");
    bytes
}

fn taken(bytes: &[u8], title: &str) -> (&'static str, Form) {
    let looked = look(bytes, title).expect("taken");
    (looked.media.name, looked.media.form)
}

#[test]
fn a_file_is_what_its_bytes_say() {
    assert_eq!(taken(&png(640, 480), "rash.pdf"), ("image/png", Form::Image), "whatever it is called");
    assert_eq!(look(&png(640, 480), "").expect("taken").pixels, Some((640, 480)));
    assert_eq!(taken(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "letter"), ("application/pdf", Form::Pdf));
    assert_eq!(taken(b"ID3\x03\0\0\0\0\0\0 and sound", "cough.mp3"), ("audio/mpeg", Form::Audio));
    assert_eq!(taken(b"RIFF\x24\0\0\0WAVEfmt ", "cough"), ("audio/x-wav", Form::Audio));
    assert_eq!(
        taken(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41\0\0\0\x08free", "gait"),
        ("video/mp4", Form::Video)
    );
    for title in ["values.txt", "Values", "", "Values of 3.4", "My values. From this week"] {
        assert_eq!(taken("Blood pressure: 130/80".as_bytes(), title), ("text/plain", Form::Other), "{title}");
    }
}

#[test]
fn what_runs_is_refused_whatever_it_is_called() {
    let mut exe = b"MZ\x90\0\x03\0\0\0".to_vec();
    exe.extend([0; 200]);
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 100]].concat();
    for (bytes, title, refusal) in [
        (exe.as_slice(), "rash.png", Refusal::Program),
        (&elf, "rash.jpg", Refusal::Program),
        (b"#!/bin/sh\nrm -rf /\n", "notes.txt", Refusal::Program),
        (b"WScript.Echo(1)", "rash.jpg.js", Refusal::Program),
        (b"WScript.Echo(1)", "rash.vbs. ", Refusal::Program),
        ("echo 1".as_bytes(), "values.bat\u{200b}", Refusal::Program),
        ("echo 1".as_bytes(), "values.b\u{202e}at", Refusal::Program),
        (b"[InternetShortcut]\nURL=file://x", "values.url", Refusal::Unknown),
        (b"print(1)", "values.py", Refusal::Unknown),
        (b"include(1);", "values.php", Refusal::Unknown),
        (b"<!DOCTYPE html><html><script>1</script>", "letter.pdf", Refusal::Active),
        (b"  <svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "rash.png", Refusal::Active),
        (b"<?xml version='1.0'?><svg/>", "rash.png", Refusal::Active),
        (b"\xef\xbb\xbf<script>1</script>", "notes.txt", Refusal::Active),
        (b"PK\x03\x04\x14\0\0\0\x08\0 rash.exe", "papers.zip", Refusal::Archive),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "papers", Refusal::Archive),
        (b"\x01\x02\x03\x04 nobody knows", "rash.png", Refusal::Unknown),
        (b"", "rash.png", Refusal::Empty),
    ] {
        assert_eq!(look(bytes, title), Err(refusal), "{title}");
    }
}

#[test]
fn a_picture_that_unpacks_to_more_than_the_limit_is_refused_before_anybody_unpacks_it() {
    assert!(look(&png(8_000, 8_000), "skin.png").is_ok());
    assert_eq!(look(&png(8_001, 8_000), "skin.png"), Err(Refusal::ImageBomb));
    assert_eq!(look(&png(u32::MAX, u32::MAX), "skin.png"), Err(Refusal::ImageBomb));
    assert_eq!(look(b"\x89PNG\r\n\x1a\n", "skin.png"), Err(Refusal::ImageBomb), "no header, no size");
}

#[test]
fn a_file_larger_than_the_limit_is_refused() {
    assert_eq!(look(&vec![b'a'; MOST_BYTES + 1], "notes.txt"), Err(Refusal::TooLarge));
}

#[test]
fn no_move_that_is_not_drawn_is_made() {
    use Filing as F;
    use FilingEvent as E;
    let drawn = [
        (F::Unfiled, E::Filed, F::Filed),
        (F::Unfiled, E::NotNeeded, F::NotNeeded),
        (F::Filed, E::TakenBack, F::Unfiled),
        (F::NotNeeded, E::TakenBack, F::Unfiled),
    ];
    for from in [F::Unfiled, F::Filed, F::NotNeeded] {
        for event in [E::Filed, E::NotNeeded, E::TakenBack] {
            let to = drawn.iter().find(|(one, what, _)| (*one, *what) == (from, event)).map(|(_, _, to)| *to);
            assert_eq!(from.on(event).ok(), to, "{from:?} {event:?}");
        }
    }
}

#[test]
fn two_machines_come_to_the_same_document_and_two_files_to_two() {
    let message = "urn:uuid:5a6b7c8d-0000-4000-8000-000000000001";
    let (leo, mia) = (PatientId::from("leo"), PatientId::from("mia"));
    let of = |place, bytes, patient| identity(message, place, bytes, patient);
    assert_eq!(of(0, "sum", &leo), of(0, "sum", &leo));
    // Another place, other bytes, another chart: another document, and none of them is found filed by the first.
    let ids = [
        of(0, "sum", &leo),
        of(1, "sum", &leo),
        of(0, "other", &leo),
        of(0, "sum", &mia),
        binary_identity(message),
        provenance_identity(message),
    ];
    let all: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(all.len(), ids.len());
}

#[test]
fn the_chart_is_the_messages_patients_and_a_link_must_agree() {
    let (leo, mia) = (PatientId::from("leo"), PatientId::from("mia"));
    assert_eq!(of_whom(Some(&leo), None), Ok(leo.clone()), "bytes name nobody");
    assert_eq!(of_whom(Some(&leo), Some(&leo)), Ok(leo.clone()));
    assert_eq!(of_whom(Some(&leo), Some(&mia)), Err(AnothersFile));
    assert_eq!(of_whom(None, Some(&mia)), Err(AnothersFile), "never from the link alone");
}

#[test]
fn the_front_office_files_out_of_the_documents_pool() {
    assert!(is_documents_pool("https://tern.health/fhir/CodeSystem/pool|documents"));
    for other in ["https://tern.health/fhir/CodeSystem/pool|refills", "documents|refills", ""] {
        assert!(!is_documents_pool(other));
    }
    let file = |documents_pool| may(Role::FrontOffice, Deed::File { documents_pool });
    assert!(file(true) && !file(false));
}

#[test]
fn only_what_patients_and_their_proxies_send_is_sent_in() {
    for (sender, sent_in) in
        [("Patient/leo", true), ("RelatedPerson/ana", true), ("PractitionerRole/osei", false), ("", false)]
    {
        assert_eq!(is_sent_in(Some(&PartyRef::new(sender))), sent_in, "{sender}");
    }
    assert!(!is_sent_in(None));
}

#[test]
fn every_type_has_a_code_of_its_own() {
    let codes: std::collections::BTreeSet<_> = DocumentType::ALL.into_iter().map(DocumentType::code).collect();
    assert_eq!(codes.len(), DocumentType::ALL.len());
}
