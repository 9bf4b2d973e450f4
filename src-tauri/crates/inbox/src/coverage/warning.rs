//! What is wrong with a coverage before it is saved.

use chrono::{DateTime, Utc};

use super::{Coverage, Gap, Roster, Standing, Validity};
use crate::{ids::CoverageId, rights};

/// What somebody who plans a coverage is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// It ends before it begins.
    Backwards,
    /// Nobody stands in for themselves.
    Oneself,
    /// Whoever is named may not start what the absent member may.
    NoRight,
    /// At some time of it, those who stand in would stand in for each other in a circle.
    Loop,
    /// Another coverage of the same member, for the same work, at the same time.
    Overlap(CoverageId),
}

impl Warning {
    /// Whether it cannot be saved as it is, whatever anybody says.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Backwards | Self::Oneself | Self::NoRight)
    }
}

impl Roster {
    /// What is wrong with `planned`, which takes the place of the one with its id.
    pub fn warnings(&self, planned: &Coverage) -> Vec<Warning> {
        let turn = self.turn(planned);
        let mut warnings = Vec::new();
        if turn.span.end <= turn.span.start {
            warnings.push(Warning::Backwards);
        }
        if turn.absent == turn.stand_in {
            warnings.push(Warning::Oneself);
        } else if !rights::may_stand_in(self.role(&turn.stand_in), self.role(&turn.absent)) {
            warnings.push(Warning::NoRight);
        }
        if !warnings.is_empty() {
            return warnings;
        }
        let mut with_it = self.clone();
        with_it.turns.retain(|other| other.id != turn.id && other.validity == Validity::Planned);
        let overlaps = with_it.turns.iter().filter(|other| {
            let same_work = turn.pools.is_empty() == other.pools.is_empty()
                && (turn.pools.is_empty() || turn.pools.iter().any(|pool| other.names(pool)));
            let same_time = other.span.start < turn.span.end && turn.span.start < other.span.end;
            other.absent == turn.absent && same_work && same_time
        });
        warnings.extend(overlaps.map(|other| Warning::Overlap(other.id.clone())));
        // Who stands in changes only where a turn begins or ends.
        let edges = with_it.turns.iter().flat_map(|other| [other.span.start, other.span.end]);
        let edges: Vec<DateTime<Utc>> = edges.filter(|at| turn.span.contains(*at)).chain([turn.span.start]).collect();
        let mut pools: Vec<Option<String>> =
            with_it.turns.iter().chain([&turn]).flat_map(|one| one.pools.clone()).map(Some).collect();
        pools.push(None);
        with_it.turns.push(turn.clone());
        let in_a_circle = |pool: &Option<String>, at: DateTime<Utc>| {
            turn.is_for(pool.as_deref())
                && with_it.who_has(&turn.absent, pool.as_deref(), at) == Standing::Nobody(Gap::Loop)
        };
        if edges.iter().any(|at| pools.iter().any(|pool| in_a_circle(pool, *at))) {
            warnings.push(Warning::Loop);
        }
        warnings
    }
}
