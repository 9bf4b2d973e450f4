//! What the test tells a member's process, and what it hears from it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A member's work, as a JSON file that outlives the process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Orders {
    /// FHIR base URL.
    pub base_url: String,
    /// Whom to trust.
    pub ca_file: PathBuf,
    /// Client credentials: id.
    pub client_id: String,
    /// Client credentials: secret.
    pub client_secret: String,
    /// The cache's file.
    pub cache: PathBuf,
    /// `PractitionerRole/…`.
    pub member: String,
    /// What to answer, the most urgent first.
    pub threads: Vec<Job>,
}

/// One thread on a member's desk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The server's id, without its type.
    pub thread: String,
    /// How often the patient will have written when the test is over.
    pub messages: usize,
    /// Numbers of the replies that are written without waiting for the claim.
    pub hasty: Vec<usize>,
}

/// A line of a member's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// A touch ended with this reply: the cache has it. Said again after each restart.
    Replied {
        /// Its id in the cache.
        message: String,
        /// Where.
        thread: String,
    },
    /// Nothing is left to do, and nothing waits.
    Done,
}

/// The words of a member's reply number `n` (from 1) in a thread: no two replies say the same.
pub fn words(member: &str, thread: &str, n: usize) -> String {
    format!("{member} in {thread}, reply {n}: drink plenty, and write again if it gets worse.")
}
