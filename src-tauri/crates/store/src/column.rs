//! The domain's values as columns: instants as microseconds, enumerations as their kebab-case words, lists of
//! references (which hold no white space) one a line.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Row, types::Type};
use tern_inbox::{
    document::Filing,
    member::Role,
    message::{Audience, Authorship, Delivery, Standing},
    party::{Party, PartyRef},
    private::PrivateText,
    touch::Touch,
    work_item::{Urgency, WaitingFor, WorkStatus},
};

/// An enumeration that is stored as a word.
pub(crate) trait Word: Sized + Copy + 'static {
    /// Every value with its word.
    const WORDS: &'static [(Self, &'static str)];

    fn word(self) -> &'static str;

    fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }
}

macro_rules! words {
    ($type:ty { $($value:ident = $word:literal),* $(,)? }) => {
        impl Word for $type {
            const WORDS: &'static [(Self, &'static str)] = &[$((Self::$value, $word)),*];

            fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }
    };
}

words!(Audience { Patient = "patient", Internal = "internal" });
words!(Authorship { Person = "person", Automatic = "automatic", Draft = "draft" });
words!(Standing { Sent = "sent", Draft = "draft", NotDone = "not-done", Retracted = "retracted" });
words!(Filing { Unfiled = "unfiled", Filed = "filed", NotNeeded = "not-needed" });
words!(Touch { Waiting = "waiting", Started = "started", Ended = "ended" });
words!(WaitingFor { Patient = "patient", Call = "call", Visit = "visit" });
words!(Delivery {
    Queued = "queued",
    Sending = "sending",
    Unknown = "unknown",
    Sent = "sent",
    Wedged = "wedged",
});
words!(WorkStatus {
    Requested = "requested",
    Accepted = "accepted",
    InProgress = "in-progress",
    Completed = "completed",
    Cancelled = "cancelled",
});
words!(Role {
    Physician = "physician",
    Nurse = "nurse",
    Ma = "ma",
    FrontOffice = "front-office",
    TriageLead = "triage-lead",
    It = "it",
    Unknown = "unknown",
});

/// Microseconds since 1970.
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Microseconds since 1970, where there is an instant.
pub(crate) fn micros_of(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(micros)
}

/// The order of urgency.
pub(crate) fn rank(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::Routine => 0,
        Urgency::SameDay => 1,
        Urgency::Urgent => 2,
        Urgency::Emergency => 3,
    }
}

/// References, one a line.
pub(crate) fn lines<'a>(references: impl IntoIterator<Item = &'a PartyRef>) -> String {
    let mut text = String::new();
    for reference in references {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(reference.as_str());
    }
    text
}

/// Texts such as telephone numbers, as JSON.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, crate::StoreError> {
    Ok(serde_json::to_string(value)?)
}

/// Reading a row by position, in the domain's types.
pub(crate) trait Columns {
    fn at(&self, column: usize) -> rusqlite::Result<DateTime<Utc>>;
    fn at_opt(&self, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>>;
    fn word<T: Word>(&self, column: usize) -> rusqlite::Result<T>;
    fn word_opt<T: Word>(&self, column: usize) -> rusqlite::Result<Option<T>>;
    fn private(&self, column: usize) -> rusqlite::Result<PrivateText>;
    fn private_opt(&self, column: usize) -> rusqlite::Result<Option<PrivateText>>;
    fn id<T: for<'a> From<&'a str>>(&self, column: usize) -> rusqlite::Result<T>;
    fn id_opt<T: for<'a> From<&'a str>>(&self, column: usize) -> rusqlite::Result<Option<T>>;
    fn party_ref(&self, column: usize) -> rusqlite::Result<PartyRef>;
    fn party_ref_opt(&self, column: usize) -> rusqlite::Result<Option<PartyRef>>;
    fn party(&self, reference: usize, name: usize) -> rusqlite::Result<Option<Party>>;
    fn party_refs(&self, column: usize) -> rusqlite::Result<Vec<PartyRef>>;
    fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> rusqlite::Result<T>;
    fn json_opt<T: serde::de::DeserializeOwned>(&self, column: usize) -> rusqlite::Result<Option<T>>;
    fn date(&self, column: usize) -> rusqlite::Result<Option<NaiveDate>>;
    fn urgency(&self, column: usize) -> rusqlite::Result<Urgency>;
}

fn unknown(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "not a value that this version knows".into())
}

