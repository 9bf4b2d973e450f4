-- Who stands in for whom, as the server has it: the coverage as JSON, for there are a handful and all are read at once.
CREATE TABLE coverage (
    id      TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    updated INTEGER,
    plan    TEXT NOT NULL,
    -- From when on nobody is away by it, at the latest; none: while nobody ends it.
    over    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX coverage_over ON coverage (over);

-- For whom an envelope is the member's, who stands in.
ALTER TABLE envelope ADD COLUMN stands_in_for TEXT;
ALTER TABLE envelope ADD COLUMN stands_in_name TEXT;

-- Whose a work item was before, and until when: what somebody else dealt with is told to whoever was away.
ALTER TABLE work_item ADD COLUMN former_owner TEXT;
ALTER TABLE work_item ADD COLUMN former_until INTEGER;
CREATE INDEX work_item_closed ON work_item (modified) WHERE open = 0;
CREATE INDEX work_item_former ON work_item (former_until) WHERE open = 1 AND former_until IS NOT NULL;
