-- Only what was made here is ever looked for by its identity (so that its echo is known again, and a second copy
-- of it): the rest of a mailbox needs no index for that, and a first sync no look-up.
DROP INDEX message_identity;
DROP INDEX thread_identity;
DROP INDEX work_item_identity;
CREATE INDEX message_made_here ON message (identity) WHERE author IS NOT NULL;
CREATE INDEX thread_made_here ON thread (identity) WHERE server_id IS NULL OR server_id <> id;
