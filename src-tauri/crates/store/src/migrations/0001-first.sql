-- The first schema. Never edited: a change is a new file.
--
-- Instants are microseconds since 1970 UTC. `id` is the local key (tern_inbox::ids), `server_id` what the
-- server calls the row (NULL until it has it), `version` the meta.versionId whose content is here, `updated`
-- its meta.lastUpdated. Enumerations are the domain's words in kebab-case.

-- The server's id where it is another than our key: only for what we made on a server that refuses our ids.
CREATE TABLE alias (
    kind      TEXT NOT NULL,
    server_id TEXT NOT NULL,
    id        TEXT NOT NULL,
    PRIMARY KEY (kind, server_id)
) STRICT, WITHOUT ROWID;

-- Deletions, so that a stale read does not bring the row back.
CREATE TABLE tombstone (
    kind      TEXT NOT NULL,
    server_id TEXT NOT NULL,
    version   TEXT NOT NULL,
    updated   INTEGER NOT NULL,
    PRIMARY KEY (kind, server_id)
) STRICT, WITHOUT ROWID;

-- Second copies of something of ours, to be retracted.
CREATE TABLE extra (
    kind      TEXT NOT NULL,
    server_id TEXT NOT NULL,
    version   TEXT NOT NULL,
    of        TEXT NOT NULL,
    retracted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, server_id)
) STRICT, WITHOUT ROWID;

