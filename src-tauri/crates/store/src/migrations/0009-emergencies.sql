-- Who is on duty, as the server has it: the duty as JSON, for there are a handful and all are read at once.
CREATE TABLE duty (
    id      TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    updated INTEGER,
    plan    TEXT NOT NULL,
    -- From when on nobody is on duty by it, at the latest; none: while nobody ends it.
    over    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX duty_over ON duty (over);

-- How far emergencies have been told outside the app, as the server has it. `item` is the work item's id there.
CREATE TABLE alarm (
    id      TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    updated INTEGER,
    item    TEXT NOT NULL,
    told    TEXT NOT NULL,
    open    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_item ON alarm (item);
CREATE INDEX alarm_open ON alarm (open) WHERE open = 1;

-- What somebody may have to be called for is looked for every few seconds.
CREATE INDEX work_item_emergency ON work_item (urgency) WHERE open = 1 AND urgency = 3;
