-- Keys of callers: only a keyed hash of each is kept, so that nobody who reads this table can call.

CREATE TABLE keys.bearers (
    id           text        PRIMARY KEY,  -- the part of the key that may be shown
    name         text        NOT NULL,
    hash         uuid        NOT NULL,
    scopes       text[]      NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
