//! The commands: one line each, onto the operation of the same name. Arguments and answers are `api`'s.

use std::{sync::Arc, time::Duration};

use tauri::{AppHandle, Manager as _, Runtime, State};
use tern_api::{OpenPage, dto::*, fail::Answer, program::Program};

use tokio::sync::Notify;

use crate::{events, notify, window, words::Words};

/// What every command is given.
type Tern<'a> = State<'a, Arc<Program>>;

/// Opens pages in the system's browser.
pub(crate) struct Browser(pub(crate) OpenPage);

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($($request:ty)?) -> $answer:ty = |$program:ident $(, $asked:ident)?| $call:expr;)*) => {
        $(
            $(#[$doc])*
            #[tauri::command]
            pub(crate) async fn $name($program: Tern<'_> $(, request: $request)?) -> Answer<$answer> {
                let $program = $program.inner();
                $(let $asked = request;)?
                $call
            }
        )*
    };
}

commands! {
    session() -> Session = |program| Ok(program.watch_session().borrow().clone());
    sign_in_cancel() -> () = |program| { program.sign_in_cancel(); Ok(()) };
    sign_out(SignOutRequest) -> SignOutResult = |program, request| program.sign_out(request).await;
    unlock(PinRequest) -> UnlockResult = |program, request| program.unlock(request).await;
    set_pin(SetPinRequest) -> SetPinResult = |program, request| program.set_pin(request).await;
    rail() -> Rail = |program| program.rail().await;
    envelopes(EnvelopesRequest) -> EnvelopePage = |program, request| program.envelopes(request).await;
    block_offers(BlockRequest) -> BlockOffers = |program, request| program.block_offers(request).await;
    search(SearchRequest) -> SearchResults = |program, request| program.search(request).await;
    touch_start(ThreadRequest) -> StartResult = |program, request| program.touch_start(request).await;
    touch_view(ThreadRequest) -> TouchView = |program, request| program.touch_view(request).await;
    touch_current() -> Option<TouchView> = |program| program.touch_current().await;
    peek(ThreadRequest) -> TouchView = |program, request| program.peek(request).await;
    peek_end(ThreadRequest) -> () = |program, request| program.peek_end(request).await;
    draft_save(DraftSaveRequest) -> () = |program, request| program.draft_save(request).await;
    note_keep(NoteWriteRequest) -> () = |program, request| program.note_keep(request).await;
    note_write(NoteWriteRequest) -> () = |program, request| program.note_write(request).await;
    reply_send(ReplyRequest) -> Ended = |program, request| program.reply_send(request).await;
    touch_close(ThreadItemsRequest) -> Ended = |program, request| program.touch_close(request).await;
    touch_put_back(PutBackRequest) -> Ended = |program, request| program.touch_put_back(request).await;
    touch_hand_on(HandOnRequest) -> Ended = |program, request| program.touch_hand_on(request).await;
    destinations() -> Destinations = |program| program.destinations().await;
    decide(DecideRequest) -> Decided = |program, request| program.decide(request).await;
    undo(UndoRequest) -> Undone = |program, request| program.undo(request).await;
    message_retry(MessageRequest) -> () = |program, request| program.message_retry(request).await;
    message_edit(MessageRequest) -> ThreadRequest = |program, request| program.message_edit(request).await;
    message_discard(MessageRequest) -> () = |program, request| program.message_discard(request).await;
    message_send_anyway(MessageRequest) -> () = |program, request| program.message_send_anyway(request).await;
    stuck_retry(ThreadRequest) -> () = |program, request| program.stuck_retry(request).await;
    stuck_discard(ThreadRequest) -> () = |program, request| program.stuck_discard(request).await;
    documents(DocumentsRequest) -> DocumentPage = |program, request| program.documents(request).await;
    document_open(DocumentRequest) -> DocumentPreview = |program, request| program.document_open(request).await;
    document_close() -> () = |program| program.document_close().await;
    document_file(DocumentFileRequest) -> Ended = |program, request| program.document_file(request).await;
    document_not_needed(DocumentRequest) -> () = |program, request| program.document_not_needed(request).await;
    document_needed(DocumentRequest) -> () = |program, request| program.document_needed(request).await;
    document_retry(DocumentRequest) -> () = |program, request| program.document_retry(request).await;
    document_give_up(DocumentRequest) -> () = |program, request| program.document_give_up(request).await;
    status() -> Status = |program| Ok(program.status_now());
    sync_now() -> () = |program| { program.sync_now(); Ok(()) };
    activity() -> () = |program| { program.activity().await; Ok(()) };
    settings() -> Settings = |program| Ok(program.settings_now());
    settings_save(Settings) -> Settings = |program, request| program.settings_save(request);
    server_facts() -> Vec<ServerFact> = |program| program.server_facts().await;
    triage_table() -> TriageTable = |program| program.triage_table().await;
    triage_save(TriageSaveRequest) -> TableSaved = |program, request| program.triage_save(request).await;
    triage_preview(TriageContent) -> TriagePreview = |program, request| program.triage_preview(request).await;
    red_flag_table() -> RedFlagTable = |program| program.red_flag_table().await;
    red_flag_save(RedFlagSaveRequest) -> TableSaved = |program, request| program.red_flag_save(request).await;
    red_flag_preview(RedFlagSaveRequest) -> RedFlagPreview = |program, request| program.red_flag_preview(request).await;
    hours_table() -> HoursTable = |program| program.hours_table().await;
    hours_save(HoursSaveRequest) -> TableSaved = |program, request| program.hours_save(request).await;
    table_discard(TableDiscardRequest) -> () = |program, request| program.table_discard(request).await;
    away() -> AwayList = |program| program.away().await;
    away_save(AwaySaveRequest) -> AwaySaved = |program, request| program.away_save(request).await;
    away_end(AwayEndRequest) -> () = |program, request| program.away_end(request).await;
    digest() -> Option<AwayDigest> = |program| program.digest().await;
    digest_dismiss(DigestDismissRequest) -> () = |program, request| program.digest_dismiss(request).await;
    emergencies() -> EmergencyBoard = |program| program.emergencies().await;
    emergency_have(EmergencyRequest) -> EmergencyTaken = |program, request| program.emergency_have(request).await;
    emergency_table() -> EmergencyTable = |program| program.emergency_table().await;
    emergency_save(EmergencySaveRequest) -> TableSaved = |program, request| program.emergency_save(request).await;
    webhook_try(EmergencyContent) -> WebhookTried = |program, request| program.webhook_try(request).await;
    duty() -> DutyList = |program| program.duty().await;
    duty_save(DutySaveRequest) -> DutySaved = |program, request| program.duty_save(request).await;
    duty_end(DutyEndRequest) -> () = |program, request| program.duty_end(request).await;
    lock_screen() -> () = |program| { program.lock_screen().await; Ok(()) };
}

