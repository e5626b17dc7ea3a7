-- Which key store belongs to this ledger: a digest under that store's secrets. Ids of events are digests under them too, so that
-- with another store everything that is sent again would be recorded again.

CREATE TABLE ledger.pair (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    keys uuid    NOT NULL
);
