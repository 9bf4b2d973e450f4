-- Files that patients sent with what is, or was, open here, and what has become of each. `row` is the outbox row that
-- carries it into the chart while that is still here; `waits` is whether it stands among the documents: nobody has said
-- what it is, or the server refused it, and the member may look at its thread.
CREATE TABLE document (
    message  TEXT NOT NULL,
    position INTEGER NOT NULL,
    thread   TEXT NOT NULL,
    sent     INTEGER NOT NULL,
    filing   TEXT NOT NULL,
    -- The patient into whose chart it was filed: its message may be somebody else's since.
    chart    TEXT,
    row      TEXT,
    waits    INTEGER NOT NULL,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_waits ON document (waits, sent, message, position);
CREATE INDEX document_thread ON document (thread);
-- What is open gets its rows at the next opening: everything is filed anew then.
DELETE FROM setting WHERE name = 'me';
