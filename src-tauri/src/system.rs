//! What the system says of itself: the machine goes to sleep, or the person signs out of it.
//!
//! ```text
//!   logind PrepareForSleep(true) ──> deep lock where the settings say so ──> the delay is given back
//!   SIGTERM, SIGHUP ──────────────> what is ready is sent, the file closed, the program ends
//! ```
//! Elsewhere than on Linux nobody says in time that the machine goes to sleep; whoever comes back after the hours
//! of the deep lock finds it locked there as well.

use std::sync::Arc;

use tauri::{AppHandle, Runtime};
use tern_api::{dto::QuitRequest, program::Program};

/// Listens to the system until the program ends.
pub(crate) fn watch<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>) {
    #[cfg(target_os = "linux")]
    sleep::watch(app.clone(), Arc::clone(program));
    #[cfg(unix)]
    sign_out(app.clone(), Arc::clone(program));
    #[cfg(not(unix))]
    let _ = (app, program);
}

/// The person signs out of the system, or it shuts down: an orderly end, because nobody can be asked any more.
#[cfg(unix)]
fn sign_out<R: Runtime>(app: AppHandle<R>, program: Arc<Program>) {
    use tokio::signal::unix::{SignalKind, signal};

    tauri::async_runtime::spawn(async move {
        let signals = signal(SignalKind::terminate()).and_then(|term| Ok((term, signal(SignalKind::hangup())?)));
        let (mut terminate, mut hang_up) = match signals {
            Ok(signals) => signals,
            Err(error) => {
                tracing::warn!(%error, "an end that the system asks for will not be an orderly one");
                return;
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
        tracing::info!("the system asks for the end");
        if let Err(error) = program.quit(QuitRequest { with_unsent: true }).await {
            tracing::error!(%error, "the cache was not closed in order; nothing is lost");
        }
        app.exit(0);
    });
}

/// Sleep, as logind tells it (org.freedesktop.login1, *Inhibitor Locks*).
#[cfg(target_os = "linux")]
mod sleep {
    use std::sync::Arc;

    use tauri::{AppHandle, Runtime};
    use tern_api::program::Program;
    use zbus::{
        MatchRule,
        blocking::{Connection, MessageIterator},
        message::Type,
        zvariant::OwnedFd,
    };

    use crate::events;

    const LOGIN: &str = "org.freedesktop.login1";
    const PATH: &str = "/org/freedesktop/login1";
    const MANAGER: &str = "org.freedesktop.login1.Manager";

    pub(super) fn watch<R: Runtime>(app: AppHandle<R>, program: Arc<Program>) {
        std::thread::spawn(move || {
            if let Err(error) = follow(&app, &program) {
                tracing::info!(%error, "nobody says when this machine goes to sleep");
            }
        });
    }

    fn follow<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>) -> zbus::Result<()> {
        let bus = Connection::system()?;
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(LOGIN)?
            .path(PATH)?
            .interface(MANAGER)?
            .member("PrepareForSleep")?
            .build();
        let signals = MessageIterator::for_match_rule(rule, &bus, None)?;
        let mut delay = delay(&bus);
        for signal in signals {
            let goes_to_sleep: bool = signal?.body().deserialize()?;
            if goes_to_sleep {
                if let Some(locked) = tauri::async_runtime::block_on(program.lock_for_sleep()) {
                    events::say_locked(app, program, locked);
                }
                // Given back: the machine may sleep now.
                drop(delay.take());
            } else {
                delay = self::delay(&bus);
            }
        }
        Ok(())
    }

    /// Asks the machine to wait for a few seconds before it sleeps, for as long as this is held.
    fn delay(bus: &Connection) -> Option<OwnedFd> {
        let asked = ("sleep", "Tern", "Closes its copy of the messages", "delay");
        let answer = bus.call_method(Some(LOGIN), PATH, Some(MANAGER), "Inhibit", &asked);
        answer
            .and_then(|answer| answer.body().deserialize())
            .inspect_err(|error| tracing::info!(%error, "the machine does not wait before it sleeps"))
            .ok()
    }
}
