-- Who has what a touch was about, once its claim was lost (JSON).
ALTER TABLE touch ADD COLUMN lost TEXT;
