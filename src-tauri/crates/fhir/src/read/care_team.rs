//! `CareTeam`: a pool, if it is of our category.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tern_inbox::{
    arrival::{Content, Kind},
    ids::PoolId,
    member::Pool,
    party::{PartyKind, PartyRef},
};

use super::{
    Reading,
    entry::{Resource, head},
    reference,
    wire::{Concept, Extension, Identifier, Many, Meta, Reference, Text, each, words},
};
use crate::vocabulary::{
    CARE_TEAM_CATEGORY_SYSTEM, CHECK_EVERY_HOURS, PARTICIPANT_ROLE_SYSTEM, POOL_CATEGORY, POOL_SYSTEM, RESPONSIBLE,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Wire<'a> {
    resource_type: Option<Text<'a>>,
    id: Option<Text<'a>>,
    meta: Option<Meta<'a>>,
    identifier: Many<Identifier<'a>>,
    extension: Many<Extension<'a>>,
    status: Option<Text<'a>>,
    category: Many<Concept<'a>>,
    name: Option<Text<'a>>,
    participant: Many<Participant<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Participant<'a> {
    role: Many<Concept<'a>>,
    member: Option<Reference<'a>>,
}

impl<'a> Resource<'a> for Wire<'a> {
    const KIND: Kind = Kind::CareTeam;

    head!();

    fn content(&self, id: &str, _at: DateTime<Utc>, reading: &Reading<'_>) -> Result<Content, String> {
        let is_pool = each(&self.category).any(|category| category.is(CARE_TEAM_CATEGORY_SYSTEM, POOL_CATEGORY));
        if !is_pool || words(&self.status) == Some("entered-in-error") {
            return Ok(Content::NotOurs);
        }
        let Some(identifier) = self.pool_identifier() else {
            return Err("a pool without an identifier".to_owned());
        };
        Ok(Content::Pool(Pool {
            id: PoolId::new(id),
            identifier,
            name: words(&self.name).unwrap_or_default().to_owned(),
            members: each(&self.participant).filter_map(|one| one.member(reading)).collect(),
            responsible: each(&self.participant).filter(|one| one.is_responsible()).find_map(|one| one.member(reading)),
            check_every_hours: self.check_every_hours(),
        }))
    }
}

impl Wire<'_> {
    /// `system|value` by which Tasks name the pool: ours, else the first complete one.
    fn pool_identifier(&self) -> Option<String> {
        let complete = || each(&self.identifier).filter_map(|one| Some((words(&one.system)?, words(&one.value)?)));
        let ours = complete().find(|(system, _)| *system == POOL_SYSTEM);
        ours.or_else(|| complete().next()).map(|(system, value)| format!("{system}|{value}"))
    }

    fn check_every_hours(&self) -> Option<u32> {
        let extension = each(&self.extension).find(|one| words(&one.url) == Some(CHECK_EVERY_HOURS))?;
        extension.value_unsigned_int.or(extension.value_positive_int).or(extension.value_integer)
    }
}

impl Participant<'_> {
    fn member(&self, reading: &Reading<'_>) -> Option<PartyRef> {
        let party = reference::party_ref(self.member.as_ref()?, reading.base)?;
        (party.kind() == PartyKind::Member).then_some(party)
    }

    fn is_responsible(&self) -> bool {
        each(&self.role).any(|role| role.is(PARTICIPANT_ROLE_SYSTEM, RESPONSIBLE))
    }
}
