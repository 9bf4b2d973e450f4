//! Who may what, and who sees what: the practice's table in one place, for the desktop and the agent alike.
//!
//! | | physician | nurse | MA | front office | triage lead | IT |
//! |---|---|---|---|---|---|---|
//! | start, reply | all | clinical, admin | templates for MAs, admin | admin | all | – |
//! | route, claim, call | yes | yes | yes | own pools | yes | – |
//! | raise / lower urgency | yes / yes | yes / yes | yes / – | yes / – | yes / yes | – |
//! | file to chart | yes | yes | yes | documents | yes | – |
//! | letter to many | – | yes | yes | yes | yes | – |
//! | retract: own / others' | yes / – | yes / – | yes / – | yes / – | yes / yes | – |
//! | own templates, blocks, absence | yes | yes | yes | yes | yes | – |
//! | somebody else's absence or duty | – | – | – | – | yes | – |
//! | practice's templates, subject words, red flags, calendar, automatic replies | – | – | – | – | yes | – |
//! | kill switch for automatic replies | yes | yes | – | – | yes | yes |
//! | audit, diagnostics (without text), server check, policy | – | – | – | – | audit | yes |
//!
//! A role that nobody mapped reads its own pools, and does nothing. IT reads nothing, and so caches nothing
//! ([`caches`]).
//!
//! The role says *what*; membership says *of what* ([`sees`], [`crate::queue::Me`]). So a cell that speaks of pools is
//! asked with the answer to "is it one of yours?", and this file needs to know neither pools nor members.

use crate::{arrival::Kind, member::Role, message::Thread, work_item::WorkItem};

/// What kind of answer a message wants: who may give it hangs on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// About somebody's health. What no category says is taken to be.
    Clinical,
    /// About dates, papers and money.
    Administrative,
}

/// How a reply came to its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Typed.
    Free,
    /// The practice's own words, of a template that is released for the role.
    Template,
}

/// What somebody is about to do, with what the table's cell asks about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// See envelopes, search, peek. Of which items says [`sees`].
    Read,
    /// Start a work item, close it without a reply.
    Start {
        /// Of the thread.
        sort: Sort,
    },
    /// Write to a patient in a thread.
    Reply {
        /// Of the thread.
        sort: Sort,
        /// Whose words.
        wording: Wording,
    },
    /// Hand a work item to a pool or a person.
    Route {
        /// It stands in one of the member's pools, or belongs to the member.
        own_pool: bool,
    },
    /// Hold a work item, and give it back.
    Claim {
        /// As for [`Deed::Route`].
        own_pool: bool,
    },
    /// Call the patient.
    Call {
        /// As for [`Deed::Route`].
        own_pool: bool,
    },
    /// Say that it is more urgent.
    RaiseUrgency,
    /// Say that it is less urgent, with a reason.
    LowerUrgency,
    /// File to the chart.
    File {
        /// Out of the documents' pool.
        documents_pool: bool,
    },
    /// A letter to many.
    LetterToMany,
    /// Mark a message as entered in error.
    Retract {
        /// The member wrote it.
        own: bool,
    },
    /// One's own templates, response blocks, absence and duty.
    OwnSettings,
    /// Say that somebody else is away and who stands in, or that they are on duty.
    OthersAbsence,
    /// The practice's templates, subject words, red flags, calendar, automatic replies.
    PracticeTables,
    /// Stop all automatic replies.
    KillSwitch,
    /// Read the audit.
    ReadAudit,
    /// A diagnostics bundle, which holds no text.
    Diagnostics,
    /// A check of the server.
    ServerCheck,
    /// The policy of the machines.
    Policy,
}

/// Of the practice's work, what a role is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// All of it.
    Everything,
    /// What its pools and its name hold, and what no pool does (*Unsorted*), which somebody has to look at.
    OwnAndUnsorted,
    /// What its pools and its name hold.
    Own,
    /// Nothing of it.
    Nothing,
}

impl Sort {
    /// Of a category's code.
    pub fn of(category: Option<&str>) -> Self {
        match category {
            Some("appointment" | "referral" | "form" | "billing") => Self::Administrative,
            _ => Self::Clinical,
        }
    }

    /// Of a thread: clinical if anything of it that is open is; where nothing is open, as its own category says.
    pub fn of_thread(items: &[WorkItem], thread: Option<&Thread>) -> Self {
        let mut open = items.iter().filter(|item| item.status.is_open()).peekable();
        if open.peek().is_none() {
            return Self::of(thread.and_then(|thread| thread.category.as_deref()));
        }
        let is_clinical = open.any(|item| Self::of(item.category.as_deref()) == Self::Clinical);
        if is_clinical { Self::Clinical } else { Self::Administrative }
    }
}

/// The table: whether a role may do a deed.
pub fn may(role: Role, deed: Deed) -> bool {
    use Role::{FrontOffice, It, Ma, Nurse, Physician, TriageLead, Unknown};
    let answers = !matches!(role, It | Unknown);
    match deed {
        Deed::Read => role != It,
        Deed::Start { sort } => answers && (role != FrontOffice || sort == Sort::Administrative),
        Deed::Reply { sort: Sort::Administrative, .. } => answers,
        Deed::Reply { sort: Sort::Clinical, wording } => match role {
            Physician | Nurse | TriageLead => true,
            Ma => wording == Wording::Template,
            FrontOffice | It | Unknown => false,
        },
        Deed::Route { own_pool } | Deed::Claim { own_pool } | Deed::Call { own_pool } => {
            answers && (role != FrontOffice || own_pool)
        }
        Deed::RaiseUrgency | Deed::OwnSettings => answers,
        Deed::LowerUrgency => matches!(role, Physician | Nurse | TriageLead),
        Deed::File { documents_pool } => answers && (role != FrontOffice || documents_pool),
        Deed::LetterToMany => matches!(role, Nurse | Ma | FrontOffice | TriageLead),
        Deed::Retract { own } => answers && (own || role == TriageLead),
        Deed::OthersAbsence | Deed::PracticeTables => role == TriageLead,
        Deed::KillSwitch => matches!(role, Physician | Nurse | TriageLead | It),
        Deed::ReadAudit => matches!(role, TriageLead | It),
        Deed::Diagnostics | Deed::ServerCheck | Deed::Policy => role == It,
    }
}

/// Whether somebody of one role may stand in for somebody of another: they may start all that the other may. Of a role
/// that nobody mapped nothing is known, so that whoever stands in may start everything.
pub fn may_stand_in(stand_in: Role, absent: Role) -> bool {
    let other_starts = |sort| absent == Role::Unknown || may(absent, Deed::Start { sort });
    let starts = |sort| may(stand_in, Deed::Start { sort });
    starts(Sort::Administrative) && (starts(Sort::Clinical) || !other_starts(Sort::Clinical))
}

/// What a role is shown; which pools are its own, membership decides.
pub fn sees(role: Role) -> Sees {
    match role {
        Role::TriageLead => Sees::Everything,
        Role::Physician | Role::Nurse | Role::Ma => Sees::OwnAndUnsorted,
        Role::FrontOffice | Role::Unknown => Sees::Own,
        Role::It => Sees::Nothing,
    }
}

/// Whether a role's machine keeps a copy of a kind: what nobody there may read is not on it.
pub fn caches(role: Role, kind: Kind) -> bool {
    match kind {
        Kind::Practitioner | Kind::PractitionerRole | Kind::CareTeam | Kind::Library => true,
        Kind::Patient | Kind::RelatedPerson | Kind::Communication | Kind::Task => sees(role) != Sees::Nothing,
    }
}

#[cfg(test)]
mod tests;
