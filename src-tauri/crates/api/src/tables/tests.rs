//! The practice's tables at a triage lead's desk, and at somebody else's.

use std::sync::Arc;

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    message::{Audience, Authorship, Message, Standing, Thread},
    party::{Party, PartyRef},
};
use tern_store::Page;
use tern_sync::clock::Clock;

use super::*;
use crate::{
    dto::{
        CategoryRow, HoursSaveRequest, OpenPeriod, RedFlagSaveRequest, RuleOrigin, SubjectWords, TableDiscardRequest,
        TriageContent, TriageSaveRequest, TurnaroundTime, TurnaroundUnit, UrgencyLevel,
    },
    program::Program,
    scene::Machine,
};

struct AtDesk {
    _machine: Machine,
    program: Arc<Program>,
}

/// Somebody of a role, with a message of Ana's about a refill on the machine.
async fn at_the_desk_of(role: &str) -> AtDesk {
    let machine = Machine::of(role);
    let program = machine.start();
    program.resume().await;
    let desk = program.desk().unwrap();
    let ana = Party { reference: PartyRef::new("Patient/ana"), display: "Ana Ruiz".into() };
    let thread = Thread {
        id: "t1".into(),
        subject_line: "Refills before the weekend".into(),
        patient: Some("ana".into()),
        category: None,
        opener: Some(ana.clone()),
        participants: vec![ana.clone()],
        audience: Audience::Patient,
        about: None,
    };
    let message = Message {
        id: "m1".into(),
        thread: "t1".into(),
        identity: None,
        sender: Some(ana),
        recipients: Vec::new(),
        sent: Clock::now(&*machine.clock),
        received: None,
        text: "My parrot whistles at night".into(),
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: Vec::new(),
    };
    let arrival = |id: &str, content| Arrival {
        kind: Kind::Communication,
        server_id: id.to_owned(),
        version: "1".to_owned(),
        last_updated: None,
        identity: None,
        content,
    };
    let arrivals =
        vec![arrival("t1", Content::Thread(thread)), arrival("m1", Content::Message { message, flat_thread: None })];
    let page = Page { kind: Kind::Communication, arrivals, cursor: None };
    desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    AtDesk { _machine: machine, program }
}

fn refills(words: &[&str]) -> TriageContent {
    TriageContent {
        turnaround: TurnaroundTime { amount: 2, unit: TurnaroundUnit::WorkingDays },
        categories: vec![CategoryRow { code: "refills".to_owned(), pool: None, turnaround: None }],
        words: vec![SubjectWords {
            category: "refills".to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        }],
    }
}

#[tokio::test]
async fn a_lead_tries_words_on_the_last_messages_and_saves_them() {
    let at = at_the_desk_of("triage-lead").await;
    let lead = &at.program;
    let table = lead.triage_table().await.unwrap();
    assert_eq!((table.state.base, table.state.saving, table.state.may_edit), (None, TableSaving::Saved, true));

    let preview = lead.triage_preview(refills(&["refill*"])).await.unwrap();
    assert_eq!(preview.messages, 1);
    let row = &preview.changed[0];
    assert_eq!((row.after.as_deref(), row.word.as_deref()), (Some("refills"), Some("refill*")));
    assert_eq!(row.subject_line, "Refills before the weekend");
    assert_eq!(preview.counts.len(), 2, "from unsorted to refills");

    let wrong = TriageSaveRequest { content: refills(&["…"]), base: None };
    assert!(matches!(lead.triage_save(wrong).await.unwrap(), TableSaved::Wrong { problems } if problems.len() == 1));
    assert_eq!(lead.triage_table().await.unwrap().state.saving, TableSaving::Saved, "nothing was kept of it");

    let good = TriageSaveRequest { content: refills(&["refill*"]), base: None };
    assert_eq!(lead.triage_save(good).await.unwrap(), TableSaved::Queued);
    let table = lead.triage_table().await.unwrap();
    assert_eq!((table.state.saving, &table.content), (TableSaving::Queued, &refills(&["refill*"])));

    lead.table_discard(TableDiscardRequest { table: dto::TableKind::Triage }).await.unwrap();
    assert_eq!(lead.triage_table().await.unwrap().state.saving, TableSaving::Saved);
}

