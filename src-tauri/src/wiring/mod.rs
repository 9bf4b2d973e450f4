//! The parts that the program is built of: `api`'s ports, put onto `net`, `vault` and this machine.

mod door;
mod keys;

pub(crate) use door::Registration;

use std::{path::PathBuf, process::Command, sync::Arc};

use tauri::{AppHandle, Runtime};
use tauri_plugin_opener::OpenerExt as _;
use tern_api::{OpenPage, Pace, clock::SystemClock, profile::Profile, program::Parts};
use tern_net::FhirBase;
use tern_vault::{OsVault, Vault};
use uuid::Uuid;

use crate::sample_practice::SamplePracticeProcess;

/// Ours alone: fingerprints and short names are made below it, so that they say nothing about the machine.
const NAMES: Uuid = Uuid::from_u128(0x3c41_98a2_6d0f_4f6c_8f5b_52a1_77d3_0be9);

/// Puts the parts together.
pub(crate) fn parts(profile: &Profile, registration: Registration) -> Result<Parts, Box<dyn std::error::Error>> {
    let vault: Arc<dyn Vault> = Arc::new(OsVault::new());
    let keyrings = keys::Keyrings::new(vault, profile.name());
    Ok(Parts {
        door: Arc::new(door::BrowserDoor::new(keyrings.clone(), profile.clone(), registration)),
        keys: Arc::new(keyrings),
        sample_practice: Arc::new(SamplePracticeProcess::default()),
        clock: Arc::new(SystemClock),
        pace: Pace::default(),
        machine: fingerprint()?,
    })
}

/// Tells this machine from another; a digest, so that the cache does not hold the machine's own id.
fn fingerprint() -> Result<String, Box<dyn std::error::Error>> {
    let id = machine_uid::get().map_err(|error| error.to_string())?;
    Ok(Uuid::new_v5(&NAMES, id.as_bytes()).to_string())
}

/// An address as it is spelt everywhere: what is typed on a command line may be the same one spelt otherwise. One that
/// is none stays as it is: signing in says what is wrong with it.
pub(crate) fn spelt(server: &str) -> String {
    FhirBase::parse(server).map_or_else(|_| server.to_owned(), |base| base.as_str().to_owned())
}

/// A name for the profile that fits into a bus name.
pub(crate) fn short_name(profile: &Profile) -> String {
    let id = Uuid::new_v5(&NAMES, profile.name().as_bytes());
    format!("p{}", &id.simple().to_string()[..12])
}

/// Opens pages: by the program that was named, else in the system's browser.
pub(crate) fn browser<R: Runtime>(app: &AppHandle<R>, named: Option<PathBuf>) -> OpenPage {
    let app = app.clone();
    Arc::new(move |page: &str| {
        let opened = match &named {
            Some(program) => Command::new(program).arg(page).spawn().map(drop).map_err(|error| error.to_string()),
            None => app.opener().open_url(page, None::<&str>).map_err(|error| error.to_string()),
        };
        if let Err(error) = opened {
            // The page's address holds a one-time state, so it is not logged.
            tracing::error!(%error, "the browser did not open");
        }
    })
}
