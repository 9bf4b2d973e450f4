//! The practice's pager gateway: takes what is posted to its webhook, whoever posts it.

use std::sync::{Mutex, PoisonError};

use tern_sync::server::Page;

/// Pages, in the order in which they came.
#[derive(Default)]
pub struct Pager(Mutex<Vec<Page>>);

impl Pager {
    pub(crate) fn took(&self, page: Page) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(page);
    }

    /// Everything that was posted so far.
    pub fn pages(&self) -> Vec<Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who was called, in this order: references, or "everybody".
    pub fn called(&self) -> Vec<String> {
        let said = |page: &Page| {
            let body: serde_json::Value = serde_json::from_slice(&page.body).unwrap_or_default();
            body["to"][0]["reference"].as_str().unwrap_or("everybody").to_owned()
        };
        self.pages().iter().map(said).collect()
    }
}
