//! What this server can do, as far as it is known: shown in the settings.

use crate::{
    dto::{FactVerdict, ServerFact},
    fail::Answer,
    program::Program,
};

impl Program {
    /// Each thing that Tern relies on, as this server does it.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::Locked`], [`crate::dto::ErrorCode::SignedOut`].
    pub async fn server_facts(&self) -> Answer<Vec<ServerFact>> {
        let desk = self.desk()?;
        let facts = desk.engine.status().borrow().facts.clone();
        Ok(tern_sync::verdict::verdicts(facts.as_deref())
            .into_iter()
            .map(|(fact, verdict)| ServerFact { fact: fact.to_owned(), verdict: told(verdict) })
            .collect())
    }
}

fn told(verdict: tern_sync::verdict::Verdict) -> FactVerdict {
    use tern_sync::verdict::Verdict;
    match verdict {
        Verdict::Works => FactVerdict::Works,
        Verdict::WorksAround => FactVerdict::WorksAround,
        Verdict::Missing => FactVerdict::Missing,
        Verdict::Unknown => FactVerdict::Unknown,
    }
}
