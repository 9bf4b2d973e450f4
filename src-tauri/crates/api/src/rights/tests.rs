//! One desk after another in the same practice: who sees, opens and answers what. *Cough* is a question for the nurses,
//! *visit* an appointment for the front desk, *bill* is other people's. Whoever sits here works with the nurses and at the
//! front desk.

use std::sync::Arc;

use tern_inbox::{
    arrival::{Arrival, Content, Kind},
    member::{Member, Pool, Role},
    message::{Authorship, Message, Standing},
    party::{Party, PartyRef},
    work_item::{Urgency, WaitingFor, WorkStatus},
};
use tern_store::Page;

use super::*;
use crate::{
    dto::{
        BlockRequest, Destination, DraftSaveRequest, EnvelopesRequest, HandOn, HandOnRequest, MessageSide, PassedOver,
        PutBackRequest, QueueId, ReplyRequest, SearchFilters, SearchRequest, ThreadItemsRequest, ThreadRequest,
        TouchMode, UrgencyLevel,
    },
    program::Program,
    scene::Machine,
};

fn arrival(kind: Kind, id: &str, content: Content) -> Arrival {
    Arrival { kind, server_id: id.to_owned(), version: "1".to_owned(), last_updated: None, identity: None, content }
}

fn pool(id: &str, member: &str) -> Arrival {
    let pool = Pool {
        id: id.into(),
        identifier: format!("urn:practice|{id}"),
        name: id.to_owned(),
        members: vec![PartyRef::new(member)],
        responsible: None,
        check_every_hours: None,
    };
    arrival(Kind::CareTeam, id, Content::Pool(pool))
}

/// A patient's thread with its message, and the work item that this made.
fn conversation(id: &str, category: &str, pool: &str) -> [Arrival; 3] {
    let ana = Party { reference: PartyRef::new("Patient/ana"), display: "Ana Ruiz".into() };
    let thread = Thread {
        id: id.into(),
        subject_line: format!("About a {id}").into(),
        patient: Some("ana".into()),
        category: Some(category.to_owned()),
        opener: Some(ana.clone()),
        participants: vec![ana.clone()],
        audience: Audience::Patient,
        about: None,
    };
    let message = Message {
        id: format!("m-{id}").as_str().into(),
        thread: id.into(),
        identity: None,
        sender: Some(ana),
        recipients: vec![PartyRef::new("CareTeam/nurses")],
        sent: chrono::DateTime::from_timestamp(1_799_990_000, 0).unwrap(),
        received: None,
        text: format!("a word about the {id}").into(),
        in_response_to: None,
        standing: Standing::Sent,
        authorship: Authorship::Person,
        attachments: vec![],
    };
    let item = WorkItem {
        id: format!("t-{id}").as_str().into(),
        thread: Some(id.into()),
        message: Some(format!("m-{id}").as_str().into()),
        patient: Some("ana".into()),
        category: Some(category.to_owned()),
        pool: Some(format!("urn:practice|{pool}")),
        owner: None,
        status: WorkStatus::Requested,
        waiting_for: None,
        urgency: Urgency::Urgent,
        lowered: None,
        due: None,
        modified: message.sent,
    };
    [
        arrival(Kind::Communication, id, Content::Thread(thread)),
        arrival(Kind::Communication, &format!("m-{id}"), Content::Message { message, flat_thread: None }),
        arrival(Kind::Task, &format!("t-{id}"), Content::WorkItem(item)),
    ]
}

/// Somebody of a role at work, everything searchable.
struct AtWork {
    _machine: Machine,
    program: Arc<Program>,
    desk: Arc<Desk>,
}

