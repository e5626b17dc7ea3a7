-- What the engine makes of the ledger. Everything in this schema can be thrown away and built again.
--
-- Three roles: whoever migrates owns this file's work; jejak_engine owns what it alone writes; jejak_api reads parents only,
-- so no route can reach past the generation that its request is answered from.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['jejak_engine', 'jejak_api'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- roles belong to the server: another database of it was migrated at this moment
            END;
        END IF;
        -- Whoever migrates starts the engine and the API too, each under SET ROLE.
        EXECUTE format('GRANT %I TO CURRENT_USER', name);
    END LOOP;
END $$;

CREATE SCHEMA rows;
GRANT USAGE, CREATE ON SCHEMA rows TO jejak_engine;
GRANT USAGE ON SCHEMA rows TO jejak_api;
GRANT USAGE ON SCHEMA ledger TO jejak_engine, jejak_api;
GRANT SELECT ON ledger.events, ledger.commits, ledger.received TO jejak_engine, jejak_api;

-- The engine reads partitions by name when it rebuilds; the API never does.
DO $$
BEGIN
    FOR i IN 0..15 LOOP
        EXECUTE format('GRANT SELECT ON ledger.events_%s TO jejak_engine', lpad(i::text, 2, '0'));
    END LOOP;
END $$;

SET LOCAL ROLE jejak_engine;

-- A generation is a set of rows under one rulebook, made by one form of the fold, right up to `position`.
-- building: a rebuild writes it · ready: followed, not yet shown · live: what readers see · previous: followed, for a
-- rollback · stale: kept, but made by another form of the fold and so not followed.
CREATE TABLE rows.generations (
    id          integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rulebook    text        COLLATE "C" NOT NULL,
    fingerprint text        COLLATE "C" NOT NULL,
    state       text        COLLATE "C" NOT NULL CHECK (state IN ('building', 'ready', 'live', 'previous', 'stale')),
    position    bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- Which generation readers see: one row, replaced in one step.
CREATE TABLE rows.pointer (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    generation integer NOT NULL REFERENCES rows.generations,
    previous   integer REFERENCES rows.generations ON DELETE SET NULL
);

-- Customers whose events could not be folded. Their rows stay as they were; every read shows the reason.
CREATE TABLE rows.parked (
    generation  integer     NOT NULL REFERENCES rows.generations ON DELETE CASCADE,
    customer    uuid        NOT NULL,
    position    bigint      NOT NULL,  -- of the batch in which it happened
    event       text        COLLATE "C",  -- the event at fault, where one is known
    type        text        COLLATE "C",
    reason      text        NOT NULL,
    fingerprint text        COLLATE "C" NOT NULL,
    retry       boolean     NOT NULL DEFAULT false,  -- set by whoever asks for another try
    parked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (generation, customer)
);

-- Events beside customers as they were recorded, in a form that is quick to find. They are the same for every generation.
CREATE TABLE rows.catalogue (
    position bigint      PRIMARY KEY,
    stream   uuid        NOT NULL,
    version  integer     NOT NULL,
    clear    text        COLLATE "C" NOT NULL
);

CREATE INDEX catalogue_stream ON rows.catalogue (stream, version);

-- Folded state, discardable. Each customer has a few, of versions further and further back (see projections.store).
CREATE TABLE rows.states (
    generation  integer NOT NULL,
    customer    uuid    NOT NULL,
    slot        integer NOT NULL,
    start       integer NOT NULL,  -- the lowest version that it lacks
    version     integer NOT NULL,  -- the highest version that was known when it was made
    fingerprint text    COLLATE "C" NOT NULL,
    state       bytea   NOT NULL
) PARTITION BY LIST (generation);
ALTER TABLE rows.states ALTER COLUMN state SET STORAGE EXTERNAL;  -- compressing costs more than it saves
CREATE INDEX states_customer ON rows.states (customer);

-- Between which instants a customer's rows answer: from the last event to the horizon.
CREATE TABLE rows.spans (
    generation integer     NOT NULL,
    customer   uuid        NOT NULL,
    version    integer     NOT NULL,
    from_at    timestamptz NOT NULL,
    until_at   timestamptz NOT NULL
) PARTITION BY LIST (generation);
CREATE INDEX spans_customer ON rows.spans (customer);
CREATE INDEX spans_from ON rows.spans (from_at);
CREATE INDEX spans_until ON rows.spans (until_at);

GRANT SELECT ON rows.generations, rows.pointer, rows.parked, rows.catalogue, rows.spans TO jejak_api;
GRANT UPDATE (retry) ON rows.parked TO jejak_api;

RESET ROLE;
