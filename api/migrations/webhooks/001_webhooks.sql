-- Subscriptions to the feed that are delivered by us, how far each has come, and what became of the attempts. Nothing here
-- names a person; secrets are wrapped by the master key.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jejak_webhooks') THEN
        BEGIN
            CREATE ROLE jejak_webhooks NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- roles belong to the server: another database of it was migrated at this moment
        END;
    END IF;
    GRANT jejak_webhooks TO CURRENT_USER;
END $$;

CREATE SCHEMA webhooks;

-- state: active · parked (by a person, or after days of failing) · gone (the receiver answered 410).
-- revision: moves with every change by a person. epoch: moves where the place in the feed was set by a person, so that
-- whoever delivers meanwhile cannot write an older place over it.
CREATE TABLE webhooks.subscriptions (
    id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    number        integer     GENERATED ALWAYS AS IDENTITY UNIQUE,
    source        text        COLLATE "C" NOT NULL DEFAULT 'events',
    url           text        NOT NULL,
    description   text        NOT NULL,
    types         text[]      COLLATE "C" NOT NULL,  -- none: all
    customers     uuid[]      NOT NULL,              -- none: all
    sealed        boolean     NOT NULL,
    batch         integer     NOT NULL CHECK (batch > 0),  -- events in one message at most; 1: a message is an event
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by    text        NOT NULL,
    state         text        COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'parked', 'gone')),
    reason        text,
    state_since   timestamptz NOT NULL DEFAULT clock_timestamp(),
    revision      integer     NOT NULL DEFAULT 1,
    epoch         integer     NOT NULL DEFAULT 1,
    -- Everything up to here was accepted, or is not wanted, or waits (see below).
    position      bigint      NOT NULL,
    failures      integer     NOT NULL DEFAULT 0,  -- attempts in a row in which the receiver was not there
    failing_since timestamptz,
    next_at       timestamptz                      -- nothing is tried before
) WITH (fillfactor = 50);

CREATE TABLE webhooks.secrets (
    subscription uuid        NOT NULL REFERENCES webhooks.subscriptions ON DELETE CASCADE,
    number       integer     GENERATED ALWAYS AS IDENTITY,
    wrapped      bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    until        timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (subscription, number)
);

-- Lanes (a lane is a customer) in which an event was not accepted: that one, and all of the lane after it, wait. However
-- long a receiver is away, there is one row per lane.
CREATE TABLE webhooks.waiting (
    subscription uuid        NOT NULL REFERENCES webhooks.subscriptions ON DELETE CASCADE,
    lane         uuid        NOT NULL,
    position     bigint      NOT NULL,  -- of the first event that was not accepted
    attempts     integer     NOT NULL,
    since        timestamptz NOT NULL,
    next_at      timestamptz NOT NULL,
    parked       boolean     NOT NULL,
    PRIMARY KEY (subscription, lane)
);

CREATE TABLE webhooks.deliveries (
    subscription uuid        NOT NULL REFERENCES webhooks.subscriptions ON DELETE CASCADE,
    number       bigint      GENERATED ALWAYS AS IDENTITY,
    at           timestamptz NOT NULL,
    message      text        COLLATE "C" NOT NULL,  -- webhook-id
    events       integer     NOT NULL,
    position     bigint,                            -- of the first event; null: a test
    lane         uuid,                              -- null: several
    attempt      integer     NOT NULL,
    outcome      text        COLLATE "C" NOT NULL CHECK (outcome IN ('accepted', 'failed', 'skipped')),
    status       integer,
    duration_ms  integer,
    error        text,
    next_at      timestamptz,
    PRIMARY KEY (subscription, number)
);

GRANT USAGE ON SCHEMA webhooks TO jejak_api, jejak_webhooks;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks.subscriptions, webhooks.secrets TO jejak_api;
GRANT SELECT, UPDATE, DELETE ON webhooks.waiting TO jejak_api;
GRANT SELECT, INSERT ON webhooks.deliveries TO jejak_api;

GRANT SELECT ON webhooks.subscriptions, webhooks.secrets TO jejak_webhooks;
GRANT UPDATE (state, reason, state_since, position, failures, failing_since, next_at) ON webhooks.subscriptions TO jejak_webhooks;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks.waiting TO jejak_webhooks;
GRANT SELECT, INSERT, DELETE ON webhooks.deliveries TO jejak_webhooks;
GRANT USAGE ON SCHEMA ledger TO jejak_webhooks;
GRANT SELECT ON ledger.events, ledger.commits TO jejak_webhooks;
