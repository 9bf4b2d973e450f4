//! Where emergencies are posted to: looked at, changed, tried.

use tern_inbox::{
    emergency::{Emergencies, FORMAT},
    practice_table::TableKind,
    rights::Deed,
};
use tern_sync::server::NotPaged;

use crate::{
    dto::{EmergencyContent, EmergencySaveRequest, EmergencyTable, TableSaved, WebhookTried},
    fail::Answer,
    program::Program,
    tables::{json, read, wrong},
};

impl Program {
    /// Where emergencies are posted to.
    ///
    /// # Errors
    /// [`ErrorCode::Locked`](crate::dto::ErrorCode::Locked), or what the cache says.
    pub async fn emergency_table(&self) -> Answer<EmergencyTable> {
        let desk = self.desk()?;
        let standing = desk.table(TableKind::Emergencies).await?;
        let table: Emergencies = read(standing.shown.as_deref());
        Ok(EmergencyTable {
            content: EmergencyContent { webhook: table.webhook.unwrap_or_default() },
            state: standing.state,
        })
    }

    /// Queues another address. Where there was none before, nobody is called for what was sent before now.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed) but for a triage lead, or what the cache says.
    pub async fn emergency_save(&self, request: EmergencySaveRequest) -> Answer<TableSaved> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let standing = desk.table(TableKind::Emergencies).await?;
        let before: Emergencies = read(standing.in_force.as_deref());
        let webhook = Some(request.content.webhook.trim().to_owned()).filter(|address| !address.is_empty());
        let since = before.since.filter(|_| before.webhook.is_some()).or_else(|| Some(desk.server_now()));
        let table = Emergencies { version: FORMAT, since: since.filter(|_| webhook.is_some()), webhook };
        if let Err(problem) = table.check() {
            return Ok(TableSaved::Wrong { problems: vec![wrong(&problem)] });
        }
        desk.save_table(TableKind::Emergencies, json(&table)?, request.base).await
    }

    /// Posts a page that calls nobody, and says what the address made of it.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`](crate::dto::ErrorCode::NotAllowed) but for a triage lead, or what the cache says.
    pub async fn webhook_try(&self, request: EmergencyContent) -> Answer<WebhookTried> {
        let desk = self.desk()?;
        desk.may(Deed::PracticeTables).await?;
        let address = request.webhook.trim().to_owned();
        let table = Emergencies { webhook: Some(address.clone()), ..Emergencies::default() };
        if table.check().is_err() {
            return Ok(WebhookTried::NoAddress);
        }
        Ok(match desk.engine.try_webhook(&address).await {
            Ok(()) => WebhookTried::Taken,
            Err(NotPaged::NoAddress) => WebhookTried::NoAddress,
            Err(NotPaged::Unanswered) => WebhookTried::Unanswered,
            Err(NotPaged::Refused(status)) => WebhookTried::Refused { status },
        })
    }
}
