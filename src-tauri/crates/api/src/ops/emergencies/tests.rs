//! Ana cannot breathe; Dr Haddad is called, and says that he has it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    emergency::{Alarm, AlarmEvent, Duty},
    member::{Member, Role},
    message::{Audience, Thread},
    work_item::{Urgency, WorkItem, WorkStatus},
};
use tern_store::Page;

use super::*;
use crate::{
    dto::{
        AwaySaving, AwayWarning, DutyEndRequest, DutySaveRequest, DutySaved, EmergencyContent, EmergencySaveRequest,
        ErrorCode, TableSaved, TableSaving, WebhookTried,
    },
    scene::Machine,
};

const OSEI: &str = "PractitionerRole/osei";
const HADDAD: &str = "PractitionerRole/haddad";

struct AtDesk {
    _machine: Machine,
    program: Arc<Program>,
}

fn arrival(kind: Kind, id: &str, content: Content) -> Arrival {
    static VERSIONS: AtomicU32 = AtomicU32::new(1);
    let version = VERSIONS.fetch_add(1, Ordering::Relaxed).to_string();
    Arrival { kind, server_id: id.to_owned(), version, last_updated: None, identity: None, content }
}

fn member(id: &str, name: &str, role: Role) -> Arrival {
    let reference = PartyRef::new(format!("PractitionerRole/{id}"));
    let member = Member { reference, practitioner: None, name: name.into(), role };
    arrival(Kind::PractitionerRole, id, Content::Member(member))
}

/// The machine is that of "osei" in a role.
async fn at_the_desk_of(role: &str) -> AtDesk {
    let machine = Machine::of(role);
    let program = machine.start();
    program.resume().await;
    let thread = Thread {
        id: "help".into(),
        subject_line: "Help".into(),
        patient: Some("ana".into()),
        category: None,
        opener: None,
        participants: vec![],
        audience: Audience::Patient,
        about: None,
    };
    let item = WorkItem {
        id: "w".into(),
        thread: Some("help".into()),
        message: None,
        patient: Some("ana".into()),
        category: None,
        pool: None,
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Emergency,
        lowered: None,
        due: None,
        modified: program.desk().unwrap().server_now(),
    };
    let at = AtDesk { _machine: machine, program };
    let own = match role {
        "triage-lead" => Role::TriageLead,
        "it" => Role::It,
        _ => Role::Physician,
    };
    at.receives(vec![
        member("osei", "Dr Amara Osei", own),
        member("haddad", "Dr Noor Haddad", Role::Physician),
        arrival(Kind::Communication, "help", Content::Thread(thread)),
        arrival(Kind::Task, "w", Content::WorkItem(item)),
    ])
    .await;
    at
}

