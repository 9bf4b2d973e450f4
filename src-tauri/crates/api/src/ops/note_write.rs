//! A note inside the practice, beside the patient's thread.

use tern_inbox::{ids::ThreadId, private::PrivateText};
use tern_store::Draft;

use crate::{
    dto::{ApiError, ErrorCode, NoteWriteRequest},
    fail::Answer,
    note::note,
    program::Program,
};

impl Program {
    /// Keeps the words of a note while it is written; durable when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::TooLate`] for a thread that is neither started nor peeked at; [`ErrorCode::DiskFull`] with what was
    /// kept before still there; [`ErrorCode::Locked`], [`ErrorCode::SignedOut`].
    pub async fn note_keep(&self, request: NoteWriteRequest) -> Answer<()> {
        let desk = self.desk()?;
        let thread = ThreadId::new(request.thread);
        if desk.mode_of(&thread).await?.is_none() {
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        let (place, author) = (Draft::of_note(&thread), desk.member.reference.clone());
        let message = desk.reply_id(&place);
        desk.write(move |writer| {
            let updated = writer.now();
            let text = request.text.into();
            writer.save_draft(&Draft { thread: place, author, message, in_response_to: None, text, updated })
        })
        .await
    }

    /// Says something to colleagues about a thread that is open here. It leaves at once, and no patient can read it.
    ///
    /// # Errors
    /// [`ErrorCode::Empty`]; [`ErrorCode::TooLate`] for a thread that is neither started nor peeked at;
    /// [`ErrorCode::NotAllowed`], [`ErrorCode::DiskFull`], [`ErrorCode::Locked`], [`ErrorCode::SignedOut`].
    pub async fn note_write(&self, request: NoteWriteRequest) -> Answer<()> {
        let desk = self.desk()?;
        let words = PrivateText::from(request.text);
        if words.is_blank() {
            return Err(ApiError::new(ErrorCode::Empty));
        }
        let thread = ThreadId::new(request.thread);
        if desk.mode_of(&thread).await?.is_none() {
            return Err(ApiError::new(ErrorCode::TooLate));
        }
        let case = desk.case(&thread).await?;
        case.may_be_seen()?;
        if case.is_internal() {
            // Beside the patient's thread, where everybody finds it.
            return Err(ApiError::new(ErrorCode::Invalid));
        }
        desk.may_hold().await?;
        let beside = desk.internal_thread(&thread).await?;
        let note = note(&desk, &thread, beside.as_ref(), words, None);
        let entry = desk.audit("note", Some(format!("Communication/{thread}")));
        let author = desk.member.reference.clone();
        desk.write(move |writer| {
            writer.write_note(&note, &thread, &author)?;
            writer.audit_and_send(&entry)
        })
        .await?;
        desk.engine.wake();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        dto::{ErrorCode, MessageSide, NoteWriteRequest, ThreadRequest},
        scene::Machine,
    };

    fn words(text: &str) -> NoteWriteRequest {
        NoteWriteRequest { thread: "t1".into(), text: text.into() }
    }

    #[tokio::test]
    async fn a_note_stands_beside_the_thread_and_never_in_it() {
        let machine = Machine::of_dr_osei();
        let program = machine.start();
        program.resume().await;
        let desk = program.desk().unwrap();
        machine.reply_that_waits(&desk).await;
        let closed = program.note_write(words("Her mother calls at four.")).await.map_err(|error| error.code);
        assert_eq!(closed, Err(ErrorCode::TooLate), "nobody has it open");

        let author = desk.member.reference.clone();
        desk.write(move |writer| writer.start_touch(&"t1".into(), &[], &author)).await.unwrap();
        assert_eq!(program.note_write(words(" ")).await.map_err(|error| error.code), Err(ErrorCode::Empty));
        program.note_keep(words("Her mother calls")).await.unwrap();
        let kept = program.touch_view(ThreadRequest { thread: "t1".into() }).await.unwrap();
        assert_eq!(kept.note, "Her mother calls");
        program.note_write(words("Her mother calls at four.")).await.unwrap();
        program.note_write(words("She has.")).await.unwrap();
        let view = program.touch_view(ThreadRequest { thread: "t1".into() }).await.unwrap();
        let inside: Vec<_> = view.messages.iter().filter(|row| row.side == MessageSide::Inside).collect();
        let said: Vec<_> = inside.iter().map(|row| (row.text.as_str(), row.author.as_str(), row.draft)).collect();
        assert_eq!(said, [("Her mother calls at four.", "Dr Amara Osei", false), ("She has.", "Dr Amara Osei", false)]);
        assert_eq!(view.note, "", "it is said");
        let threads = desk.read(|reader| reader.internal_threads(&"t1".into())).await.unwrap();
        assert_eq!(threads.len(), 1, "one thread holds them all");
    }
}
