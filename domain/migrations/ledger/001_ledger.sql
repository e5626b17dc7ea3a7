-- The ledger: events in streams, the commits that gave them their positions, and what was ever received.

CREATE SCHEMA ledger;

-- One row per event. `clear` is the event's JSON without its sealed part; nothing in it names a person.
CREATE TABLE ledger.events (
    customer    uuid        NOT NULL,
    version     integer     NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    type        text        COLLATE "C" NOT NULL,
    clear       text        COLLATE "C" NOT NULL,
    sealed      bytea,
    PRIMARY KEY (customer, version)
) PARTITION BY HASH (customer);

DO $$
BEGIN
    FOR i IN 0..15 LOOP
        EXECUTE format('CREATE TABLE ledger.events_%s PARTITION OF ledger.events FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       lpad(i::text, 2, '0'), i);
    END LOOP;
END $$;

CREATE INDEX events_position ON ledger.events (position);

-- One row per append. Event number i of it (from 0) has position first + i and was recorded at recorded_at + i µs, so a
-- time of knowledge is a position. Append-only: a row that is updated for each append would grow a chain of dead
-- versions under every long-running reader.
CREATE TABLE ledger.commits (
    first       bigint      NOT NULL,
    last        bigint      PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    backfilled  boolean     NOT NULL DEFAULT false,
    CHECK (first <= last)
);

CREATE INDEX commits_recorded_at ON ledger.commits (recorded_at);

-- De-duplication for ever: the digest of the sender's (source, id), and of what was sent under it.
CREATE TABLE ledger.received (
    id       uuid    PRIMARY KEY,
    content  uuid    NOT NULL,
    customer uuid    NOT NULL,
    version  integer NOT NULL,
    position bigint  NOT NULL
);
