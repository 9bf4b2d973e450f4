//! FHIR's data types as they stand on the wire, borrowed, and only what of them is used.
//!
//! All fields are optional: what R4 requires and a server leaves out is decided by the resource's own file.
//! None of these types has `Debug`, because they hold patients' words.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::{reference::Literal, time};
use crate::{links::Base, vocabulary::URI_SYSTEM};

/// A list that may be missing or null.
pub(super) type Many<T> = Option<Vec<T>>;

/// A string that borrows where it has no escapes (`Option<Cow<str>>` would not).
#[derive(Clone)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;
        impl<'de> de::Visitor<'de> for Strings {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(Strings).map(Text)
    }
}

/// The words of an optional string.
pub(super) fn words<'t>(text: &'t Option<Text<'_>>) -> Option<&'t str> {
    text.as_ref().map(Text::as_str)
}

/// All elements of a list that may be missing.
pub(super) fn each<T>(many: &Many<T>) -> std::slice::Iter<'_, T> {
    many.as_deref().unwrap_or_default().iter()
}

/// `Meta`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Meta<'a> {
    /// A string by the specification; some servers send the number.
    version_id: Option<&'a RawValue>,
    last_updated: Option<Text<'a>>,
    tag: Many<Coding<'a>>,
}

impl Meta<'_> {
    pub(super) fn version(&self) -> Option<&str> {
        let raw = self.version_id?.get();
        let bare = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        let printable = bare.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'{' | b'['));
        (printable && (1..=128).contains(&bare.len()) && bare != "null").then_some(bare)
    }

    pub(super) fn last_updated(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        words(&self.last_updated).and_then(super::time::instant)
    }

    pub(super) fn has_tag(&self, system: &str, code: &str) -> bool {
        each(&self.tag).any(|tag| tag.is(system, code))
    }
}

/// `Coding`.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Coding<'a> {
    pub(super) system: Option<Text<'a>>,
    pub(super) code: Option<Text<'a>>,
}

impl Coding<'_> {
    pub(super) fn is(&self, system: &str, code: &str) -> bool {
        self.of(system) == Some(code)
    }

    /// The code, if it is of the system.
    pub(super) fn of(&self, system: &str) -> Option<&str> {
        if words(&self.system) == Some(system) { words(&self.code) } else { None }
    }
}

/// `CodeableConcept`.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Concept<'a> {
    pub(super) coding: Many<Coding<'a>>,
    pub(super) text: Option<Text<'a>>,
}

impl Concept<'_> {
    /// The first code of a system.
    pub(super) fn of(&self, system: &str) -> Option<&str> {
        each(&self.coding).find_map(|coding| coding.of(system))
    }

    pub(super) fn is(&self, system: &str, code: &str) -> bool {
        each(&self.coding).any(|coding| coding.is(system, code))
    }

    /// The first code of any system.
    pub(super) fn any(&self) -> Option<&str> {
        each(&self.coding).find_map(|coding| words(&coding.code))
    }
}

/// `Identifier`.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Identifier<'a> {
    pub(super) system: Option<Text<'a>>,
    pub(super) value: Option<Text<'a>>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Concept<'a>>,
}

/// The first identifier that is a UUID. Other systems number by UUID too, and may put one number on several resources:
/// whether it is one of ours, the cache knows.
pub(super) fn identity(identifiers: &Many<Identifier<'_>>) -> Option<String> {
    each(identifiers)
        .filter(|identifier| words(&identifier.system) == Some(URI_SYSTEM))
        .filter_map(|identifier| words(&identifier.value))
        .find(|value| value.starts_with("urn:uuid:"))
        .map(str::to_owned)
}

/// `Reference`.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Reference<'a> {
    pub(super) reference: Option<Text<'a>>,
    pub(super) display: Option<Text<'a>>,
}

impl<'a> Reference<'a> {
    /// Type and id, where the reference is a literal one below our base.
    pub(super) fn literal(&self, base: &Base) -> Option<Literal> {
        Literal::of(words(&self.reference)?, base)
    }

    /// The id, where the reference is a literal one to the type.
    pub(super) fn id_of(&self, kind: &str, base: &Base) -> Option<String> {
        self.literal(base).filter(|literal| literal.kind == kind).map(|literal| literal.id)
    }
}

/// `Period`.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Period<'a> {
    pub(super) start: Option<Text<'a>>,
    pub(super) end: Option<Text<'a>>,
}

impl Period<'_> {
    /// Whether all that it means lies before `at`. An end that is missing, or no date, is none.
    pub(super) fn has_ended(&self, at: DateTime<Utc>) -> bool {
        words(&self.end).and_then(time::end).is_some_and(|end| end < at)
    }

    /// Whether `at` lies in it. Both ends are included (R4, `Period`), and open where they are missing.
    pub(super) fn includes(&self, at: DateTime<Utc>) -> bool {
        !self.has_ended(at) && words(&self.start).and_then(time::instant).is_none_or(|start| start <= at)
    }
}

/// `Attachment`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Attachment<'a> {
    pub(super) content_type: Option<Text<'a>>,
    pub(super) url: Option<Text<'a>>,
    pub(super) title: Option<Text<'a>>,
    pub(super) size: Option<u64>,
    pub(super) data: Option<Text<'a>>,
}

/// `Extension`, as far as ours go.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Extension<'a> {
    pub(super) url: Option<Text<'a>>,
    pub(super) value_unsigned_int: Option<u32>,
    pub(super) value_positive_int: Option<u32>,
    pub(super) value_integer: Option<u32>,
    pub(super) value_string: Option<Text<'a>>,
    pub(super) value_instant: Option<Text<'a>>,
    pub(super) value_reference: Option<Reference<'a>>,
    /// Its parts.
    pub(super) extension: Many<Extension<'a>>,
}
