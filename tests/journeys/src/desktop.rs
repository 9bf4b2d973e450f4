//! A desktop's notifications, kept instead of shown (freedesktop.org Desktop Notifications 1.2).
//!
//! The program speaks to it over the session bus as it would to GNOME or KDE, so what is kept is what a person
//! at another desk could have read over a shoulder.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use zbus::{blocking, zvariant::OwnedValue};

use crate::{Failure, bus::Bus};

/// Everything that a notification said: title, body, and whatever came along as hint or button.
pub type Said = String;

/// The notifications of a session bus, from now on.
pub struct Notifications {
    connection: blocking::Connection,
    said: Arc<Mutex<Vec<Said>>>,
}

struct Recorder {
    said: Arc<Mutex<Vec<Said>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Recorder {
    #[allow(clippy::too_many_arguments, reason = "the standard's")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expire_timeout: i32,
    ) -> u32 {
        let _ = (replaces_id, expire_timeout);
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push(format!("{app_name} {app_icon}\n{summary}\n{body}\n{actions:?}\n{hints:?}"));
        u32::try_from(said.len()).unwrap_or(u32::MAX)
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned(), "actions".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("journeys".to_owned(), "Tern".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}

impl Notifications {
    /// Begins to keep those of a bus.
    ///
    /// # Errors
    /// When there is no such bus, or a desktop shows notifications on it already.
    pub fn keep(bus: &Bus) -> Result<Self, Failure> {
        let said = Arc::new(Mutex::new(Vec::new()));
        let connection = blocking::connection::Builder::address(bus.address.as_str())?
            .name("org.freedesktop.Notifications")?
            .serve_at("/org/freedesktop/Notifications", Recorder { said: Arc::clone(&said) })?
            .build()?;
        Ok(Self { connection, said })
    }

    /// Presses the newest notification.
    ///
    /// # Errors
    /// When the bus is gone.
    pub fn press(&self) -> Result<(), Failure> {
        let id = u32::try_from(self.said().len())?;
        let (path, interface) = ("/org/freedesktop/Notifications", "org.freedesktop.Notifications");
        self.connection.emit_signal(None::<&str>, path, interface, "ActionInvoked", &(id, "default"))?;
        Ok(())
    }

    /// What was said so far.
    pub fn said(&self) -> Vec<Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