impl Columns for Row<'_> {
    fn at(&self, column: usize) -> rusqlite::Result<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.get(column)?).ok_or_else(|| unknown(column))
    }

    fn at_opt(&self, column: usize) -> rusqlite::Result<Option<DateTime<Utc>>> {
        Ok(self.get::<_, Option<i64>>(column)?.and_then(DateTime::from_timestamp_micros))
    }

    fn word<T: Word>(&self, column: usize) -> rusqlite::Result<T> {
        T::of(self.get_ref(column)?.as_str()?).ok_or_else(|| unknown(column))
    }

    fn word_opt<T: Word>(&self, column: usize) -> rusqlite::Result<Option<T>> {
        match self.get_ref(column)?.as_str_or_null()? {
            None => Ok(None),
            Some(word) => T::of(word).map(Some).ok_or_else(|| unknown(column)),
        }
    }

    fn private(&self, column: usize) -> rusqlite::Result<PrivateText> {
        Ok(PrivateText::new(self.get::<_, String>(column)?))
    }

    fn private_opt(&self, column: usize) -> rusqlite::Result<Option<PrivateText>> {
        Ok(self.get::<_, Option<String>>(column)?.map(PrivateText::new))
    }

    fn id<T: for<'a> From<&'a str>>(&self, column: usize) -> rusqlite::Result<T> {
        Ok(T::from(self.get_ref(column)?.as_str()?))
    }

    fn id_opt<T: for<'a> From<&'a str>>(&self, column: usize) -> rusqlite::Result<Option<T>> {
        Ok(self.get_ref(column)?.as_str_or_null()?.map(T::from))
    }

    fn party_ref(&self, column: usize) -> rusqlite::Result<PartyRef> {
        Ok(PartyRef::new(self.get::<_, String>(column)?))
    }

    fn party_ref_opt(&self, column: usize) -> rusqlite::Result<Option<PartyRef>> {
        Ok(self.get::<_, Option<String>>(column)?.map(PartyRef::new))
    }

    fn party(&self, reference: usize, name: usize) -> rusqlite::Result<Option<Party>> {
        let display = self.private_opt(name)?.unwrap_or_default();
        Ok(self.party_ref_opt(reference)?.map(|reference| Party { reference, display }))
    }

    fn party_refs(&self, column: usize) -> rusqlite::Result<Vec<PartyRef>> {
        Ok(self.get_ref(column)?.as_str()?.lines().map(PartyRef::new).collect())
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> rusqlite::Result<T> {
        serde_json::from_str(self.get_ref(column)?.as_str()?).map_err(|_| unknown(column))
    }

    fn json_opt<T: serde::de::DeserializeOwned>(&self, column: usize) -> rusqlite::Result<Option<T>> {
        match self.get_ref(column)?.as_str_or_null()? {
            None => Ok(None),
            Some(text) => serde_json::from_str(text).map(Some).map_err(|_| unknown(column)),
        }
    }

    fn date(&self, column: usize) -> rusqlite::Result<Option<NaiveDate>> {
        Ok(self.get::<_, Option<String>>(column)?.and_then(|date| date.parse().ok()))
    }

    fn urgency(&self, column: usize) -> rusqlite::Result<Urgency> {
        Ok(match self.get::<_, i64>(column)? {
            ..=0 => Urgency::Routine,
            1 => Urgency::SameDay,
            2 => Urgency::Urgent,
            3.. => Urgency::Emergency,
        })
    }
}