-- What could not be read, as it came.
CREATE TABLE quarantine (
    kind       TEXT NOT NULL,
    server_id  TEXT NOT NULL,
    version    TEXT NOT NULL,
    updated    INTEGER,
    raw        TEXT NOT NULL,
    problem    TEXT NOT NULL,
    thread     TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (kind, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_thread ON quarantine (thread);

CREATE TABLE patient (
    id             TEXT PRIMARY KEY,
    version        TEXT NOT NULL,
    updated        INTEGER,
    name           TEXT NOT NULL,
    preferred_name TEXT NOT NULL,
    birth_date     TEXT,
    record_number  TEXT,
    language       TEXT,
    phones         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE proxy (
    id           TEXT PRIMARY KEY,
    version      TEXT NOT NULL,
    updated      INTEGER,
    patient      TEXT NOT NULL,
    name         TEXT NOT NULL,
    relationship TEXT,
    phones       TEXT NOT NULL,
    active       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proxy_patient ON proxy (patient);

-- Practitioners and PractitionerRoles; `id` is the whole reference.
CREATE TABLE member (
    id           TEXT PRIMARY KEY,
    version      TEXT NOT NULL,
    updated      INTEGER,
    practitioner TEXT,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pool (
    id                TEXT PRIMARY KEY,
    version           TEXT NOT NULL,
    updated           INTEGER,
    identifier        TEXT NOT NULL,
    name              TEXT NOT NULL,
    members           TEXT NOT NULL,
    responsible       TEXT,
    check_every_hours INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE thread (
    id            TEXT PRIMARY KEY,
    server_id     TEXT,
    version       TEXT,
    updated       INTEGER,
    first_updated INTEGER,
    identity      TEXT,
    subject_line  TEXT NOT NULL,
    patient       TEXT,
    category      TEXT,
    opener        TEXT,
    opener_name   TEXT,
    participants  TEXT NOT NULL,
    audience      TEXT NOT NULL,
    about         TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_identity ON thread (identity) WHERE identity IS NOT NULL;
CREATE INDEX thread_about ON thread (about) WHERE about IS NOT NULL;
CREATE INDEX thread_patient ON thread (patient);

-- `n` is the recency (see recency.rs): ascending n is ascending time of sending, so that a thread comes out
-- of its index in order and a search can stop early.
CREATE TABLE message (
    n              INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    server_id      TEXT,
    version        TEXT,
    updated        INTEGER,
    first_updated  INTEGER,
    identity       TEXT,
    thread         TEXT NOT NULL,
    sender         TEXT,
    sender_name    TEXT,
    recipients     TEXT NOT NULL,
    sent           INTEGER NOT NULL,
    received       INTEGER,
    in_response_to TEXT,
    standing       TEXT NOT NULL,
    authorship     TEXT NOT NULL,
    author         TEXT,
    text           TEXT NOT NULL
) STRICT;
CREATE INDEX message_thread ON message (thread);
CREATE INDEX message_identity ON message (identity) WHERE identity IS NOT NULL;

CREATE TABLE attachment (
    message      TEXT NOT NULL,
    position     INTEGER NOT NULL,
    id           TEXT NOT NULL,
    title        TEXT NOT NULL,
    content_type TEXT,
    size         INTEGER,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;

-- The server's columns (`server_…`) and, beside them, what is shown while writes of ours are on their way.
CREATE TABLE work_item (
    id                 TEXT PRIMARY KEY,
    server_id          TEXT,
    version            TEXT,
    written            TEXT,
    updated            INTEGER,
    first_updated      INTEGER,
    identity           TEXT,
    thread             TEXT,
    envelope           TEXT NOT NULL,
    message            TEXT,
    patient            TEXT,
    category           TEXT,
    pool               TEXT,
    urgency            INTEGER NOT NULL,
    due                INTEGER,
    server_owner       TEXT,
    server_status      TEXT NOT NULL,
    server_waiting_for TEXT,
    server_modified    INTEGER NOT NULL,
    owner              TEXT,
    status             TEXT NOT NULL,
    waiting_for        TEXT,
    modified           INTEGER NOT NULL,
    open               INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX work_item_envelope ON work_item (envelope, open);
CREATE INDEX work_item_open_pool ON work_item (pool) WHERE open = 1;
CREATE INDEX work_item_held ON work_item (modified) WHERE status = 'in-progress';
CREATE INDEX work_item_identity ON work_item (identity) WHERE identity IS NOT NULL;

-- Patients' messages that no work item names, found once the first pull of work items is through.
CREATE TABLE unplaced (
    message TEXT PRIMARY KEY,
    thread  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unplaced_thread ON unplaced (thread);

-- A row of the list, written in the same transaction as what it shows.
CREATE TABLE envelope (
    thread        TEXT PRIMARY KEY,
    patient       TEXT,
    patient_name  TEXT NOT NULL,
    birth_date    TEXT,
    writer        TEXT,
    subject_line  TEXT NOT NULL,
    category      TEXT,
    urgency       INTEGER NOT NULL,
    waiting_since INTEGER NOT NULL,
    due           INTEGER,
    attachments   INTEGER NOT NULL,
    held_by       TEXT,
    held_name     TEXT,
    held_since    INTEGER,
    language      TEXT,
    delivery      TEXT,
    unreadable    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX envelope_patient ON envelope (patient);

-- Which envelopes stand in which queue, in the order to work in: `rank` is minus the urgency, `due` the
-- largest integer where there is none.
CREATE TABLE queue_entry (
    queue         TEXT NOT NULL,
    rank          INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    waiting_since INTEGER NOT NULL,
    thread        TEXT NOT NULL,
    PRIMARY KEY (queue, rank, due, waiting_since, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_entry_thread ON queue_entry (thread);
CREATE INDEX queue_entry_age ON queue_entry (queue, waiting_since);

-- How many, so that nothing counts a million rows for a number in the rail.
CREATE TABLE queue_total (
    queue TEXT PRIMARY KEY,
    total INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER queue_entry_in AFTER INSERT ON queue_entry BEGIN
    INSERT INTO queue_total (queue, total) VALUES (new.queue, 1)
    ON CONFLICT (queue) DO UPDATE SET total = total + 1;
END;
CREATE TRIGGER queue_entry_out AFTER DELETE ON queue_entry BEGIN
    UPDATE queue_total SET total = total - 1 WHERE queue = old.queue;
END;

-- `seq` is the order in which the rows were made, whatever the clock did.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    thread     TEXT,
    author     TEXT NOT NULL,
    intent     TEXT NOT NULL,
    item       TEXT,
    message    TEXT,
    delivery   TEXT NOT NULL,
    made       INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    grouped    TEXT,
    attempts   INTEGER NOT NULL,
    wedged     TEXT
) STRICT;
CREATE INDEX outbox_lane ON outbox (thread, seq);
CREATE INDEX outbox_author ON outbox (author, seq);
CREATE INDEX outbox_item ON outbox (item) WHERE item IS NOT NULL;
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_group ON outbox (grouped) WHERE grouped IS NOT NULL;
CREATE TABLE outbox_need (
    row  TEXT NOT NULL,
    need TEXT NOT NULL,
    PRIMARY KEY (row, need)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_need_back ON outbox_need (need);

-- `message` is the id that the reply will have: made when the composer opens, so that a double press is one.
CREATE TABLE draft (
    thread         TEXT NOT NULL,
    author         TEXT NOT NULL,
    message        TEXT NOT NULL,
    in_response_to TEXT,
    text           TEXT NOT NULL,
    updated        INTEGER NOT NULL,
    PRIMARY KEY (thread, author)
) STRICT, WITHOUT ROWID;

-- Touches, the latest of a thread and member last. Handling times never leave the machine.
CREATE TABLE touch (
    n              INTEGER PRIMARY KEY,
    thread         TEXT NOT NULL,
    author         TEXT NOT NULL,
    category       TEXT,
    state          TEXT NOT NULL,
    started        INTEGER NOT NULL,
    ended          INTEGER,
    outcome        TEXT,
    items          TEXT NOT NULL,
    grouped        TEXT,
    message        TEXT,
    kept_draft     TEXT,
    row_count      INTEGER NOT NULL DEFAULT 0,
    active_seconds INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX touch_latest ON touch (thread, author, n);
CREATE INDEX touch_category ON touch (author, category, n) WHERE state = 'ended';
CREATE INDEX touch_open ON touch (author, n) WHERE state = 'started';
CREATE INDEX touch_group ON touch (grouped) WHERE grouped IS NOT NULL;

-- Append-only, each row holding the hash of the one before.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    author  TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT,
    detail  TEXT,
    hash    BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- How far each kind has been pulled.
CREATE TABLE cursor (
    kind     TEXT PRIMARY KEY,
    position INTEGER,
    resume   TEXT,
    complete INTEGER NOT NULL,
    compared INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Running totals of what would be slow to count.
CREATE TABLE tally (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The text index: the words alone (the texts stand in `message`), written behind the sync. Which message has a
-- word, not where in it (detail = none): a third of the time to write and of the place, and nobody asks for
-- phrases. Beginnings of two and three letters, which many messages share, have lists of their own.
CREATE VIRTUAL TABLE message_text USING fts5 (
    name, subject, body,
    content = '', contentless_delete = 1, detail = none, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
-- The newest few thousand once more: a beginning that many words share is answered from here (see index.rs).
CREATE VIRTUAL TABLE recent_text USING fts5 (
    name, subject, body,
    content = '', contentless_delete = 1, detail = none, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
-- Messages that came, or changed their name, after the index had passed them.
CREATE TABLE to_index (
    n INTEGER PRIMARY KEY
) STRICT;