impl AtWork {
    async fn of(role: &str) -> Self {
        let machine = Machine::of(role);
        let program = machine.start();
        program.resume().await;
        let desk = program.desk().unwrap();
        let pools = [
            ("nurses", "PractitionerRole/osei"),
            ("front-desk", "PractitionerRole/osei"),
            ("accounts", "Practitioner/jo"),
        ];
        let rows = [
            conversation("cough", "question", "nurses"),
            conversation("visit", "appointment", "front-desk"),
            conversation("bill", "billing", "accounts"),
        ];
        let pools = pools.map(|(id, member)| pool(id, member)).to_vec();
        let arrivals: Vec<Arrival> = pools.into_iter().chain(rows.into_iter().flatten()).collect();
        let page = Page { kind: Kind::Communication, arrivals, cursor: None };
        desk.write(move |writer| {
            writer.apply_page(&page)?;
            while !writer.index_next_block(2_000)?.complete {}
            Ok(())
        })
        .await
        .unwrap();
        Self { _machine: machine, program, desk }
    }

    /// Has started a thread.
    async fn on(role: &str, thread: &str) -> Self {
        let at_work = Self::of(role).await;
        let (author, thread) = (at_work.desk.member.reference.clone(), ThreadId::from(thread));
        let items = vec![format!("t-{thread}").as_str().into()];
        at_work.desk.write(move |writer| writer.start_touch(&thread, &items, &author)).await.unwrap();
        at_work
    }

    async fn can_start(&self, thread: &str) -> bool {
        self.desk.case(&thread.into()).await.unwrap().may_start().is_ok()
    }

    async fn reply(&self, thread: &str) -> Result<(), ErrorCode> {
        let request = ReplyRequest {
            thread: thread.to_owned(),
            reply_id: "r1".to_owned(),
            text: "We will call you.".to_owned(),
            work_items: vec![format!("t-{thread}")],
        };
        self.program.reply_send(request).await.map(drop).map_err(|error| error.code)
    }

    async fn may_reply(&self, thread: &str) -> ReplyRight {
        self.desk.view(thread.into(), TouchMode::Started).await.unwrap().unwrap().may_reply
    }

    async fn found(&self) -> Vec<String> {
        let request = SearchRequest { text: "word".to_owned(), filters: SearchFilters::default(), limit: 50 };
        let mut found: Vec<String> =
            self.program.search(request).await.unwrap().hits.into_iter().map(|hit| hit.thread).collect();
        found.sort();
        found
    }

    async fn rows(&self, queue: &str) -> Result<u32, ErrorCode> {
        let request = EnvelopesRequest { queue: QueueId(queue.to_owned()), offset: 0, limit: 50 };
        self.program.envelopes(request).await.map(|page| page.total).map_err(|error| error.code)
    }

    /// What a block of so many minutes offers, and whether it fits; how much of it there is.
    async fn offered(
        &self,
        minutes: u32,
        passed_over: &[&str],
        under_hand: Option<&str>,
    ) -> (Vec<(String, bool)>, u32) {
        let request = BlockRequest {
            minutes,
            passed_over: passed_over
                .iter()
                .map(|thread| PassedOver { thread: (*thread).to_owned(), urgency: UrgencyLevel::Urgent })
                .collect(),
            under_hand: under_hand.map(ToOwned::to_owned),
        };
        let answer = self.program.block_offers(request).await.unwrap();
        let all = answer.under_hand.into_iter().chain(answer.offers);
        (all.map(|offer| (offer.row.thread, offer.fits)).collect(), answer.fitting)
    }

    async fn peek(&self, thread: &str) -> Result<(), ErrorCode> {
        self.program.peek(asked(thread)).await.map(drop).map_err(|error| error.code)
    }

    async fn rail(&self) -> String {
        let queues = self.program.rail().await.unwrap().queues;
        queues.into_iter().map(|queue| queue.id.0).collect::<Vec<_>>().join(" ")
    }
}

fn asked(thread: &str) -> ThreadRequest {
    ThreadRequest { thread: thread.to_owned() }
}

const REFUSED: Result<(), ErrorCode> = Err(ErrorCode::NotAllowed);

