//! What has become of each file that a patient sent. What is said of the file itself stands in `attachment`.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tern_inbox::{
    document::{FileKey, Filing, ToFile, is_sent_in},
    ids::{AttachmentId, OutboxId, PatientId, ThreadId},
    message::{Attachment, Delivery, Standing},
    outbox::Wedge,
    party::{Party, PartyRef},
    private::PrivateText,
};

use crate::{
    Reader, StoreError,
    column::{Columns, Word, micros},
};

/// What [`read`] reads. A file whose message is gone is a row too, while something of it is on its way or stuck: it has
/// to be given up by somebody.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT d.message, d.position, d.thread, d.sent, d.filing, d.row, d.waits, a.id, a.title, a.content_type,
                a.size, m.sender, m.sender_name, m.identity, m.server_id, t.patient, t.subject_line, p.name,
                p.birth_date, p.record_number, o.delivery, o.wedged, t.server_id, m.standing, d.chart
             FROM document d LEFT JOIN message m ON m.id = d.message
                LEFT JOIN attachment a ON a.message = d.message AND a.position = d.position
                LEFT JOIN thread t ON t.id = d.thread LEFT JOIN patient p ON p.id = t.patient
                LEFT JOIN outbox o ON o.id = d.row WHERE ",
            $which
        )
    };
}

/// The attachment of a file that its message carries no more: no link leads there.
const NOWHERE: &str = "-";

const WAITING: &str = rows!("d.waits = 1 ORDER BY d.sent, d.message, d.position LIMIT ?1 OFFSET ?2");
const GET: &str = rows!("d.message = ?1 AND d.position = ?2");
const COUNT: &str = "SELECT count(*), min(sent) FROM document WHERE waits = 1";
const OF_THREAD: &str = "SELECT d.message, d.position, d.filing, o.delivery, m.standing, o.author, d.chart, t.patient
    FROM document d LEFT JOIN outbox o ON o.id = d.row LEFT JOIN message m ON m.id = d.message
        LEFT JOIN thread t ON t.id = d.thread WHERE d.thread = ?1";

#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[
    ("documents that wait", WAITING),
    ("a document", GET),
    ("how many documents wait", COUNT),
    ("documents of a thread", OF_THREAD),
];

/// A file with all that a person needs to say whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// Which.
    pub file: FileKey,
    /// The conversation that it came in.
    pub thread: ThreadId,
    /// What is said of it.
    pub attachment: Attachment,
    /// When its message was sent.
    pub sent: DateTime<Utc>,
    /// Who sent it.
    pub sender: Option<Party>,
    /// The message's identifier (`urn:uuid:…`), where it has one.
    pub identity: Option<String>,
    /// The server's id of the message.
    pub message_on_server: Option<String>,
    /// The server's id of the conversation.
    pub thread_on_server: Option<String>,
    /// Whose thread it is.
    pub patient: Option<PatientId>,
    /// Their name.
    pub patient_name: PrivateText,
    /// Their day of birth.
    pub birth_date: Option<NaiveDate>,
    /// Their number here.
    pub record_number: Option<String>,
    /// What the thread is about.
    pub subject_line: PrivateText,
    /// What has become of it.
    pub filing: Filing,
    /// The row that carries it into the chart, while that is here.
    pub row: Option<OutboxId>,
    /// Why that needs a person.
    pub wedged: Option<Wedge>,
    /// It was filed, and then its message was taken back, or moved to another patient: a chart has what does not belong
    /// there.
    pub retracted: bool,
    /// It stands among the documents.
    pub waits: bool,
}

/// How many files wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DocumentCount {
    /// Files.
    pub total: u32,
    /// When the oldest was sent.
    pub oldest: Option<DateTime<Utc>>,
}

/// What has become of one file of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Which.
    pub file: FileKey,
    /// What has become of it.
    pub filing: Filing,
    /// It was filed, and the server refused it.
    pub stuck: bool,
    /// Who filed it, while that is on its way or stuck.
    pub by: Option<PartyRef>,
    /// It was filed, and its message was taken back, or moved to another patient, since.
    pub retracted: bool,
}

/// Of what was filed: its message was taken back since, or is another patient's than the one in whose chart it stands.
fn is_retracted(filing: Filing, standing: Option<Standing>, chart: Option<&PatientId>, of: Option<&PatientId>) -> bool {
    let taken_back = standing.is_some_and(|standing| standing != Standing::Sent);
    let moved = chart.is_some() && of.is_some() && chart != of;
    filing == Filing::Filed && (taken_back || moved)
}

