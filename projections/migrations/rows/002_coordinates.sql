-- Sets of rows at other coordinates than those that are followed, and builds that go on after a crash.

SET LOCAL ROLE jejak_engine;

-- side: kept as it was built, not followed, until it is dropped.
ALTER TABLE rows.generations DROP CONSTRAINT generations_state_check;
ALTER TABLE rows.generations ADD CONSTRAINT generations_state_check
    CHECK (state IN ('building', 'ready', 'live', 'previous', 'stale', 'side'));

-- `position` of one that is being built says up to where it reads, so that whoever goes on reads the same.
ALTER TABLE rows.generations
    ADD COLUMN name      text COLLATE "C" UNIQUE,
    ADD COLUMN as_of     timestamptz,                  -- null: nothing is cut off
    ADD COLUMN known_at  bigint,                       -- a position; null: everything recorded by then
    ADD COLUMN sample    integer CHECK (sample > 0),   -- every so many-th customer, by hash; null: all
    ADD COLUMN customers bigint NOT NULL DEFAULT 0,    -- read so far, and events of theirs,
    ADD COLUMN events    bigint NOT NULL DEFAULT 0,
    ADD COLUMN total     bigint NOT NULL DEFAULT 0;    -- out of so many (of a sample: about so many)

-- Partitions of the ledger (0 to 15) whose customers are whole in a generation that is being built.
CREATE TABLE rows.parts (
    generation integer  NOT NULL REFERENCES rows.generations ON DELETE CASCADE,
    part       smallint NOT NULL,
    customers  bigint   NOT NULL,
    events     bigint   NOT NULL,
    PRIMARY KEY (generation, part)
);
GRANT SELECT ON rows.parts TO jejak_api;

RESET ROLE;
