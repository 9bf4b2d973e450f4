//! Search parameters that one server refuses, the next ignores, and a third understands differently (2).
//!
//! A name stands for itself with any modifier or chain: `part-of` is `part-of:Communication` too. The result
//! parameters a reading loop can't do without (`_count`, `_sort`, `_lastUpdated`) are only touched when they are
//! named; paging parameters of the upstream never are, as nobody but the upstream knows what they mean.

use crate::exchange::{Answer, Kind, Request};
use crate::query::unmodified;
use crate::quirk::Quirk;
use crate::scene::Scene;

/// Names that some server uses for its own paging.
const PAGING: [&str; 9] = ["page", "cursor", "offset", "after", "before", "ct", "token", "pageToken", "page_token"];

/// Refuses, drops or misreads parameters.
pub(crate) fn request(scene: &Scene<'_>, request: &mut Request) -> Option<Answer> {
    if !matches!(scene.interaction.kind, Kind::Search | Kind::History) {
        return None;
    }
    if let Some(names) = scene.quirks.names(Quirk::UnknownParam400) {
        let mut refused = None;
        request.edit_params(&mut |query| {
            refused = refused.take().or(query.pairs().map(|(name, _)| name).find(|name| named(names, name)));
            false
        });
        if let Some(name) = refused {
            scene.tally.note(Quirk::UnknownParam400);
            return Some(Answer::refusal(400, "not-supported", &format!("Unknown search parameter '{name}'")));
        }
    }
    if let Some(names) = scene.quirks.names(Quirk::UnknownParamIgnored) {
        scene.play(Quirk::UnknownParamIgnored, || {
            request.edit_params(&mut |query| query.retain(|name, _| !named(names, name)))
        });
    }
    if scene.interaction.is(Kind::Search) && scene.interaction.resource_type.is_some() {
        if let Some(names) = scene.quirks.names(Quirk::SearchIgnored) {
            scene.play(Quirk::SearchIgnored, || {
                request.edit_params(&mut |query| query.retain(|name, _| !ignored(names, name)))
            });
        }
        scene.play(Quirk::PartOfNeedsType, || {
            request.edit_params(&mut |query| {
                query.map(|name, value| {
                    // An id that no server gives, so that nothing is found and nothing else changes.
                    (name == "part-of" && !value.contains('/')).then(|| "Communication/unruly-none".to_owned())
                })
            })
        });
    }
    None
}

fn named(names: &[String], name: &str) -> bool {
    names.iter().any(|wanted| wanted == unmodified(name))
}

fn ignored(names: &[String], name: &str) -> bool {
    if names.is_empty() { !name.starts_with('_') && !PAGING.contains(&name) } else { named(names, name) }
}
