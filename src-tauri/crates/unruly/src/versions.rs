//! How versions are named, in ETags and elsewhere (6), and whether `If-Match` is honoured.
//!
//! The form of the ETag header (missing, weak, strong) is separate from the name of a version. `etag-uuid` and
//! `etag-number` rename it everywhere at once: `meta.versionId`, ETag, `/_history/n`, and back again in
//! `If-Match`, in the `test` operation of a JSON Patch and in paths, as a client may use any of them. Half a
//! renaming would be a broken server, not a different one.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::header::{ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;

use crate::exchange::{Answer, Kind, Request};
use crate::payload::{Object, map_text};
use crate::quirk::Quirk;
use crate::scene::{Scene, lock};

/// Odd, so that multiplying by it can be undone: neighbouring numbers give UUIDs that look unrelated.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// What is known of the upstream's versions.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    /// Those that were given numbers, for upstreams that name them otherwise.
    numbered: Mutex<(Vec<String>, HashMap<String, usize>)>,
    /// Whether its entity tags are strong: some servers compare `If-Match` letter by letter.
    strong: AtomicBool,
}

impl Versions {
    fn tag(&self, version: &str) -> String {
        if self.strong.load(Ordering::Relaxed) { format!("\"{version}\"") } else { format!("W/\"{version}\"") }
    }

    fn number(&self, version: &str) -> String {
        if version.bytes().all(|byte| byte.is_ascii_digit()) {
            return version.to_owned();
        }
        let mut guard = lock(&self.numbered);
        let (names, numbers) = &mut *guard;
        let number = *numbers.entry(version.to_owned()).or_insert_with(|| {
            names.push(version.to_owned());
            names.len()
        });
        number.to_string()
    }

    fn version(&self, number: &str) -> Option<String> {
        let index: usize = number.parse().ok()?;
        lock(&self.numbered).0.get(index.checked_sub(1)?).cloned()
    }
}

/// A number as a UUID; what is no number stays.
fn uuid_of(version: &str) -> Option<String> {
    let number: u64 = version.parse().ok().filter(|number: &u64| number.to_string() == version)?;
    let spread = number.wrapping_add(1).wrapping_mul(SPREAD);
    let hex = format!("{spread:016x}");
    let (a, rest) = hex.split_at_checked(8)?;
    let (b, c) = rest.split_at_checked(4)?;
    let (c, d) = c.split_at_checked(3)?;
    Some(format!("{a}-{b}-4{c}-8{d}00-756e72756c79"))
}

/// The number that [`uuid_of`] made a UUID of.
fn number_of(uuid: &str) -> Option<String> {
    let mut parts = uuid.split('-');
    let (a, b, c, d, tail) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if tail != "756e72756c79" {
        return None;
    }
    let hex = format!("{a}{b}{}{}", c.strip_prefix('4')?, d.get(1..2)?);
    let spread = u64::from_str_radix(&hex, 16).ok()?;
    Some(spread.wrapping_mul(inverse(SPREAD)).wrapping_sub(1).to_string())
}

