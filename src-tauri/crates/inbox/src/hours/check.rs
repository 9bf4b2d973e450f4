//! From the calendar as written to the plan that is asked, or to the field that is wrong.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::{
    ERA_YEARS,
    calendar::{Calendar, Closure, FORMAT, LocalTime, Period, WeeklyPeriod},
    plan::{DAY, Plan, Span, after, dates},
    problem::CalendarProblem as Problem,
    recurrence,
};

/// Periods in a week, and in an opening.
const PERIODS: usize = 100;
/// Closures, and openings.
const ENTRIES: usize = 2_000;
/// Closures with a rule: each may cost some milliseconds to write out.
const RULES: usize = 32;
/// Days of one closure.
const CLOSURE_DAYS: i64 = 366;
/// Days of all closures, rules written out.
const CLOSED_DAYS: usize = 100_000;

/// The zone by its IANA name.
pub(super) fn zone(calendar: &Calendar) -> Result<Tz, Problem> {
    calendar.zone.parse().map_err(|_| Problem::UnknownZone)
}

/// Everything but the zone.
pub(super) fn plan(calendar: &Calendar) -> Result<Plan, Problem> {
    if calendar.version != FORMAT {
        return Err(Problem::UnknownVersion { found: calendar.version });
    }
    at_most("weekly", calendar.weekly.len(), PERIODS)?;
    at_most("closures", calendar.closures.len(), ENTRIES)?;
    at_most("openings", calendar.openings.len(), ENTRIES)?;
    let mut plan = Plan { weekly: weekly(&calendar.weekly)?, ..Plan::default() };
    closures(&calendar.closures, &mut plan)?;
    plan.openings = openings(calendar)?;
    Ok(plan)
}

fn at_most(field: &str, count: usize, limit: usize) -> Result<(), Problem> {
    if count > limit { Err(Problem::TooMany { field: field.to_owned(), limit }) } else { Ok(()) }
}

/// A period within its day and the next.
fn span(field: &str, from: LocalTime, to: LocalTime) -> Result<Span, Problem> {
    let (from, to) = (from.minutes(), to.minutes());
    if from == to || from == DAY {
        return Err(Problem::EmptyPeriod { field: field.to_owned() });
    }
    Ok(Span { from, to: if to < from { to + DAY } else { to } })
}

/// The week by days. Overlaps are looked for on the ring of its minutes: Sunday night runs into Monday.
fn weekly(periods: &[WeeklyPeriod]) -> Result<[Vec<Span>; 7], Problem> {
    const WEEK: u32 = 7 * DAY as u32;
    let mut days: [Vec<Span>; 7] = Default::default();
    let mut ring = Vec::new();
    for (at, period) in periods.iter().enumerate() {
        let span = span(&format!("weekly[{at}]"), period.from, period.to)?;
        let day = period.day.num_days_from_monday();
        days[day as usize].push(span);
        let midnight = day * u32::from(DAY);
        ring.push((midnight + u32::from(span.from), midnight + u32::from(span.to), at));
    }
    ring.sort_unstable();
    // The first once more, a week later, closes the ring; a single period cannot reach itself.
    if let [first, _, ..] = ring.as_slice() {
        ring.push((first.0 + WEEK, first.1 + WEEK, first.2));
    }
    apart("weekly", &ring)?;
    days.iter_mut().for_each(|day| day.sort_unstable_by_key(|span| span.from));
    Ok(days)
}

/// Sorted periods (from, to, index) none of which begins before the one before it ends.
fn apart(field: &str, sorted: &[(u32, u32, usize)]) -> Result<(), Problem> {
    match sorted.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        Some(pair) => {
            Err(Problem::Overlap { field: format!("{field}[{}]", pair[1].2), other: format!("{field}[{}]", pair[0].2) })
        }
        None => Ok(()),
    }
}

fn in_era(field: &str, date: NaiveDate) -> Result<NaiveDate, Problem> {
    if ERA_YEARS.contains(&date.year()) {
        Ok(date)
    } else {
        Err(Problem::DateOutOfRange { field: field.to_owned(), date })
    }
}

fn closures(closures: &[Closure], plan: &mut Plan) -> Result<(), Problem> {
    at_most("closures with a rule", closures.iter().filter(|closure| closure.rule.is_some()).count(), RULES)?;
    for (at, closure) in closures.iter().enumerate() {
        let field = |name: &str| format!("closures[{at}].{name}");
        let first = in_era(&field("first"), closure.first)?;
        let last = in_era(&field("last"), closure.last.unwrap_or(first))?;
        let more_days = (last - first).num_days();
        if more_days < 0 {
            return Err(Problem::EndBeforeStart { field: field("last") });
        }
        if more_days >= CLOSURE_DAYS {
            return Err(Problem::TooMany { field: field("last"), limit: CLOSURE_DAYS as usize });
        }
        let from = closure.from.unwrap_or(LocalTime::MIDNIGHT);
        let to = closure.to.unwrap_or(LocalTime::END_OF_DAY);
        if to <= from {
            return Err(Problem::EndBeforeStart { field: field("to") });
        }
        let span = Span { from: from.minutes(), to: to.minutes() };
        let begins = match &closure.rule {
            Some(rule) => recurrence::occurrences(&field("rule"), rule, first)?,
            None => vec![first],
        };
        at_most("days of closures", plan.closed.len() + begins.len() * (more_days as usize + 1), CLOSED_DAYS)?;
        for begin in &begins {
            plan.closed.extend(dates(*begin, after(*begin, more_days as u64)).map(|date| (date, span)));
        }
        if span == (Span { from: 0, to: DAY }) {
            plan.closures_begin.extend(begins);
        }
    }
    plan.closed.sort_unstable_by_key(|(date, span)| (*date, span.from, span.to));
    plan.closed.dedup();
    plan.closures_begin.sort_unstable();
    Ok(())
}

fn openings(calendar: &Calendar) -> Result<Vec<(NaiveDate, Vec<Span>)>, Problem> {
    let mut openings = Vec::with_capacity(calendar.openings.len());
    for (at, opening) in calendar.openings.iter().enumerate() {
        let field = format!("openings[{at}]");
        let date = in_era(&format!("{field}.date"), opening.date)?;
        if opening.periods.is_empty() {
            return Err(Problem::EmptyOpening { field: format!("{field}.periods") });
        }
        openings.push((date, periods(&format!("{field}.periods"), &opening.periods)?, at));
    }
    openings.sort_by_key(|(date, _, at)| (*date, *at));
    if let Some(pair) = openings.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let name = |at: usize| format!("openings[{at}]");
        return Err(Problem::SameDate { field: name(pair[1].2), other: name(pair[0].2) });
    }
    Ok(openings.into_iter().map(|(date, spans, _)| (date, spans)).collect())
}

fn periods(field: &str, periods: &[Period]) -> Result<Vec<Span>, Problem> {
    at_most(field, periods.len(), PERIODS)?;
    let mut sorted = Vec::with_capacity(periods.len());
    for (at, period) in periods.iter().enumerate() {
        let span = span(&format!("{field}[{at}]"), period.from, period.to)?;
        sorted.push((u32::from(span.from), u32::from(span.to), at, span));
    }
    sorted.sort_unstable_by_key(|(from, to, at, _)| (*from, *to, *at));
    apart(field, &sorted.iter().map(|(from, to, at, _)| (*from, *to, *at)).collect::<Vec<_>>())?;
    Ok(sorted.into_iter().map(|(_, _, _, span)| span).collect())
}
