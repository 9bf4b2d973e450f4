//! The words of a report: what a finding means for the practice. English, because they are a program's output for
//! IT; the screen has its own catalogues.

use super::report::Verdict;

/// What holds on every server.
pub(super) const NOTES: &[&str] = &[
    "Task.for, Task.focus and Task.reasonCode count as readable by the patient: a portal's token reads whatever \
     stands in the patient's compartment. Tern writes reasons and notes into internal threads only.",
    "Whether a patient has read a message cannot be found out by a check. It stays \"unknown\" until the practice \
     says what its server means by Communication.received.",
];

/// What a verdict on one thing means.
pub(super) fn consequence(id: &str, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => works(id),
        Verdict::WorksAround => works_around(id),
        Verdict::Missing => missing(id),
        Verdict::Unknown => unknown(id),
    }
}

fn works(id: &str) -> &'static str {
    match id {
        "transport" => "Messages travel encrypted, or don't leave this machine.",
        "clock" => "The clocks agree; due times and claims are judged by the server's.",
        "json" => "The server speaks FHIR's JSON.",
        "fhir-version" => "FHIR R4.",
        "sign-in" => "The agent is signed in.",
        "scopes" => "SMART v2 scopes: rights can be given finely.",
        "own-ids" => "A create can be repeated without a second copy, whatever happened to the first.",
        "conditional-create" => "Of several creates with one identifier side by side, one is stored.",
        "versions" => "Of two people who start the same message, one has it.",
        "patch" => "Changes go as JSON Patch that tests the version.",
        "transaction" => "A reply and the end of its work item are stored together or not at all.",
        "history" => "Sync asks only for what changed, deletions included.",
        "identifier-search" => "What Tern wrote is found again by its identifier.",
        "since-search" => "Sync asks only for what changed.",
        "paging" => "Pages lead to the end.",
        "unknown-parameter" => "A mistaken search is refused, not answered with everything.",
        "elements" => "The daily comparison fetches ids and versions only.",
        "push" => "The server can say by itself that something changed.",
        "audit" => "Every look at a message is in the practice's audit.",
        "large-bodies" => "Files of more than a megabyte are taken.",
        "deletion" => "What was deleted is recognised.",
        "search-by-patient" => "One patient's messages and work items are found.",
        "thread" => "A thread, a message and a work item reach two members.",
        "race" => "Two members started at the same moment: one has it, and the server says the same.",
        "reply" => "The reply is on the server once, and its work item is completed with it.",
        "lost-answer" => "The answer to a reply was lost on its way; the reply is there once all the same.",
        "stale-version" => "A change under an outdated version was refused.",
        "lost-claim" => "A reply whose claim was lost stayed with its author, and nothing of it reached the server.",
        "route" => "A work item is made urgent and goes to another pool; nothing else of it changes.",
        "attachment" => "A file comes back as it was sent (SHA-256).",
        "correction" => "A message can be retracted.",
        "emergencies" => {
            "Emergencies are posted to the practice's webhook by any running Tern, or by tern-agent watch: run that where \
             something runs at night, and try the webhook."
        }
        "tidy" => "Everything that the check made is gone again.",
        _ => "",
    }
}