#[tokio::test]
async fn a_nurse_sees_their_pools_and_what_is_typed_by_hand_opens_no_other() {
    let nora = AtWork::of("nurse").await;
    assert_eq!(nora.rail().await, "urgent mine pool/front-desk pool/nurses unsorted calls waiting unsent");
    assert_eq!((nora.rows("urgent").await, nora.rows("pool/nurses").await), (Ok(2), Ok(1)));
    assert_eq!(nora.rows("pool/accounts").await, Err(ErrorCode::NotAllowed));
    assert_eq!(nora.found().await, ["cough", "visit"]);
    assert_eq!((nora.peek("cough").await, nora.peek("bill").await), (Ok(()), REFUSED));
    assert!(nora.can_start("cough").await && nora.can_start("visit").await);
    assert_eq!(nora.program.touch_start(asked("bill")).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert_eq!(nora.program.touch_view(asked("bill")).await.unwrap_err().code, ErrorCode::NotAllowed);
}

#[tokio::test]
async fn who_leaves_a_pool_looks_at_it_no_more_but_ends_what_they_began() {
    let nora = AtWork::on("nurse", "cough").await;
    nora.peek("visit").await.unwrap();
    let without_her =
        ["nurses", "front-desk"].map(|id| Arrival { version: "2".to_owned(), ..pool(id, "Practitioner/jo") });
    let page = Page { kind: Kind::CareTeam, arrivals: without_her.to_vec(), cursor: None };
    nora.desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    assert_eq!(nora.program.touch_view(asked("visit")).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert_eq!(nora.rail().await, "urgent mine unsorted calls waiting unsent");
    let open = nora.program.touch_view(asked("cough")).await.unwrap();
    assert_eq!(open.may_reply, ReplyRight::Free);
    assert_eq!(nora.reply("cough").await, Ok(()));
}

#[tokio::test]
async fn a_block_offers_what_the_member_may_start_and_nothing_that_was_passed_over() {
    let offers =
        |all: &[(&str, bool)]| all.iter().map(|(thread, fits)| ((*thread).to_owned(), *fits)).collect::<Vec<_>>();
    let jo = AtWork::of("front-office").await;
    assert_eq!(jo.offered(30, &[], None).await, (offers(&[("visit", true)]), 1));
    let nora = AtWork::of("nurse").await;
    // An appointment usually takes two minutes, a question four.
    assert_eq!(nora.offered(30, &[], None).await, (offers(&[("cough", true), ("visit", true)]), 2));
    assert_eq!(nora.offered(5, &[], None).await, (offers(&[("cough", true), ("visit", false)]), 1), "they are urgent");
    assert_eq!(nora.offered(5, &[], Some("visit")).await, (offers(&[("visit", true), ("cough", false)]), 1));
    assert_eq!(nora.offered(5, &["cough"], Some("cough")).await, (offers(&[("visit", true)]), 1));
    // What was passed over as no more than of the same day is urgent now.
    let lesser = vec![PassedOver { thread: "cough".to_owned(), urgency: UrgencyLevel::SameDay }];
    let request = BlockRequest { passed_over: lesser, ..asked_block() };
    assert_eq!(nora.program.block_offers(request).await.unwrap().offers.len(), 2);
    // Somebody is to call about the cough, and Mia has the visit.
    let [_, _, cough] = conversation("cough", "question", "nurses");
    let [_, _, visit] = conversation("visit", "appointment", "front-desk");
    let page = Page { kind: Kind::Task, arrivals: vec![now_waiting(cough), now_mias(visit)], cursor: None };
    nora.desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    assert_eq!(nora.offered(30, &[], None).await, (offers(&[]), 0));
    assert_eq!(
        AtWork::of("it").await.program.block_offers(asked_block()).await.unwrap_err().code,
        ErrorCode::NotAllowed
    );
}

fn changed(item: Arrival, change: impl FnOnce(&mut WorkItem)) -> Arrival {
    let Content::WorkItem(mut work) = item.content else { panic!("a work item") };
    change(&mut work);
    Arrival { version: "2".to_owned(), content: Content::WorkItem(work), ..item }
}

fn now_waiting(item: Arrival) -> Arrival {
    changed(item, |work| work.waiting_for = Some(WaitingFor::Call))
}

fn now_mias(item: Arrival) -> Arrival {
    changed(item, |work| work.owner = Some(PartyRef::new("PractitionerRole/mia")))
}

fn asked_block() -> BlockRequest {
    BlockRequest { minutes: 10, passed_over: Vec::new(), under_hand: None }
}

#[tokio::test]
async fn a_triage_lead_sees_every_pool() {
    let lead = AtWork::of("triage-lead").await;
    assert_eq!(lead.rows("urgent").await, Ok(3));
    assert_eq!(lead.found().await, ["bill", "cough", "visit"]);
    assert!(lead.can_start("bill").await);
}

#[tokio::test]
async fn an_ma_starts_what_she_sees_and_types_only_what_is_no_question_of_health() {
    let mia = AtWork::on("ma", "cough").await;
    assert!(mia.can_start("cough").await);
    assert_eq!(mia.may_reply("cough").await, ReplyRight::TemplateOnly);
    assert_eq!(mia.reply("cough").await, REFUSED);
    let draft = DraftSaveRequest { thread: "cough".to_owned(), text: "Water".to_owned() };
    mia.program.draft_save(draft).await.unwrap();
    let items = ThreadItemsRequest { thread: "cough".to_owned(), work_items: vec!["t-cough".to_owned()] };
    mia.program.touch_close(items).await.unwrap();

    let mia = AtWork::on("ma", "visit").await;
    assert_eq!(mia.may_reply("visit").await, ReplyRight::Free);
    assert_eq!(mia.reply("visit").await, Ok(()));
    assert_eq!(mia.reply("visit").await, Ok(()), "twice is once");
}

#[tokio::test]
async fn the_front_office_starts_no_question_of_health_and_gives_back_what_became_one() {
    let jo = AtWork::on("front-office", "visit").await;
    assert_eq!(jo.rail().await, "urgent mine pool/front-desk pool/nurses calls waiting unsent");
    assert_eq!(jo.found().await, ["cough", "visit"], "she reads what her pools hold");
    assert!(jo.can_start("visit").await && !jo.can_start("cough").await);
    assert_eq!(jo.may_reply("visit").await, ReplyRight::Free);

    // Ana asks about her cough in the thread about the visit.
    let [_, _, item] = conversation("visit", "question", "nurses");
    let asks = Arrival { server_id: "t-again".to_owned(), ..item };
    let page = Page { kind: Kind::Task, arrivals: vec![asks], cursor: None };
    jo.desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
    assert_eq!(jo.may_reply("visit").await, ReplyRight::No);
    assert_eq!(jo.reply("visit").await, REFUSED);
    let back = PutBackRequest { thread: "visit".to_owned(), reason: "She asks about her cough".to_owned() };
    jo.program.touch_put_back(back).await.unwrap();
}

#[tokio::test]
async fn a_reply_that_waits_leaves_only_while_its_author_may_write_it() {
    let mia = AtWork::on("ma", "visit").await;
    mia.reply("visit").await.unwrap();
    let again = || crate::dto::MessageRequest { message: "r1".to_owned() };
    let code = |answer: Answer<()>| answer.map_err(|error| error.code);
    assert_eq!(code(mia.program.message_retry(again()).await), Err(ErrorCode::TooLate), "it may, and needs not");
    now_is(&mia.desk, Role::Unknown).await;
    assert_eq!(code(mia.program.message_retry(again()).await), REFUSED);
    assert_eq!(code(mia.program.message_send_anyway(again()).await), REFUSED);
}

/// The practice gives the member another role.
async fn now_is(desk: &Desk, role: Role) {
    let member = Member { role, ..desk.member.clone() };
    let page = Page {
        kind: Kind::PractitionerRole,
        arrivals: vec![arrival(Kind::PractitionerRole, "osei", Content::Member(member))],
        cursor: None,
    };
    desk.write(move |writer| writer.apply_page(&page).map(drop)).await.unwrap();
}

#[tokio::test]
async fn an_unknown_role_reads_its_own_pools_and_no_more() {
    let somebody = AtWork::of("receptionist").await;
    assert_eq!(somebody.rail().await, "urgent mine pool/front-desk pool/nurses calls waiting unsent");
    assert_eq!(somebody.found().await, ["cough", "visit"]);
    assert_eq!((somebody.peek("cough").await, somebody.peek("bill").await), (Ok(()), REFUSED));
    assert!(!somebody.can_start("visit").await);
    let somebody = AtWork::on("receptionist", "visit").await;
    assert_eq!(somebody.may_reply("visit").await, ReplyRight::No);
    assert_eq!(somebody.reply("visit").await, REFUSED);
    let draft = DraftSaveRequest { thread: "visit".to_owned(), text: "Come".to_owned() };
    somebody.program.draft_save(draft).await.expect("whoever was somebody else when it was begun loses no word");
}

#[tokio::test]
async fn it_reads_nothing_even_of_a_cache_that_was_filled_before() {
    let sam = AtWork::on("it", "cough").await;
    for queue in ["urgent", "mine", "unsorted", "pool/nurses"] {
        assert_eq!(sam.rows(queue).await, Err(ErrorCode::NotAllowed), "{queue}");
    }
    assert_eq!(sam.peek("cough").await, REFUSED);
    assert_eq!(sam.program.touch_view(asked("cough")).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert_eq!(sam.program.touch_current().await, Ok(None));
    assert!(sam.program.rail().await.is_err() && sam.program.counts_for_tray().await.unwrap().urgent == 0);
    let request = SearchRequest { text: "word".to_owned(), filters: SearchFilters::default(), limit: 50 };
    assert_eq!(sam.program.search(request).await.unwrap_err().code, ErrorCode::NotAllowed);
}

#[tokio::test]
async fn a_role_that_the_practice_changed_holds_at_once_and_after_a_restart() {
    let machine = Machine::of("nurse");
    let program = machine.start();
    program.resume().await;
    let desk = program.desk().unwrap();
    now_is(&desk, Role::It).await;
    assert_eq!(desk.may(Deed::Read).await.map_err(|error| error.code), REFUSED);
    program.quit(crate::dto::QuitRequest { with_unsent: false }).await.unwrap();

    let program = machine.start();
    program.resume().await;
    assert_eq!(program.desk().unwrap().member.role, Role::It);
}

#[tokio::test]
async fn a_draft_goes_along_with_what_is_routed_as_a_draft_inside_the_practice() {
    let mia = AtWork::on("ma", "visit").await;
    let typed = DraftSaveRequest { thread: "visit".into(), text: "Please come at nine.".into() };
    mia.program.draft_save(typed).await.unwrap();
    let to = Destination::Pool { pool: QueueId("pool/nurses".to_owned()) };
    let request = HandOnRequest {
        thread: "visit".into(),
        work_items: vec!["t-visit".into()],
        outcome: HandOn::Routed { to },
        note: "Is nine all right?".into(),
    };
    mia.program.touch_hand_on(request).await.unwrap();

    mia.program.peek(ThreadRequest { thread: "visit".into() }).await.unwrap();
    let view = mia.program.touch_view(ThreadRequest { thread: "visit".into() }).await.unwrap();
    let inside: Vec<_> = view.messages.iter().filter(|row| row.side == MessageSide::Inside).collect();
    let said: Vec<_> = inside.iter().map(|row| (row.text.as_str(), row.draft)).collect();
    assert_eq!(said, [("Is nine all right?", false), ("Please come at nine.", true)]);
    let draft = mia.desk.draft(&"visit".into()).await.unwrap();
    assert!(draft.is_none(), "it is in one place");
}
