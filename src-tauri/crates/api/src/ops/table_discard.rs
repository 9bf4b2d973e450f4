//! A change of one of the practice's tables is given up: it was overtaken, refused, or not meant.

use crate::{dto::TableDiscardRequest, fail::Answer, program::Program, tables::kind_of};

impl Program {
    /// Gives up the member's change of a table that the server does not have.
    ///
    /// # Errors
    /// [`ErrorCode::TooLate`](crate::dto::ErrorCode::TooLate) while it is on its way, or what the cache says.
    pub async fn table_discard(&self, request: TableDiscardRequest) -> Answer<()> {
        // Their own: also for somebody who may change tables no more.
        let desk = self.desk()?;
        let (kind, author) = (kind_of(request.table), desk.member.reference.clone());
        desk.write(move |writer| writer.discard_table(kind, &author)).await
    }
}