/// The bytes of the file that is looked at, as they are: megabytes as a list of numbers in JSON would be ten times that.
#[tauri::command]
pub(crate) async fn document_bytes(program: Tern<'_>, request: DocumentRequest) -> Answer<tauri::ipc::Response> {
    Ok(tauri::ipc::Response::new(program.document_bytes(request).await?))
}

#[tauri::command]
pub(crate) async fn sign_in(program: Tern<'_>, browser: State<'_, Browser>, request: SignInRequest) -> Answer<()> {
    program.inner().sign_in(request, Arc::clone(&browser.0))
}

#[tauri::command]
pub(crate) async fn sign_in_page_open(program: Tern<'_>, browser: State<'_, Browser>) -> Answer<()> {
    program.sign_in_page_open(&browser.0)
}

#[tauri::command]
pub(crate) async fn try_sample_practice(program: Tern<'_>, browser: State<'_, Browser>) -> Answer<()> {
    program.inner().try_sample_practice(Arc::clone(&browser.0))
}

#[tauri::command]
pub(crate) async fn unlock_by_browser(program: Tern<'_>, browser: State<'_, Browser>) -> Answer<()> {
    program.inner().unlock_by_browser(Arc::clone(&browser.0))
}

#[tauri::command]
pub(crate) async fn quit<R: Runtime>(
    app: AppHandle<R>,
    program: Tern<'_>,
    asked: State<'_, QuitAsked>,
    request: QuitRequest,
) -> Answer<QuitResult> {
    asked.0.notify_waiters();
    let told = request.with_unsent;
    let result = program.inner().quit(request).await;
    match &result {
        // Asked from the tray, perhaps: the answer is a question in the window.
        Ok(QuitResult { quits: false, .. }) => window::show(&app),
        Ok(QuitResult { unsent, .. }) => {
            if *unsent > 0 && !told {
                // The server answered until the last moment, and then it did not take them.
                let words = Words::of(program.settings_now().language);
                notify::last_word(words.unsent_title, words.still_unsent(*unsent)).await;
            }
            app.exit(0);
        }
        Err(_) => app.exit(0),
    }
    result
}

/// The page asks something before it quits: it is heard, and the question is seen.
#[tauri::command]
pub(crate) async fn quit_asks<R: Runtime>(app: AppHandle<R>, asked: State<'_, QuitAsked>) -> Answer<()> {
    asked.0.notify_waiters();
    window::show(&app);
    Ok(())
}

/// *Lock* in the tray's menu.
pub(crate) fn lock_from_tray<R: Runtime>(app: &AppHandle<R>) {
    let program = Arc::clone(app.state::<Arc<Program>>().inner());
    tauri::async_runtime::spawn(async move { program.lock_screen().await });
}

/// Notified when the page asks to quit.
#[derive(Default)]
pub(crate) struct QuitAsked(Notify);

/// A page that does not answer for so long is no way to quit by.
const PAGE_ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// *Quit* in the tray's menu. The page asks for it where somebody is signed in: words that were just typed are kept
/// first, and whoever has replies that would stay behind is told so there.
pub(crate) fn quit_from_tray<R: Runtime>(app: &AppHandle<R>) {
    let program = Arc::clone(app.state::<Arc<Program>>().inner());
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if matches!(&*program.watch_session().borrow(), Session::Open { .. } | Session::Locked { .. }) {
            let asked = app.state::<QuitAsked>();
            let heard = asked.0.notified();
            events::ask_to_quit(&app);
            if tokio::time::timeout(PAGE_ANSWERS_WITHIN, heard).await.is_ok() {
                return;
            }
            tracing::warn!("the page does not answer: quitting without it");
        }
        if let Err(error) = program.quit(QuitRequest { with_unsent: true }).await {
            tracing::error!(%error, "the cache was not closed in order; nothing is lost");
        }
        app.exit(0);
    });
}
