//! The one line of JSON that tells a parent process how to reach the practice.

use crate::{people::Account, secrets::Secret, smart::clients::ClientId};
use serde::Serialize;
use std::path::PathBuf;

/// The one line that says how to reach the practice.
#[derive(Debug, Serialize)]
pub struct Announcement {
    /// The FHIR base.
    pub base_url: String,
    /// The issuer of tokens.
    pub issuer: String,
    /// PEM file of the authority to trust for this practice.
    pub ca_file: PathBuf,
    /// Who can sign in.
    pub accounts: Vec<AnnouncedAccount>,
    /// The public client's id.
    pub client_id: &'static str,
    /// The agent's credentials.
    pub backend: AnnouncedBackend,
    /// The unruly proxy, where one stands before the practice: all addresses above are then its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unruly: Option<AnnouncedUnruly>,
}

/// How to change the unruly proxy while it stands there (`tern_unruly::CONTROL_PATH`).
#[derive(Debug, Clone, Serialize)]
pub struct AnnouncedUnruly {
    /// Where its quirks are read and set.
    pub control_url: String,
    /// The bearer token that it asks for.
    pub control_secret: Secret,
}

/// An account, with its password in the clear: it opens nothing but invented people.
#[derive(Debug, Clone, Serialize)]
pub struct AnnouncedAccount {
    /// Code of the role.
    pub role: &'static str,
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
    /// As shown.
    pub name: String,
    /// Absolute URL of the Practitioner.
    pub fhir_user: String,
    /// `PractitionerRole/…`
    pub practitioner_role: String,
}

/// The backend client.
#[derive(Debug, Clone, Serialize)]
pub struct AnnouncedBackend {
    /// `client_id`.
    pub client_id: &'static str,
    /// `client_secret`.
    pub client_secret: Secret,
}

impl Announcement {
    /// What there is to say of a practice that clients know as `origin`.
    pub(crate) fn new(
        origin: &str,
        ca_file: PathBuf,
        accounts: &[Account],
        agent: Secret,
        unruly: Option<AnnouncedUnruly>,
    ) -> Self {
        let base_url = format!("{origin}/fhir");
        let accounts = accounts
            .iter()
            .map(|account| AnnouncedAccount {
                role: account.role,
                username: account.username.clone(),
                password: account.password.clone(),
                name: account.name.clone(),
                fhir_user: format!("{base_url}/{}", account.practitioner),
                practitioner_role: account.practitioner_role.clone(),
            })
            .collect();
        Self {
            base_url,
            issuer: origin.to_owned(),
            ca_file,
            accounts,
            client_id: ClientId::Desktop.as_str(),
            backend: AnnouncedBackend { client_id: ClientId::Agent.as_str(), client_secret: agent },
            unruly,
        }
    }
}
