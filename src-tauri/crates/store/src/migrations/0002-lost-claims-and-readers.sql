-- Who has what a touch was about, once its claim was lost (JSON).
ALTER TABLE touch ADD COLUMN lost TEXT;

-- Which reader could not read a resource: a newer one tries again.
ALTER TABLE quarantine ADD COLUMN reader INTEGER NOT NULL DEFAULT 0;
