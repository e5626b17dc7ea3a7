-- The key store: what opens sealed parts, and the blind indexes that find people. A store of its own: whoever holds a dump
-- of the ledger holds nothing of this. Forgetting a person deletes their rows here, and nothing else.

CREATE SCHEMA keys;

CREATE TABLE keys.secrets (
    name    text  PRIMARY KEY,
    wrapped bytea NOT NULL
);

CREATE TABLE keys.customers (
    customer   uuid        PRIMARY KEY,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Who holds a contact point or an external id, and when. `claimed`: given out before its registration was recorded.
CREATE TABLE keys.points (
    token      uuid        NOT NULL,
    kind       text        NOT NULL,
    customer   uuid        NOT NULL,
    event      uuid        NOT NULL,
    held_from  timestamptz NOT NULL,
    held_until timestamptz NOT NULL DEFAULT 'infinity',
    shared     boolean     NOT NULL DEFAULT false,
    claimed    boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (token, customer, event)
);
CREATE INDEX points_customer ON keys.points (customer);

-- Where events go whose contact point several customers hold, until a person says whose they are.
CREATE TABLE keys.provisional (
    token    uuid PRIMARY KEY,
    customer uuid NOT NULL
);

CREATE TABLE keys.names (
    token    uuid NOT NULL,
    customer uuid NOT NULL,
    PRIMARY KEY (token, customer)
);
CREATE INDEX names_customer ON keys.names (customer);

-- Goes up whenever something that callers may have remembered is no longer so.
CREATE TABLE keys.revision (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    counter bigint  NOT NULL
);
INSERT INTO keys.revision (counter) VALUES (1);
