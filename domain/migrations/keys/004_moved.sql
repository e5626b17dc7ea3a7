-- What is no longer as callers may remember it: contact points by their token, customers by their id, each under the
-- revision that it was moved by. So a process forgets what moved, and not everything.

CREATE TABLE keys.moved (
    counter bigint NOT NULL,
    what    uuid   NOT NULL
);
CREATE INDEX moved_counter ON keys.moved (counter);
