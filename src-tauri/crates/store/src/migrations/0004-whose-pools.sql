-- Which of the practice's pools are the member's to look at, by the identifier that work items name: kept with the
-- pools and with who the member is, so that a search asks one row and reads nobody's list of members. A pool that
-- nobody is in is not among them: what it holds is unsorted.
CREATE TABLE whose_pool (
    identifier TEXT PRIMARY KEY,
    own        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Whose a thread is, told from the index alone.
DROP INDEX work_item_envelope;
CREATE INDEX work_item_envelope ON work_item (envelope, open, pool, owner);
-- Said anew at the next opening, now with the role: every envelope is filed by it then.
DELETE FROM setting WHERE name = 'me';