/// The inverse of an odd number modulo 2^64, by Newton's iteration: each step doubles the bits that are right.
fn inverse(odd: u64) -> u64 {
    (0..6).fold(odd, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

/// Takes the client's names of versions back to the upstream's, and strips the conditions that are ignored.
pub(crate) fn request(scene: &Scene<'_>, versions: &Versions, request: &mut Request) {
    let translate: &dyn Fn(&str) -> Option<String> = if scene.on(Quirk::EtagUuid) {
        &number_of
    } else if scene.on(Quirk::EtagNumber) {
        &|number| versions.version(number)
    } else {
        &|_| None
    };
    let reforms = [Quirk::EtagMissing, Quirk::EtagWeak, Quirk::EtagStrong].iter().any(|quirk| scene.on(*quirk));
    for name in [IF_MATCH, IF_NONE_MATCH] {
        let tag = request.headers.get(&name).and_then(|value| value.to_str().ok());
        let renamed = tag.and_then(|tag| map_tag(tag, translate));
        let stated = renamed.as_deref().or(tag).filter(|tag| *tag != "*");
        let reformed = stated.filter(|_| reforms).map(|tag| versions.tag(bare(tag)));
        if let Some(new) = reformed.or(renamed).and_then(|tag| HeaderValue::from_str(&tag).ok()) {
            request.headers.insert(name, new);
        }
    }
    if let Some(new) = map_history_path(&request.path, translate) {
        request.path = new;
    }
    if scene.on(Quirk::EtagUuid) || scene.on(Quirk::EtagNumber) {
        match scene.interaction.kind {
            Kind::Patch => request.body.edit(|patch| map_patch(patch, translate)),
            Kind::Update | Kind::Create => request.body.edit_resources(|resource| map_version(resource, translate)),
            _ => false,
        };
    }
    for (quirk, kind) in [(Quirk::PatchIgnoresIfMatch, Kind::Patch), (Quirk::PutIgnoresIfMatch, Kind::Update)] {
        if scene.interaction.is(kind) {
            scene.play(quirk, || request.headers.remove(IF_MATCH).is_some());
        }
    }
}

/// Names versions as the quirks want, and gives the ETag its form.
pub(crate) fn response(scene: &Scene<'_>, versions: &Versions, answer: &mut Answer) {
    if let Some(tag) = answer.header("etag") {
        versions.strong.store(!tag.starts_with("W/"), Ordering::Relaxed);
    }
    scene.play(Quirk::EtagUuid, || rename(answer, &uuid_of));
    scene.play(Quirk::EtagNumber, || rename(answer, &|version| Some(versions.number(version))));
    scene.play(Quirk::EtagMissing, || {
        let header = answer.headers.remove(ETAG).is_some();
        header | answer.edit_entry_responses(|response| response.shift_remove("etag").is_some())
    });
    scene.play(Quirk::EtagWeak, || map_tags(answer, &|tag| Some(format!("W/\"{}\"", bare(tag)))));
    scene.play(Quirk::EtagStrong, || map_tags(answer, &|tag| Some(format!("\"{}\"", bare(tag)))));
}

fn rename(answer: &mut Answer, rename: &dyn Fn(&str) -> Option<String>) -> bool {
    let tags = map_tags(answer, &|tag| map_tag(tag, rename));
    let locations = answer.map_locations(&|location| map_history_path(location, rename));
    tags | locations | answer.body.edit_resources(|resource| map_version(resource, rename))
}

fn map_tags(answer: &mut Answer, change: &dyn Fn(&str) -> Option<String>) -> bool {
    let header = answer.map_header(ETAG, change);
    header | answer.edit_entry_responses(|response| map_text(response, "etag", change))
}

fn map_version(resource: &mut Object, change: &dyn Fn(&str) -> Option<String>) -> bool {
    match resource.get_mut("meta") {
        Some(Value::Object(meta)) => map_text(meta, "versionId", change),
        _ => false,
    }
}

fn map_patch(patch: &mut Value, change: &dyn Fn(&str) -> Option<String>) -> bool {
    patch.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).fold(false, |changed, operation| {
        let names_version = operation.get("path").and_then(Value::as_str) == Some("/meta/versionId");
        (names_version && map_text(operation, "value", change)) | changed
    })
}

/// The opaque part of an entity tag.
pub(crate) fn bare(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

fn map_tag(tag: &str, change: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let new = change(bare(tag))?;
    Some(if tag.trim().starts_with("W/") { format!("W/\"{new}\"") } else { format!("\"{new}\"") })
}

/// Changes `n` in `…/_history/n`.
fn map_history_path(path: &str, change: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (resource, version) = path.rsplit_once("/_history/")?;
    Some(format!("{resource}/_history/{}", change(version)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_comes_back_from_its_uuid(number: u64) {
            let uuid = uuid_of(&number.to_string()).unwrap();
            prop_assert_eq!(uuid.len(), 36);
            prop_assert_eq!(number_of(&uuid), Some(number.to_string()));
        }
    }

    #[test]
    fn what_is_no_number_of_ours_stays() {
        assert_eq!(uuid_of("07"), None);
        assert_eq!(uuid_of("abc"), None);
        assert_eq!(number_of("0c2b1f3e-1111-4222-8333-444455556666"), None);
    }

    #[test]
    fn numbers_lead_back_to_the_versions_they_stand_for() {
        let versions = Versions::default();
        assert_eq!(versions.number("b7"), "1");
        assert_eq!(versions.number("a3"), "2");
        assert_eq!(versions.number("b7"), "1");
        assert_eq!(versions.version("2").as_deref(), Some("a3"));
        assert_eq!(versions.version("0"), None);
        assert_eq!(versions.number("12"), "12");
    }
}