fn key(row: &Row<'_>) -> rusqlite::Result<FileKey> {
    Ok(FileKey { message: row.id(0)?, place: row.get(1)? })
}

fn read(row: &Row<'_>) -> rusqlite::Result<DocumentRow> {
    let size: Option<i64> = row.get(10)?;
    let subject_line: Option<PrivateText> = row.private_opt(16)?;
    let patient_name: Option<PrivateText> = row.private_opt(17)?;
    let delivery: Option<Delivery> = row.word_opt(20)?;
    let wedged: Option<Wedge> = row.json_opt(21)?;
    let filing: Filing = row.word(4)?;
    let (chart, patient): (Option<PatientId>, Option<PatientId>) = (row.id_opt(24)?, row.id_opt(15)?);
    Ok(DocumentRow {
        file: key(row)?,
        thread: row.id(2)?,
        sent: row.at(3)?,
        filing,
        row: row.id_opt(5)?,
        waits: row.get(6)?,
        attachment: Attachment {
            id: row.id_opt::<AttachmentId>(7)?.unwrap_or_else(|| AttachmentId::new(NOWHERE)),
            title: row.private_opt(8)?.unwrap_or_default(),
            content_type: row.get(9)?,
            size: size.and_then(|bytes| u64::try_from(bytes).ok()),
        },
        sender: row.party(11, 12)?,
        identity: row.get(13)?,
        message_on_server: row.get(14)?,
        thread_on_server: row.get(22)?,
        retracted: is_retracted(filing, row.word_opt(23)?, chart.as_ref(), patient.as_ref()),
        patient,
        subject_line: subject_line.unwrap_or_default(),
        patient_name: patient_name.unwrap_or_default(),
        birth_date: row.date(18)?,
        record_number: row.get(19)?,
        wedged: wedged.filter(|_| delivery == Some(Delivery::Wedged)),
    })
}

/// A message of a thread waits here with its files: each of them is a document, if a patient or proxy sent them and
/// stands by it.
pub(crate) fn expect(connection: &Connection, thread: &str, message: &str) -> Result<(), StoreError> {
    let Some(head) = super::message::head(connection, message)? else { return Ok(()) };
    if !is_sent_in(head.sender.as_ref()) {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO document (message, position, thread, sent, filing, row, waits)
             SELECT a.message, a.position, ?2, ?3, 'unfiled', NULL, 0 FROM attachment a JOIN message m ON m.id = a.message
             WHERE a.message = ?1 AND m.standing = 'sent'
             ON CONFLICT (message, position) DO UPDATE SET thread = excluded.thread, sent = excluded.sent",
        )?
        .execute(params![message, thread, micros(head.sent)])?;
    Ok(())
}

/// A message stands in `thread` and has these files now (none where it was taken back). What nobody has filed of the
/// others is gone, and what was filed stays known: the chart has it. Where another file is in the place of one, nobody
/// has said what that is. Before they are written.
pub(crate) fn keep(
    connection: &Connection,
    (message, thread): (&str, &str),
    sent: DateTime<Utc>,
    files: &[Attachment],
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM document WHERE message = ?1 AND position >= ?2 AND row IS NULL AND filing <> 'filed'",
        )?
        .execute(params![message, i64::try_from(files.len()).unwrap_or(i64::MAX)])?;
    connection.prepare_cached("UPDATE document SET thread = ?2, sent = ?3 WHERE message = ?1")?.execute(params![
        message,
        thread,
        micros(sent)
    ])?;
    let mut another = connection.prepare_cached(
        "UPDATE document SET filing = 'unfiled' WHERE message = ?1 AND position = ?2 AND row IS NULL
            AND EXISTS (SELECT 1 FROM attachment WHERE message = ?1 AND position = ?2 AND id <> ?3)",
    )?;
    for (place, file) in (0_i64..).zip(files) {
        another.execute(params![message, place, file.id.as_str()])?;
    }
    Ok(())
}

