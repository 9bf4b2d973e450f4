//! What the program is started with.

use std::path::PathBuf;

use clap::Parser;

/// Tern, the one-touch clinician inbox.
#[derive(Clone, Debug, Parser)]
#[command(name = "tern", version, about)]
pub(crate) struct Arguments {
    /// Keeps data and keyring entries apart: a name, or a folder (anything with a path separator).
    #[arg(long, value_name = "DIR|NAME", env = "TERN_PROFILE", default_value = "default")]
    pub(crate) profile: String,

    /// FHIR base URL to sign in to.
    #[arg(long, value_name = "URL", env = "TERN_SERVER")]
    pub(crate) server: Option<String>,

    /// PEM file of the practice's own certificate authority.
    #[arg(long, value_name = "FILE", env = "TERN_CA")]
    pub(crate) ca: Option<PathBuf>,

    /// Client id under which the practice's server knows Tern.
    #[arg(long, value_name = "ID", env = "TERN_CLIENT_ID", default_value = "tern-desktop")]
    pub(crate) client_id: String,

    /// Port of the redirect http://127.0.0.1:PORT/callback, for servers that compare it; otherwise any free one.
    #[arg(long, value_name = "PORT", env = "TERN_REDIRECT_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) redirect_port: Option<u16>,

    /// Starts without showing the window: only the tray.
    #[arg(long)]
    pub(crate) hidden: bool,

    /// The program that opens the sign-in page instead of the system's browser; gets the address as its argument.
    #[arg(long, value_name = "PROGRAM", env = "TERN_BROWSER")]
    pub(crate) browser: Option<PathBuf>,
}

impl Arguments {
    /// The folder of the profile.
    pub(crate) fn profile_dir(&self) -> Option<PathBuf> {
        if self.profile.contains(['/', '\\']) {
            // Component by component: `a` and `a/` are one profile, and its name is a key in the keyring.
            return Some(std::path::absolute(&self.profile).ok()?.components().collect());
        }
        let dirs = directories::ProjectDirs::from("health", "Tern", "tern")?;
        Some(dirs.data_local_dir().join(&self.profile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_a_name_or_a_folder() {
        let named = Arguments::parse_from(["tern", "--profile", "training"]);
        assert!(named.profile_dir().unwrap().ends_with("training"));
        let folder = Arguments::parse_from(["tern", "--profile", "/srv/tern/a"]);
        assert_eq!(folder.profile_dir().unwrap(), PathBuf::from("/srv/tern/a"));
        let with_a_slash = Arguments::parse_from(["tern", "--profile", "/srv/tern/a/"]);
        assert_eq!(with_a_slash.profile_dir().unwrap().as_os_str(), "/srv/tern/a");
    }
}
