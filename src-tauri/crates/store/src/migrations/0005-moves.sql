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