fn works_around(id: &str) -> &'static str {
    match id {
        "emergencies" => {
            "Emergencies are seen only while Tern is open: the practice's table of emergencies names no webhook to which they \
             could be posted."
        }
        "clock" => "The clocks differ; Tern goes by the server's. Over ten minutes it sends no automatic replies.",
        "fhir-version" => "Not exactly R4; the resources that Tern uses are the same.",
        "scopes" => "Only SMART v1 scopes: rights are reading or writing, of whole types.",
        "own-ids" => {
            "Ids of ours are refused: after a lost answer Tern searches before it sends again, which is slower."
        }
        "conditional-create" => {
            "Side by side, conditional creates store copies; Tern creates another way, or searches first."
        }
        "versions" => "The version guards in one way only; Tern uses that one.",
        "patch" => "No usable JSON Patch; changes are made by PUT of what was read, under its version.",
        "transaction" => "A reply and the end of its work item are stored one after the other, each repeatable.",
        "history" => "Deletions are found only by comparing all ids in the background: up to half an hour later.",
        "paging" => "Pages break off; sync begins anew behind the last row.",
        "unknown-parameter" => "Mistaken searches are answered with everything; rows are checked against the query.",
        "elements" => "The daily comparison fetches whole resources.",
        "push" => "No push: new messages appear after up to 5 s while somebody works, else 15 s.",
        "audit" => "The server takes no AuditEvents: the audit stays on each machine.",
        "large-bodies" => "Large files are refused by the server, and then can't be attached.",
        "deletion" => "What was deleted is answered unlike other servers do; Tern knows it.",
        "search-by-patient" => "The server can't narrow a search; the check had to read everything.",
        "late" => "Searches find a write only after a while; after a lost answer Tern waits for that long.",
        "tidy" => "Something that the check made could not be deleted and was marked as entered in error.",
        _ => "",
    }
}

fn missing(id: &str) -> &'static str {
    match id {
        "connection" => {
            "Nobody answered. Is the server running, and does the network, a proxy or a firewall let this machine reach \
             it?"
        }
        "address" => {
            "Somebody answers there, but no FHIR server that one can sign in to. Is --server the base of the practice's \
             FHIR server, such as https://practice.example/fhir? A web page or the portal's address will not do."
        }
        "certificate" => {
            "Nothing was sent to it. The file of the practice's certificate authority belongs behind --ca."
        }
        "sign-in" => {
            "The server is there, and does not let this client in. Is the client registered there, with this secret or \
             key, and with rights to all types that Tern uses?"
        }
        "json" => "Tern speaks FHIR's JSON only and cannot work here.",
        "fhir-version" => "Tern needs FHIR R4 and cannot work here.",
        "conditional-create" => {
            "A create whose answer was lost is searched for; a second copy is found later and retracted."
        }
        "versions" => "Nothing keeps two people from changing the same thing: the last one silently wins.",
        "identifier-search" => {
            "What Tern wrote is looked for among all rows, which is slow; with own ids it need not be."
        }
        "since-search" => "Each look reads everything anew, which is slow in a large practice.",
        "thread" => "No member would see a message.",
        "race" => "Two people could answer the same message.",
        "reply" => "Replies don't arrive as they should.",
        "lost-answer" => "After a bad connection a reply may be there twice, or not at all.",
        "stale-version" => "Changes of others could be overwritten.",
        "lost-claim" => "A reply could be sent although somebody else has the message.",
        "route" => "Work can't be handed to others.",
        "attachment" => "Files can't be attached.",
        "correction" => "A message that was sent in error can't be retracted.",
        "whole-way" => "The whole way could not be gone to its end, so nothing is proven.",
        "tidy" => "Something that the check made is still there: see below.",
        _ => "",
    }
}

/// What it means that something stays unknown although it was tried.
pub(super) fn tried_in_vain(id: &str) -> &'static str {
    match id {
        "read-receipts" | "scopes" | "fhir-version" | "clock" => unknown(id),
        _ => "Tried, and the answers didn't tell; Tern does without.",
    }
}

fn unknown(id: &str) -> &'static str {
    match id {
        "read-receipts" => "Stays \"unknown\" until the practice says what Communication.received means on its server.",
        "scopes" => "The server doesn't say which scopes it knows.",
        "fhir-version" => "The server doesn't say which version of FHIR it speaks.",
        "clock" => "The server doesn't say what time it is.",
        "conditional-create" | "versions" | "patch" | "transaction" | "own-ids" | "audit" | "large-bodies"
        | "deletion" => "Found out only by writing: --write.",
        _ => "Could not be found out.",
    }
}
