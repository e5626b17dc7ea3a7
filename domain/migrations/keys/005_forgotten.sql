-- A destroyed key leaves an empty place: it must never be made anew, as it would not open what the first one sealed.

ALTER TABLE keys.customers ALTER COLUMN wrapped DROP NOT NULL;
