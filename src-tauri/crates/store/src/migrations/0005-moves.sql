-- What moves change, as the server has it: beside it, in `pool` and `urgency`, what is shown while a move of ours is on
-- its way.
ALTER TABLE work_item ADD COLUMN server_pool TEXT;
ALTER TABLE work_item ADD COLUMN server_urgency INTEGER NOT NULL DEFAULT 0;
UPDATE work_item SET server_pool = pool, server_urgency = urgency;

-- Moves made on the list, which end no touch: undone together, while as many rows are still here as were made.
CREATE TABLE moved (
    grouped   TEXT PRIMARY KEY,
    author    TEXT NOT NULL,
    made      INTEGER NOT NULL,
    row_count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When this machine last asked the server for the work item of a message that has none.
ALTER TABLE unplaced ADD COLUMN asked INTEGER;

-- What the rules found in a message that waits, while its text and the rules are these.
CREATE TABLE red_flag (
    message  TEXT PRIMARY KEY,
    text     TEXT NOT NULL,
    rules    TEXT NOT NULL,
    findings TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A person's word that a text is less urgent than the rules say (JSON), as the server has it and as it is shown.
ALTER TABLE work_item ADD COLUMN server_lowered TEXT;
ALTER TABLE work_item ADD COLUMN lowered TEXT;
-- The matches that made an envelope as urgent as it is (JSON).
ALTER TABLE envelope ADD COLUMN flags TEXT NOT NULL DEFAULT '[]';
-- Whether a call or a visit is wanted.
ALTER TABLE envelope ADD COLUMN waiting_for TEXT;
