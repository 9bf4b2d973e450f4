//! Who works here: one member for every role, and a second physician.

use super::{Party, id_of, identifier, practice};
use crate::vocabulary::{ROLE_SYSTEM, role};
use serde_json::{Value, json};

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    /// What they type to sign in.
    pub username: &'static str,
    /// Code of [`role`].
    pub role: &'static str,
    prefix: Option<&'static str>,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    role_name: &'static str,
}

/// Everybody.
pub(crate) const MEMBERS: [Member; 7] = [
    Member {
        username: "osei",
        role: role::PHYSICIAN,
        prefix: Some("Dr"),
        given: "Amara",
        family: "Osei",
        gender: "female",
        role_name: "Physician",
    },
    Member {
        username: "haddad",
        role: role::PHYSICIAN,
        prefix: Some("Dr"),
        given: "Karim",
        family: "Haddad",
        gender: "male",
        role_name: "Physician",
    },
    Member {
        username: "lindqvist",
        role: role::NURSE,
        prefix: None,
        given: "Nora",
        family: "Lindqvist",
        gender: "female",
        role_name: "Nurse",
    },
    Member {
        username: "tran",
        role: role::MA,
        prefix: None,
        given: "Mia",
        family: "Tran",
        gender: "female",
        role_name: "Medical assistant",
    },
    Member {
        username: "belanger",
        role: role::FRONT_OFFICE,
        prefix: None,
        given: "Sam",
        family: "Bélanger",
        gender: "other",
        role_name: "Front office",
    },
    Member {
        username: "carvalho",
        role: role::TRIAGE_LEAD,
        prefix: None,
        given: "Inês",
        family: "Carvalho",
        gender: "female",
        role_name: "Triage lead",
    },
    Member {
        username: "raman",
        role: role::IT,
        prefix: None,
        given: "Priya",
        family: "Raman",
        gender: "female",
        role_name: "IT",
    },
];

/// The member who types `username`; the first of all where nobody does, which a test excludes.
pub(crate) fn member(username: &str) -> &'static Member {
    MEMBERS.iter().find(|member| member.username == username).unwrap_or(&MEMBERS[0])
}

impl Member {
    /// As shown: *Dr Amara Osei*.
    pub(crate) fn name(&self) -> String {
        match self.prefix {
            Some(prefix) => format!("{prefix} {} {}", self.given, self.family),
            None => format!("{} {}", self.given, self.family),
        }
    }

    /// `Practitioner/…`: the person.
    pub(crate) fn practitioner(&self) -> String {
        let id = id_of(&format!("practitioner/{}", self.username));
        format!("Practitioner/{id}")
    }

    /// `PractitionerRole/…`: the person at work, who sends and owns.
    pub(crate) fn party(&self) -> Party {
        let id = id_of(&format!("practitioner-role/{}", self.username));
        Party { reference: format!("PractitionerRole/{id}"), display: self.name() }
    }

    /// The Practitioner and the PractitionerRole.
    pub(super) fn resources(&self) -> [Value; 2] {
        let person = id_of(&format!("practitioner/{}", self.username));
        let at_work = id_of(&format!("practitioner-role/{}", self.username));
        let mut name = json!({"use": "official", "family": self.family, "given": [self.given], "text": self.name()});
        if let Some(prefix) = self.prefix {
            name["prefix"] = json!([prefix]);
        }
        [
            json!({
                "resourceType": "Practitioner",
                "id": person.to_string(),
                "identifier": [identifier(person)],
                "active": true,
                "name": [name],
                "gender": self.gender
            }),
            json!({
                "resourceType": "PractitionerRole",
                "id": at_work.to_string(),
                "identifier": [identifier(at_work)],
                "active": true,
                "practitioner": {"reference": self.practitioner(), "display": self.name()},
                "organization": practice().json(),
                "code": [{
                    "coding": [{"system": ROLE_SYSTEM, "code": self.role, "display": self.role_name}],
                    "text": self.role_name
                }]
            }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_filled_and_nobody_shares_a_name() {
        for needed in [role::PHYSICIAN, role::NURSE, role::MA, role::FRONT_OFFICE, role::TRIAGE_LEAD, role::IT] {
            assert!(MEMBERS.iter().any(|m| m.role == needed), "{needed}");
        }
        for one in &MEMBERS {
            assert_eq!(member(one.username).name(), one.name());
        }
    }
}
