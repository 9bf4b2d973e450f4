//! Who may what: checked here, for the desktop and the agent alike. The screen only shows what is allowed.

use tern_inbox::member::Role;

use crate::{
    dto::{ApiError, ErrorCode},
    fail::Answer,
};

/// What an operation does with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// See envelopes, search, peek.
    Read,
    /// Start a work item, reply, close, put back.
    Reply,
}

/// Refuses what the role does not allow.
pub(crate) fn may(role: Role, deed: Deed) -> Answer<()> {
    let allowed = match deed {
        Deed::Read => role.reads_messages(),
        Deed::Reply => role.may_reply(),
    };
    if allowed { Ok(()) } else { Err(ApiError::new(ErrorCode::NotAllowed)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_no_messages_and_an_unknown_role_answers_none() {
        use Role::{FrontOffice, It, Ma, Nurse, Physician, TriageLead, Unknown};
        for (role, read, reply) in [
            (Physician, true, true),
            (Nurse, true, true),
            (Ma, true, true),
            (FrontOffice, true, true),
            (TriageLead, true, true),
            (It, false, false),
            (Unknown, true, false),
        ] {
            assert_eq!(may(role, Deed::Read).is_ok(), read, "{role:?}");
            assert_eq!(may(role, Deed::Reply).is_ok(), reply, "{role:?}");
        }
    }
}