#[tokio::test]
async fn a_lead_writes_a_rule_that_is_tried_and_refused_until_its_pattern_can_be_read() {
    let at = at_the_desk_of("triage-lead").await;
    let lead = &at.program;
    let table = lead.red_flag_table().await.unwrap();
    assert!(table.rules.iter().all(|rule| rule.origin == RuleOrigin::Starting && rule.off.is_none()));
    let mut own = table.rules[0].clone();
    own.id = "own-whistling".to_owned();
    own.raise_to = UrgencyLevel::Urgent;
    own.patterns = vec!["whistl*".to_owned()];
    (own.unless, own.unless_anywhere) = (Vec::new(), Vec::new());
    let request = |rule: &crate::dto::RedFlagRule| RedFlagSaveRequest { rules: vec![rule.clone()], base: None };

    let preview = lead.red_flag_preview(request(&own)).await.unwrap();
    assert_eq!(preview.problems, []);
    let raised = &preview.changed[0];
    assert_eq!((raised.before, raised.after), (UrgencyLevel::Routine, UrgencyLevel::Urgent));
    assert_eq!((raised.rule.as_deref(), raised.words.as_deref()), (Some("own-whistling"), Some("whistles")));

    let mut broken = own.clone();
    broken.patterns.push("whistl* (".to_owned());
    let refused = lead.red_flag_save(request(&broken)).await.unwrap();
    assert!(matches!(refused, TableSaved::Wrong { problems } if problems[0].rule.as_deref() == Some("own-whistling")));

    assert_eq!(lead.red_flag_save(request(&own)).await.unwrap(), TableSaved::Queued);
    let table = lead.red_flag_table().await.unwrap();
    let kept = table.rules.iter().find(|rule| rule.id == "own-whistling").expect("the rule");
    assert_eq!((kept.origin, kept.version), (RuleOrigin::Own, 1));
}

#[tokio::test]
async fn office_hours_without_a_zone_or_with_a_time_that_is_none_are_refused() {
    let at = at_the_desk_of("triage-lead").await;
    let lead = &at.program;
    let table = lead.hours_table().await.unwrap();
    assert_eq!((table.content.zone.as_str(), table.content.weekly.len()), ("", 5));
    assert!(table.zones.iter().any(|zone| zone == "America/Toronto"));
    let save = |content| lead.hours_save(HoursSaveRequest { content, base: None });
    assert!(matches!(save(table.content.clone()).await.unwrap(), TableSaved::Wrong { .. }), "nobody said where");

    let mut content = table.content;
    content.zone = "America/Toronto".to_owned();
    content.weekly.push(OpenPeriod { day: 5, from: "9 o'clock".to_owned(), to: "12:00".to_owned() });
    assert!(matches!(save(content.clone()).await.unwrap(), TableSaved::Wrong { .. }));
    content.weekly[5].from = "09:00".to_owned();
    assert_eq!(save(content.clone()).await.unwrap(), TableSaved::Queued);
    assert_eq!(lead.hours_table().await.unwrap().content, content);
}

#[tokio::test]
async fn everybody_looks_and_only_a_lead_changes() {
    for role in ["physician", "nurse", "ma", "front-office", "it"] {
        let at = at_the_desk_of(role).await;
        let somebody = &at.program;
        assert!(!somebody.triage_table().await.unwrap().state.may_edit, "{role}");
        let refused = |code| assert_eq!(code, ErrorCode::NotAllowed, "{role}");
        let save = TriageSaveRequest { content: refills(&["refill*"]), base: None };
        refused(somebody.triage_save(save).await.unwrap_err().code);
        refused(somebody.triage_preview(refills(&["refill*"])).await.err().unwrap().code);
        let rules = RedFlagSaveRequest { rules: Vec::new(), base: None };
        refused(somebody.red_flag_save(rules.clone()).await.unwrap_err().code);
        refused(somebody.red_flag_preview(rules).await.err().unwrap().code);
        let hours = somebody.hours_table().await.unwrap().content;
        refused(somebody.hours_save(HoursSaveRequest { content: hours, base: None }).await.unwrap_err().code);
    }
}
