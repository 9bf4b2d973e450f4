//! The shared queues.

use super::{Party, id_of, identifier, members::member, practice};
use crate::vocabulary::{
    CARE_TEAM_CATEGORY_SYSTEM, CHECK_EVERY_HOURS, PARTICIPANT_ROLE_SYSTEM, POOL_CATEGORY, POOL_MEMBER, POOL_SYSTEM,
    RESPONSIBLE, category, pool,
};
use serde_json::{Value, json};

/// A pool: many may work in it, one answers for it.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Code of [`pool`].
    pub code: &'static str,
    /// The name shown.
    pub name: &'static str,
    /// Hours within which somebody looks at it.
    check_every_hours: u32,
    /// User names; the first is responsible.
    members: &'static [&'static str],
}

/// All pools.
pub(crate) const POOLS: [Pool; 5] = [
    Pool {
        code: pool::NURSE_TRIAGE,
        name: "Nurse triage",
        check_every_hours: 2,
        members: &["lindqvist", "carvalho", "tran", "osei", "haddad"],
    },
    Pool {
        code: pool::REFILLS,
        name: "Refills",
        check_every_hours: 4,
        members: &["tran", "lindqvist", "osei", "haddad", "carvalho"],
    },
    Pool {
        code: pool::FRONT_DESK,
        name: "Front desk",
        check_every_hours: 4,
        members: &["belanger", "tran", "carvalho"],
    },
    Pool {
        code: pool::DOCUMENTS,
        name: "Documents",
        check_every_hours: 24,
        members: &["belanger", "tran", "lindqvist", "carvalho"],
    },
    Pool { code: pool::DR_OSEI, name: "Dr Osei", check_every_hours: 8, members: &["osei", "carvalho"] },
];

impl Pool {
    /// Where a category goes first.
    pub(crate) fn of_category(of: &str) -> &'static Self {
        let code = match of {
            category::REFILLS => pool::REFILLS,
            category::RESULTS => pool::DR_OSEI,
            category::APPOINTMENT | category::REFERRAL | category::BILLING => pool::FRONT_DESK,
            category::FORM => pool::DOCUMENTS,
            _ => pool::NURSE_TRIAGE,
        };
        POOLS.iter().find(|pool| pool.code == code).unwrap_or(&POOLS[0])
    }

    /// The CareTeam as a reference.
    pub(crate) fn party(&self) -> Party {
        let id = id_of(&format!("care-team/{}", self.code));
        Party { reference: format!("CareTeam/{id}"), display: self.name.to_owned() }
    }

    /// How a Task names it.
    pub(crate) fn performer_type(&self) -> Value {
        json!({
            "coding": [{"system": POOL_SYSTEM, "code": self.code, "display": self.name}],
            "text": self.name
        })
    }

    /// Somebody who works here, by number: for replies in the seed.
    pub(crate) fn member(&self, number: usize) -> Party {
        let username = self.members[number % self.members.len()];
        member(username).party()
    }

    /// The CareTeam.
    pub(super) fn resource(&self) -> Value {
        let id = id_of(&format!("care-team/{}", self.code));
        let participant = |(number, username): (usize, &&str)| {
            let role = if number == 0 { RESPONSIBLE } else { POOL_MEMBER };
            json!({
                "role": [{"coding": [{"system": PARTICIPANT_ROLE_SYSTEM, "code": role}]}],
                "member": member(username).party().json()
            })
        };
        json!({
            "resourceType": "CareTeam",
            "id": id.to_string(),
            "extension": [{"url": CHECK_EVERY_HOURS, "valueUnsignedInt": self.check_every_hours}],
            "identifier": [{"system": POOL_SYSTEM, "value": self.code}, identifier(id)],
            "status": "active",
            "category": [{"coding": [
                {"system": CARE_TEAM_CATEGORY_SYSTEM, "code": POOL_CATEGORY}
            ]}],
            "name": self.name,
            "participant": self.members.iter().enumerate().map(participant).collect::<Vec<_>>(),
            "managingOrganization": [practice().json()]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::MEMBERS;

    #[test]
    fn every_category_has_its_pool_and_every_pool_known_members() {
        assert_eq!(Pool::of_category(category::REFILLS).name, "Refills");
        assert_eq!(Pool::of_category("unheard of").name, "Nurse triage");
        for pool in &POOLS {
            for username in pool.members {
                assert!(MEMBERS.iter().any(|m| m.username == *username), "{username}");
            }
        }
    }

    #[test]
    fn one_answers_for_each_pool() {
        for pool in &POOLS {
            let resource = pool.resource().to_string();
            assert_eq!(resource.matches("\"responsible\"").count(), 1, "{}", pool.name);
        }
    }
}
