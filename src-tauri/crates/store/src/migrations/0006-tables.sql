-- The practice's tables, as the server has them. More than one of a kind only where two machines without each other
-- made the first; which one counts is the same everywhere.
CREATE TABLE library (
    id      TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    updated INTEGER,
    kind    TEXT NOT NULL,
    text    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A work item's category as the server has it: beside it, in `category`, what the practice's table makes of one without.
ALTER TABLE work_item ADD COLUMN server_category TEXT;
UPDATE work_item SET server_category = category;
