//! Settings and server facts: JSON by name.

use rusqlite::{OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};
use tern_inbox::{member::Member, queue::Me};

use crate::{Reader, StoreError, Tag, Writer, column::json};

/// The name of the member's own references.
const ME: &str = "me";

impl Reader<'_> {
    /// A setting by name; none where it was never set.
    ///
    /// # Errors
    /// [`StoreError::Json`] where the stored value has another shape.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self
            .connection()
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// The member whose queues are kept; nobody before [`Writer::set_me`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn me(&self) -> Result<Me, StoreError> {
        Ok(self.setting(ME)?.unwrap_or_default())
    }
}

impl Writer<'_> {
    /// Sets a setting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_setting<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
            .execute(params![name, json(value)?])?;
        self.changes.add(Tag::Settings);
        Ok(())
    }

    /// Says whose queues these are, and what the role lets them see: everything is filed anew where it changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_me(&mut self, me: &Me) -> Result<(), StoreError> {
        if self.read().me()? != *me {
            self.set_setting(ME, me)?;
            self.touch_all_envelopes();
            self.changes.add(Tag::People);
        }
        Ok(())
    }

    /// A member's role came: where it is the one who works here, what they see goes by it from now on.
    pub(crate) fn my_role_is(&mut self, member: &Member) -> Result<(), StoreError> {
        let me = self.read().me()?;
        if me.references.first() == Some(&member.reference) {
            self.set_me(&Me { role: member.role, ..me })?;
        }
        Ok(())
    }
}
