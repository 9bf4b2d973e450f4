//! Names of things. One newtype each, so that a thread's id is never handed over as a message's.
//!
//! An id is the row's **local key**: for what we read, the server's logical id; for what we made, the UUID
//! we gave it (v7 for what a person made, v5 where two machines must come to the same). Where a server
//! refuses our ids, the row keeps its key and learns the server's id beside it (`store`).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes an id as the server or the cache spells it.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as it is written in a FHIR reference, without the type.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id.to_string())
            }
        }
    };
}

id!(
    /// A `Patient`.
    PatientId
);
id!(
    /// A conversation: a `Communication` without `partOf`.
    ThreadId
);
id!(
    /// One text in a thread: a `Communication` with `partOf`.
    MessageId
);
id!(
    /// The task to deal with a message: a `Task`.
    WorkItemId
);
id!(
    /// A shared queue: a `CareTeam`.
    PoolId
);
id!(
    /// Who stands in while a member is away: a `Task` of its own code.
    CoverageId
);
id!(
    /// Who is on duty, from–to: a `Task` of its own code.
    DutyId
);
id!(
    /// How far an emergency has been told outside the app: a `Task` of its own code.
    AlarmId
);
id!(
    /// A `DocumentReference` or `Binary` that a message carries.
    AttachmentId
);
id!(
    /// A row of the outbox. UUIDv7: in the order in which the rows were made.
    OutboxId
);