/// Threads of which a file waits, or could: filed anew with everything else.
pub(crate) fn threads(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT thread FROM document WHERE filing = 'unfiled' OR waits = 1 OR row IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn of_thread(connection: &Connection, thread: &str) -> Result<Vec<FileState>, StoreError> {
    let mut statement = connection.prepare_cached(OF_THREAD)?;
    let rows = statement.query_map([thread], |row| {
        let delivery: Option<Delivery> = row.word_opt(3)?;
        let (filing, stuck) = (row.word(2)?, delivery == Some(Delivery::Wedged));
        let (chart, of): (Option<PatientId>, Option<PatientId>) = (row.id_opt(6)?, row.id_opt(7)?);
        let retracted = is_retracted(filing, row.word_opt(4)?, chart.as_ref(), of.as_ref());
        Ok(FileState { file: key(row)?, filing, stuck, by: row.party_ref_opt(5)?, retracted })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a file of a thread stands among the documents from now on; returns whether that changed.
pub(crate) fn show(connection: &Connection, file: &FileKey, waits: bool) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached("UPDATE document SET waits = ?3 WHERE message = ?1 AND position = ?2 AND waits <> ?3")?
        .execute(params![file.message.as_str(), file.place, waits])?;
    Ok(changed > 0)
}

pub(crate) fn get(connection: &Connection, file: &FileKey) -> Result<Option<DocumentRow>, StoreError> {
    Ok(connection.prepare_cached(GET)?.query_row(params![file.message.as_str(), file.place], read).optional()?)
}

/// What becomes of a file, and the row that carries it.
pub(crate) fn set(
    connection: &Connection,
    file: &FileKey,
    filing: Filing,
    row: Option<&OutboxId>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE document SET filing = ?3, row = ?4 WHERE message = ?1 AND position = ?2")?
        .execute(params![file.message.as_str(), file.place, filing.word(), row.map(OutboxId::as_str)])?;
    Ok(())
}

/// A file that its message carries no more, or whose message was taken back, is nobody's to file.
pub(crate) fn forget_what_is_gone(connection: &Connection, file: &FileKey) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM document WHERE message = ?1 AND position = ?2 AND NOT EXISTS (
                SELECT 1 FROM attachment a JOIN message m ON m.id = a.message
                WHERE a.message = ?1 AND a.position = ?2 AND m.standing = ?3)",
        )?
        .execute(params![file.message.as_str(), file.place, Standing::Sent.word()])?;
    Ok(())
}

/// Whether files of a message are known.
pub(crate) fn has(connection: &Connection, message: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM document WHERE message = ?1)")?
        .query_row([message], |row| row.get(0))?)
}

/// The rows that carry files of a message into the chart.
pub(crate) fn carriers(connection: &Connection, message: &str) -> Result<Vec<OutboxId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT row FROM document WHERE message = ?1 AND row IS NOT NULL")?;
    let rows = statement.query_map([message], |row| row.id(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Threads of a patient that have files here.
pub(crate) fn of_patient(connection: &Connection, patient: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT t.id FROM thread t
         WHERE t.patient = ?1 AND EXISTS (SELECT 1 FROM document d WHERE d.thread = t.id)",
    )?;
    let rows = statement.query_map([patient], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A message is gone, and with it the files of which nothing is on its way.
pub(crate) fn forget(connection: &Connection, message: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM document WHERE message = ?1 AND row IS NULL")?.execute([message])?;
    Ok(())
}

/// Into whose chart a file goes.
pub(crate) fn set_chart(connection: &Connection, file: &FileKey, chart: &PatientId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE document SET chart = ?3 WHERE message = ?1 AND position = ?2")?
        .execute(params![file.message.as_str(), file.place, chart.as_str()])?;
    Ok(())
}

/// A filing that came over from another file: its message comes later.
pub(crate) fn carried_over(
    connection: &Connection,
    what: &ToFile,
    row: &OutboxId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO document (message, position, thread, sent, filing, chart, row, waits)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
             ON CONFLICT (message, position) DO UPDATE SET filing = ?5, chart = ?6, row = ?7",
        )?
        .execute(params![
            what.file.message.as_str(),
            what.file.place,
            what.thread.as_str(),
            micros(at),
            Filing::Filed.word(),
            what.patient.as_str(),
            row.as_str(),
        ])?;
    Ok(())
}

impl Reader<'_> {
    /// Files that wait to be filed, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn documents(&self, offset: u32, limit: u32) -> Result<Vec<DocumentRow>, StoreError> {
        let mut statement = self.connection().prepare_cached(WAITING)?;
        let rows = statement.query_map(params![limit, offset], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many files wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn document_count(&self) -> Result<DocumentCount, StoreError> {
        Ok(self
            .connection()
            .prepare_cached(COUNT)?
            .query_row([], |row| Ok(DocumentCount { total: row.get(0)?, oldest: row.at_opt(1)? }))?)
    }

    /// One file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn document(&self, file: &FileKey) -> Result<Option<DocumentRow>, StoreError> {
        get(self.connection(), file)
    }

    /// What has become of the files of a thread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn documents_of(&self, thread: &ThreadId) -> Result<Vec<FileState>, StoreError> {
        of_thread(self.connection(), thread.as_str())
    }
}
