//! Where work can go: the pools, by which `1…9` route, and the people.

use tern_inbox::{
    member::{Member, Pool},
    party::{PartyKind, PartyRef},
    queue::{Me, Queue},
    rights::{self, Deed, Sort},
    touch,
};

use crate::{
    desk::{Desk, role_code},
    dto::{ApiError, Destination, Destinations, ErrorCode, MemberChoice, PoolChoice, QueueId},
    fail::Answer,
    program::Program,
    show,
};

/// Pools that have a key.
const KEYED: u8 = 9;

impl Program {
    /// Pools and people, by name.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`], or what the cache says.
    pub async fn destinations(&self) -> Answer<Destinations> {
        let desk = self.desk()?;
        desk.may(Deed::Read).await?;
        let (pools, members) = desk.read(|reader| Ok((reader.pools()?, reader.members()?))).await?;
        Ok(Destinations { pools: pool_choices(pools), members: member_choices(members, Some(&desk.me())) })
    }
}

pub(crate) fn pool_choices(mut pools: Vec<Pool>) -> Vec<PoolChoice> {
    pools.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    let choice = |(place, pool): (usize, Pool)| PoolChoice {
        id: QueueId(show::queue_id(&Queue::Pool(pool.id))),
        name: pool.name,
        number: u8::try_from(place + 1).ok().filter(|number| *number <= KEYED),
        staffed: !pool.members.is_empty(),
    };
    pools.into_iter().enumerate().map(choice).collect()
}

/// One choice for each person: the role that they act in, or the person where the server knows no role of theirs.
pub(crate) fn member_choices(members: Vec<Member>, without: Option<&Me>) -> Vec<MemberChoice> {
    let in_a_role: Vec<PartyRef> = members.iter().filter_map(|member| member.practitioner.clone()).collect();
    let acts = |member: &Member| {
        without.is_none_or(|me| !me.is(&member.reference))
            && member.reference.kind() == PartyKind::Member
            && !in_a_role.contains(&member.reference)
            && rights::may(member.role, Deed::Start { sort: Sort::Administrative })
    };
    let named = |member: &Member| {
        let person = member.practitioner.as_ref().and_then(|of| members.iter().find(|other| other.reference == *of));
        let own = member.name.reveal();
        if own.is_empty() { person.map_or("", |person| person.name.reveal()).to_owned() } else { own.to_owned() }
    };
    let mut choices: Vec<_> = members
        .iter()
        .filter(|member| acts(member))
        .map(|member| MemberChoice {
            reference: member.reference.to_string(),
            name: named(member),
            role: role_code(member.role).to_owned(),
        })
        .filter(|choice| !choice.name.is_empty())
        .collect();
    choices.sort_by(|one, other| one.name.cmp(&other.name));
    choices
}

impl Desk {
    /// A destination of the screen in the domain's words.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for a pool or a person that is not known (any more).
    pub(crate) async fn destination(&self, to: Destination) -> Answer<touch::Destination> {
        let unknown = || ApiError::new(ErrorCode::NotFound);
        match to {
            Destination::Pool { pool } => Ok(touch::Destination::Pool { pool: self.pool_named(&pool).await? }),
            Destination::Member { member } => {
                let reference = PartyRef::new(member);
                let asked = reference.clone();
                let known = self.read(move |reader| reader.member(&asked)).await?.ok_or_else(unknown)?;
                // Somebody who holds no work would hold it where nobody sees it.
                if !rights::may(known.role, Deed::Start { sort: Sort::Administrative }) {
                    return Err(ApiError::new(ErrorCode::Invalid));
                }
                Ok(touch::Destination::Member { member: reference })
            }
        }
    }

    /// The identifier, `system|value`, of a pool of the screen.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`].
    pub(crate) async fn pool_named(&self, id: &QueueId) -> Answer<String> {
        let unknown = || ApiError::new(ErrorCode::NotFound);
        let Some(Queue::Pool(id)) = show::queue(&id.0) else { return Err(unknown()) };
        let pool = self.read(move |reader| reader.pool(&id)).await?.ok_or_else(unknown)?;
        Ok(pool.identifier)
    }
}
