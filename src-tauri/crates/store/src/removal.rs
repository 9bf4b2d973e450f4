//! What is gone from the server goes here too, with what hung on it.

use tern_inbox::{arrival::Kind, ids::ThreadId};

use crate::{
    StoreError, Writer,
    apply::member_key,
    table::{library, member, message, patient, pool, proxy, thread, unplaced, work_item},
};

impl Writer<'_> {
    /// Takes a row away.
    pub(crate) fn remove(&mut self, kind: Kind, key: &str) -> Result<(), StoreError> {
        let connection = self.connection();
        match kind {
            Kind::Patient => {
                patient::remove(connection, key)?;
                self.touch_patient(key)?;
            }
            Kind::RelatedPerson => proxy::remove(connection, key)?,
            Kind::Practitioner | Kind::PractitionerRole => {
                member::remove(connection, &member_key(kind, key))?;
                self.member_changed()?;
            }
            Kind::CareTeam => {
                pool::remove(connection, key)?;
                self.touch_all_envelopes();
            }
            Kind::Library => {
                library::remove(connection, key)?;
                self.tables_changed();
            }
            Kind::Task => {
                self.remove_work_item(key)?;
                self.forget_coverage(key)?;
                self.forget_emergency(key)?;
            }
            Kind::Communication => match message::remove(connection, key)? {
                Some(thread) => {
                    unplaced::forget(connection, key)?;
                    self.files_taken_back(key)?;
                    self.documents_changed();
                    self.touch_thread(&ThreadId::from(thread.as_str()));
                }
                None => {
                    thread::remove(connection, key)?;
                    self.touch_thread(&ThreadId::from(key));
                }
            },
        }
        Ok(())
    }

    pub(crate) fn remove_work_item(&mut self, key: &str) -> Result<(), StoreError> {
        if let Some(envelope) = work_item::remove(self.connection(), key)? {
            self.touch_thread(&ThreadId::from(envelope.as_str()));
        }
        Ok(())
    }
}
