//! The part of logind that says when the machine goes to sleep, and waits until whoever asked for a delay gives it
//! back (org.freedesktop.login1, *Inhibitor Locks*).

use std::{
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use zbus::{blocking, fdo, zvariant::OwnedFd};

use crate::{Failure, PATIENCE, bus::Bus};

const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// A machine that can be sent to sleep.
pub struct Logind {
    connection: blocking::Connection,
    delays: Arc<AtomicUsize>,
}

struct Inhibitors {
    delays: Arc<AtomicUsize>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Inhibitors {
    /// A delay is held for as long as its descriptor is open.
    fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> fdo::Result<OwnedFd> {
        if (what, mode) != ("sleep", "delay") {
            return Err(fdo::Error::InvalidArgs(format!("{what} {mode}")));
        }
        let (mut given_back, held) = std::io::pipe().map_err(|error| fdo::Error::Failed(error.to_string()))?;
        let delays = Arc::clone(&self.delays);
        delays.fetch_add(1, Ordering::SeqCst);
        std::thread::spawn(move || {
            let _ = given_back.read(&mut [0]);
            delays.fetch_sub(1, Ordering::SeqCst);
        });
        Ok(std::os::fd::OwnedFd::from(held).into())
    }
}

impl Logind {
    /// Stands on a bus, which is the system's for the programs that are told so.
    ///
    /// # Errors
    /// When there is no such bus.
    pub fn on(bus: &Bus) -> Result<Self, Failure> {
        let delays = Arc::new(AtomicUsize::new(0));
        let connection = blocking::connection::Builder::address(bus.address.as_str())?
            .name("org.freedesktop.login1")?
            .serve_at(PATH, Inhibitors { delays: Arc::clone(&delays) })?
            .build()?;
        Ok(Self { connection, delays })
    }

    /// Says that the machine is about to sleep.
    ///
    /// # Errors
    /// When the bus is gone.
    pub fn goes_to_sleep(&self) -> Result<(), Failure> {
        Ok(self.connection.emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &(true,))?)
    }

    /// Waits until so many delays are held.
    ///
    /// # Errors
    /// When it never is so.
    pub async fn holds(&self, delays: usize) -> Result<(), Failure> {
        let began = tokio::time::Instant::now();
        while self.delays.load(Ordering::SeqCst) != delays {
            if began.elapsed() > PATIENCE {
                return Err(format!("never {delays} that hold the sleep up").into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