impl AtDesk {
    async fn receives(&self, arrivals: Vec<Arrival>) {
        let desk = self.program.desk().unwrap();
        for one in arrivals {
            let page = Page { kind: one.kind, arrivals: vec![one], cursor: None };
            desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.program.desk().unwrap().server_now()
    }

    async fn told(&self, events: &[AlarmEvent]) -> EmergencyTold {
        let mut alarm = Alarm::of(&"w".into(), "w");
        for event in events {
            alarm = alarm.on(event, self.now()).unwrap();
        }
        let id = alarm.id.to_string();
        self.receives(vec![arrival(Kind::Task, &id, Content::Alarm(alarm))]).await;
        self.program.emergencies().await.unwrap().rows.remove(0).told
    }
}

fn posted(to: Option<&str>) -> [AlarmEvent; 2] {
    let by = "m".to_owned();
    [AlarmEvent::Lease { by: by.clone() }, AlarmEvent::Posted { by, to: to.map(PartyRef::new) }]
}

#[tokio::test]
async fn the_board_says_who_was_called_and_who_has_it() {
    let at = at_the_desk_of("physician").await;
    let board = at.program.emergencies().await.unwrap();
    assert_eq!((board.rows.len(), board.is_posted, board.is_unheard), (1, false, false));
    assert_eq!((board.rows[0].thread.as_deref(), &board.rows[0].told), (Some("help"), &EmergencyTold::Nobody));

    let called = at.told(&posted(Some(HADDAD))).await;
    assert!(
        matches!(&called, EmergencyTold::Called { name: Some(name), .. } if name == "Dr Noor Haddad"),
        "{called:?}"
    );
    let everybody = at.told(&posted(None)).await;
    assert!(matches!(everybody, EmergencyTold::Called { name: None, .. }), "{everybody:?}");
    let mut events = posted(Some(HADDAD)).to_vec();
    events.push(AlarmEvent::Taken { by: PartyRef::new(HADDAD) });
    let held = at.told(&events).await;
    assert!(matches!(&held, EmergencyTold::Held { name, mine: false, .. } if name == "Dr Noor Haddad"), "{held:?}");
}

#[tokio::test]
async fn i_have_it_waits_for_the_server_and_is_not_for_everybody() {
    let at = at_the_desk_of("physician").await;
    let asked = EmergencyRequest { item: "w".to_owned() };
    assert_eq!(at.program.emergency_have(asked.clone()).await.unwrap(), EmergencyTaken::NotConfirmed, "offline");
    let gone = EmergencyRequest { item: "another".to_owned() };
    assert_eq!(at.program.emergency_have(gone).await.unwrap(), EmergencyTaken::Over);
    let it = at_the_desk_of("it").await;
    assert!(it.program.emergencies().await.is_err());
    assert!(it.program.emergency_have(asked).await.is_err());
}

#[tokio::test]
async fn one_puts_oneself_on_duty_and_a_lead_anybody() {
    let save = |who: &str, from, until| DutySaveRequest { who: who.to_owned(), from, until };
    let at = at_the_desk_of("physician").await;
    let (now, hour) = (at.now().timestamp_millis(), TimeDelta::hours(1).num_milliseconds());
    assert_eq!(at.program.duty_save(save(OSEI, None, Some(now + hour))).await.unwrap(), DutySaved::Queued);
    let listed = at.program.duty().await.unwrap();
    assert_eq!((listed.rows.len(), listed.may_own, listed.may_others), (1, true, false));
    let row = &listed.rows[0];
    assert_eq!((row.saving, row.now, row.may_end), (AwaySaving::Queued, false, true), "on its way");
    at.program.duty_end(DutyEndRequest { id: row.id.clone(), give_up: false }).await.unwrap();
    assert_eq!(at.program.duty().await.unwrap().rows, [], "one that has not left is none");

    let others = at.program.duty_save(save(HADDAD, None, None)).await.map_err(|error| error.code);
    assert_eq!(others, Err(ErrorCode::NotAllowed));
    let nobody = at.program.duty_save(save("PractitionerRole/x", None, None)).await.map_err(|error| error.code);
    assert_eq!(nobody, Err(ErrorCode::NotFound));
    for (from, until, warning) in [
        (Some(now + 2 * hour), Some(now + hour), AwayWarning::Backwards),
        (Some(now - 2 * hour), Some(now - hour), AwayWarning::Past),
    ] {
        assert_eq!(at.program.duty_save(save(OSEI, from, until)).await.unwrap(), DutySaved::Wrong { warning });
    }
    let lead = at_the_desk_of("triage-lead").await;
    assert_eq!(lead.program.duty_save(save(HADDAD, None, None)).await.unwrap(), DutySaved::Queued);
}

#[tokio::test]
async fn somebody_elses_duty_is_ended_by_a_lead_alone() {
    let duty = Duty { id: "d".into(), who: PartyRef::new(HADDAD), from: None, until: None, is_over: false };
    let end = || DutyEndRequest { id: "d".to_owned(), give_up: false };
    let at = at_the_desk_of("physician").await;
    at.receives(vec![arrival(Kind::Task, "d", Content::Duty(duty.clone()))]).await;
    assert_eq!(at.program.emergencies().await.unwrap().on_duty, ["Dr Noor Haddad"]);
    let row = at.program.duty().await.unwrap().rows.remove(0);
    assert_eq!((row.name.as_str(), row.now, row.may_end), ("Dr Noor Haddad", true, false));
    assert_eq!(at.program.duty_end(end()).await.map_err(|error| error.code), Err(ErrorCode::NotAllowed));
    let lead = at_the_desk_of("triage-lead").await;
    lead.receives(vec![arrival(Kind::Task, "d", Content::Duty(duty))]).await;
    lead.program.duty_end(end()).await.unwrap();
    assert_eq!(lead.program.duty().await.unwrap().rows[0].saving, AwaySaving::Ending);
}

#[tokio::test]
async fn a_lead_names_the_webhook_and_tries_it() {
    let content = |webhook: &str| EmergencyContent { webhook: webhook.to_owned() };
    let save = |webhook: &str| EmergencySaveRequest { content: content(webhook), base: None };
    let lead = at_the_desk_of("triage-lead").await.program;
    let wrong = lead.emergency_save(save("http://pager.example/")).await.unwrap();
    assert!(matches!(wrong, TableSaved::Wrong { problems } if problems.len() == 1));
    assert_eq!(lead.webhook_try(content("http://pager.example/")).await.unwrap(), WebhookTried::NoAddress);
    assert_eq!(lead.webhook_try(content("https://pager.example/")).await.unwrap(), WebhookTried::Unanswered);
    assert_eq!(lead.emergency_save(save(" https://pager.example/ ")).await.unwrap(), TableSaved::Queued);
    let table = lead.emergency_table().await.unwrap();
    assert_eq!((table.content, table.state.saving), (content("https://pager.example/"), TableSaving::Queued));

    let at = at_the_desk_of("physician").await.program;
    assert!(!at.emergency_table().await.unwrap().state.may_edit);
    let refused = at.emergency_save(save("https://pager.example/")).await.map_err(|error| error.code);
    assert_eq!(refused, Err(ErrorCode::NotAllowed));
    assert!(at.webhook_try(content("https://pager.example/")).await.is_err());
}
