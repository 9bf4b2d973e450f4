//! `Patient`, `RelatedPerson`, `Practitioner`, `PractitionerRole`: who writes and who reads.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::{
    arrival::{Content, Kind},
    ids::PatientId,
    member::{Member, Role},
    party::PartyRef,
    patient::{Patient, Proxy},
    private::PrivateText,
};

use super::{
    Reading,
    entry::{Resource, head},
    name::{HumanName, Telecom, full, phones, preferred},
    reference, time,
    wire::{Concept, Identifier, Many, Meta, Period, Reference, Text, each, words},
};
use crate::vocabulary::{RECORD_NUMBER_SYSTEM, ROLE_SYSTEM, hl7, role};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct WirePatient<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    name: Many<HumanName<'a>>,
    telecom: Many<Telecom<'a>>,
    birth_date: Option<Text<'a>>,
    communication: Many<Spoken<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Spoken<'a> {
    language: Option<Concept<'a>>,
    preferred: Option<bool>,
}

impl<'a> Resource<'a> for WirePatient<'a> {
    const KIND: Kind = Kind::Patient;

    head!();

    fn content(&self, id: &str, at: DateTime<Utc>, _reading: &Reading<'_>) -> Result<Content, String> {
        Ok(Content::Patient(Patient {
            id: PatientId::new(id),
            name: PrivateText::from(full(&self.name)),
            preferred_name: PrivateText::from(preferred(&self.name)),
            birth_date: words(&self.birth_date).and_then(time::day),
            record_number: self.record_number(),
            language: self.language(),
            phones: phones(&self.telecom, at),
        }))
    }
}

impl WirePatient<'_> {
    fn record_number(&self) -> Option<String> {
        let is_typed = |one: &&Identifier<'_>| {
            one.kind.as_ref().is_some_and(|kind| kind.is(hl7::IDENTIFIER_TYPE, hl7::MEDICAL_RECORD))
        };
        let is_ours = |one: &&Identifier<'_>| words(&one.system) == Some(RECORD_NUMBER_SYSTEM);
        each(&self.identifier)
            .find(is_ours)
            .or_else(|| each(&self.identifier).find(is_typed))
            .and_then(|one| words(&one.value))
            .map(str::to_owned)
    }

    /// The first preferred language, else the only one there is.
    fn language(&self) -> Option<String> {
        let preferred = each(&self.communication).find(|spoken| spoken.preferred == Some(true));
        let only = || {
            let mut all = each(&self.communication);
            all.next().filter(|_| all.next().is_none())
        };
        preferred.or_else(only)?.language.as_ref()?.any().map(str::to_owned)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct WireProxy<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    active: Option<bool>,
    patient: Option<Reference<'a>>,
    relationship: Many<Concept<'a>>,
    name: Many<HumanName<'a>>,
    telecom: Many<Telecom<'a>>,
    period: Option<Period<'a>>,
}

impl<'a> Resource<'a> for WireProxy<'a> {
    const KIND: Kind = Kind::RelatedPerson;

    head!();

    fn content(&self, id: &str, at: DateTime<Utc>, reading: &Reading<'_>) -> Result<Content, String> {
        let patient = self.patient.as_ref().and_then(|patient| patient.id_of("Patient", reading.base));
        let Some(patient) = patient else {
            return Err("a proxy without a patient of this server".to_owned());
        };
        let relationship = each(&self.relationship)
            .find_map(Concept::any)
            .or_else(|| each(&self.relationship).find_map(|one| words(&one.text)));
        Ok(Content::Proxy(Proxy {
            reference: PartyRef::new(format!("RelatedPerson/{id}")),
            patient: PatientId::new(patient),
            name: PrivateText::from(full(&self.name)),
            relationship: relationship.map(str::to_owned),
            phones: phones(&self.telecom, at),
            active: self.active.unwrap_or(true) && self.is_in_force(reading.received),
        }))
    }
}

impl WireProxy<'_> {
    /// Whether the relationship's period holds when it is read: one that is over, or is still to come, makes nobody
    /// a proxy, as `active: false` doesn't.
    ///
    /// The limit: the cache keeps the answer and not the period, and a daily comparison reads only what has another
    /// version. So a period that ends or begins later, with nobody writing the resource then, counts from the next
    /// time it is read: at its next change, or when the cache is made anew. A practice that ends a proxy at once
    /// sets `active` or `period`, and both are a change.
    fn is_in_force(&self, received: DateTime<Utc>) -> bool {
        self.period.as_ref().is_none_or(|period| period.includes(received))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct WirePractitioner<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    name: Many<HumanName<'a>>,
}

impl<'a> Resource<'a> for WirePractitioner<'a> {
    const KIND: Kind = Kind::Practitioner;

    head!();

    fn content(&self, id: &str, _at: DateTime<Utc>, _reading: &Reading<'_>) -> Result<Content, String> {
        let reference = PartyRef::new(format!("Practitioner/{id}"));
        Ok(Content::Practitioner(Member {
            practitioner: Some(reference.clone()),
            reference,
            name: PrivateText::from(full(&self.name)),
            role: Role::Unknown,
        }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct WireMember<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    active: Option<bool>,
    practitioner: Option<Reference<'a>>,
    code: Many<Concept<'a>>,
}

impl<'a> Resource<'a> for WireMember<'a> {
    const KIND: Kind = Kind::PractitionerRole;

    head!();

    fn content(&self, id: &str, _at: DateTime<Utc>, reading: &Reading<'_>) -> Result<Content, String> {
        let practitioner = self.practitioner.as_ref();
        Ok(Content::Member(Member {
            reference: PartyRef::new(format!("PractitionerRole/{id}")),
            practitioner: practitioner.and_then(|one| reference::party_ref(one, reading.base)),
            name: PrivateText::from(practitioner.and_then(|one| words(&one.display)).unwrap_or_default()),
            role: self.role(),
        }))
    }
}

impl WireMember<'_> {
    /// A role that has ended, or that nobody mapped, is unknown.
    fn role(&self) -> Role {
        if self.active == Some(false) {
            return Role::Unknown;
        }
        match each(&self.code).find_map(|code| code.of(ROLE_SYSTEM)) {
            Some(role::PHYSICIAN) => Role::Physician,
            Some(role::NURSE) => Role::Nurse,
            Some(role::MA) => Role::Ma,
            Some(role::FRONT_OFFICE) => Role::FrontOffice,
            Some(role::TRIAGE_LEAD) => Role::TriageLead,
            Some(role::IT) => Role::It,
            _ => Role::Unknown,
        }
    }
}
