//! What the program tells the window without being asked. Ids and numbers, no contents.

use std::{sync::Arc, time::Duration};

use tauri::{AppHandle, Emitter as _, Runtime};
use tern_api::{
    DeeplyLocked, TrayCount,
    dto::{Changed, EnvelopesRequest, LockKind, QueueId, Session, ThreadRequest},
    program::Program,
    status::everything,
};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::{notify, tray, window, words::Words};

/// One frame at 60 Hz: what commits within it is told once.
const FRAME: Duration = Duration::from_millis(16);

/// Between two looks at whether a lock is due.
const LOCK_CHECK: Duration = Duration::from_secs(5);

/// Passes on session, status and changes, and locks when it is time.
pub(crate) fn forward<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>) {
    sessions(app.clone(), Arc::clone(program));
    statuses(app.clone(), Arc::clone(program));
    changes(app.clone(), Arc::clone(program));
    locks(app.clone(), Arc::clone(program));
}

fn emit<R: Runtime>(app: &AppHandle<R>, event: &str, payload: impl serde::Serialize + Clone) {
    if let Err(error) = app.emit(event, payload) {
        tracing::warn!(event, %error, "the window was not told");
    }
}

/// Tells the page that somebody wants to quit.
pub(crate) fn ask_to_quit<R: Runtime>(app: &AppHandle<R>) {
    emit(app, "quit", ());
}

fn sessions<R: Runtime>(app: AppHandle<R>, program: Arc<Program>) {
    let mut session = program.watch_session();
    tauri::async_runtime::spawn(async move {
        while session.changed().await.is_ok() {
            let now = session.borrow_and_update().clone();
            if matches!(now, Session::Locked { .. }) {
                emit(&app, "lock", ());
            }
            emit(&app, "session", now.clone());
            on_the_tray(&app, &program, &now).await;
        }
    });
}

/// Brings a tray that was just made up to date: the session may have been told before it was there.
pub(crate) async fn catch_up<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>) {
    let session = program.watch_session().borrow().clone();
    on_the_tray(app, program, &session).await;
}

/// What the tray says follows from where the person stands; while the engine runs, it counts.
async fn on_the_tray<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>, session: &Session) {
    let words = Words::of(program.settings_now().language);
    match session {
        Session::SignedOut { .. } => tray::show_unwatched(app, None, words),
        Session::Locked { lock: LockKind::Deep, unsent, .. } => tray::show_unwatched(app, Some(*unsent), words),
        Session::Locked { lock: LockKind::Screen, .. } | Session::SigningIn { .. } => {}
        Session::Open { .. } => {
            if let Ok(count) = program.counts_for_tray().await {
                tray::show_count(app, count.mine, count.urgent, words);
            }
        }
    }
}

fn statuses<R: Runtime>(app: AppHandle<R>, program: Arc<Program>) {
    let mut status = program.watch_status();
    tauri::async_runtime::spawn(async move {
        while status.changed().await.is_ok() {
            let now = status.borrow_and_update().clone();
            emit(&app, "status", now);
        }
    });
}

/// Tells at once what one commit changed, and what follows within a frame together.
fn changes<R: Runtime>(app: AppHandle<R>, program: Arc<Program>) {
    let mut feed = program.watch_changes();
    tauri::async_runtime::spawn(async move {
        let mut before = None;
        let mut language = program.settings_now().language;
        loop {
            let mut told = match feed.recv().await {
                Ok(changed) => changed,
                Err(RecvError::Lagged(_)) => everything(),
                Err(RecvError::Closed) => return,
            };
            loop {
                match feed.try_recv() {
                    Ok(more) => join(&mut told, more),
                    Err(TryRecvError::Lagged(_)) => told = everything(),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            let queues = told.tags.iter().any(|tag| tag == "rail");
            let now = program.settings_now().language;
            emit(&app, "changed", told);
            if now != language {
                language = now;
                tray::speak(&app, Words::of(language));
                catch_up(&app, &program).await;
            }
            if queues {
                count(&app, &program, &mut before).await;
            }
            tokio::time::sleep(FRAME).await;
        }
    });
}

/// Adds what a later commit changed. A `thread` without names stands for any.
fn join(told: &mut Changed, more: Changed) {
    let any = |changed: &Changed| changed.tags.iter().any(|tag| tag == "thread") && changed.threads.is_empty();
    let any_thread = any(told) || any(&more);
    for tag in more.tags {
        if !told.tags.contains(&tag) {
            told.tags.push(tag);
        }
    }
    if any_thread {
        told.threads.clear();
    } else {
        told.threads.extend(more.threads);
        told.threads.sort_unstable();
        told.threads.dedup();
    }
}

/// The tray's count, and a notification when something urgent came.
async fn count<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>, before: &mut Option<TrayCount>) {
    let Ok(count) = program.counts_for_tray().await else { return };
    // A lock may have come while the cache was asked; it says what holds then.
    if matches!(&*program.watch_session().borrow(), Session::Locked { lock: LockKind::Deep, .. }) {
        return;
    }
    let words = Words::of(program.settings_now().language);
    tray::show_count(app, count.mine, count.urgent, words);
    let more = before.as_ref().is_some_and(|before| count.has_new_urgent(before));
    if more && program.settings_now().notify {
        let (app, program) = (app.clone(), Arc::clone(program));
        notify::show(words.urgent_title, words.waiting(count.mine, count.urgent), move || {
            tauri::async_runtime::spawn(async move { show_urgent(&app, &program).await });
        });
    }
    *before = Some(count);
}

/// Brings the window up with the first urgent envelope; behind a lock, only the window.
async fn show_urgent<R: Runtime>(app: &AppHandle<R>, program: &Arc<Program>) {
    window::show(app);
    let first = EnvelopesRequest { queue: QueueId("urgent".to_owned()), offset: 0, limit: 1 };
    let Ok(page) = program.envelopes(first).await else { return };
    if let Some(row) = page.rows.into_iter().next() {
        emit(app, "open-thread", ThreadRequest { thread: row.thread });
    }
}

fn locks<R: Runtime>(app: AppHandle<R>, program: Arc<Program>) {
    tauri::async_runtime::spawn(async move {
        loop {
            tokio::time::sleep(LOCK_CHECK).await;
            if let Some(locked) = program.lock_if_due().await {
                say_locked(&app, &program, locked);
            }
        }
    });
}

/// The notice that stays after a deep lock: numbers only.
pub(crate) fn say_locked<R: Runtime>(app: &AppHandle<R>, program: &Program, locked: DeeplyLocked) {
    let words = Words::of(program.settings_now().language);
    let app = app.clone();
    notify::show(words.locked_title, words.deeply_locked(locked.unsent), move || window::show(&app));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(tags: &[&str], threads: &[&str]) -> Changed {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Changed { tags: owned(tags), threads: owned(threads) }
    }

    #[test]
    fn any_thread_swallows_the_named_ones() {
        let mut told = changed(&["thread"], &["a"]);
        join(&mut told, changed(&["thread", "rail"], &["b", "a"]));
        assert_eq!(told, changed(&["thread", "rail"], &["a", "b"]));
        join(&mut told, changed(&["thread"], &[]));
        assert_eq!(told.threads, Vec::<String>::new());
    }
}
